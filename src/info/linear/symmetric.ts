/** @file Small dense symmetric matrices, as arrays of rows: eigenpairs, and Cholesky factors that leave dependent columns out. */

/** A symmetric matrix [n, n] by rows. */
export type Rows = readonly Float64Array[];

/** Eigenvalues, and eigenvectors as columns: vectors[i][k] is coordinate i of vector k. */
export interface Eigen {
  readonly values: number[];
  readonly vectors: Float64Array[];
}

/**
 * Eigenpairs of a symmetric matrix by Jacobi rotations, in no order; `a` is overwritten. Stops when the squares above the diagonal
 * sum to less than `least`. Source: Jacobi 1846.
 */
export function eigenOf(a: Float64Array[], least: number): Eigen {
  const n = a.length;
  const vectors = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off += a[p]![q]! ** 2;
    if (off < least) break;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p]![q] === 0) continue;
        const theta = (a[q]![q]! - a[p]![p]!) / (2 * a[p]![q]!);
        const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[k]![p]!, a[k]![q]!];
          a[k]![p] = c * x - s * y;
          a[k]![q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [a[p]![k]!, a[q]![k]!];
          a[p]![k] = c * x - s * y;
          a[q]![k] = s * x + c * y;
          const [u, v] = [vectors[k]![p]!, vectors[k]![q]!];
          vectors[k]![p] = c * u - s * v;
          vectors[k]![q] = s * u + c * v;
        }
      }
    }
  }
  return { values: a.map((line, i) => line[i]!), vectors };
}

/** L of a symmetric matrix, columns in order, without those that depend on earlier ones. */
export interface Factor {
  /** Which columns were kept. */
  readonly kept: readonly number[];
  /** Which depend on those before them. */
  readonly dropped: readonly number[];
  /** L by kept column: row i has i + 1 numbers. */
  readonly lower: Rows;
  /** Residual variance of each kept column given earlier ones: squares of L's diagonal. */
  readonly pivots: readonly number[];
  /** Largest violation of positive semidefiniteness: a negative pivot (its size), a covariance with a dropped column (squared). */
  readonly impossible: number;
}

/**
 * The Cholesky factor of the n columns that `entry` gives, in their order; columns whose pivot is at most `least` are left out.
 * `impossible` is 0 for matrices that are positive semidefinite to rounding. Source: Cholesky.
 */
export function factorOf(n: number, entry: (i: number, j: number) => number, least: number): Factor {
  const [kept, dropped, pivots]: [number[], number[], number[]] = [[], [], []];
  const lower: Float64Array[] = [];
  const gone: Float64Array[] = [];
  let impossible = 0;
  for (let column = 0; column < n; column++) {
    const row = new Float64Array(kept.length + 1);
    let pivot = entry(column, column);
    for (let j = 0; j < kept.length; j++) {
      const other = lower[j]!;
      let sum = entry(column, kept[j]!);
      for (let k = 0; k < j; k++) sum -= row[k]! * other[k]!;
      row[j] = sum / other[j]!;
      pivot -= row[j]! * row[j]!;
    }
    impossible = Math.max(impossible, -pivot);
    dropped.forEach((earlier, d) => {
      let left = entry(column, earlier);
      for (let k = 0; k + 1 < gone[d]!.length; k++) left -= row[k]! * gone[d]![k]!;
      impossible = Math.max(impossible, left * left);
    });
    if (!(pivot > least)) {
      dropped.push(column);
      gone.push(row);
      continue;
    }
    row[kept.length] = Math.sqrt(pivot);
    kept.push(column);
    lower.push(row);
    pivots.push(pivot);
  }
  return { kept, dropped, lower, pivots, impossible };
}

/** Solves L x = b in place. */
export function solveBelow(lower: Rows, b: Float64Array): Float64Array {
  for (let i = 0; i < lower.length; i++) {
    const row = lower[i]!;
    let sum = b[i]!;
    for (let k = 0; k < i; k++) sum -= row[k]! * b[k]!;
    b[i] = sum / row[i]!;
  }
  return b;
}

/** L⁻¹ a L⁻ᵀ of a symmetric matrix. */
export function between(lower: Rows, a: Rows): Float64Array[] {
  const half = a.map((row) => solveBelow(lower, row.slice()));
  const columns = lower.map((_, j) =>
    solveBelow(
      lower,
      Float64Array.from(half, (row) => row[j]!),
    ),
  );
  return columns.map((column, i) => Float64Array.from(column, (value, j) => (value + columns[j]![i]!) / 2));
}

/** Products of all pairs of rows: a aᵀ. */
export function gramOf(a: Rows): Float64Array[] {
  return a.map((row) =>
    Float64Array.from(a, (other) => {
      let sum = 0;
      for (let k = 0; k < row.length; k++) sum += row[k]! * other[k]!;
      return sum;
    }),
  );
}

/** The root of the sum of squares of a - b. */
export function distance(a: Rows, b: Rows): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) for (let j = 0; j < a[i]!.length; j++) sum += (a[i]![j]! - b[i]![j]!) ** 2;
  return Math.sqrt(sum);
}
