/** @file Random tables for property tests. */
import fc from "fast-check";
import { jointTable, type Table } from "../../src/info/index.ts";

/** Tables [x1, x2, y] of small counts, many of them 0, with unused symbols now and then. */
export const tables: fc.Arbitrary<Table> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }))
  .chain((shape) => {
    const size = shape[0] * shape[1] * shape[2];
    const cell = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 }));
    return fc
      .array(cell, { minLength: size, maxLength: size })
      .filter((data) => data.some((count) => count > 0))
      .map((data) => jointTable({ shape, data }));
  });

/** Distributions over `n` symbols, all of them used. */
export function laws(n: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: 50 }), { minLength: n, maxLength: n }).map((weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight) => weight / total);
  });
}

/** The table whose cell [x1, x2, y] is `of(x1, x2, y)`. */
export function tableBy(
  shape: readonly [number, number, number],
  of: (x1: number, x2: number, y: number) => number,
): Table {
  const [n1, n2, ny] = shape;
  const data = new Float64Array(n1 * n2 * ny);
  for (let x1 = 0; x1 < n1; x1++) {
    for (let x2 = 0; x2 < n2; x2++) for (let y = 0; y < ny; y++) data[(x1 * n2 + x2) * ny + y] = of(x1, x2, y);
  }
  return jointTable({ shape, data });
}
