/**
 * @file BROJA by alternating scaling: no linear algebra, a pass over the cells per sweep, for alphabets too large for the
 * interior point. Always converges, but slowly when the optimum has empty pairs.
 *
 * f(q) = min over r(x1, x2) of sum q log(q / r): for fixed r, scale r to the margins, q = r u(x1, y) v(x2, y); for fixed q,
 * r = q(x1, x2). log u and log v are multipliers, so every sweep has a certificate. Source: alternating minimisation
 * (Csiszár and Tusnády 1984) over Sinkhorn scalings.
 */
import { type Bracket, type Optimum, tightenBracket, upperBound } from "./certificate.ts";
import { independentGivenTarget, type Program } from "./program.ts";

/** Sweeps between two updates of the bracket, each of which costs about as much as a sweep. */
const CHECK_EVERY = 20;
/** Exponents of the update of r: plain, and over-relaxed as long as it tightens the bracket. */
const PLAIN = 1;
const RELAXED = 1.8;

/** The factors of q = r u v, and the sweep that improves them. */
interface Scaling {
  /** By pair, summing to 1. */
  readonly r: Float64Array;
  /** By rows1 and rows2. */
  readonly u: Float64Array;
  readonly v: Float64Array;
  /** Scales to the margins once, then moves r by the given power of q(x1, x2) / r. */
  sweep(exponent: number): void;
}

/** Factors at the start: independent sources. */
export function scalingOf({ cells, p1, p2 }: Program): Scaling {
  const { rows1, rows2, row1, row2, start, pairs, pairX1, pairX2 } = cells;
  const r = Float64Array.from({ length: pairs }, (_, k) => p1[pairX1[k]!]! * p2[pairX2[k]!]!);
  const u = new Float64Array(rows1.size).fill(1);
  const v = new Float64Array(rows2.size).fill(1);
  const sums1 = new Float64Array(rows1.size);
  const sums2 = new Float64Array(rows2.size);
  return {
    r,
    u,
    v,
    sweep(exponent) {
      sums1.fill(0);
      for (let k = 0; k < pairs; k++) {
        for (let c = start[k]!; c < start[k + 1]!; c++) sums1[row1[c]!]! += r[k]! * v[row2[c]!]!;
      }
      for (let i = 0; i < u.length; i++) u[i] = rows1.mass[i]! / sums1[i]!;
      sums2.fill(0);
      for (let k = 0; k < pairs; k++) {
        for (let c = start[k]!; c < start[k + 1]!; c++) sums2[row2[c]!]! += r[k]! * u[row1[c]!]!;
      }
      for (let i = 0; i < v.length; i++) v[i] = rows2.mass[i]! / sums2[i]!;
      let total = 0;
      for (let k = 0; k < pairs; k++) {
        let sum = 0;
        for (let c = start[k]!; c < start[k + 1]!; c++) sum += u[row1[c]!]! * v[row2[c]!]!;
        r[k]! *= exponent === PLAIN ? sum : sum ** exponent;
        total += r[k]!;
      }
      for (let k = 0; k < pairs; k++) r[k]! /= total;
    },
  };
}

/** Sweeps until the bracket is at most `aim` nats wide or `maxIter` sweeps are done. */
export function alternatingScaling(program: Program, aim: number, maxIter: number): Optimum {
  const { cells } = program;
  const { row1, row2, start, pairs } = cells;
  const scaling = scalingOf(program);
  const { r, u, v } = scaling;
  let best = independentGivenTarget(program);
  const bracket: Bracket = { lower: 0, upper: upperBound(program, best, 1) };
  let exponent = RELAXED;
  let iterations = 0;
  let trusted = { r: r.slice(), v: v.slice() };

  while (bracket.upper - bracket.lower > aim && iterations < maxIter) {
    const sweeps = Math.min(CHECK_EVERY, maxIter - iterations);
    for (let i = 0; i < sweeps; i++) scaling.sweep(exponent);
    iterations += sweeps;
    if (!tighten() && exponent === RELAXED) {
      // Over-relaxation overshot: return to the last point that tightened the bracket and continue without it.
      exponent = PLAIN;
      r.set(trusted.r);
      v.set(trusted.v);
    } else {
      exponent = RELAXED;
      trusted = { r: r.slice(), v: v.slice() };
    }
  }
  return { bracket, q: best, iterations };

  /** Tightens the bracket by the bounds of u, v and r; false when it did not get tighter. */
  function tighten(): boolean {
    const before = bracket.upper - bracket.lower;
    const alpha = u.map(Math.log);
    const beta = v.map(Math.log);
    const q = new Float64Array(cells.size);
    for (let k = 0; k < pairs; k++) {
      for (let c = start[k]!; c < start[k + 1]!; c++) q[c] = r[k]! * u[row1[c]!]! * v[row2[c]!]!;
    }
    if (tightenBracket(program, bracket, alpha, beta, q)) best = q;
    return bracket.upper - bracket.lower < before;
  }
}
