/** @file Cross-validation folds: rows to train on, to select the epoch on (validation), and to evaluate on (held out). */

import { configError, dataError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { checkSplits } from "./check.ts";
import { type DataSplits, type Dataset, takeRows } from "./dataset.ts";
import { pooled } from "./split.ts";
import { strataOf } from "./target.ts";

/** One fold: three sets of rows without overlap. */
export interface Fold {
  readonly train: readonly number[];
  /** Rows that select the epoch and fit the calibration. */
  readonly validation: readonly number[];
  readonly held: readonly number[];
}

/** Share of the rows not held out that become validation rows. */
const VALIDATION = 0.15;

/**
 * K folds that hold out each row once: stratified by class, or by whole groups where there are any. The same seed gives the same folds.
 * @throws ConfigError unless there are 2 to 50 folds; DataError for too few rows or groups.
 */
export function crossFolds(
  labels: Int32Array,
  groups: readonly string[] | undefined,
  folds: number,
  seed: number,
): Fold[] {
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > 50) {
    throw configError(`folds is ${folds}; a whole number from 2 to 50 is needed.`, { folds });
  }
  const held = deal(labels, groups, new Array<number>(folds).fill(1 / folds), seed, 0);
  return held.map((fold, f) => {
    const rest = held.flatMap((rows, other) => (other === f ? [] : rows)).sort((a, b) => a - b);
    const inner = deal(
      Int32Array.from(rest, (row) => labels[row]!),
      groups === undefined ? undefined : rest.map((row) => groups[row]!),
      [1 - VALIDATION, VALIDATION],
      seed,
      f + 1,
    );
    const [train, validation] = inner.map((rows) => rows.map((i) => rest[i]!)) as [number[], number[]];
    return { train, validation, held: fold };
  });
}

/**
 * K folds as splits, where `test` is the held-out part. Three splits are pooled first, so each sample is in one test split. Groups
 * are kept whole. The same seed gives the same folds. @throws as `crossFolds`; DataError when a fold's training part lacks a class.
 * @example
 * for (const { train, validation, test } of folds(splits, 5, 0)) console.log(train.ids.length, validation.ids.length, test.ids.length);
 */
export function foldSplits(data: Dataset | DataSplits, folds: number, seed: number): DataSplits[] {
  const dataset = pooled(data, "folds");
  return crossFolds(strataOf(dataset), dataset.groups, folds, seed).map(({ train, validation, held }) => {
    const splits = {
      train: takeRows(dataset, train, "train"),
      validation: takeRows(dataset, validation, "validation"),
      test: takeRows(dataset, held, "test"),
    };
    checkSplits(splits);
    return splits;
  });
}

/** Assigns rows to parts of the given shares, class by class or group by group, each to the part that is farthest below its share. */
function deal(
  labels: Int32Array,
  groups: readonly string[] | undefined,
  shares: readonly number[],
  seed: number,
  step: number,
): number[][] {
  const units = new Map<string, number[]>();
  const order = permutation(labels.length, seed, "quantify.folds", step);
  if (groups === undefined) {
    for (const row of [...order].sort((a, b) => labels[a]! - labels[b]!)) units.set(String(row), [row]);
  } else {
    for (const row of order) units.set(groups[row]!, [...(units.get(groups[row]!) ?? []), row]);
  }
  if (units.size < shares.length) {
    throw dataError(
      `folds: ${units.size} ${groups === undefined ? "rows" : "groups"} cannot fill ${shares.length} disjoint parts; ` +
        "use fewer folds, or the data's own split.",
      { units: units.size, parts: shares.length },
    );
  }
  const parts = shares.map((): number[] => []);
  let dealt = 0;
  for (const rows of units.values()) {
    dealt += rows.length;
    let best = 0;
    shares.forEach((share, p) => {
      const owed = share * dealt - parts[p]!.length;
      if (owed > shares[best]! * dealt - parts[best]!.length) best = p;
    });
    parts[best]!.push(...rows);
  }
  // Whole groups may leave a part empty; it then takes the smallest group of the largest part.
  parts.forEach((part) => {
    if (part.length > 0 || groups === undefined) return;
    const largest = parts.reduce((a, b) => (b.length > a.length ? b : a));
    const names = [...new Set(largest.map((row) => groups[row]!))];
    const size = (name: string): number => largest.filter((row) => groups[row] === name).length;
    const moved = names.reduce((a, b) => (size(b) < size(a) ? b : a));
    part.push(...largest.filter((row) => groups[row] === moved));
    largest.splice(0, largest.length, ...largest.filter((row) => groups[row] !== moved));
  });
  return parts.map((part) => part.sort((a, b) => a - b));
}
