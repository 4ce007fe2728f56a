import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stream } from "../../../src/core/random.ts";
import { redundantRows } from "../../../src/info/broja/program.ts";
import { domainCells } from "../../../src/info/linear/cells.ts";
import { cholesky, solveLower, solveUpper } from "../../../src/info/linear/cholesky.ts";
import { pairSystem } from "../../../src/info/linear/pair-system.ts";
import { nonnegativeSolution } from "../../../src/info/linear/simplex.ts";
import { sources } from "../../../src/info/sources.ts";
import { tables } from "../tables.ts";

describe("cholesky", () => {
  it.each([1, 5, 48, 49, 131])("solves a system of %i equations", (size) => {
    const draw = stream(size, "matrix");
    const a = Float64Array.from({ length: size * size }, () => draw.normal());
    const stride = size + ((4 - (size % 4)) % 4);
    const c = new Float64Array(stride * stride);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let sum = i === j ? 1 : 0;
        for (let k = 0; k < size; k++) sum += a[i * size + k]! * a[j * size + k]!;
        c[i * stride + j] = sum;
      }
    }
    const full = c.slice();
    const x = Float64Array.from({ length: size }, () => draw.normal());
    const b = Float64Array.from({ length: size }, (_, i) =>
      x.reduce((sum, v, j) => sum + full[i * stride + j]! * v, 0),
    );
    expect(cholesky(c, stride, size, 0)).toBe(true);
    solveLower(c, stride, size, b, 0);
    solveUpper(c, stride, size, b, 0);
    for (let i = 0; i < size; i++) expect(b[i]).toBeCloseTo(x[i]!, 7);
  });

  it("says no to a matrix that is not positive definite", () => {
    expect(cholesky(Float64Array.of(1, 2, 2, 1), 2, 2, 0)).toBe(false);
    expect(cholesky(Float64Array.of(Number.NaN), 1, 1, 0)).toBe(false);
  });
});

describe("pairSystem", () => {
  it("solves what the full matrix would, on any domain", () => {
    fc.assert(
      fc.property(tables, fc.integer(), fc.boolean(), (table, seed, swap) => {
        const cells = domainCells(sources(table, "test"), swap);
        const draw = stream(Math.abs(seed), "weights");
        const d = Float64Array.from({ length: cells.size }, () => 0.1 + draw.uniform());
        const w = Float64Array.from({ length: cells.pairs }, () => draw.uniform());
        const diagonal = new Float64Array(cells.size);
        for (let k = 0; k < cells.pairs; k++) {
          for (let c = cells.start[k]!; c < cells.start[k + 1]!; c++) diagonal[c] = d[c]! + w[k]! * d[c]! ** 2;
        }
        const leftOut = redundantRows(cells);
        const system = pairSystem(cells, leftOut);
        expect(system.factor(d, w, diagonal, 0)).toBe(true);
        const [m1, m2] = [cells.rows1.size, cells.rows2.size];
        const x1 = Float64Array.from({ length: m1 }, () => draw.normal());
        const x2 = Float64Array.from({ length: m2 }, (_, r) => (leftOut[r] === 1 ? 0 : draw.normal()));
        const [b1, b2] = [new Float64Array(m1), new Float64Array(m2)];
        for (let k = 0; k < cells.pairs; k++) {
          const [from, to] = [cells.start[k]!, cells.start[k + 1]!];
          const t = (c: number): number => x1[cells.row1[c]!]! + x2[cells.row2[c]!]!;
          let dot = 0;
          for (let c = from; c < to; c++) dot += d[c]! * t(c);
          for (let c = from; c < to; c++) {
            const value = d[c]! * t(c) + w[k]! * d[c]! * dot;
            b1[cells.row1[c]!]! += value;
            b2[cells.row2[c]!]! += value;
          }
        }
        system.solve(b1, b2);
        for (let r = 0; r < m1; r++) expect(b1[r]).toBeCloseTo(x1[r]!, 6);
        for (let r = 0; r < m2; r++) expect(b2[r]).toBeCloseTo(x2[r]!, 6);
      }),
    );
  });
});

describe("nonnegativeSolution", () => {
  it("finds a solution when there is one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), fc.integer(), (rows, n, seed) => {
        const draw = stream(Math.abs(seed), "simplex");
        const columns = Array.from({ length: n }, () => Float64Array.from({ length: rows }, () => draw.below(3) - 1));
        const x = Array.from({ length: n }, () => draw.below(3));
        const b = new Float64Array(rows);
        columns.forEach((column, j) => {
          for (let i = 0; i < rows; i++) b[i]! += column[i]! * x[j]!;
        });
        for (let i = 0; i < rows; i++) {
          if (b[i]! >= 0) continue;
          b[i] = -b[i]!;
          for (const column of columns) column[i] = -column[i]!;
        }
        const found = nonnegativeSolution(columns, b)!;
        expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
        for (let i = 0; i < rows; i++) {
          expect(columns.reduce((sum, column, j) => sum + column[i]! * found[j]!, 0)).toBeCloseTo(b[i]!, 8);
        }
      }),
    );
  });

  it("knows when there is none", () => {
    expect(nonnegativeSolution([Float64Array.of(-1), Float64Array.of(0)], Float64Array.of(1))).toBeUndefined();
    expect(nonnegativeSolution([Float64Array.of(1, 1)], Float64Array.of(1, 2))).toBeUndefined();
    expect(nonnegativeSolution([], Float64Array.of(1))).toBeUndefined();
  });
});
