import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stream } from "../../../src/core/random.ts";
import { lowerBound, repairMargins, rowSums, upperBound } from "../../../src/info/broja/certificate.ts";
import { program } from "../../../src/info/broja/program.ts";
import { broja, brojaLaw, informationTerms, jointTable, logicGate, marginal, pid } from "../../../src/info/index.ts";
import { sources } from "../../../src/info/sources.ts";
import { type GoldenPid, golden, KEPT } from "../golden.ts";
import { tables } from "../tables.ts";

const file = golden<{ distributions: GoldenPid[] }>("pid.json");

/** A table of uniform random cells. */
function noise(shape: [number, number, number], seed: number) {
  const draw = stream(seed, "noise");
  return jointTable({
    shape,
    data: Float64Array.from({ length: shape[0] * shape[1] * shape[2] }, () => draw.uniform()),
  });
}

describe("the certificate", () => {
  it("holds for any multipliers and any law, and the true optimum is inside", () => {
    fc.assert(
      fc.property(tables, fc.integer(), fc.double({ min: 0.1, max: 20, noNaN: true }), (table, seed, spread) => {
        const posed = program(sources(table, "test"));
        const draw = stream(Math.abs(seed), "multipliers");
        const alpha = Float64Array.from({ length: posed.cells.rows1.size }, () => spread * draw.normal());
        const beta = Float64Array.from({ length: posed.cells.rows2.size }, () => spread * draw.normal());
        const q = Float64Array.from({ length: posed.cells.size }, () => draw.uniform() ** 4);
        const lower = lowerBound(posed, alpha, beta) / Math.LN2;
        const upper = upperBound(posed, q, 1) / Math.LN2;
        const { lower: least, upper: most } = broja(table);
        expect(lower).toBeLessThanOrEqual(most);
        expect(upper).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  it("repairs any cells to the margins, to rounding", () => {
    fc.assert(
      fc.property(tables, fc.integer(), (table, seed) => {
        const { cells } = program(sources(table, "test"));
        const draw = stream(Math.abs(seed), "cells");
        const q = Float64Array.from({ length: cells.size }, () => draw.uniform() ** 6);
        expect(repairMargins(cells, q)).toBeLessThan(1e-14);
        expect(Math.min(...q)).toBeGreaterThanOrEqual(0);
        const sums = rowSums(q, cells.row1, cells.rows1.size);
        for (let r = 0; r < sums.length; r++) expect(sums[r]).toBeCloseTo(cells.rows1.mass[r]!, 14);
      }),
    );
  });

  it("both methods bracket one optimum", () => {
    for (let seed = 0; seed < 20; seed++) {
      const table = noise([4, 4, 3], seed);
      const [a, b] = [broja(table), broja(table, { method: "scaling", maxIter: 400 })];
      expect(a.converged).toBe(true);
      expect(a.lower).toBeLessThanOrEqual(b.upper);
      expect(b.lower).toBeLessThanOrEqual(a.upper);
      expect(b.iterations).toBeLessThanOrEqual(400);
    }
  });

  it("is never called converged when it is wide", () => {
    const table = noise([8, 8, 4], 1);
    const truth = broja(table);
    for (const result of [broja(table, { maxIter: 0 }), broja(table, { method: "scaling", maxIter: 40 })]) {
      expect(result.gap).toBeGreaterThan(1e-9);
      expect(result.converged).toBe(false);
      expect(result.lower).toBeLessThanOrEqual(truth.upper);
      expect(result.upper).toBeGreaterThanOrEqual(truth.lower);
      expect(result.gap).toBeCloseTo(result.upper - result.lower, 12);
    }
    expect(broja(table, { tol: 1e-16 }).converged).toBe(false);
  });

  it("the scaling reaches the tolerance where the optimum is inside", () => {
    for (const name of ["and", "sum", "copy", "xor"] as const) {
      const result = broja(logicGate(name).table, { method: "scaling" });
      expect(result.converged).toBe(true);
      expect(Math.abs(result.R - logicGate(name).broja.R)).toBeLessThanOrEqual(1e-9);
    }
  });
});

describe("the interior point", () => {
  it("converges on every kind of table, wide ranges of cells included", () => {
    const draw = stream(7, "kinds");
    const kinds = [
      () => draw.uniform(),
      () => Math.exp(15 * draw.uniform()),
      () => Math.exp(60 * draw.uniform()),
      () => (draw.uniform() < 0.7 ? 0 : Math.ceil(5 * draw.uniform())),
      () => (draw.uniform() < 0.5 ? 0 : 1),
    ];
    const shapes = [
      [2, 2, 2],
      [5, 3, 4],
      [8, 8, 4],
      [2, 30, 3],
      [30, 2, 3],
      [3, 3, 25],
      [12, 12, 2],
    ] as const;
    let most = 0;
    for (const shape of shapes) {
      for (const kind of kinds) {
        const data = Float64Array.from({ length: shape[0] * shape[1] * shape[2] }, kind);
        data[0]! += 1;
        const result = broja({ shape, data });
        expect(result.converged, `${shape} ${kind}`).toBe(true);
        most = Math.max(most, result.iterations);
      }
    }
    expect(most).toBeLessThanOrEqual(40);
  });

  it("takes large alphabets in its stride", () => {
    const result = broja(noise([16, 16, 8], 3));
    expect(result.converged).toBe(true);
    expect(result.iterations).toBeLessThanOrEqual(25);
  });
});

describe("brojaLaw", () => {
  it("has the source-target margins, no synergy, and the information of the bracket", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { law, result } = brojaLaw(table);
        for (const axes of [
          [0, 2],
          [1, 2],
        ]) {
          const [got, want] = [marginal(law, axes).p, marginal(table, axes).p];
          for (let i = 0; i < want.length; i++) expect(got[i]).toBeCloseTo(want[i]!, 13);
        }
        const { I12 } = informationTerms(law);
        expect(Math.abs(I12 - (result.lower + result.upper) / 2)).toBeLessThanOrEqual(1e-9);
        expect(pid(law).S).toBeLessThanOrEqual(2e-9);
      }),
      { numRuns: 50 },
    );
  });
});

describe("large alphabets", () => {
  it("go to the scaling, with an honest bracket", () => {
    const table = noise([150, 150, 12], 5);
    const result = broja(table, { maxIter: 10 });
    expect(result.iterations).toBe(10);
    expect(result.converged).toBe(false);
    expect(result.lower).toBeLessThanOrEqual(result.upper);
  });

  it("are refused beyond memory, with what to do", () => {
    const [n, ny] = [1500, 8];
    const margins = { n1: n, n2: n, ny, p1y: new Float64Array(n * ny).fill(1), p2y: new Float64Array(n * ny).fill(1) };
    expect(() => program(margins)).toThrow("Use fewer symbols");
  });
});

describe.skipIf(file === undefined)("reference brackets", () => {
  it.each((file?.distributions ?? []).map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    for (const options of [{}, { tol: 1e-6 }, { method: "scaling", maxIter: 200 }, { maxIter: 3 }] as const) {
      const { lower, upper } = broja(entry.counts, options);
      expect(lower).toBeLessThanOrEqual(entry.broja.upper + KEPT);
      expect(upper).toBeGreaterThanOrEqual(entry.broja.lower - KEPT);
    }
  });
});
