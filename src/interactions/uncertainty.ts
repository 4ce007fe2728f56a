/**
 * @file Intervals for per-sample statistics of several models (seeds of one method on one data set): for each sample over models, and for
 * the mean over models and samples.
 */
import { configError, dataError, shapeError } from "../core/errors.ts";
import { studentBound } from "../info/statistics/student.ts";
import { sumOf } from "../info/sum.ts";

/** A statistic with its interval. */
export interface Estimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** A statistic of N samples with its intervals, each [N]. */
export interface SampleIntervals {
  readonly value: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Minimum half-width of an interval, in bits: the last digit that reports print. */
const RESOLUTION = 0.001;

/**
 * For each sample the mean over S models, [S][N], and Student's prediction interval: it contains the value of one more model, trained in
 * the same way, with probability `level` (0.9). It measures the variance of training, not errors that all models share, as from too little data.
 * @throws DataError for fewer than two models or a value that is not finite; ShapeError for models of different numbers of samples.
 */
export function sampleIntervals(models: readonly ArrayLike<number>[], level = 0.9): SampleIntervals {
  const n = checked("sampleIntervals", models, level);
  const S = models.length;
  const means = Float64Array.from({ length: n }, (_, i) => sumOf(models.map((values) => values[i]!)) / S);
  return around(means, models, studentBound(level, S - 1) * Math.sqrt(1 + 1 / S));
}

/**
 * For each sample the value of a pool, [N], with the prediction interval of `sampleIntervals` from its S members, [S][N]: it contains the
 * value of one more member with probability `level`. It does not measure errors that all members share.
 * @throws as `sampleIntervals`.
 */
export function poolIntervals(
  pool: ArrayLike<number>,
  members: readonly ArrayLike<number>[],
  level = 0.9,
): SampleIntervals {
  checked("poolIntervals", [pool, ...members], level);
  checked("poolIntervals", members, level);
  const S = members.length;
  return around(Float64Array.from(pool), members, studentBound(level, S - 1) * Math.sqrt(1 + 1 / S));
}

/** Values with intervals of `bound` standard deviations over models on each side. */
function around(value: Float64Array, models: readonly ArrayLike<number>[], bound: number): SampleIntervals {
  const halves = value.map((_, i) => {
    const row = models.map((values) => values[i]!);
    return Math.max(RESOLUTION, bound * Math.sqrt(sumOfSquares(row, sumOf(row) / row.length) / (row.length - 1)));
  });
  return { value, lower: value.map((v, i) => v - halves[i]!), upper: value.map((v, i) => v + halves[i]!) };
}

/**
 * The mean over S models and N samples, [S][N], with Student's interval at `level` (0.9) over both models and samples. The variance is the
 * closed form of a two-way bootstrap: the variance of the models' means divided by S plus that of the samples' means divided by N.
 * Degrees of freedom: Satterthwaite 1946. @throws as `sampleIntervals`.
 */
export function meanInterval(models: readonly ArrayLike<number>[], level = 0.9): Estimate {
  const n = checked("meanInterval", models, level);
  const ofSamples = Array.from({ length: n }, (_, i) => sumOf(models.map((values) => values[i]!)) / models.length);
  return aboutMean(ofSamples, models, level);
}

/** The mean of a pool's values, [N], with the interval of `meanInterval` from its members, [S][N]. @throws as `sampleIntervals`. */
export function poolMeanInterval(
  pool: ArrayLike<number>,
  members: readonly ArrayLike<number>[],
  level = 0.9,
): Estimate {
  checked("poolMeanInterval", [pool, ...members], level);
  checked("poolMeanInterval", members, level);
  return aboutMean(Array.from(pool), members, level);
}

function aboutMean(ofSamples: readonly number[], models: readonly ArrayLike<number>[], level: number): Estimate {
  const [n, S] = [ofSamples.length, models.length];
  const ofModels = models.map((values) => sumOf(Array.from(values)) / n);
  const value = sumOf(ofSamples) / n;
  const parts: Part[] = [
    { variance: sumOfSquares(ofModels, sumOf(ofModels) / S) / (S - 1) / S, freedom: S - 1 },
    ...(n < 2 ? [] : [{ variance: sumOfSquares(ofSamples, value) / (n - 1) / n, freedom: n - 1 }]),
  ];
  const half = halfWidth(parts, level);
  return { value, lower: value - half, upper: value + half };
}

/** An independent part of a variance, and the degrees of freedom of its estimate. */
export interface Part {
  readonly variance: number;
  readonly freedom: number;
}

/** Half-width of Student's interval of a statistic whose variance is a sum of parts. Source: Satterthwaite, Biometrics Bulletin 1946. */
export function halfWidth(parts: readonly Part[], level: number): number {
  const variance = sumOf(parts.map((part) => part.variance));
  if (!(variance > 0)) return variance; // 0 without any variance, NaN for a single observation
  const freedom = variance ** 2 / sumOf(parts.map((part) => part.variance ** 2 / part.freedom));
  return studentBound(level, freedom) * Math.sqrt(variance);
}

function sumOfSquares(values: readonly number[], centre: number): number {
  return sumOf(values.map((value) => (value - centre) ** 2));
}

/** The number of samples, which all models share. */
function checked(name: string, models: readonly ArrayLike<number>[], level: number): number {
  if (!(level > 0 && level < 1))
    throw configError(`${name}: level is ${level}; it must lie between 0 and 1.`, { level });
  if (models.length < 2) {
    throw dataError(`${name}: ${models.length} model; an interval over models needs two or more. Train more seeds.`);
  }
  const n = models[0]!.length;
  if (n === 0 || models.some((values) => values.length !== n)) {
    const sizes = models.map(({ length }) => length).join(", ");
    throw shapeError(`${name}: models of ${sizes} samples; all need the same number, 1 or more.`);
  }
  for (const [s, values] of models.entries()) {
    const row = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (row >= 0)
      throw dataError(`${name}: model ${s}, sample ${row} (both from 0) is ${values[row]}; it must be finite.`);
  }
  return n;
}
