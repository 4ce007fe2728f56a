/** @file A small dense simplex method: one nonnegative solution of a few linear equations, if there is one. */

/** Entries below this are rounding: the tables here hold 0, 1 and -1 at the start. */
const TINY = 1e-9;

/**
 * x >= 0 with `rows` equations A x = b, b >= 0, or undefined when there is none. `columns[j]` is column j of A.
 * First phase of the primal simplex with Bland's rule, which cannot cycle. A basic solution: at most `rows` entries are above 0.
 */
export function nonnegativeSolution(columns: readonly Float64Array[], b: Float64Array): Float64Array | undefined {
  const rows = b.length;
  const n = columns.length;
  const wide = n + 1;
  const t = new Float64Array((rows + 1) * wide); // last row: how fast the infeasibility falls along each column
  const basis = new Int32Array(rows).fill(-1); // -1 is the row's own artificial variable
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < n; j++) t[i * wide + j] = columns[j]![i]!;
    t[i * wide + n] = b[i]!;
    for (let j = 0; j < wide; j++) t[rows * wide + j]! += t[i * wide + j]!;
  }
  while (t[rows * wide + n]! > TINY) {
    let enter = 0;
    while (enter < n && t[rows * wide + enter]! <= TINY) enter++;
    if (enter === n) return undefined;
    let leave = -1;
    let ratio = Number.POSITIVE_INFINITY;
    for (let i = 0; i < rows; i++) {
      const entry = t[i * wide + enter]!;
      if (entry <= TINY) continue;
      const candidate = t[i * wide + n]! / entry;
      const better = candidate < ratio - TINY || (candidate < ratio + TINY && leave >= 0 && basis[i]! < basis[leave]!);
      if (leave < 0 || better) [leave, ratio] = [i, candidate];
    }
    if (leave < 0) return undefined; // cannot happen: the infeasibility is bounded below by 0
    basis[leave] = enter;
    pivot(t, wide, rows, leave, enter);
  }
  const x = new Float64Array(n);
  for (let i = 0; i < rows; i++) if (basis[i]! >= 0) x[basis[i]!] = Math.max(0, t[i * wide + n]!);
  return x;
}

function pivot(t: Float64Array, wide: number, rows: number, row: number, column: number): void {
  const scale = 1 / t[row * wide + column]!;
  for (let j = 0; j < wide; j++) t[row * wide + j]! *= scale;
  for (let i = 0; i <= rows; i++) {
    const factor = t[i * wide + column]!;
    if (i === row || factor === 0) continue;
    for (let j = 0; j < wide; j++) t[i * wide + j]! -= factor * t[row * wide + j]!;
  }
}
