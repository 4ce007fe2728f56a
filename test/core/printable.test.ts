/** @file Hidden signs are written out, for eyes and for programs, and nothing else is changed. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { printable, printableJson, printableLines } from "../../src/core/printable.ts";

test.each([
  ["\u001b[2J\u001b]0;title\u0007", "\\x1b[2J\\x1b]0;title\\x07"],
  ["a\nb\r\tc", "a\\nb\\r\\tc"],
  ["\u009b31m\u007f\u0085", "\\x9b31m\\x7f\\x85"],
  ["user\u202egpj.exe\u2066", "user\\u202egpj.exe\\u2066"],
  ["a\u200bb\ufeff\u2028\u00ad", "a\\u200bb\\ufeff\\u2028\\xad"],
  ["\u{e0041}", "\\u{e0041}"],
  ["naïve 日本 é 🎵 − ± … \\x1b", "naïve 日本 é 🎵 − ± … \\x1b"],
])("%j is shown as %j", (given, shown) => {
  expect(printable(given)).toBe(shown);
});

test("line breaks of our own stay", () => {
  expect(printableLines("a\u001b\nb")).toBe("a\\x1b\nb");
});

test("whatever the text, no hidden sign is left, and JSON is parsed to the same value", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      const json = printableJson(JSON.stringify({ [text]: text }, undefined, 2));
      expect(json.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [text]: text })));
    }),
    { numRuns: 500, seed: 1 },
  );
});
