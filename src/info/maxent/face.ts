/**
 * @file The cells that can be positive under some distribution with given pair margins.
 *
 * A cell of probability 0 whose three pair margins are positive may still be forced to 0 (for AND: x1 = x2 = 1, y = 0).
 * Proportional fitting converges slowly there, so such cells are found first. The question depends on the support alone: q >= 0 with
 * the margins of the support's indicator, against potentials s = -Aᵀ lambda >= 0 that vanish on the support. By Farkas'
 * lemma each cell is positive in some q or in some s, and an interior point finds a pair that settles every cell at once.
 * Source: Mehrotra 1992 for the method; ours for the proof.
 */
import type { Cells } from "../linear/cells.ts";
import { type ByMargin, difference, marginSystem, sizeOfMargins } from "./margin-system.ts";

/** Both sides must differ by this factor before a proof is tried. */
const APART = 100;
/** Tolerance of a proof's equations: rounding, on numbers of size 1. */
const EXACT = 1e-10;
const MAX_ITER = 100;
const STEP = 0.99;

/**
 * For each cell, 1 when some law with the same pair margins fills it; `support` marks those that p itself fills.
 * The answer is proven before it is given: by a law that fills all of these, and by potentials above 0 on all others.
 * Undefined when rounding leaves a cell unsettled: the caller then keeps them all, and converges slowly or not at all.
 */
export function fillable(cells: Cells, support: Uint8Array): Uint8Array | undefined {
  const search = searchFrom(cells, support);
  for (let iteration = 0; iteration < MAX_ITER; iteration++) {
    const settled = verdict(search);
    if (settled !== undefined) return settled;
    if (!step(search)) return undefined;
  }
  return undefined;
}

type Search = ReturnType<typeof searchFrom>;

/** A distribution q and potentials s, which the search moves apart; arrays are by cell. */
function searchFrom(cells: Cells, support: Uint8Array) {
  const system = marginSystem(cells);
  const zeros = (): Float64Array => new Float64Array(cells.size);
  return {
    support,
    system,
    /** The margins of the support's indicator. */
    target: system.margins(Float64Array.from(support)),
    q: zeros().fill(1),
    s: zeros().fill(1),
    lambda: system.zeros(),
    /** Changes of lambda, q and s. */
    change: system.zeros(),
    dq: zeros(),
    ds: zeros(),
    /** q / s, the diagonal of the system; -Aᵀ lambda - s, which is 0 for feasible potentials; and scratch. */
    d: zeros(),
    rd: zeros(),
    x: zeros(),
  };
}

/** The answer, once q and the potentials are far enough apart to guess it and the guess can be proven. */
function verdict(search: Search): Uint8Array | undefined {
  const { support, system, q, s, d } = search;
  const n = q.length;
  const guess = new Uint8Array(n);
  let [leastQ, mostQ, leastS, mostS] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0];
  for (let c = 0; c < n; c++) {
    if (q[c]! > s[c]!) {
      guess[c] = 1;
      leastQ = Math.min(leastQ, q[c]!);
      mostS = Math.max(mostS, s[c]!);
    } else if (support[c] === 1) {
      return undefined;
    } else {
      leastS = Math.min(leastS, s[c]!);
      mostQ = Math.max(mostQ, q[c]!);
    }
  }
  if (leastQ < APART * mostQ || leastS < APART * mostS) return undefined;
  d.set(guess);
  return system.factor(d) && filled(search, guess) && emptied(search, guess) ? guess : undefined;
}

/** Whether q, moved by the least change on the guessed cells until its margins are exact, stays above 0 there. */
function filled(search: Search, guess: Uint8Array): boolean {
  const { system, target, change, q, ds, x } = search;
  const n = q.length;
  for (let c = 0; c < n; c++) x[c] = guess[c] === 1 ? q[c]! : 0;
  project(search, target, x);
  for (let c = 0; c < n; c++) if (guess[c] === 1) x[c]! += ds[c]!;
  difference(target, system.margins(x), change);
  return sizeOfMargins(change) < EXACT * n && x.every((value, c) => guess[c] === 0 || value > EXACT * APART);
}

/** Whether the potentials, moved to vanish on the guessed cells, stay above 0 on all others. */
function emptied(search: Search, guess: Uint8Array): boolean {
  const { system, lambda, dq, ds, x } = search;
  const n = x.length;
  system.spread(lambda, x);
  let scale = 0;
  for (let c = 0; c < n; c++) if (guess[c] === 0) scale = Math.max(scale, -x[c]!);
  if (scale === 0) return true;
  for (let c = 0; c < n; c++) dq[c] = guess[c] === 1 ? x[c]! / scale : 0;
  project(search, system.zeros(), dq);
  return x.every((value, c) => {
    const potential = -value / scale - ds[c]!;
    return guess[c] === 1 ? Math.abs(potential) < EXACT : potential > EXACT * APART;
  });
}

/** ds = the step, in the span of Aᵀ, that on the factored cells takes `values` to the margins asked for. */
function project({ system, change, ds }: Search, to: ByMargin, values: Float64Array): void {
  difference(to, system.margins(values), change);
  system.solve(change);
  system.spread(change, ds);
}

/** One predictor-corrector step; false when the system cannot be solved. */
function step(search: Search): boolean {
  const { system, lambda, change, q, s, d, dq, ds, rd, x } = search;
  const n = q.length;
  system.spread(lambda, x);
  let mu = 0;
  for (let c = 0; c < n; c++) {
    rd[c] = -x[c]! - s[c]!;
    d[c] = q[c]! / s[c]!;
    mu += (q[c]! * s[c]!) / n;
  }
  if (!system.factor(d)) return false;
  const sums = system.margins(q);
  direction(search, sums, 0, false);
  const [reachQ, reachS] = [Math.min(1, longest(q, dq)), Math.min(1, longest(s, ds))];
  let after = 0;
  for (let c = 0; c < n; c++) after += ((q[c]! + reachQ * dq[c]!) * (s[c]! + reachS * ds[c]!)) / n;
  direction(search, sums, (after / mu) ** 3 * mu, true);
  const [byQ, byS] = [Math.min(1, STEP * longest(q, dq)), Math.min(1, STEP * longest(s, ds))];
  for (let c = 0; c < n; c++) {
    q[c]! += byQ * dq[c]!;
    s[c]! += byS * ds[c]!;
  }
  for (let k = 0; k < 3; k++) {
    for (let r = 0; r < lambda[k]!.length; r++) lambda[k]![r]! += byS * change[k]![r]!;
  }
  return true;
}

/** Newton direction towards q s = product, less the second-order term of the direction before when asked. */
function direction(search: Search, sums: ByMargin, product: number, corrected: boolean): void {
  const { system, target, change, q, s, d, dq, ds, rd, x } = search;
  const n = q.length;
  for (let c = 0; c < n; c++) {
    const second = corrected ? dq[c]! * ds[c]! : 0;
    x[c] = (product - q[c]! * s[c]! - second) / s[c]! - d[c]! * rd[c]!;
  }
  difference(target, sums, change);
  difference(change, system.margins(x), change);
  system.solve(change);
  system.spread(change, ds);
  for (let c = 0; c < n; c++) {
    dq[c] = x[c]! + d[c]! * ds[c]!;
    ds[c] = rd[c]! - ds[c]!;
  }
}

/** The longest step that keeps values at 0 or above. */
function longest(values: Float64Array, change: Float64Array): number {
  let length = Number.POSITIVE_INFINITY;
  for (let c = 0; c < values.length; c++) if (change[c]! < 0) length = Math.min(length, -values[c]! / change[c]!);
  return length;
}
