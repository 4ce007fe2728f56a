/**
 * @file How sure per-sample figures of several models are (seeds of one method on one data set): of each sample over the models, and of the
 * mean over models and samples.
 */
import { configError, dataError, shapeError } from "../core/errors.ts";
import { studentBound } from "../info/statistics/student.ts";
import { sumOf } from "../info/sum.ts";

/** A figure with its interval. */
export interface Estimate {
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
}

/** Figures of N samples with their intervals, each [N]. */
export interface SampleIntervals {
  readonly value: Float64Array;
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** Half an interval is at least so wide, in bits: the last digit that reports print. */
const RESOLUTION = 0.001;

/**
 * Of each sample the mean over S models, [S][N], and Student's interval that holds what one more model trained alike would say with
 * probability `level` (0.9). It measures what training leaves open; what all models get wrong alike, for want of data, it cannot see.
 * @throws DataError for fewer than two models or a figure that is not finite; ShapeError for models of different samples.
 */
export function sampleIntervals(models: readonly ArrayLike<number>[], level = 0.9): SampleIntervals {
  const n = checked("sampleIntervals", models, level);
  const S = models.length;
  const means = Float64Array.from({ length: n }, (_, i) => sumOf(models.map((values) => values[i]!)) / S);
  return around(means, models, studentBound(level, S - 1) * Math.sqrt(1 + 1 / S));
}

/**
 * Of each sample the figure of a pool, [N], with the interval that `sampleIntervals` gives of its S members, [S][N]: it holds what one more
 * member would say. What all members get wrong alike it cannot see.
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

/** Values with intervals of `bound` standard deviations over models to each side. */
function around(value: Float64Array, models: readonly ArrayLike<number>[], bound: number): SampleIntervals {
  const halves = value.map((_, i) => {
    const own = models.map((values) => values[i]!);
    return Math.max(RESOLUTION, bound * Math.sqrt(squares(own, sumOf(own) / own.length) / (own.length - 1)));
  });
  return { value, lower: value.map((v, i) => v - halves[i]!), upper: value.map((v, i) => v + halves[i]!) };
}

/**
 * The mean over S models and N samples, [S][N], with Student's interval at `level` (0.9) for other models and other samples alike. The
 * variance is the one that drawing both again (a two-way bootstrap) estimates, written out: of the models' means, and of the samples' means,
 * each over its number. Freedom: Satterthwaite 1946. @throws as `sampleIntervals`.
 */
export function meanInterval(models: readonly ArrayLike<number>[], level = 0.9): Estimate {
  const n = checked("meanInterval", models, level);
  const ofSamples = Array.from({ length: n }, (_, i) => sumOf(models.map((values) => values[i]!)) / models.length);
  return aboutMean(ofSamples, models, level);
}

/** The mean of a pool's figures, [N], with the interval that `meanInterval` gives of its members, [S][N]. @throws as `sampleIntervals`. */
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
    { variance: squares(ofModels, sumOf(ofModels) / S) / (S - 1) / S, freedom: S - 1 },
    ...(n < 2 ? [] : [{ variance: squares(ofSamples, value) / (n - 1) / n, freedom: n - 1 }]),
  ];
  const half = halfWidth(parts, level);
  return { value, lower: value - half, upper: value + half };
}

/** An independent part of a variance, and the degrees of freedom it is known with. */
export interface Part {
  readonly variance: number;
  readonly freedom: number;
}

/** Half of Student's interval around a figure whose variance is a sum of parts. Source: Satterthwaite, Biometrics Bulletin 1946. */
export function halfWidth(parts: readonly Part[], level: number): number {
  const variance = sumOf(parts.map((part) => part.variance));
  if (!(variance > 0)) return variance; // nothing varies (0), or nothing is known (NaN)
  const freedom = variance ** 2 / sumOf(parts.map((part) => part.variance ** 2 / part.freedom));
  return studentBound(level, freedom) * Math.sqrt(variance);
}

function squares(values: readonly number[], centre: number): number {
  return sumOf(values.map((value) => (value - centre) ** 2));
}

/** How many samples all models have. */
function checked(name: string, models: readonly ArrayLike<number>[], level: number): number {
  if (!(level > 0 && level < 1))
    throw configError(`${name}: level is ${level}; it must lie between 0 and 1.`, { level });
  if (models.length < 2) {
    throw dataError(`${name}: ${models.length} model; how far models differ takes two or more. Train more seeds.`);
  }
  const n = models[0]!.length;
  if (n === 0 || models.some((values) => values.length !== n)) {
    const sizes = models.map(({ length }) => length).join(", ");
    throw shapeError(`${name}: models of ${sizes} samples; all need the same, one or more.`);
  }
  for (const [s, values] of models.entries()) {
    const row = Array.from(values).findIndex((value) => !Number.isFinite(value));
    if (row >= 0)
      throw dataError(`${name}: model ${s}, sample ${row} (both from 0) is ${values[row]}; it must be finite.`);
  }
  return n;
}
