/**
 * @file Bounds that hold for any candidate: any multipliers give a lower bound on I*, any distribution an upper bound.
 *
 * Both are first repaired to be exactly feasible, then widened by what rounding can have changed, so the bracket may be
 * relied on. Repair and rounding allowance: ours.
 */
import { Sum } from "../sum.ts";
import { feasibleShifts, type Program } from "./program.ts";

/** Lower and upper bound on I*, in nats; made tighter by every candidate. */
export interface Bracket {
  lower: number;
  upper: number;
}

/** Result of an optimiser of the program. */
export interface Optimum {
  /** Bracket of I* in nats. */
  readonly bracket: Bracket;
  /** The distribution behind `upper`, feasible, by cell. */
  readonly q: Float64Array;
  readonly iterations: number;
}

/** Relative rounding of a few operations on doubles: a factor 8 above the unit 2^-52. */
const ROUNDING = 8 * Number.EPSILON;

/**
 * H(Y) + D(alpha, beta) in nats, for multipliers by rows1 and rows2: never above I*.
 * Multipliers outside the constraints are first shifted inside, see feasibleShifts.
 */
export function lowerBound({ cells, p1, p2, hy }: Program, alpha: Float64Array, beta: Float64Array): number {
  const { rows1, rows2 } = cells;
  const { s1, s2 } = feasibleShifts(cells, p1.length, p2.length, alpha, beta);
  const value = new Sum();
  let size = 0; // sum of |terms|
  let largest = 1; // how far a repaired L may still exceed 0, in units of rounding
  const add = (mass: Float64Array, factor: Float64Array, sign: number): void => {
    for (let i = 0; i < mass.length; i++) {
      if (mass[i] === 0) continue;
      value.add(sign * mass[i]! * factor[i]!);
      size += mass[i]! * Math.abs(factor[i]!);
      largest = Math.max(largest, Math.abs(factor[i]!));
    }
  };
  add(rows1.mass, alpha, 1);
  add(rows2.mass, beta, 1);
  add(p1, s1, -1);
  add(p2, s2, -1);
  return hy + value.value - ROUNDING * (size + largest + hy);
}

/**
 * H(Y) + f(q) in nats for a distribution q, repaired in place to the margins: never below I*.
 * `scale` is the size of the multipliers, max(|alpha| + |beta|): what an error of 1 in the margins would change.
 */
export function upperBound({ cells, hy }: Program, q: Float64Array, scale: number): number {
  const { start, pairs } = cells;
  const left = repairMargins(cells, q);
  const value = new Sum();
  let size = 0;
  for (let k = 0; k < pairs; k++) {
    let sum = 0;
    for (let c = start[k]!; c < start[k + 1]!; c++) sum += q[c]!;
    for (let c = start[k]!; c < start[k + 1]!; c++) {
      if (q[c] === 0) continue;
      const term = q[c]! * Math.log(q[c]! / sum);
      value.add(term);
      size -= term;
    }
  }
  return hy + value.value + ROUNDING * (size + hy + 1) + left * scale;
}

/**
 * Tightens the bracket by multipliers and a law; true when the law gave a new upper bound, and is repaired.
 * Bounds that are not numbers (factors that ran out of range) prove nothing.
 */
export function tightenBracket(
  program: Program,
  bracket: Bracket,
  alpha: Float64Array,
  beta: Float64Array,
  q: Float64Array,
): boolean {
  const lower = lowerBound(program, alpha, beta);
  if (lower > bracket.lower) bracket.lower = Math.min(lower, bracket.upper);
  const upper = upperBound(program, q, largest(alpha) + largest(beta));
  if (!(upper < bracket.upper)) return false;
  bracket.upper = Math.max(upper, bracket.lower);
  return true;
}

/**
 * Gives q (>= 0) the margins of the cells, as in optimal transport: rows, then columns are scaled down to at most their
 * mass, then for each y the missing mass is added as a product. Returns the margin error that rounding leaves, summed.
 */
export function repairMargins(cells: Program["cells"], q: Float64Array): number {
  const { rows1, rows2, row1, row2, ny } = cells;
  const shrink = (mass: Float64Array, row: Int32Array): void => {
    const sums = rowSums(q, row, mass.length);
    for (let r = 0; r < mass.length; r++) sums[r] = sums[r]! > mass[r]! ? mass[r]! / sums[r]! : 1;
    for (let c = 0; c < q.length; c++) q[c]! *= sums[row[c]!]!;
  };
  shrink(rows1.mass, row1);
  shrink(rows2.mass, row2);
  const missing1 = rowSums(q, row1, rows1.size);
  const missing2 = rowSums(q, row2, rows2.size);
  const missing = new Float64Array(ny);
  for (let r = 0; r < rows1.size; r++) {
    missing1[r] = Math.max(0, rows1.mass[r]! - missing1[r]!);
    missing[rows1.y[r]!]! += missing1[r]!;
  }
  for (let r = 0; r < rows2.size; r++) missing2[r] = Math.max(0, rows2.mass[r]! - missing2[r]!);
  for (let c = 0; c < q.length; c++) {
    const all = missing[rows1.y[row1[c]!]!]!;
    if (all > 0) q[c]! += (missing1[row1[c]!]! / all) * missing2[row2[c]!]!;
  }
  return marginError(q, row1, rows1.mass) + marginError(q, row2, rows2.mass);
}

/** Sums of cells by row. */
export function rowSums(q: Float64Array, row: Int32Array, rows: number): Float64Array {
  const sums = new Float64Array(rows);
  for (let c = 0; c < q.length; c++) sums[row[c]!]! += q[c]!;
  return sums;
}

function marginError(q: Float64Array, row: Int32Array, mass: Float64Array): number {
  const sums = rowSums(q, row, mass.length);
  let error = 0;
  for (let r = 0; r < mass.length; r++) error += Math.abs(sums[r]! - mass[r]!);
  return error;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
