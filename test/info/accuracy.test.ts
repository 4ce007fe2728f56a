import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  additiveOptimum,
  bayesAccuracy,
  bestAdditiveAccuracy,
  conditionalEntropy,
  jointTable,
  logicGate,
  maxent,
  mixture,
} from "../../src/info/index.ts";
import { type GoldenPid, golden } from "./golden.ts";
import { tables } from "./tables.ts";

const file = golden<{ distributions: GoldenPid[] }>("pid.json");

describe("closed forms", () => {
  it("nothing but a joint model learns xor", () => {
    const { table } = logicGate("xor");
    expect(bayesAccuracy(table)).toEqual({
      prior: 0.5,
      x1: 0.5,
      x2: 0.5,
      joint: 1,
      ensembleAverage: 0.5,
      ensembleProduct: 0.5,
    });
    const additive = additiveOptimum(table);
    expect(additive.accuracy).toBe(0.5);
    expect(additive.crossEntropy).toBeCloseTo(1, 11);
    expect(bestAdditiveAccuracy(table)).toEqual({ accuracy: 0.75, upper: 0.75, proven: true, nodes: 2 });
  });

  it("an ensemble learns and though it is synergistic", () => {
    expect(additiveOptimum(logicGate("and").table).accuracy).toBe(1);
    expect(bayesAccuracy(logicGate("and").table).ensembleAverage).toBe(0.875);
  });

  it("on a mixture with visible types, ensembles fail on the synergistic samples alone", () => {
    const { table } = mixture({ weights: { R: 0.3, U1: 0.2, U2: 0.2, S: 0.3 }, cue: "both" });
    const { joint, ensembleAverage, ensembleProduct, x1 } = bayesAccuracy(table);
    expect(joint).toBeCloseTo(1, 12);
    expect(ensembleAverage).toBeCloseTo(0.85, 12);
    expect(ensembleProduct).toBeCloseTo(0.85, 12);
    expect(x1).toBeCloseTo(0.75, 12);
    expect(additiveOptimum(table).accuracy).toBeCloseTo(0.85, 12);
  });
});

describe("any table", () => {
  it("no rule is above the joint one, no additive one above the best", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { prior, x1, x2, joint, ensembleAverage, ensembleProduct } = bayesAccuracy(table);
        const additive = additiveOptimum(table);
        const best = bestAdditiveAccuracy(table);
        expect(best.proven).toBe(true);
        expect(best.accuracy).toBeLessThanOrEqual(joint + 1e-12);
        for (const accuracy of [prior, x1, x2, additive.accuracy, ensembleProduct]) {
          expect(accuracy).toBeLessThanOrEqual(best.accuracy + 1e-12);
        }
        expect(ensembleAverage).toBeLessThanOrEqual(joint + 1e-12);
        const excess = additive.crossEntropy - conditionalEntropy(table, [2], [0, 1]);
        expect(excess).toBeCloseTo(maxent(table).connectedInformation, 11);
        expect(additive.crossEntropy).toBeLessThanOrEqual(conditionalEntropy(table, [2], [0]) + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it("an unfinished search says so and brackets the truth", () => {
    const { table } = logicGate("mod3");
    const short = bestAdditiveAccuracy(table, { maxNodes: 2 });
    expect(short.proven).toBe(false);
    expect(short.nodes).toBe(2);
    expect(short.accuracy).toBeLessThanOrEqual(7 / 9);
    expect(short.upper).toBeGreaterThanOrEqual(7 / 9 - 1e-12);
    expect(() => bestAdditiveAccuracy({ shape: [1, 1, 31], data: new Float64Array(31).fill(1) })).toThrow("31 classes");
  });
});

describe.skipIf(file === undefined)("reference values", () => {
  it.each((file?.distributions ?? []).map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    const table = jointTable(entry.counts);
    const got: Record<string, number> = { ...bayesAccuracy(table), additiveCE: additiveOptimum(table).accuracy };
    if (entry.accuracy.additiveBest !== undefined) {
      const best = bestAdditiveAccuracy(table);
      expect(best.proven).toBe(true);
      got.additiveBest = best.accuracy;
    }
    for (const [name, value] of Object.entries(entry.accuracy)) {
      expect(Math.abs(got[name]! - value), name).toBeLessThanOrEqual(1e-12);
    }
  });
});
