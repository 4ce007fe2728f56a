/**
 * @file BROJA as a convex program: over all laws q with the data's p(x1, y) and p(x2, y), minimise I_q(X1, X2; Y).
 *
 *   f(q) = sum q log q(y | x1, x2) = -H_q(Y | X1, X2),   I* = H(Y) + min f.
 *
 * f is convex; one optimum fixes all four atoms. Source: Bertschinger, Rauh, Olbrich, Jost, Ay 2014.
 */
import { type Cells, domainCells, type Margins, type Rows } from "../linear/cells.ts";
import { factorCost } from "../linear/pair-system.ts";
import { sumOf } from "../sum.ts";

/** The program of one table. Which source is "1" is chosen for speed; f and I* do not depend on it. */
export interface Program {
  readonly cells: Cells;
  /** p(x) by symbol of the source whose rows are rows1, rows2. */
  readonly p1: Float64Array;
  readonly p2: Float64Array;
  /** p(y). */
  readonly py: Float64Array;
  /** H(Y) in nats. */
  readonly hy: number;
}

/** The program of margins p(x1, y) and p(x2, y); the cheaper source is eliminated first. */
export function program(margins: Margins): Program {
  const { p1y, p2y, n1, n2, ny } = margins;
  const [count1, count2] = [p1y, p2y].map((mass) => mass.reduce((n, p) => n + (p > 0 ? 1 : 0), 0)) as [number, number];
  const swap = factorCost(count2, count1) < factorCost(count1, count2);
  const cells = domainCells(margins, swap);
  const py = new Float64Array(ny);
  for (let y = 0; y < ny; y++) {
    py[y] = sumOf(Float64Array.from({ length: n1 }, (_, x) => p1y[x * ny + y]!));
  }
  let hy = 0;
  for (const p of py) if (p > 0) hy -= p * Math.log(p);
  return {
    cells,
    p1: massBySymbol(cells.rows1, swap ? n2 : n1),
    p2: massBySymbol(cells.rows2, swap ? n1 : n2),
    py,
    hy,
  };
}

/** q = p(x1, y) p(x2, y) / p(y): independent sources given y, feasible and inside the domain. */
export function independentGivenTarget({ cells, py }: Program): Float64Array {
  const { rows1, rows2, row1, row2 } = cells;
  const q = new Float64Array(cells.size);
  for (let c = 0; c < q.length; c++) {
    const r = row1[c]!;
    q[c] = (rows1.mass[r]! / py[rows1.y[r]!]!) * rows2.mass[row2[c]!]!;
  }
  return q;
}

/**
 * Shifts by symbol that make any multipliers feasible: with L(x1, x2) = log sum_y exp(alpha + beta),
 * s1(x1) = max L and s2(x2) = max (L - s1), so that L - s1 - s2 <= 0 for every pair.
 */
export function feasibleShifts(
  cells: Cells,
  n1: number,
  n2: number,
  alpha: Float64Array,
  beta: Float64Array,
): { s1: Float64Array; s2: Float64Array } {
  const { row1, row2, start, pairs, pairX1, pairX2 } = cells;
  const s1 = new Float64Array(n1).fill(Number.NEGATIVE_INFINITY);
  const s2 = new Float64Array(n2).fill(Number.NEGATIVE_INFINITY);
  const logs = new Float64Array(pairs);
  for (let k = 0; k < pairs; k++) {
    let top = Number.NEGATIVE_INFINITY;
    for (let c = start[k]!; c < start[k + 1]!; c++) top = Math.max(top, alpha[row1[c]!]! + beta[row2[c]!]!);
    let sum = 0;
    for (let c = start[k]!; c < start[k + 1]!; c++) sum += Math.exp(alpha[row1[c]!]! + beta[row2[c]!]! - top);
    logs[k] = top + Math.log(sum);
    s1[pairX1[k]!] = Math.max(s1[pairX1[k]!]!, logs[k]!);
  }
  for (let k = 0; k < pairs; k++) s2[pairX2[k]!] = Math.max(s2[pairX2[k]!]!, logs[k]! - s1[pairX1[k]!]!);
  return { s1, s2 };
}

/** One row of source 2 for each y, the heaviest: its equation follows from the others. */
export function redundantRows({ ny, rows2 }: Cells): Uint8Array {
  const heaviest = new Int32Array(ny).fill(-1);
  for (let r = 0; r < rows2.size; r++) {
    const y = rows2.y[r]!;
    if (heaviest[y]! < 0 || rows2.mass[r]! > rows2.mass[heaviest[y]!]!) heaviest[y] = r;
  }
  const out = new Uint8Array(rows2.size);
  for (const r of heaviest) if (r >= 0) out[r] = 1;
  return out;
}

function massBySymbol(rows: Rows, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let r = 0; r < rows.size; r++) out[rows.x[r]!]! += rows.mass[r]!;
  return out;
}
