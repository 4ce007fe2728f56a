/**
 * @file BROJA by a primal-dual interior point method on the dual program, which is a geometric program:
 *
 *   maximise sum a alpha + sum b beta   subject to   L(x1, x2) = log sum_y exp(alpha(x1, y) + beta(x2, y)) <= 0.
 *
 * The multiplier of a pair's constraint is its mass Q(x1, x2), and q = Q softmax_y(alpha + beta): laws are positive by
 * construction, every iterate is strictly dual feasible, and only one product Q * (-L) per pair is driven to 0.
 * The products follow mu times the mass each pair starts with, so that rare symbols need no huge slack.
 * Newton's matrix is A (diag(q) + w q qᵀ) Aᵀ with w = (1 / slack - 1) / Q per pair: see pair-system.ts.
 * Predictor and corrector follow Mehrotra, with the full second-order term of L and of the margins: without it the
 * curvature of the exponential costs ten times the steps. Source: Mehrotra 1992; this form is ours.
 */
import { pairSystem } from "../linear/pair-system.ts";
import { type Bracket, type Optimum, rowSums, tightenBracket, upperBound } from "./certificate.ts";
import { feasibleShifts, independentGivenTarget, type Program, redundantRows } from "./program.ts";
import { scalingOf } from "./scaling.ts";

/** Sweeps of alternating scaling before the first step: each costs far less than a step, together they save one or two. */
const START_SWEEPS = 20;
/** How far inside the dual's constraints the multipliers start, per source. */
const START_MARGIN = 0.005;
/** Share of the way to an empty pair that a step may go. */
const STEP = 0.995;
/** A step is shortened by this factor until the new point is near enough to the central path. */
const SHRINK = 0.8;
/** Near enough: every pair's product at least this part of its share, every margin within this factor of its mass. */
const CENTRAL = 1e-3;
const MARGIN_FACTOR = 2;
/** Steps shorter than this are not taken; what the slacks are then grown by instead. */
const SHORTEST = 0.1;
const RETREAT = 3;
const FIRST_RIDGE = 1e-16;
const LAST_RIDGE = 1e-4;
/** Consecutive certificates without a tighter bracket before stopping: rounding then limits progress. */
const PATIENCE = 4;

/** A point and how far it is from the central path. */
interface Point {
  readonly alpha: Float64Array;
  readonly beta: Float64Array;
  /** Q by pair. */
  readonly mass: Float64Array;
  /** -L by pair. */
  readonly slack: Float64Array;
  /** softmax_y(alpha + beta) by cell. */
  readonly share: Float64Array;
  /** Sum of mass * slack, and the smallest ratio of a pair's product to its share of that sum. */
  total: number;
  least: number;
  /** Margin error: summed, and as the largest factor. */
  error: number;
  factor: number;
}

/** Runs until the bracket is at most `aim` nats wide, `maxIter` steps are done, or rounding stops all progress. */
export function interiorPoint(program: Program, aim: number, maxIter: number): Optimum {
  const { start, pairs } = program.cells;
  let best = independentGivenTarget(program);
  const search = searchFrom(program, best);
  const bracket: Bracket = { lower: 0, upper: upperBound(program, best, 1) };
  let idle = 0;
  /** Tightens the bracket by the bounds of the current point. */
  const certify = (): void => {
    const { alpha, beta, mass, share } = search.now;
    const before = bracket.upper - bracket.lower;
    const q = share.slice();
    for (let k = 0; k < pairs; k++) for (let c = start[k]!; c < start[k + 1]!; c++) q[c]! *= mass[k]!;
    if (tightenBracket(program, bracket, alpha, beta, q)) best = q;
    idle = bracket.upper - bracket.lower < before ? 0 : idle + 1;
  };
  let iterations = 0;
  let moving = measure(search, search.now);
  if (moving) certify();
  while (moving && bracket.upper - bracket.lower > aim && iterations < maxIter && idle < PATIENCE) {
    moving = step(search);
    iterations++;
    if (search.now.total <= 4 * aim || iterations === maxIter || !moving) certify();
  }
  return { bracket, q: best, iterations };
}

type Search = ReturnType<typeof searchFrom>;

/** A search at its first point, from the law q of sources that are independent given y; steps work in place. */
function searchFrom(program: Program, q: Float64Array) {
  const { cells } = program;
  const { rows1, rows2, pairs, size } = cells;
  const now = firstPoint(program, q);
  return {
    program,
    system: pairSystem(cells, redundantRows(cells)),
    /** The mass that each pair starts with; it sums to 1. */
    weight: now.mass.slice(),
    now,
    next: emptyPoint(cells),
    /** Newton's matrix, as pair-system.ts takes it. */
    d: new Float64Array(size),
    diagonal: new Float64Array(size),
    w: new Float64Array(pairs),
    /** The direction: changes of alpha, beta, mass and L. */
    da: new Float64Array(rows1.size),
    db: new Float64Array(rows2.size),
    dMass: new Float64Array(pairs),
    dLog: new Float64Array(pairs),
    /** Second-order terms along the predictor: of q by cell, and of mass * slack by pair. */
    second: new Float64Array(size),
    product: new Float64Array(pairs),
  };
}

/** The result of a few sweeps of alternating scaling, shifted until every slack is positive. */
function firstPoint(program: Program, q: Float64Array): Point {
  const { cells } = program;
  const { rows1, rows2, start, pairs } = cells;
  const point = emptyPoint(cells);
  const { alpha, beta, mass } = point;
  const { r, u, v, sweep } = scalingOf(program);
  for (let i = 0; i < START_SWEEPS; i++) sweep(1);
  // Half the mass from the law independent given y: a pair that the sweeps nearly emptied can still be filled.
  for (let k = 0; k < pairs; k++) {
    let sum = 0;
    for (let c = start[k]!; c < start[k + 1]!; c++) sum += q[c]!;
    mass[k] = (r[k]! + sum) / 2;
  }
  for (let i = 0; i < u.length; i++) alpha[i] = Math.log(u[i]!);
  for (let i = 0; i < v.length; i++) beta[i] = Math.log(v[i]!);
  const { s1, s2 } = feasibleShifts(cells, program.p1.length, program.p2.length, alpha, beta);
  for (let i = 0; i < u.length; i++) alpha[i]! -= s1[rows1.x[i]!]! + START_MARGIN;
  for (let i = 0; i < v.length; i++) beta[i]! -= s2[rows2.x[i]!]! + START_MARGIN;
  return point;
}

function emptyPoint({ rows1, rows2, pairs, size }: Program["cells"]): Point {
  return {
    alpha: new Float64Array(rows1.size),
    beta: new Float64Array(rows2.size),
    mass: new Float64Array(pairs),
    slack: new Float64Array(pairs),
    share: new Float64Array(size),
    total: 0,
    least: 0,
    error: 0,
    factor: 1,
  };
}

/** Computes all values of a point from alpha, beta and mass; false when it is not strictly feasible. */
function measure({ program: { cells }, weight }: Search, at: Point): boolean {
  const { rows1, rows2, row1, row2, start, pairs } = cells;
  const { alpha, beta, mass, slack, share } = at;
  const sums1 = new Float64Array(rows1.size);
  const sums2 = new Float64Array(rows2.size);
  at.total = 0;
  at.least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < pairs; k++) {
    const [from, to] = [start[k]!, start[k + 1]!];
    let top = Number.NEGATIVE_INFINITY;
    for (let c = from; c < to; c++) {
      const value = alpha[row1[c]!]! + beta[row2[c]!]!;
      share[c] = value;
      if (value > top) top = value;
    }
    let sum = 0;
    for (let c = from; c < to; c++) sum += share[c] = Math.exp(share[c]! - top);
    slack[k] = -(top + Math.log(sum));
    if (!(slack[k]! > 0)) return false;
    const scale = mass[k]! / sum;
    for (let c = from; c < to; c++) {
      sums1[row1[c]!]! += share[c]! * scale;
      sums2[row2[c]!]! += share[c]! * scale;
      share[c]! /= sum;
    }
    const value = mass[k]! * slack[k]!;
    at.total += value;
    at.least = Math.min(at.least, value / weight[k]!);
  }
  at.least /= at.total;
  at.error = 0;
  at.factor = 1;
  compare(at, sums1, rows1.mass);
  compare(at, sums2, rows2.mass);
  return true;
}

/** One predictor-corrector step; false when the system cannot be solved or every step is too short. */
function step(search: Search): boolean {
  if (!factorMatrix(search)) return false;
  const { second, product } = search;
  second.fill(0);
  product.fill(0);
  direction(search, 0);
  const sigma = Math.max(1e-6, predictedShare(search) ** 3);
  curvature(search);
  direction(search, sigma * search.now.total);
  if (move(search, SHORTEST)) return true;
  // The slacks are too small for a step: move back along the central path, where they are larger.
  second.fill(0);
  product.fill(0);
  direction(search, RETREAT * search.now.total);
  return move(search, 1e-8);
}

/** Factors Newton's matrix of the current point; false when it cannot be. */
function factorMatrix({ program: { cells }, system, now, d, diagonal, w }: Search): boolean {
  const { start, pairs } = cells;
  const { mass, slack, share } = now;
  for (let k = 0; k < pairs; k++) {
    w[k] = (1 / slack[k]! - 1) / mass[k]!;
    for (let c = start[k]!; c < start[k + 1]!; c++) {
      d[c] = mass[k]! * share[c]!;
      diagonal[c] = d[c]! * (1 - share[c]! + share[c]! / slack[k]!);
    }
  }
  let ridge = FIRST_RIDGE;
  while (!system.factor(d, w, diagonal, ridge)) {
    ridge *= 100;
    if (ridge > LAST_RIDGE) return false;
  }
  return true;
}

/** Newton direction towards mass * slack = target * weight, given the second-order terms. */
function direction(search: Search, target: number): void {
  const { program, system, weight, da, db, dMass, dLog, second, product } = search;
  const { rows1, rows2, row1, row2, start, pairs, size } = program.cells;
  const { mass, slack, share } = search.now;
  const aimed = new Float64Array(size);
  for (let k = 0; k < pairs; k++) {
    const value = (target * weight[k]! - product[k]!) / slack[k]!;
    for (let c = start[k]!; c < start[k + 1]!; c++) aimed[c] = value * share[c]! + second[c]!;
  }
  const sums1 = rowSums(aimed, row1, rows1.size);
  const sums2 = rowSums(aimed, row2, rows2.size);
  for (let r = 0; r < rows1.size; r++) da[r] = rows1.mass[r]! - sums1[r]!;
  for (let r = 0; r < rows2.size; r++) db[r] = rows2.mass[r]! - sums2[r]!;
  system.solve(da, db);
  for (let k = 0; k < pairs; k++) {
    let change = 0;
    for (let c = start[k]!; c < start[k + 1]!; c++) change += share[c]! * (da[row1[c]!]! + db[row2[c]!]!);
    dLog[k] = change;
    dMass[k] = (target * weight[k]! - product[k]! + mass[k]! * change) / slack[k]! - mass[k]!;
  }
}

/** The share of mass * slack that remains after the predictor's longest step. */
function predictedShare({ now, dMass, dLog }: Search): number {
  const { mass, slack } = now;
  let reach = 1;
  for (let k = 0; k < mass.length; k++) {
    if (dMass[k]! < 0) reach = Math.min(reach, -mass[k]! / dMass[k]!);
    if (dLog[k]! > 0) reach = Math.min(reach, slack[k]! / dLog[k]!);
  }
  let total = 0;
  for (let k = 0; k < mass.length; k++) total += (mass[k]! + reach * dMass[k]!) * (slack[k]! - reach * dLog[k]!);
  return Math.min(1, Math.max(0, total / now.total));
}

/** Second-order terms of q and of mass * slack along the predictor. */
function curvature({ program: { cells }, now, da, db, dMass, dLog, second, product }: Search): void {
  const { row1, row2, start, pairs } = cells;
  const { mass, share } = now;
  for (let k = 0; k < pairs; k++) {
    let variance = 0;
    for (let c = start[k]!; c < start[k + 1]!; c++) {
      const t = da[row1[c]!]! + db[row2[c]!]! - dLog[k]!;
      variance += share[c]! * t * t;
    }
    product[k] = -dMass[k]! * dLog[k]! - 0.5 * mass[k]! * variance;
    for (let c = start[k]!; c < start[k + 1]!; c++) {
      const t = da[row1[c]!]! + db[row2[c]!]! - dLog[k]!;
      second[c] = share[c]! * (dMass[k]! * t + 0.5 * mass[k]! * (t * t - variance));
    }
  }
}

/** Moves to the first point along the direction that is near enough to the central path; false below `shortest`. */
function move(search: Search, shortest: number): boolean {
  const { now, next, da, db, dMass } = search;
  const { alpha, beta, mass } = now;
  let length = 1;
  for (let k = 0; k < mass.length; k++) if (dMass[k]! < 0) length = Math.min(length, (-STEP * mass[k]!) / dMass[k]!);
  for (; length > shortest; length *= SHRINK) {
    for (let r = 0; r < alpha.length; r++) next.alpha[r] = alpha[r]! + length * da[r]!;
    for (let r = 0; r < beta.length; r++) next.beta[r] = beta[r]! + length * db[r]!;
    for (let k = 0; k < mass.length; k++) next.mass[k] = mass[k]! + length * dMass[k]!;
    if (!measure(search, next)) continue;
    if (next.least < Math.min(CENTRAL, now.least * (1 - length / 2))) continue;
    if (next.factor > Math.max(MARGIN_FACTOR, now.factor * (1 - length / 10))) continue;
    if (next.error > Math.max(now.error * (1 - length / 10), next.total, 1e-15)) continue;
    [search.now, search.next] = [next, now];
    return true;
  }
  return false;
}

function compare(at: Point, sums: Float64Array, mass: Float64Array): void {
  for (let r = 0; r < mass.length; r++) {
    at.error += Math.abs(sums[r]! - mass[r]!);
    at.factor = Math.max(at.factor, sums[r]! / mass[r]!, mass[r]! / sums[r]!);
  }
}
