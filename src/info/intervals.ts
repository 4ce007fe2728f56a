/** @file Means of per-sample terms with intervals: rows (or whole groups) are resampled, variation between folds is included. */
import { dataError, shapeError } from "../core/errors.ts";
import { stream } from "../core/random.ts";
import { quantile } from "./estimates.ts";
import { checkKeys, checkWhole } from "./options.ts";

/** Options of meanIntervals. */
export interface IntervalOptions {
  readonly seed: number;
  /** Resamples; 400. */
  readonly rounds?: number;
  /** [N] group numbers: rows of a group are drawn together. Each row is its own group by default. */
  readonly groups?: ArrayLike<number>;
  /** [N] fold numbers: the variance between folds beyond that of their rows is added. */
  readonly folds?: ArrayLike<number>;
}

/** A mean with its uncertainty. */
export interface Interval {
  readonly value: number;
  /** Standard error: of resampled means, and of folds. */
  readonly se: number;
  /** 95 % interval. */
  readonly lower: number;
  readonly upper: number;
}

/**
 * Means of columns of N terms, with standard errors and 95 % intervals from resampling; the same rows are drawn for every column.
 * Source: Efron 1979; Field and Welsh 2007 for groups.
 *
 * @throws ShapeError when columns differ in length or are empty; DataError for terms that are not finite; ConfigError for bad options.
 * @example meanIntervals([scores.s], { seed: 0 })[0].lower
 */
export function meanIntervals(columns: readonly Float64Array[], options: IntervalOptions): Interval[] {
  checkKeys("meanIntervals", options, ["seed", "rounds", "groups", "folds"]);
  const seed = checkWhole("meanIntervals", "seed", options.seed, 0);
  const rounds = checkWhole("meanIntervals", "rounds", options.rounds ?? 400, 2);
  const rows = columns[0]?.length ?? 0;
  if (rows === 0 || columns.some((column) => column.length !== rows)) {
    throw shapeError(
      `meanIntervals: columns of ${columns.map((c) => c.length).join(", ")} terms; all need the same rows.`,
    );
  }
  for (const [name, numbers] of [["groups", options.groups] as const, ["folds", options.folds] as const]) {
    if (numbers === undefined || numbers.length === rows) continue;
    throw shapeError(`meanIntervals: ${numbers.length} ${name} for ${rows} rows; give one a row.`);
  }
  columns.forEach((column) => {
    const row = column.findIndex((value) => !Number.isFinite(value));
    if (row >= 0)
      throw dataError(`meanIntervals: row ${row} (from 0) holds ${column[row]}; terms are finite.`, { row });
  });
  const { sizes, sums } = grouped(columns, options.groups, rows);
  const drawn = columns.map(() => new Float64Array(rounds));
  const totals = new Float64Array(columns.length);
  for (let round = 0; round < rounds; round++) {
    const draw = stream(seed, "info.intervals", round);
    let count = 0;
    totals.fill(0);
    for (let g = 0; g < sizes.length; g++) {
      const chosen = draw.below(sizes.length);
      count += sizes[chosen]!;
      for (let c = 0; c < columns.length; c++) totals[c]! += sums[c]![chosen]!;
    }
    for (let c = 0; c < columns.length; c++) drawn[c]![round] = totals[c]! / count;
  }
  return columns.map((column, c): Interval => {
    const value = sums[c]!.reduce((total, sum) => total + sum, 0) / rows;
    const sorted = drawn[c]!.sort();
    const centre = sorted.reduce((total, mean) => total + mean, 0) / rounds;
    const variance = sorted.reduce((total, mean) => total + (mean - centre) ** 2, 0) / (rounds - 1);
    const extra = options.folds === undefined ? 0 : foldVariance(column, options.folds);
    const widen = variance > 0 ? Math.sqrt(1 + extra / variance) : 1;
    return {
      value,
      se: Math.sqrt(variance + extra),
      lower: value + widen * (quantile(sorted, 0.025) - centre),
      upper: value + widen * (quantile(sorted, 0.975) - centre),
    };
  });
}

function grouped(
  columns: readonly Float64Array[],
  groups: ArrayLike<number> | undefined,
  rows: number,
): { sizes: ArrayLike<number>; sums: readonly Float64Array[] } {
  if (groups === undefined) return { sizes: new Uint8Array(rows).fill(1), sums: columns };
  const places = new Map<number, number>();
  const place = Int32Array.from({ length: rows }, (_, i) => {
    const known = places.get(groups[i]!) ?? places.size;
    places.set(groups[i]!, known);
    return known;
  });
  const sizes = new Float64Array(places.size);
  const sums = columns.map(() => new Float64Array(places.size));
  for (let i = 0; i < rows; i++) {
    sizes[place[i]!]!++;
    for (let c = 0; c < columns.length; c++) sums[c]![place[i]!]! += columns[c]![i]!;
  }
  return { sizes, sums };
}

/** Variance of the overall mean that comes from folds (each has its own model), beyond that of their rows; 0 or more. */
function foldVariance(values: Float64Array, folds: ArrayLike<number>): number {
  const parts = new Map<number, { count: number; sum: number; square: number }>();
  for (let i = 0; i < values.length; i++) {
    const part = parts.get(folds[i]!) ?? { count: 0, sum: 0, square: 0 };
    part.count++;
    part.sum += values[i]!;
    part.square += values[i]! ** 2;
    parts.set(folds[i]!, part);
  }
  const all = [...parts.values()];
  if (all.length < 2) return 0;
  const means = all.map(({ sum, count }) => sum / count);
  const centre = means.reduce((a, b) => a + b, 0) / means.length;
  const between = means.reduce((sum, mean) => sum + (mean - centre) ** 2, 0) / (means.length - 1);
  const within =
    all.reduce((sum, { count, square }, f) => sum + (square / count - means[f]! ** 2) / Math.max(1, count - 1), 0) /
    all.length;
  return Math.max(0, between - within) / all.length;
}
