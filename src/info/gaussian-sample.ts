/** @file The Gaussian decomposition of rows: covariances of a sample, corrected for bias, with intervals and nulls. */
import { dataError, shapeError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { atLeast, blocksOf, tQuantile } from "./batch.ts";
import { quantile } from "./estimates.ts";
import { type Features, type Points, pointsOf, standardisePoints } from "./features.ts";
import type { GaussianRoles } from "./gaussian-covariance.ts";
import { equalSources } from "./gaussian-equal.ts";
import { type GaussianPid, gaussianPid } from "./gaussian-pid.ts";
import type { Interval } from "./intervals.ts";
import { checkKeys, checkWhole, NATS_PER_BIT } from "./options.ts";
import { digamma } from "./special.ts";

/** Options of gaussianEstimate. */
export interface GaussianEstimateOptions {
  readonly seed: number;
  /** [N] group numbers: rows of a group are left out together. */
  readonly groups?: ArrayLike<number>;
  /** Rounds of each null; 60. */
  readonly nulls?: number;
}

export const GAUSSIAN_AMOUNTS = ["I1", "I2", "I12", "R", "U1", "U2", "S"] as const;
export type GaussianAmount = (typeof GAUSSIAN_AMOUNTS)[number];

/** Estimates in bits with 95 % intervals; `null95` is the 95 % quantile under the null. */
export interface GaussianEstimate extends Readonly<Record<GaussianAmount, Interval & { readonly null95: number }>> {
  /** The plug-in decomposition of the sample's covariance, not corrected, certified. */
  readonly plugIn: GaussianPid;
  /** Mean U1 of samples of this size from two equal sources: the possible bias of unique parts. 0 for one number. */
  readonly equalShows: number;
  /** S - R = I12 - I1 - I2, with its interval. */
  readonly balance: Interval;
}

type Amounts = Readonly<Record<GaussianAmount, number>>;

/**
 * gaussianPid of the covariance of rows x1 [N, D1], x2 [N, D2], y [N, K], in bits. Informations are corrected by their exact bias for
 * normal rows; R keeps its share of the smaller information, and no part is below 0. Intervals leave blocks of rows (or whole groups) out.
 * Nulls: permuted targets, and for U1 and U2 of several numbers also samples of two equal sources, whose difference is only chance.
 * Source: bias of log determinants, Misra, Singh and Demchuk 2005; jackknife, Quenouille 1956; the null of equal sources is ours.
 *
 * @throws ShapeError, DataError for too few rows for the columns; what gaussianPid throws.
 * @example gaussianEstimate(audio, face, values, { seed: 0 }).S.value  // bits
 */
export function gaussianEstimate(
  first: Features,
  second: Features,
  target: Features,
  options: GaussianEstimateOptions,
): GaussianEstimate {
  const where = "gaussianEstimate";
  checkKeys(where, options, ["seed", "groups", "nulls"]);
  const seed = checkWhole(where, "seed", options.seed, 0);
  const rounds = checkWhole(where, "nulls", options.nulls ?? 60, 20);
  const parts = [first, second, target].map((side) => pointsOf(side, where)) as [Points, Points, Points];
  const [x1, x2, y] = parts;
  const rows = y.rows;
  if (x1.rows !== rows || x2.rows !== rows) {
    throw shapeError(`${where}: ${x1.rows}, ${x2.rows} and ${rows} rows; sources and target need the same rows.`);
  }
  parts.forEach(standardisePoints);
  const columns = x1.width + x2.width + y.width;
  const { blocks, count } = blocksOf(rows, options.groups, seed);
  if (rows < 2 * columns) {
    throw dataError(
      `${where}: ${rows} rows for ${columns} columns of sources and target; a covariance needs at least twice as many rows as columns. Leave features out, or project them onto fewer.`,
      { rows, columns },
    );
  }
  const grams = gramsOf(parts, blocks, count);
  const whole = sumOf(grams);
  const roles = rolesOf(x1.width, x2.width, y.width);
  const plugIn = gaussianPid(covarianceOf(whole, columns), roles);
  const value = corrected(plugIn, rows, false);
  const replicates = grams.map((gram) => {
    const rest = whole.map((v, i) => v - gram[i]!);
    return corrected(gaussianPid(covarianceOf(rest, columns), roles), rest[rest.length - 1]!, true);
  });
  const permuted = Array.from({ length: rounds }, (_, round) => {
    const order = permutation(rows, seed, "info.gaussian.null", round);
    const shuffled = {
      ...y,
      data: Float64Array.from(y.data, (_v, i) => y.data[order[Math.floor(i / y.width)]! * y.width + (i % y.width)]!),
    };
    return corrected(gaussianPid(crossed(whole, parts, shuffled), roles), rows, false);
  });
  const equal =
    y.width === 1 ? [] : equalSources(plugIn, rows, rounds, seed).map((amounts) => corrected(amounts, rows, false).U1);
  const t = tQuantile(count - 1);
  const errorOf = (read: (amounts: Amounts) => number): number => {
    const mean = replicates.reduce((sum, amounts) => sum + read(amounts), 0) / count;
    const squares = replicates.reduce((sum, amounts) => sum + (read(amounts) - mean) ** 2, 0);
    return Math.sqrt(((count - 1) / count) * squares);
  };
  const amount = (name: GaussianAmount): Interval & { null95: number } => {
    const se = errorOf((amounts) => amounts[name]);
    const lower = value[name] - t * se;
    const ofEqualSources = name === "U1" || name === "U2" ? equal : [];
    const null95 = Math.max(
      ...[permuted.map((amounts) => amounts[name]), ofEqualSources].map((values) =>
        values.length === 0 ? 0 : quantile(Float64Array.from(values).sort(), 0.95),
      ),
    );
    const clipped = name.startsWith("I") ? lower : Math.max(0, lower);
    return { value: value[name], se, lower: clipped, upper: value[name] + t * se, null95 };
  };
  const amounts = Object.fromEntries(GAUSSIAN_AMOUNTS.map((name) => [name, amount(name)])) as Record<
    GaussianAmount,
    Interval & { null95: number }
  >;
  const mean = equal.length === 0 ? 0 : equal.reduce((sum, amount) => sum + amount, 0) / equal.length;
  const se = errorOf(({ S, R }) => S - R);
  const difference = value.S - value.R;
  const balance = { value: difference, se, lower: difference - t * se, upper: difference + t * se };
  return { ...amounts, plugIn, equalShows: mean, balance };
}

/** Columns in order: first, second, target. */
function rolesOf(first: number, second: number, target: number): GaussianRoles {
  const from = (start: number, n: number): number[] => Array.from({ length: n }, (_, i) => start + i);
  return { first: from(0, first), second: from(first, second), target: from(first + second, target) };
}

/** By block the sums of products of [x1, x2, y, 1] with itself, [n + 1, n + 1]; the last entry counts rows. */
function gramsOf(parts: readonly Points[], blocks: Int32Array, count: number): Float64Array[] {
  const size = parts.reduce((sum, { width }) => sum + width, 0) + 1;
  const grams = Array.from({ length: count }, () => new Float64Array(size * size));
  const row = new Float64Array(size).fill(1);
  for (let i = 0; i < blocks.length; i++) {
    let at = 0;
    for (const { data, width } of parts) for (let f = 0; f < width; f++) row[at++] = data[i * width + f]!;
    const gram = grams[blocks[i]!]!;
    for (let f = 0; f < size; f++) {
      const value = row[f]!;
      for (let g = 0; g <= f; g++) gram[f * size + g]! += value * row[g]!;
    }
  }
  for (const gram of grams) {
    for (let f = 0; f < size; f++) for (let g = 0; g < f; g++) gram[g * size + f] = gram[f * size + g]!;
  }
  return grams;
}

function sumOf(grams: readonly Float64Array[]): Float64Array {
  return grams.reduce((sum, gram) => sum.map((v, i) => v + gram[i]!));
}

/** The covariance [n, n] of sums of products [n + 1, n + 1]. */
function covarianceOf(gram: Float64Array, n: number): { shape: number[]; data: Float64Array } {
  const rows = gram[gram.length - 1]!;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      data[i * n + j] =
        (gram[i * (n + 1) + j]! - (gram[i * (n + 1) + n]! * gram[j * (n + 1) + n]!) / rows) / (rows - 1);
    }
    // A constant column leaves only the rounding of its sums.
    if (data[i * n + i]! < 1e-14 * gram[i * (n + 1) + i]!)
      for (let j = 0; j < n; j++) data[i * n + j] = data[j * n + i] = 0;
  }
  return { shape: [n, n], data };
}

/** The covariance where the target's rows are others: only its products with the sources change. */
function crossed(
  whole: Float64Array,
  parts: readonly [Points, Points, Points],
  y: Points,
): ReturnType<typeof covarianceOf> {
  const [x1, x2] = parts;
  const sources = x1.width + x2.width;
  const n = sources + y.width;
  const gram = whole.slice();
  const cross = new Float64Array(sources * y.width);
  for (let i = 0; i < y.rows; i++) {
    for (let s = 0; s < sources; s++) {
      const value = s < x1.width ? x1.data[i * x1.width + s]! : x2.data[i * x2.width + s - x1.width]!;
      for (let t = 0; t < y.width; t++) cross[s * y.width + t]! += value * y.data[i * y.width + t]!;
    }
  }
  for (let s = 0; s < sources; s++) {
    for (let t = 0; t < y.width; t++) {
      gram[s * (n + 1) + sources + t] = cross[s * y.width + t]!;
      gram[(sources + t) * (n + 1) + s] = cross[s * y.width + t]!;
    }
  }
  return covarianceOf(gram, n);
}

/** Amounts minus the bias of informations of normal rows. With `free`, parts may be negative, as needed to measure their variation. */
function corrected({ I1, I2, I12, R, widths }: GaussianPid, rows: number, free: boolean): Amounts {
  const { first, second, both, target } = widths;
  const unbiased = [
    I1 - bias(first, target, rows),
    I2 - bias(second, target, rows),
    I12 - bias(both, target, rows),
  ] as const;
  const biased = Math.min(I1, I2);
  const share = biased > 0 ? R / biased : 1;
  const [i1, i2, i12] = free ? unbiased : atLeast([...unbiased]);
  const smaller = Math.max(0, Math.min(i1, i2));
  const r = free ? share * smaller : Math.min(Math.max(share * smaller, i1 + i2 - i12), smaller);
  return { I1: unbiased[0], I2: unbiased[1], I12: unbiased[2], R: r, U1: i1 - r, U2: i2 - r, S: i12 - i1 - i2 + r };
}

/** The exact bias in bits of I(X; Y) computed from the covariance of Gaussian rows. */
function bias(x: number, y: number, rows: number): number {
  const logs = (width: number): number => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += digamma((rows - 1 - i) / 2);
    return sum / 2;
  };
  return (logs(x) + logs(y) - logs(x + y)) / NATS_PER_BIT;
}
