import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  conditionalEntropy,
  conditionalMutualInformation,
  encode,
  entropy,
  informationTerms,
  jointTable,
  logicGate,
  mutualInformation,
} from "../../src/info/index.ts";
import { type GoldenPid, golden, within } from "./golden.ts";
import { tables } from "./tables.ts";

const file = golden<{ distributions: GoldenPid[] }>("pid.json");

describe("closed forms", () => {
  it("entropy of a uniform law is log2 of its symbols", () => {
    expect(entropy([1, 1, 1, 1, 0])).toBe(2);
    expect(entropy([1, 1, 1], undefined, { unit: "nats" })).toBeCloseTo(Math.log(3), 15);
    expect(entropy([7])).toBe(0);
  });

  it("information of a binary symmetric channel", () => {
    const h = -(0.1 * Math.log2(0.1) + 0.9 * Math.log2(0.9));
    expect(mutualInformation([[0.45, 0.05], [0.05, 0.45]])).toBeCloseTo(1 - h, 14); // biome-ignore format: a matrix
    expect(conditionalEntropy([[0.45, 0.05], [0.05, 0.45]], [0], [1])).toBeCloseTo(h, 14); // biome-ignore format: a matrix
  });

  it("keeps its digits when information is tiny", () => {
    const e = 1e-7;
    const tiny = mutualInformation([[0.25 + e, 0.25 - e], [0.25 - e, 0.25 + e]]); // biome-ignore format: a matrix
    expect(tiny / ((8 * e * e) / Math.LN2)).toBeCloseTo(1, 6);
  });

  it("xor holds nothing in either source and all in both", () => {
    expect(informationTerms(logicGate("xor").table)).toEqual({
      I1: 0,
      I2: 0,
      I12: 1,
      I1given2: 1,
      I2given1: 1,
      Isources: 0,
      coI: -1,
    });
  });

  it("refuses an axis in two variables and unknown options", () => {
    expect(() => mutualInformation([[1]], [0], [0])).toThrow("no axis may be in two");
    expect(() => mutualInformation([[1]], [], [0])).toThrow("each variable needs an axis");
    expect(() => entropy([1], undefined, { units: "bits" } as object)).toThrow('did you mean "unit"?');
  });
});

describe("identities on any table", () => {
  it("chain rule, symmetry and sign", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const I12 = mutualInformation(table, [0, 1], [2]);
        const I1 = mutualInformation(table, [0], [2]);
        expect(I1 + conditionalMutualInformation(table, [1], [2], [0])).toBeCloseTo(I12, 12);
        expect(mutualInformation(table, [2], [1, 0])).toBeCloseTo(I12, 12);
        expect(entropy(table, [0, 2])).toBeCloseTo(entropy(table, [2]) + conditionalEntropy(table, [0], [2]), 12);
        expect(entropy(table, [2]) - conditionalEntropy(table, [2], [0, 1])).toBeCloseTo(I12, 12);
        expect(I1).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("merging two symbols never adds information", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const merged = encode(table, [0], ([x1]) => Math.max(0, x1! - 1));
        const after = mutualInformation(merged, [0], [2]);
        expect(after).toBeLessThanOrEqual(mutualInformation(table, [0], [2]) + 1e-12);
      }),
    );
  });

  it("numbers are the same in both units", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const nats = informationTerms(table, { unit: "nats" });
        expect(nats.I12 / Math.LN2).toBeCloseTo(informationTerms(table).I12, 13);
      }),
    );
  });
});

describe.skipIf(file === undefined)("reference values", () => {
  it.each((file?.distributions ?? []).map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    const table = jointTable(entry.counts);
    const tolerance = within(entry, "mi");
    const terms = informationTerms(table);
    for (const [name, value] of Object.entries(entry.mi)) {
      expect(Math.abs(terms[name as keyof typeof terms] - value), name).toBeLessThanOrEqual(tolerance);
    }
    const axes: Record<string, number[]> = {
      HX1: [0],
      HX2: [1],
      HY: [2],
      HX1X2: [0, 1],
      HX1Y: [0, 2],
      HX2Y: [1, 2],
      HX1X2Y: [0, 1, 2],
    };
    for (const [name, value] of Object.entries(entry.entropy)) {
      expect(Math.abs(entropy(table, axes[name]!) - value), name).toBeLessThanOrEqual(tolerance);
    }
  });
});
