/** @file tokenizer.json against the library that defines it: ids, cutting and padding. */
import { expect, test } from "vitest";
import { readTokenizer } from "../../../src/data/readers/tokenizer.ts";
import { golden } from "../../golden/media.ts";
import { caught } from "../fixtures/reference.ts";

interface Case {
  readonly file: object;
  readonly size: number;
  readonly ids: readonly (readonly number[])[];
  readonly mask: readonly (readonly number[])[];
  readonly cut: readonly number[];
}
const { texts, cases } = golden<{ texts: string[]; cases: Record<string, Case> }>("tokenizers");
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

test.each(Object.entries(cases))("%s", (_, { file, size, ids, mask, cut }) => {
  const tokenizer = readTokenizer(bytesOf(file));
  expect([tokenizer.size, tokenizer.padding]).toEqual([size, 0]);
  const made = tokenizer.encode(texts, 10);
  expect([...made.ids]).toEqual(ids.flat());
  expect([...made.mask]).toEqual(mask.flat());
  expect(made.cut).toEqual(cut);
  expect(cut.length).toBeGreaterThan(0);
});

test("the token that fills is the one that the file states", () => {
  const file = { ...cases.word!.file, padding: { pad_id: 7 } };
  expect([...readTokenizer(bytesOf(file)).encode([""], 4).ids]).toEqual([2, 3, 7, 7]);
});

test("what cannot be used says so", () => {
  const fails = (file: unknown): string => caught(() => readTokenizer(bytesOf(file), "a/tokenizer.json")).message;
  expect(caught(() => readTokenizer(new Uint8Array(0), "t")).message).toMatch(/t: the file is empty/);
  expect(caught(() => readTokenizer(new TextEncoder().encode("{"), "t")).message).toMatch(/t: not JSON: /);
  expect(fails({ version: "1.0" })).toMatch(/a\/tokenizer\.json: it has no model/);
  expect(fails(null)).toMatch(/it has no model/);
  expect(fails({ model: { type: "Unknown" } })).toMatch(/it cannot be used: /);
  const tokenizer = readTokenizer(bytesOf(cases.word!.file));
  expect(caught(() => tokenizer.encode(["a"], 2)).message).toMatch(
    /no room for a text beside 2 special tokens; use 3 or more/,
  );
});
