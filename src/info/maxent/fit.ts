/**
 * @file The law of maximum entropy with given pair margins: proportional fitting first, Newton steps with a proof last.
 *
 * Fitting scales q to each pair margin in turn, so log q stays in the span of Aᵀ, where H(q*) <= sum q - 1 - sum p log q
 * for every such q (q*, p have the same margins). The Newton step t = Aᵀ m with A diag(q) t = (margins missing) makes
 * q (1 + t) a distribution whose margins are exact: its entropy is a lower bound. Both bounds meet at the square of t.
 */
import type { Cells } from "../linear/cells.ts";
import { factorCost } from "../linear/pair-system.ts";
import { Sum } from "../sum.ts";
import { type ByMargin, difference, type MarginSystem, marginSystem, sizeOfMargins } from "./margin-system.ts";

/** Result of a fit, in nats. */
interface Fit {
  /** q* by cell. */
  readonly q: Float64Array;
  /** Bracket of H(q*). */
  readonly lower: number;
  readonly upper: number;
  /** Summed error of the margins of q. */
  readonly error: number;
  readonly iterations: number;
}

/** Sweeps before the first Newton step, and the summed change of q at which q itself (not only its entropy) is settled. */
const START_SWEEPS = 20;
const SETTLED = 1e-10;
/** Rounds without a narrower bracket before stopping: rounding then limits progress. */
const PATIENCE = 20;
/** A bound this much worse than the last, in nats, means that rounding spoiled the Newton step; it is undone. */
const SPOILED = 1e-9;
const ROUNDING = 8 * Number.EPSILON;
/** The margins, in the order of a sweep. */
const MARGINS = [0, 1, 2] as const;
/** Multiply-adds of a Newton step, above which only sweeps are made and nothing is proven. */
const MOST_WORK = 2e9;

/** Fits q to the pair margins of p over the given cells until the bracket is `aim` nats wide or `maxIter` sweeps or steps. */
export function fitMargins(cells: Cells, p: Float64Array, aim: number, maxIter: number): Fit {
  const n = cells.size;
  const q = new Float64Array(n).fill(1 / n);
  const newton = factorCost(cells.rows1.size, cells.rows2.size) <= MOST_WORK;
  const system = marginSystem(cells);
  const target = system.margins(p);
  const missing = system.zeros();
  const t = new Float64Array(n);
  let lower = 0;
  let upper = Number.POSITIVE_INFINITY;
  let iterations = 0;
  let idle = 0;

  let best = q.slice();
  let error = Number.POSITIVE_INFINITY;
  while (iterations < maxIter) {
    for (const k of MARGINS) scaleTo(k, cells, system, target, q);
    iterations++;
    if (iterations < START_SWEEPS && iterations < maxIter) continue;
    const before = upper - lower;
    const bound = crossEntropy(p, q, iterations);
    if (bound > upper + SPOILED) q.set(best);
    upper = Math.min(upper, bound);
    keepBest();
    if (!newton) continue;
    const moved = newtonStep();
    if (moved === undefined || (moved <= SETTLED && upper - lower <= aim)) break;
    idle = upper - lower < before ? 0 : idle + 1;
    if (idle >= PATIENCE) break;
  }
  keepBest();
  return { q: best, lower, upper: Math.max(upper, lower), error, iterations };

  /** The margin error of q; stores q if the error is smaller than before. */
  function keepBest(): void {
    difference(target, system.margins(q), missing);
    const size = sizeOfMargins(missing);
    if (size >= error) return;
    error = size;
    best = q.slice();
  }

  /** Tightens `lower`, then moves q; how much mass the step moves, undefined when the system cannot be solved. */
  function newtonStep(): number | undefined {
    if (!system.factor(q)) return undefined;
    system.solve(missing);
    system.spread(missing, t);
    let [size, least, moved] = [0, 0, 0];
    for (let c = 0; c < n; c++) {
      size = Math.max(size, Math.abs(t[c]!));
      least = Math.min(least, t[c]!);
      moved += q[c]! * Math.abs(t[c]!);
    }
    if (!Number.isFinite(size)) return undefined;
    if (least > -1) lower = Math.max(lower, entropyOfExact(system, target, q, t));
    const length = size > 1 ? 1 / size : 1;
    for (let c = 0; c < n; c++) q[c]! *= Math.exp(length * t[c]!);
    return moved;
  }
}

/** One step of proportional fitting: scales q to its k-th margin. */
function scaleTo(k: 0 | 1 | 2, cells: Cells, system: MarginSystem, target: ByMargin, q: Float64Array): void {
  const { row1, row2, start, pairs } = cells;
  const factor = system.margins(q)[k];
  for (let r = 0; r < factor.length; r++) factor[r] = target[k][r]! / factor[r]!;
  for (let pair = 0; pair < pairs; pair++) {
    for (let c = start[pair]!; c < start[pair + 1]!; c++) {
      q[c]! *= factor[k === 0 ? row1[c]! : k === 1 ? row2[c]! : pair]!;
    }
  }
}

/** sum q - 1 - sum p log q, never below H(q*), with what rounding may have moved log q out of the span. */
function crossEntropy(p: Float64Array, q: Float64Array, iterations: number): number {
  const sum = new Sum();
  sum.add(-1);
  let size = 1;
  for (let c = 0; c < q.length; c++) {
    sum.add(q[c]!);
    if (p[c] === 0) continue;
    const term = p[c]! * Math.log(q[c]!);
    sum.add(-term);
    size -= term;
  }
  return sum.value + ROUNDING * (size + iterations);
}

/** The entropy of q (1 + t), less what its remaining margin error may be worth. */
function entropyOfExact(system: MarginSystem, target: ByMargin, q: Float64Array, t: Float64Array): number {
  const exact = new Float64Array(q.length);
  const sum = new Sum();
  let [size, largest] = [1, 1];
  for (let c = 0; c < q.length; c++) {
    const value = q[c]! * (1 + t[c]!);
    exact[c] = value;
    if (value === 0) continue;
    const log = Math.log(value);
    sum.add(-value * log);
    size -= value * log;
    largest = Math.max(largest, -log);
  }
  const left: ByMargin = system.zeros();
  difference(target, system.margins(exact), left);
  return sum.value - ROUNDING * size - sizeOfMargins(left) * largest;
}
