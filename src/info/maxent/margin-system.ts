/**
 * @file The cells of a table with the adding-up to its three pair margins, and the system A diag(d) Aᵀ of those equations.
 *
 * The rows (x1, x2) are eliminated first, which leaves the rows that pair-system.ts factors, with w = -1 / sum d.
 */
import type { Cells } from "../linear/cells.ts";
import { pairSystem } from "../linear/pair-system.ts";

/** Numbers by row (x1, y), by row (x2, y) and by pair (x1, x2). */
export type ByMargin = readonly [Float64Array, Float64Array, Float64Array];

/** The margin equations depend on each other, so the system is singular: this much of its diagonal is added from the start. */
const FIRST_RIDGE = 1e-14;
const LAST_RIDGE = 1e-4;

/** Operations on the three margins of some cells. */
export interface MarginSystem {
  /** Zeros by margin. */
  zeros(): ByMargin;
  /** A values: sums of cells by margin. */
  margins(values: Float64Array): ByMargin;
  /** out = Aᵀ by. */
  spread(by: ByMargin, out: Float64Array): void;
  /** Factors A diag(d) Aᵀ for d >= 0 with something in every pair; false when rounding forbids it. */
  factor(d: Float64Array): boolean;
  /** Overwrites a right-hand side, which must be margins of something, with a solution. */
  solve(by: ByMargin): void;
}

/** The margin system of some cells. */
export function marginSystem(cells: Cells): MarginSystem {
  const { row1, row2, start, pairs, rows1, rows2 } = cells;
  const system = pairSystem(cells, new Uint8Array(rows2.size));
  const weights = new Float64Array(cells.size);
  const w = new Float64Array(pairs);
  const zeros = (): ByMargin => [new Float64Array(rows1.size), new Float64Array(rows2.size), new Float64Array(pairs)];
  return {
    zeros,

    margins(values) {
      const out = zeros();
      for (let k = 0; k < pairs; k++) {
        for (let c = start[k]!; c < start[k + 1]!; c++) {
          out[0][row1[c]!]! += values[c]!;
          out[1][row2[c]!]! += values[c]!;
          out[2][k]! += values[c]!;
        }
      }
      return out;
    },

    spread([by1, by2, by3], out) {
      for (let k = 0; k < pairs; k++) {
        for (let c = start[k]!; c < start[k + 1]!; c++) out[c] = by1[row1[c]!]! + by2[row2[c]!]! + by3[k]!;
      }
    },

    factor(d) {
      weights.set(d);
      const diagonal = new Float64Array(cells.size); // d (sum of the others) / sum, formed without cancelling
      for (let k = 0; k < pairs; k++) {
        let sum = 0;
        for (let c = start[k]!; c < start[k + 1]!; c++) {
          for (let other = start[k]!; other < c; other++) {
            diagonal[c]! += d[other]!;
            diagonal[other]! += d[c]!;
          }
          sum += d[c]!;
        }
        w[k] = -1 / sum;
        for (let c = start[k]!; c < start[k + 1]!; c++) diagonal[c]! *= d[c]! / sum;
      }
      for (let ridge = FIRST_RIDGE; ridge <= LAST_RIDGE; ridge *= 100) {
        if (system.factor(weights, w, diagonal, ridge)) return true;
      }
      return false;
    },

    solve([by1, by2, by3]) {
      for (let k = 0; k < pairs; k++) {
        const part = -w[k]! * by3[k]!;
        for (let c = start[k]!; c < start[k + 1]!; c++) {
          by1[row1[c]!]! -= weights[c]! * part;
          by2[row2[c]!]! -= weights[c]! * part;
        }
      }
      system.solve(by1, by2);
      for (let k = 0; k < pairs; k++) {
        let sum = by3[k]!;
        for (let c = start[k]!; c < start[k + 1]!; c++) sum -= weights[c]! * (by1[row1[c]!]! + by2[row2[c]!]!);
        by3[k] = -w[k]! * sum;
      }
    },
  };
}

/** to = a - b, margin by margin. */
export function difference(a: ByMargin, b: ByMargin, to: ByMargin): void {
  for (let k = 0; k < 3; k++) for (let r = 0; r < to[k]!.length; r++) to[k]![r] = a[k]![r]! - b[k]![r]!;
}

/** The sum of absolute entries. */
export function sizeOfMargins(by: ByMargin): number {
  let size = 0;
  for (const values of by) for (const value of values) size += Math.abs(value);
  return size;
}
