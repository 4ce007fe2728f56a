/**
 * @file Are two methods different? Means with intervals and paired tests over seeds, splits and samples, and
 * correction for multiple tests. All p-values are two-sided.
 */
import { sumOf } from "../sum.ts";
import { incompleteBeta, studentBound, studentTails } from "./student.ts";

/** A mean with its spread; `sd` and the interval are NaN for one value. */
export interface Mean {
  readonly n: number;
  readonly mean: number;
  /** Standard deviation of the values, n - 1 in the denominator. */
  readonly sd: number;
  /** 95 % interval of the mean (Student's t). */
  readonly lower: number;
  readonly upper: number;
}

/** A mean difference and the probability of one as far from 0 when there is none. */
export interface PairedTest extends Mean {
  /** NaN for one pair. */
  readonly p: number;
}

/**
 * Mean, standard deviation and 95 % interval of values, in their own unit.
 * `overlap` is test samples / training samples where the values come from splits of one data set into training and test: their training
 * samples overlap, so their variance is too small. Source: Nadeau and Bengio, Machine Learning 2003, eq. 8; 0: Student's.
 */
export function meanOf(values: readonly number[], overlap = 0): Mean {
  const n = values.length;
  const mean = sumOf(values) / n;
  const squares = sumOf(values.map((value) => (value - mean) ** 2)) / (n - 1);
  const largest = Math.max(...values.map(Math.abs));
  // Equal differences may differ by rounding.
  const sd = Math.sqrt(squares) <= 1e-12 * largest ? 0 : Math.sqrt(squares);
  const half = n < 2 ? Number.NaN : studentBound(0.95, n - 1) * sd * Math.sqrt(1 / n + overlap);
  return { n, mean, sd: n < 2 ? Number.NaN : sd, lower: mean - half, upper: mean + half };
}

/**
 * The paired t-test on differences, with `overlap` the corrected resampled t-test (`meanOf`). If all differences are equal, their
 * variance is 0: use the sign-flip test. @throws nothing: NaN if undefined.
 */
export function pairedTest(differences: readonly number[], overlap = 0): PairedTest {
  const mean = meanOf(differences, overlap);
  if (mean.n < 2) return { ...mean, p: Number.NaN };
  if (mean.sd === 0) return { ...mean, p: signFlip(differences) };
  const error = mean.sd * Math.sqrt(1 / mean.n + overlap);
  return { ...mean, p: studentTails(mean.mean / error, mean.n - 1) };
}

/** Maximal number of pairs for the exact test. */
const MOST_FLIPPED = 16;

/**
 * The exact sign-flip test: the share of all 2^n ways to give the differences signs whose sum is at least as far from 0. It assumes only a symmetric
 * distribution, and cannot fall below 2^(1 - n). NaN for none, and for more than 16. Source: Fisher, The Design of Experiments, 1935.
 */
export function signFlip(differences: readonly number[]): number {
  const n = differences.length;
  if (n === 0 || n > MOST_FLIPPED) return Number.NaN;
  const observed = Math.abs(sumOf(differences));
  const slack = 1e-12 * sumOf(differences.map(Math.abs));
  let atLeast = 0;
  for (let signs = 0; signs < 2 ** n; signs++) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += (signs >> i) & 1 ? -differences[i]! : differences[i]!;
    if (Math.abs(sum) >= observed - slack) atLeast++;
  }
  return atLeast / 2 ** n;
}

/**
 * McNemar's exact test: of the samples that one of two methods alone gets right, `onlyFirst` and `onlySecond`. Also the sign test.
 * Source: McNemar 1947, with the binomial distribution.
 */
export function mcnemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  return Math.min(1, 2 * incompleteBeta(0.5, n - fewer, fewer + 1));
}

/**
 * p-values of several tests at once, made so that the chance of any false alarm stays below the level at which they are read; NaN stays
 * NaN and does not count. Source: Holm, Scandinavian Journal of Statistics 1979.
 */
export function holm(values: readonly number[]): number[] {
  const order = values.flatMap((p, i) => (Number.isNaN(p) ? [] : [i])).sort((a, b) => values[a]! - values[b]!);
  const adjusted = values.map(() => Number.NaN);
  let largest = 0;
  order.forEach((i, place) => {
    largest = Math.max(largest, Math.min(1, (order.length - place) * values[i]!));
    adjusted[i] = largest;
  });
  return adjusted;
}
