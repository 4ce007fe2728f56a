/** @file Measures of agreement against scikit-learn and scipy, and what they say where nothing can be said. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { stream } from "../../../src/core/random.ts";
import { cohenKappa, correlation, order, ranks } from "../../../src/info/statistics/agreement.ts";

/** Spearman's rank correlation of two columns. */
const spearman = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  correlation(ranks(a, order(a)), ranks(b, order(b)));

interface Golden {
  readonly kappa: { readonly a: number[]; readonly b: number[]; readonly types: number; readonly kappa: number }[];
  readonly spearman: { readonly a: number[]; readonly b: number[]; readonly rho: number }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL("../../golden/agreement.json", import.meta.url), "utf8"));

test("as scikit-learn and scipy say", () => {
  expect(golden.kappa.length + golden.spearman.length).toBe(10);
  for (const { a, b, types, kappa } of golden.kappa) expect(cohenKappa(a, b, types)).toBeCloseTo(kappa, 12);
  for (const { a, b, rho } of golden.spearman) expect(spearman(a, b)).toBeCloseTo(rho, 12);
});

test("independent raters agree by chance alone, and a constant says nothing", () => {
  const draw = stream(0, "raters");
  const [a, b] = [0, 1].map(() => Array.from({ length: 20_000 }, () => draw.below(3) % 2));
  expect(Math.abs(cohenKappa(a!, b!, 2))).toBeLessThan(0.03);
  expect(Math.abs(spearman(a!, b!))).toBeLessThan(0.03);
  expect(cohenKappa([1, 1], [1, 1], 2)).toBeNaN();
  expect(cohenKappa([1, 1], [0, 0], 2)).toBe(0);
  expect(spearman([1, 1, 1], [1, 2, 3])).toBeNaN();
});

test("ranks of some rows are those of these rows alone", () => {
  const values = [5, 1, 1, 9, 3];
  expect([...ranks(values, order(values))]).toEqual([4, 1.5, 1.5, 5, 3]);
  expect([
    ...ranks(
      values,
      order(values).filter((row) => row !== 1),
    ),
  ]).toEqual([3, Number.NaN, 1, 4, 2]);
});
