/** @file The decomposition of jointly Gaussian sources and target, vectors all, from their covariance. */
import type { Certificate } from "./broja/broja.ts";
import { excessBounds } from "./gaussian-certificate.ts";
import {
  type CovarianceInput,
  DEPENDENT,
  endless,
  explained,
  type GaussianRoles,
  type Widths,
} from "./gaussian-covariance.ts";
import { between, eigenOf, factorOf, type Rows } from "./linear/symmetric.ts";
import { checkKeys, checkPositive, NATS_PER_BIT } from "./options.ts";
import type { Atoms } from "./sources.ts";

/** Options of gaussianPid. */
export interface GaussianPidOptions {
  /** Widest gap, in bits, that counts as converged; 1e-9. */
  readonly tol?: number;
  /** Column names for messages; default: their numbers. */
  readonly names?: readonly string[];
}

/** Informations, atoms and the certified bracket of I* = min I_q(X1, X2; Y), in bits. */
export interface GaussianPid extends Atoms, Omit<Certificate, "iterations"> {
  readonly I1: number;
  readonly I2: number;
  readonly I12: number;
  /** Columns that were left out as they are constant or a linear function of others of their role. */
  readonly dropped: readonly number[];
  /** Numbers of independent columns: ranks of the sources' covariances, of theirs together, and of the target's. */
  readonly widths: Widths;
}

/** Rounding of W, P and their factors, in units per unit of condition number. */
const ROUNDING = 8 * Number.EPSILON;

/**
 * BROJA of jointly normal X1, X2 and Y from their covariance [n, n], in bits: the minimum of I_q(X1; Y | X2) over all laws q with the same
 * p(x1, y) and p(x2, y). Exact, no iteration: with P_k = Cov(Y | X_k) and a the generalised eigenvalues of (P2, P1),
 * U1 = half the sum of log a over a > 1, and U2 = half the sum of -log a over a < 1. All atoms are 0 or more. One-dimensional Y
 * gives MMI. The bracket has an upper bound from a coupling and a lower bound for all couplings, and allows for rounding.
 * Columns that are linear functions of others of their role, to 12 digits, are left out (`dropped`): they add no information.
 *
 * Source: the problem is Thin-PID's (NeurIPS 2025), after Venkatesh et al. 2023 and Barrett 2015; the eigenvalues are those of the
 * Gaussian wiretap channel (Bustin, Liu, Poor, Shamai 2009), the application is ours (docs/decisions/gaussian.md).
 * @throws ShapeError, DataError for a matrix that is no covariance or determines the target; ConfigError for roles.
 * @example gaussianPid([[1, 0, 0.5], [0, 1, 0.5], [0.5, 0.5, 1]], { first: [0], second: [1], target: [2] }).S  // 0.2925
 */
export function gaussianPid(
  covariance: CovarianceInput,
  roles: GaussianRoles,
  options: GaussianPidOptions = {},
): GaussianPid {
  checkKeys("gaussianPid", options, ["tol", "names"]);
  checkKeys("gaussianPid", roles, ["first", "second", "target"]);
  const tol = checkPositive("gaussianPid", "tol", options.tol ?? 1e-9);
  const { widths, first, second, both, dropped, condition } = explained(
    covariance,
    roles,
    "gaussianPid",
    (column) => options.names?.[column] ?? String(column),
  );
  const width = widths.target;
  const [i1, i2, i12] = [told(first), told(second), told(both)];
  const alone = [...(i1 === undefined ? ["the first source"] : []), ...(i2 === undefined ? ["the second source"] : [])];
  if (i1 === undefined || i2 === undefined || i12 === undefined) {
    throw endless("gaussianPid", alone.length > 0 ? alone : ["both sources together"]);
  }

  // Where P1 + P2 = I, P1 = (I - M) / 2 and P2 = (I + M) / 2 for one symmetric M, and a = (1 + m) / (1 - m) for its eigenvalues m.
  const sum = factorOf(width, (i, j) => (i === j ? 2 : 0) - first[i]![j]! - second[i]![j]!, 0);
  const m = between(
    sum.lower,
    first.map((row, i) => row.map((value, j) => value - second[i]![j]!)),
  );
  const eigen = eigenOf(
    m.map((row) => row.slice()),
    (Number.EPSILON * width) ** 2,
  );
  let [u1, u2] = [0, 0];
  for (const value of eigen.values) {
    if (value > 0) u1 += Math.atanh(value);
    else u2 += Math.atanh(-value);
  }
  const [I1, I2, I12] = [i1.nats, i2.nats, i12.nats];
  const optimum = Math.min(I12, I1 + I2, Math.max(I1, I2, (I2 + u1 + I1 + u2) / 2));

  const rounding = ROUNDING * (condition * (i1.inverse + i2.inverse) + width + I12);
  const above1 = excessBounds(m, eigen);
  const above2 = excessBounds(
    m.map((row) => row.map((value) => -value)),
    { values: eigen.values.map((value) => -value), vectors: eigen.vectors },
  );
  const lower = Math.max(I1 + above1.lower, I2 + above2.lower) - rounding;
  const upper = Math.max(lower, Math.min(I1 + above1.upper, I2 + above2.upper, I12, I1 + I2) + rounding);
  const gap = (upper - lower) / NATS_PER_BIT;
  const bits = (nats: number): number => nats / NATS_PER_BIT;
  return {
    I1: bits(I1),
    I2: bits(I2),
    I12: bits(I12),
    R: bits(I1 + I2 - optimum),
    U1: bits(optimum - I2),
    U2: bits(optimum - I1),
    S: bits(I12 - optimum),
    lower: bits(lower),
    upper: bits(upper),
    gap,
    converged: gap <= tol,
    dropped,
    widths,
  };
}

/** I(X; Y) in nats from W = I - Cov(Y | X), and the sum of 1 / pivots of what is left; undefined where nothing is left of a direction. */
function told(w: Rows): { nats: number; inverse: number } | undefined {
  const { kept, pivots } = factorOf(w.length, (i, j) => (i === j ? 1 : 0) - w[i]![j]!, DEPENDENT);
  if (kept.length < w.length) return undefined;
  return {
    nats: -pivots.reduce((sum, pivot) => sum + Math.log(pivot), 0) / 2,
    inverse: pivots.reduce((sum, pivot) => sum + 1 / pivot, 0),
  };
}
