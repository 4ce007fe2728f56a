/**
 * @file Which cells can be filled at all by a law with given pair margins.
 *
 * A cell of probability 0 whose three pair margins are positive may still be forced to 0 (for AND: x1 = x2 = 1, y = 0).
 * Proportional fitting creeps there, so such cells are found first. The question depends on the support alone: q >= 0 with
 * the margins of the support's indicator, against potentials s = -Aᵀ lambda >= 0 that vanish on the support. By Farkas'
 * lemma each cell is positive in some q or in some s, and an interior point finds a pair that settles every cell at once.
 * Equivalent to the linear program of information.md, 2.4.
 */
import { type Cells } from "../linear/cells.ts";
import { factorMargins } from "./margin-system.ts";
import { pairSystem } from "../linear/pair-system.ts";

/** Both sides must be apart by this factor before an exact proof is tried. */
const APART = 100;
/** What a proof may miss its equations by: rounding, on numbers of size 1. */
const EXACT = 1e-10;
const MAX_ITER = 100;
const STEP = 0.99;

/**
 * For each cell, 1 when some law with the same pair margins fills it; `support` marks those that p itself fills.
 * Undefined when rounding leaves a cell unsettled: the caller then keeps them all, and converges slowly or not at all.
 * The answer is proven before it is given: by a law that fills all of these, and by potentials above 0 on all others.
 */
export function fillable(cells: Cells, support: Uint8Array): Uint8Array | undefined {
  const n = cells.size;
  const { row1, row2, start, pairs, rows1, rows2 } = cells;
  const target = margins(Float64Array.from(support));
  const q = new Float64Array(n).fill(1);
  const s = new Float64Array(n).fill(1);
  const lambda = [new Float64Array(rows1.size), new Float64Array(rows2.size), new Float64Array(pairs)] as Rows3;
  const [d, dq, ds, x, rd] = Array.from({ length: 5 }, () => new Float64Array(n)) as Five;
  const w = new Float64Array(pairs);
  const d1 = new Float64Array(rows1.size);
  const d2 = new Float64Array(rows2.size);
  const d3 = new Float64Array(pairs);
  const system = pairSystem(cells, new Uint8Array(rows2.size));

  for (let iteration = 0; iteration < MAX_ITER; iteration++) {
    const settled = verdict();
    if (settled !== undefined) return settled;
    if (!step()) return undefined;
  }
  return undefined;

  function margins(values: Float64Array): Rows3 {
    const out = [new Float64Array(rows1.size), new Float64Array(rows2.size), new Float64Array(pairs)] as Rows3;
    for (let k = 0; k < pairs; k++) {
      for (let c = start[k]!; c < start[k + 1]!; c++) {
        out[0][row1[c]!]! += values[c]!;
        out[1][row2[c]!]! += values[c]!;
        out[2][k]! += values[c]!;
      }
    }
    return out;
  }

  /** out = Aᵀ of values by row and pair. */
  function spread([by1, by2, by3]: Rows3, out: Float64Array): void {
    for (let k = 0; k < pairs; k++) {
      for (let c = start[k]!; c < start[k + 1]!; c++) out[c] = by1[row1[c]!]! + by2[row2[c]!]! + by3[k]!;
    }
  }

  /** The answer, once q and the potentials are far enough apart to guess it and the guess can be proven. */
  function verdict(): Uint8Array | undefined {
    const out = new Uint8Array(n);
    let [leastQ, mostQ, leastS, mostS] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0];
    for (let c = 0; c < n; c++) {
      if (q[c]! > s[c]!) {
        out[c] = 1;
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
    d.set(out);
    return factorMargins(system, cells, d, w) && filled(out) && emptied(out) ? out : undefined;
  }

  /** Whether q, moved by the least change on the filled cells to margins that are exact, stays above 0 there. */
  function filled(guess: Uint8Array): boolean {
    for (let c = 0; c < n; c++) x[c] = guess[c] === 1 ? q[c]! : 0;
    project(margins(x));
    for (let c = 0; c < n; c++) x[c]! += guess[c] === 1 ? ds[c]! : 0;
    const sums = margins(x);
    for (let k = 0; k < 3; k++) {
      for (let r = 0; r < target[k]!.length; r++) if (Math.abs(sums[k]![r]! - target[k]![r]!) > EXACT) return false;
    }
    return x.every((value, c) => guess[c] === 0 || value > EXACT * APART);
  }

  /** Whether the potentials, moved to vanish on the filled cells, stay above 0 on all others. */
  function emptied(guess: Uint8Array): boolean {
    spread(lambda, x);
    let scale = 0;
    for (let c = 0; c < n; c++) if (guess[c] === 0) scale = Math.max(scale, -x[c]!);
    if (scale === 0) return true;
    for (let c = 0; c < n; c++) dq[c] = guess[c] === 1 ? x[c]! / scale : 0;
    project(margins(dq), [new Float64Array(rows1.size), new Float64Array(rows2.size), new Float64Array(pairs)]);
    return x.every((value, c) => {
      const potential = -value / scale - ds[c]!;
      return guess[c] === 1 ? Math.abs(potential) < EXACT : potential > EXACT * APART;
    });
  }

  /** ds = Aᵀ m for the m whose step on the filled cells changes margins `from` into `to`. */
  function project(from: Rows3, to: Rows3 = target): void {
    for (let r = 0; r < d1.length; r++) d1[r] = to[0][r]! - from[0][r]!;
    for (let r = 0; r < d2.length; r++) d2[r] = to[1][r]! - from[1][r]!;
    for (let k = 0; k < pairs; k++) d3[k] = to[2][k]! - from[2][k]!;
    solve();
    spread([d1, d2, d3], ds);
  }

  /** Overwrites d1, d2, d3 with the solution of the factored system of all three margins. */
  function solve(): void {
    for (let k = 0; k < pairs; k++) {
      const part = -w[k]! * d3[k]!;
      for (let c = start[k]!; c < start[k + 1]!; c++) {
        d1[row1[c]!]! -= d[c]! * part;
        d2[row2[c]!]! -= d[c]! * part;
      }
    }
    system.solve(d1, d2);
    for (let k = 0; k < pairs; k++) {
      let sum = d3[k]!;
      for (let c = start[k]!; c < start[k + 1]!; c++) sum -= d[c]! * (d1[row1[c]!]! + d2[row2[c]!]!);
      d3[k] = -w[k]! * sum;
    }
  }

  function step(): boolean {
    const sums = margins(q);
    spread(lambda, x);
    let mu = 0;
    for (let c = 0; c < n; c++) {
      rd[c] = -x[c]! - s[c]!;
      d[c] = q[c]! / s[c]!;
      mu += (q[c]! * s[c]!) / n;
    }
    if (!factorMargins(system, cells, d, w)) return false;
    direction(sums, 0, false);
    let [reachQ, reachS] = [longest(q, dq), longest(s, ds)];
    let after = 0;
    for (let c = 0; c < n; c++) after += ((q[c]! + reachQ * dq[c]!) * (s[c]! + reachS * ds[c]!)) / n;
    direction(sums, (after / mu) ** 3 * mu, true);
    [reachQ, reachS] = [STEP * longest(q, dq), STEP * longest(s, ds)];
    for (let c = 0; c < n; c++) {
      q[c]! += Math.min(1, reachQ) * dq[c]!;
      s[c]! += Math.min(1, reachS) * ds[c]!;
    }
    const by = Math.min(1, reachS);
    for (let r = 0; r < d1.length; r++) lambda[0][r]! += by * d1[r]!;
    for (let r = 0; r < d2.length; r++) lambda[1][r]! += by * d2[r]!;
    for (let k = 0; k < pairs; k++) lambda[2][k]! += by * d3[k]!;
    return true;
  }

  /** Newton direction towards q s = target, less the second-order term of the direction before when asked. */
  function direction(sums: Rows3, target: number, corrected: boolean): void {
    for (let c = 0; c < n; c++) {
      const second = corrected ? dq[c]! * ds[c]! : 0;
      x[c] = (target - q[c]! * s[c]! - second) / s[c]! - d[c]! * rd[c]!;
    }
    const [e1, e2, e3] = margins(x);
    for (let r = 0; r < d1.length; r++) d1[r] = target[0][r]! - sums[0][r]! - e1[r]!;
    for (let r = 0; r < d2.length; r++) d2[r] = target[1][r]! - sums[1][r]! - e2[r]!;
    for (let k = 0; k < pairs; k++) d3[k] = target[2][k]! - sums[2][k]! - e3[k]!;
    solve();
    spread([d1, d2, d3], ds);
    for (let c = 0; c < n; c++) {
      dq[c] = x[c]! + d[c]! * ds[c]!;
      ds[c] = rd[c]! - ds[c]!;
    }
  }
}

type Rows3 = [Float64Array, Float64Array, Float64Array];
type Five = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

function longest(values: Float64Array, change: Float64Array): number {
  let length = Number.POSITIVE_INFINITY;
  for (let c = 0; c < values.length; c++) if (change[c]! < 0) length = Math.min(length, -values[c]! / change[c]!);
  return Math.min(1, length);
}
