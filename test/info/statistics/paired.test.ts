/** @file Statistics of comparisons against scipy and statsmodels, and what they say where little can be said. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { logGamma } from "../../../src/info/special.ts";
import { holm, mcnemar, meanOf, pairedTest, signFlip } from "../../../src/info/statistics/paired.ts";
import { incompleteBeta, studentBound, studentTails } from "../../../src/info/statistics/student.ts";

interface Golden {
  readonly logGamma: [number, number][];
  readonly incompleteBeta: [number, number, number, number][];
  readonly studentTails: [number, number, number][];
  readonly studentBound: [number, number, number][];
  readonly mcnemar: [number, number, number][];
  readonly holm: { p: number[]; adjusted: number[] }[];
  readonly paired: {
    readonly differences: number[];
    readonly mean: number;
    readonly sd: number;
    readonly p: number;
    readonly lower: number;
    readonly upper: number;
    readonly signFlip: number;
    readonly overlap: number;
    readonly corrected: { readonly p: number; readonly lower: number; readonly upper: number };
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL("../../golden/statistics.json", import.meta.url), "utf8"));

/** Equal to so many digits that count. */
function near(found: number, wanted: number, digits = 11): void {
  expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThanOrEqual(
    10 ** -digits * Math.max(Math.abs(wanted), 1e-12),
  );
}

describe("as scipy and statsmodels say", () => {
  test("special functions", () => {
    for (const [x, value] of golden.logGamma)
      expect(Math.abs(logGamma(x) - value)).toBeLessThan(1e-13 * (1 + Math.abs(value)));
    for (const [x, a, b, value] of golden.incompleteBeta) near(incompleteBeta(x, a, b), value, 10);
  });

  test("Student's t", () => {
    for (const [t, freedom, p] of golden.studentTails) near(studentTails(t, freedom), p);
    for (const [level, freedom, t] of golden.studentBound) near(studentBound(level, freedom), t);
  });

  test("paired tests, plain and corrected", () => {
    for (const own of golden.paired) {
      const plain = pairedTest(own.differences);
      for (const name of ["mean", "sd", "p", "lower", "upper"] as const) near(plain[name], own[name], 9);
      const corrected = pairedTest(own.differences, own.overlap);
      for (const name of ["p", "lower", "upper"] as const) near(corrected[name], own.corrected[name], 9);
      expect(signFlip(own.differences)).toBe(own.signFlip);
    }
  });

  test("McNemar and Holm", () => {
    for (const [first, second, p] of golden.mcnemar) near(mcnemar(first, second), p, 9);
    for (const { p, adjusted } of golden.holm) {
      for (const [i, value] of holm(p).entries()) near(value, adjusted[i]!);
    }
  });
});

describe("where little can be said", () => {
  test("one value has no spread, one pair no test", () => {
    expect(meanOf([0.7])).toEqual({ n: 1, mean: 0.7, sd: Number.NaN, lower: Number.NaN, upper: Number.NaN });
    expect(pairedTest([0.1]).p).toBeNaN();
    expect(signFlip([])).toBeNaN();
    expect(signFlip(Array(17).fill(1))).toBeNaN();
  });

  test("equal differences are no proof: the sign-flip test speaks, also where they differ by rounding", () => {
    expect(pairedTest([0.1, 0.1, 0.1]).p).toBe(0.25);
    expect(pairedTest([0.8 - 0.7, 0.9 - 0.8, 0.3 - 0.2]).p).toBe(0.25);
    expect(pairedTest([0, 0, 0])).toMatchObject({ mean: 0, sd: 0, p: 1 });
  });

  test("five seeds cannot fall below 1/16 by signs alone", () => {
    expect(signFlip([1, 2, 3, 4, 5])).toBe(1 / 16);
  });

  test("Holm leaves out what was not tested", () => {
    expect(holm([0.02, Number.NaN, 0.01])).toEqual([0.02, Number.NaN, 0.02]);
  });

  test("the correction widens", () => {
    const values = [0.01, 0.02, 0.03, 0.02];
    expect(pairedTest(values, 0.25).p).toBeGreaterThan(pairedTest(values).p);
    expect(pairedTest(values, 0.25).lower).toBeLessThan(pairedTest(values).lower);
  });
});
