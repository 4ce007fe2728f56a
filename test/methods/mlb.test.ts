import { expect, test } from "vitest";
import { boosts, mlb } from "../../src/methods/mlb.ts";
import { encoders, gradientsOf, numbers, vector } from "./support.ts";

const k = (scores: number[], alpha = 0.5, beta = 10): number[] => numbers(boosts(vector(...scores), alpha, beta));

test("even modalities are left alone; a lead is slowed to 1 - tanh(alpha), a lag raised to beta", () => {
  expect(k([2, 2])).toEqual([1, 1]);
  expect(k([1, 1e-9])[0]).toBeCloseTo(1 - Math.tanh(0.5), 6);
  expect(k([1, 1e-9])[1]).toBeCloseTo(10, 6);
  const rho = 3 / 2;
  expect(k([2, 3])[0]).toBeCloseTo(1 + 9 * Math.tanh(0.5 * (rho - 1)), 12);
  expect(k([2, 3])[1]).toBeCloseTo(1 + Math.tanh(0.5 * (1 / rho - 1)), 12);
});

test("of three modalities each is compared with the mean of the others", () => {
  const [a, b, c] = k([4, 2, 1], 0.8, 2) as [number, number, number];
  expect(a).toBeCloseTo(1 + Math.tanh(0.8 * (1.5 / 4 - 1)), 12);
  expect(b).toBeCloseTo(1 + Math.tanh(0.8 * (2.5 / 2 - 1)), 12);
  expect(c).toBeCloseTo(1 + Math.tanh(0.8 * (3 / 1 - 1)), 12);
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

test("everything of a modality is scaled by its own factor, the shared bias by none", () => {
  const plain = gradientsOf(mlb({ encoders: encoders(), embedding: 4, alpha: 0 }));
  const evened = gradientsOf(mlb({ encoders: encoders(), embedding: 4, alpha: 2, beta: 3 }));
  const ratio = (name: string, from: number, to: number): number => {
    const at = [...plain[name]!.keys()].find((i) => i >= from && i < to && Math.abs(plain[name]![i]!) > 1e-6)!;
    const own = evened[name]![at]! / plain[name]![at]!;
    for (let i = from; i < to; i++) expect(evened[name]![i]!).toBeCloseTo(plain[name]![i]! * own, 8);
    return own;
  };
  const factors = { a: ratio("encoders.a.embedding.weight", 0, 24), b: ratio("encoders.b.embedding.weight", 0, 24) };
  expect(Math.min(factors.a, factors.b)).toBeLessThan(1);
  expect(Math.max(factors.a, factors.b)).toBeGreaterThan(1);
  for (const [m, name] of (["a", "b"] as const).entries()) {
    expect(ratio(`encoders.${name}.0.weight`, 0, 30)).toBeCloseTo(factors[name], 6);
    expect(ratio(`encoders.${name}.0.bias`, 0, 6)).toBeCloseTo(factors[name], 6);
    expect(ratio("heads.weight", m * 12, m * 12 + 12)).toBeCloseTo(factors[name], 6);
    expect(ratio("heads.bias", m * 3, m * 3 + 3)).toBeCloseTo(factors[name], 6);
    expect(ratio("head.weight", m * 12, m * 12 + 12)).toBeCloseTo(factors[name], 6);
  }
  expect(evened["head.bias"]).toEqual(plain["head.bias"]);
});
