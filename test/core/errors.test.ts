/** @file Words that are near, and lists of names that stay readable. */
import { expect, test } from "vitest";
import { hint, listing, nearest } from "../../src/core/errors.ts";

test("a letter too many, too few, wrong, or two that are swapped are slips of one kind; far words are not guessed", () => {
  const allowed = ["mlb", "dmil", "joint", "ensemble"];
  for (const word of ["dmill", "dml", "dmol", "dmli", "DMIL"]) expect(nearest(word, allowed)).toBe("dmil");
  expect(nearest("jiont", allowed)).toBe("joint");
  expect(nearest("ensmeble", allowed)).toBe("ensemble");
  expect(nearest("transformer", allowed)).toBeUndefined();
});

test("long lists of names are cut, and say how many are left", () => {
  const names = Array.from({ length: 1000 }, (_, i) => `class ${i}`);
  expect(listing(names.slice(0, 13))).toBe(names.slice(0, 13).join(", "));
  expect(listing(names)).toBe(`${names.slice(0, 12).join(", ")}, ... and 988 more`);
  expect(listing(names, 2)).toBe("class 0, class 1, ... and 998 more");
  expect(listing([])).toBe("");
  expect(hint("klass 7", names)).toMatch(/^; did you mean "class 7"\? Allowed: class 0, .*, \.\.\. and 960 more\.$/);
});
