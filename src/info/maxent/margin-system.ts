/** @file The second-order system of all three pair margins, reduced to the rows that pair-system.ts factors. */
import type { Cells } from "../linear/cells.ts";
import type { PairSystem } from "../linear/pair-system.ts";

/** The margin equations depend on each other, so the system is singular: this much of its diagonal is added from the start. */
const FIRST_RIDGE = 1e-14;
const LAST_RIDGE = 1e-4;

/**
 * Factors A diag(d) Aᵀ for A with rows (x1, y), (x2, y) and (x1, x2), the last eliminated: what is left is the pair system
 * with w = -1 / sum d, whose diagonal d (sum of the others) / sum d is formed without cancelling. Fills w.
 */
export function factorMargins(system: PairSystem, cells: Cells, d: Float64Array, w: Float64Array): boolean {
  const { start, pairs } = cells;
  const diagonal = new Float64Array(cells.size);
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
    if (system.factor(d, w, diagonal, ridge)) return true;
  }
  return false;
}
