/** @file Vectors of words as text, in chunks of any size. */
import { expect, test } from "vitest";
import { readWordVectors } from "../../../src/data/readers/glove.ts";

async function* chunks(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const file = "the 0.5 -1 2e-3\ncafé 1 2 3\r\n. . . 4 5 6\nat name@x.org 7 8 9\nthe 9 9 9\nlast 1 1 1";
const read = (text: string | Uint8Array, words: string[], size = 7, width = 3) =>
  readWordVectors(chunks(text, size), words, width, "v.txt");

test.each([1, 2, 5, 1000])("in chunks of %d bytes", async (size) => {
  const { words, vectors, missing } = await read(file, ["last", "the", ". . .", "café", "dog", "at name@x.org"], size);
  expect(words).toEqual(["the", "café", ". . .", "at name@x.org", "last"]);
  expect([vectors.shape, [...vectors.data]]).toEqual([
    [5, 3],
    [0.5, -1, Math.fround(2e-3), 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1],
  ]);
  expect(missing).toEqual(["dog"]);
});

test("the first line of word2vec, and lines without anything, are no words", async () => {
  expect((await read("2 3\nthe 1 2 3\n\nof 4 5 6\n", ["of", "2"])).words).toEqual(["of"]);
});

test.each([
  ["", /v\.txt: the file is empty/],
  ["the 1 2 3\nof 1 2\n", /v\.txt: line 2: fewer than a word and 3 numbers/],
  ["the 1 x 3\n", /line 1: 3 numbers are needed after "the"/],
  ["the 1 nan 3\n", /line 1: 3 numbers are needed after "the"/],
  [" 1 2 3\n", /fewer than a word/],
  ["PK\u0003\u0004 and so on\n", /line 1: the file is packed/],
  ["x".repeat(2 ** 20 + 100), /it is too long/],
])("%j", async (text, message) => {
  await expect(read(text, ["the"], 2 ** 16)).rejects.toThrow(message);
});
