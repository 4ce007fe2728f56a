import { expect, test } from "vitest";
import { boosts } from "../../src/methods/mlb.ts";
import { numbers, vector } from "./support.ts";

const k = (scores: number[], alpha = 0.5, beta = 10): number[] => numbers(boosts(vector(...scores), alpha, beta));

test("even modalities are left alone; a lead is slowed to 1 - tanh(alpha), a lag raised to beta", () => {
  expect(k([2, 2])).toEqual([1, 1]);
  expect(k([1, 1e-9])[0]).toBeCloseTo(1 - Math.tanh(0.5), 6);
  expect(k([1, 1e-9])[1]).toBeCloseTo(10, 6);
  const rho = 3 / 2;
  expect(k([2, 3])[0]).toBeCloseTo(1 + 9 * Math.tanh(0.5 * (rho - 1)), 12);
  expect(k([2, 3])[1]).toBeCloseTo(1 + Math.tanh(0.5 * (1 / rho - 1)), 12);
});

test("k grows with the lag, stays above 0 and never passes beta; with beta below 1 both directions slow down", () => {
  const lags = Array.from({ length: 60 }, (_, i) => 0.05 * 1.15 ** i);
  for (const alpha of [0.1, 1, 5]) {
    const factors = lags.map((rho) => k([1, rho], alpha, 4)[0]!);
    factors.forEach((factor, i) => {
      expect(factor).toBeGreaterThan(0);
      expect(factor).toBeLessThanOrEqual(4);
      if (i > 0) expect(factor).toBeGreaterThanOrEqual(factors[i - 1]!);
    });
    for (const rho of lags) expect(k([1, rho], alpha, 0.5)[0]!).toBeLessThanOrEqual(1);
  }
});
