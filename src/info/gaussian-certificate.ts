/**
 * @file Bounds on I* = min I_q(X1, X2; Y) of jointly Gaussian sources, from posterior covariances alone.
 *
 * Upper bound: a third observation whose posterior covariance P lies below both sources' defines a coupling of
 * them, so I* is at most log det Cov(Y) / det P, halved. Lower bound: of Y = V + W with V confined to the space of columns C,
 * I(Y; X1 | X2) is at least I(V; X1 | W) - I(V; X2 | W) under every coupling, Gaussian or not. Both hold for every P and C.
 * Source: the second is the secrecy rate of the wiretap channel (Bustin, Liu, Poor, Shamai 2009); the first is ours.
 */
import { distance, type Eigen, factorOf, gramOf, type Rows, solveBelow } from "./linear/symmetric.ts";

/** Lower and upper bounds on I* - I1 and I* - I2, in nats. */
export interface Excess {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Bounds on U2 = I* - I1 where P1 = (I - M) / 2 and P2 = (I + M) / 2, from eigenpairs of M that need not be exact: the bounds
 * include their residuals. With -M they bound U1.
 */
export function excessBounds(m: Rows, { values, vectors }: Eigen): Excess {
  const n = m.length;
  const half = (sign: number) => (i: number, j: number) => ((i === j ? 1 : 0) + sign * m[i]![j]!) / 2;
  const [one, two] = [factorOf(n, half(-1), 0), factorOf(n, half(1), 0)];
  if (one.kept.length < n || two.kept.length < n) return { lower: 0, upper: Number.POSITIVE_INFINITY };
  const unit = m.map((_, i) => Float64Array.from(m, (_row, j) => (i === j ? 1 : 0)));
  const span = gramOf(vectors);
  const rebuilt = gramOf(vectors.map((row) => row.map((v, k) => v * Math.sqrt(1 + values[k]!))));
  // V diag(values) Vᵀ is the difference of these two products.
  const off = distance(
    rebuilt.map((row, i) => row.map((v, j) => v - span[i]![j]!)),
    m,
  );
  const skew = distance(span, unit);
  const least = Math.min(...values.map((value) => (1 - Math.abs(value)) / 2));
  // P, divided by 1 + repair, lies below both posterior covariances.
  const repair = (off + skew) / 2 / least;
  const common = values.reduce((sum, value) => sum + Math.log((1 - Math.abs(value)) / 2), 0);
  const upper = (logDeterminant(one.pivots) - common + n * (skew + Math.log1p(repair))) / 2;
  const kept = values.flatMap((value, k) => (value < 0 ? [k] : []));
  const columns = kept.map((k) => Float64Array.from(vectors, (row) => row[k]!));
  const through = (lower: Rows): number =>
    logDeterminant(factorOf(kept.length, entryOf(gramOf(columns.map((c) => solveBelow(lower, c.slice())))), 0).pivots);
  const lower = kept.length === 0 ? 0 : (through(two.lower) - through(one.lower)) / 2;
  return { lower, upper };
}

function entryOf(rows: Rows): (i: number, j: number) => number {
  return (i, j) => rows[i]![j]!;
}

/** log det, from the pivots of a factor. */
function logDeterminant(pivots: readonly number[]): number {
  return pivots.reduce((sum, pivot) => sum + Math.log(pivot), 0);
}
