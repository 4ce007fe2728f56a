import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stream } from "../../../src/core/random.ts";
import {
  connectedInformation,
  entropy,
  jointTable,
  logicGate,
  marginal,
  maxent,
  pid,
} from "../../../src/info/index.ts";
import { domainCells } from "../../../src/info/linear/cells.ts";
import { nonnegativeSolution } from "../../../src/info/linear/simplex.ts";
import { fillable } from "../../../src/info/maxent/face.ts";
import { sources } from "../../../src/info/sources.ts";
import { type GoldenPid, golden, within } from "../golden.ts";
import { tableBy, tables } from "../tables.ts";

const file = golden<{ distributions: GoldenPid[] }>("pid.json");

describe("closed forms", () => {
  it.each([
    ["xor", 1],
    ["mod3", Math.log2(3)],
    ["rdnXor", 1],
    ["and", 0],
    ["or", 0],
    ["sum", 0],
    ["copy", 0],
    ["rdn", 0],
  ] as const)("%s holds %f bits beyond its pairs", (name, bits) => {
    const result = maxent(logicGate(name).table);
    expect(result.connectedInformation).toBeCloseTo(bits, 11);
    expect(result.converged).toBe(true);
  });

  it("and leaves one cell open to its pairs that no law can fill", () => {
    expect(maxent(logicGate("and").table).law.p[6]).toBe(0);
  });

  it("a law in the log-linear family is its own optimum", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), (seed) => {
        const draw = stream(seed, "logits");
        const [a, b, c] = Array.from({ length: 3 }, () => Float64Array.from({ length: 9 }, () => 2 * draw.normal()));
        const law = tableBy([3, 3, 3], (x1, x2, y) => Math.exp(a![x1 * 3 + x2]! + b![x1 * 3 + y]! + c![x2 * 3 + y]!));
        const result = maxent(law);
        expect(result.connectedInformation).toBeLessThan(1e-10);
        for (let i = 0; i < 27; i++) expect(result.law.p[i]).toBeCloseTo(law.p[i]!, 10);
      }),
      { numRuns: 30 },
    );
  });
});

describe("any table", () => {
  it("margins are met, the bracket holds, and nothing has more entropy", () => {
    fc.assert(
      fc.property(tables, (table) => {
        const { law, lower, upper, gap, converged, connectedInformation, marginError } = maxent(table);
        expect(converged).toBe(true);
        expect(marginError).toBeLessThan(1e-9);
        for (const axes of [
          [0, 1],
          [0, 2],
          [1, 2],
        ]) {
          const [got, want] = [marginal(law, axes).p, marginal(table, axes).p];
          for (let i = 0; i < want.length; i++) expect(got[i]).toBeCloseTo(want[i]!, 9);
        }
        expect(gap).toBeGreaterThanOrEqual(0);
        expect(entropy(law)).toBeGreaterThanOrEqual(lower - 1e-9);
        expect(entropy(law)).toBeLessThanOrEqual(upper + 1e-9);
        expect(entropy(table)).toBeLessThanOrEqual(upper);
        expect(connectedInformation).toBeGreaterThanOrEqual(0);
        // q* keeps the margins, so BROJA's optimum, which depends on them alone, stays where it was.
        expect(pid(law).R).toBeCloseTo(pid(table).R, 7);
      }),
      { numRuns: 60 },
    );
  });

  it("is not called converged without a bracket", () => {
    const draw = stream(2, "noise");
    const table = jointTable({ shape: [5, 5, 4], data: Float64Array.from({ length: 100 }, () => draw.uniform() ** 6) });
    const early = maxent(table, { maxIter: 2 });
    expect(early.converged).toBe(false);
    expect(early.lower).toBeLessThanOrEqual(maxent(table).entropy);
    expect(early.upper).toBeGreaterThanOrEqual(maxent(table).entropy);
    expect(pid(table, { measure: "ccs", maxIter: 2 }).converged).toBe(false);
  });
});

describe("forced zeros", () => {
  /** Whether a law with the margins of the support fills a cell, by the simplex: an independent oracle. */
  function canFill(cells: ReturnType<typeof domainCells>, support: Uint8Array, cell: number): boolean {
    const { row1, row2, start, pairs, rows1, rows2 } = cells;
    const pairOf = new Int32Array(cells.size);
    for (let k = 0; k < pairs; k++) pairOf.fill(k, start[k]!, start[k + 1]!);
    const rows = rows1.size + rows2.size + pairs;
    const column = (c: number): Float64Array => {
      const out = new Float64Array(rows + 1);
      out[row1[c]!] = 1;
      out[rows1.size + row2[c]!] = 1;
      out[rows1.size + rows2.size + pairOf[c]!] = 1;
      return out;
    };
    // Directions d with no margin, free on the support (two columns), 1 at the cell: sum A d = 0, d(cell) = 1.
    const columns: Float64Array[] = [];
    for (let c = 0; c < cells.size; c++) {
      const plus = column(c);
      if (c === cell) plus[rows] = 1;
      columns.push(plus);
      if (support[c] === 1) columns.push(plus.map((value) => -value));
    }
    const b = new Float64Array(rows + 1);
    b[rows] = 1;
    return nonnegativeSolution(columns, b) !== undefined;
  }

  it("are the cells that the simplex cannot fill either", () => {
    let forced = 0;
    fc.assert(
      fc.property(tables, (table) => {
        const given = sources(table, "test");
        const cells = domainCells(given, false, (index) => given.p12[Math.floor(index / given.ny)]! > 0);
        const support = Uint8Array.from(cells.index, (index) => (table.p[index]! > 0 ? 1 : 0));
        const found = fillable(cells, support)!;
        expect(found).toBeDefined();
        for (let c = 0; c < cells.size; c++) {
          if (support[c] === 1) continue;
          expect(found[c] === 1).toBe(canFill(cells, support, c));
          forced += 1 - found[c]!;
        }
      }),
      { numRuns: 150 },
    );
    expect(forced).toBeGreaterThan(0);
  });
});

describe.skipIf(file === undefined)("reference values", () => {
  it.each((file?.distributions ?? []).map((entry) => [entry.name, entry] as const))("%s", (_, entry) => {
    const error = Math.abs(connectedInformation(entry.counts) - entry.connectedInformation);
    expect(error).toBeLessThanOrEqual(within(entry, "iccs"));
  });
});
