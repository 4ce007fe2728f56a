/** @file Streams: a seed is a number that is told from every other. */
import { expect, test } from "vitest";
import { LARGEST_SEED, permutation, stream, streamKey } from "../../src/core/random.ts";

test("seeds that a number cannot hold, and what is no seed, are refused", () => {
  for (const seed of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, LARGEST_SEED + 1]) {
    for (const draw of [() => stream(seed, "a"), () => permutation(3, seed, "a"), () => streamKey(seed, "a")]) {
      expect(draw).toThrow(`seed: ${seed} given; allowed is a whole number from 0 to 9007199254740991, for example 0.`);
    }
  }
});

test("all 53 bits of a seed count", () => {
  const seeds = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52, LARGEST_SEED - 1, LARGEST_SEED];
  expect(new Set(seeds.map((seed) => streamKey(seed, "a").join())).size).toBe(seeds.length);
});
