import { describe, expect, it } from "vitest";
import {
  gaussianClasses,
  gaussianClassInformation,
  gaussianClassRows,
  gaussianTriple,
  lsmi,
} from "../../src/info/index.ts";
import { golden } from "./golden.ts";

interface Continuous {
  readonly gaussianClasses: readonly {
    readonly n: number;
    readonly rho: number;
    readonly sigma: number;
    readonly I1: number;
    readonly I12: number;
    readonly S: number;
    readonly accUni: number;
    readonly accJoint: number;
    readonly pmR?: number;
    readonly pmR_se?: number;
  }[];
}

const reference = golden<Continuous>("continuous.json");

describe.skipIf(reference === undefined)("Gaussian classes against reference values", () => {
  it.each(reference?.gaussianClasses ?? [])("n $n, rho $rho, sigma $sigma", (entry) => {
    const { n: classes, rho, sigma } = entry;
    const found = gaussianClasses({ classes, rho, sigma });
    expect(Math.abs(found.I1 - entry.I1)).toBeLessThan(1e-9);
    expect(Math.abs(found.I12 - entry.I12)).toBeLessThan(1e-9);
    expect(Math.abs(found.S - entry.S)).toBeLessThan(1e-9);
    expect(Math.abs(found.accuracyOne - entry.accUni)).toBeLessThan(1e-9);
    expect(Math.abs(found.accuracyJoint - entry.accJoint)).toBeLessThan(1e-9);
  });

  it("LSMI of exact densities has the reference R", () => {
    for (const { n: classes, rho, sigma, pmR } of reference!.gaussianClasses.filter(
      (entry) => entry.pmR !== undefined,
    )) {
      const rows = gaussianClassRows({ classes, rho, sigma, rows: 20_000, seed: 1 });
      // The standard error of 20 000 rows is about 0.008 bit.
      expect(Math.abs(lsmi(rows.exact).means.R - pmR!)).toBeLessThan(0.03);
    }
  });
});

it("information falls with noise, from all of H(Y) to none", () => {
  const values = [0.05, 0.3, 1, 3, 30].map((sigma) => gaussianClassInformation(4, sigma));
  expect(values[0]).toBeCloseTo(2, 9);
  for (let i = 1; i < values.length; i++) expect(values[i]!).toBeLessThan(values[i - 1]!);
  expect(values[4]!).toBeGreaterThan(0);
  expect(values[4]!).toBeLessThan(0.002);
  expect(gaussianClassInformation(4, 1, { unit: "nats" })).toBeCloseTo(gaussianClassInformation(4, 1) * Math.LN2, 12);
});

it("a Gaussian triple obeys the sum rules; a suppressor is synergy", () => {
  const { I1, I2, I12, R, U1, U2, S } = gaussianTriple({ rho1: 0.6, rho2: 0, rho12: 0.5 });
  expect(I2).toBe(0);
  expect(R).toBe(0);
  expect(U1).toBeCloseTo(I1, 12);
  expect(U2).toBe(0);
  expect(S).toBeCloseTo(I12 - I1, 12);
  // R^2 = 0.36 / (1 - 0.25) = 0.48
  expect(I12).toBeCloseTo(-0.5 * Math.log2(0.52), 12);
  expect(() => gaussianTriple({ rho1: 0.9, rho2: 0.9, rho12: 0 })).toThrow(/positive definite/);
  expect(() => gaussianClasses({ rho: 2 })).toThrow(/rho is 2/);
  expect(() => gaussianClassInformation(1, 0.5)).toThrow(/at least 2/);
});
