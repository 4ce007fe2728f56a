/** @file Selects the rows that can be quantified, assigns them to folds, and warns about problems. */

import { dataError, listing } from "../core/errors.ts";
import { type Dataset, featureCount, takeRows } from "../data/dataset.ts";
import { crossFolds, type Fold } from "../data/folds.ts";
import { hasMissing, presentAt } from "../data/presence.ts";
import { classesOf, classTarget, labelsOf } from "../data/target.ts";

/** Minimum rows of a cross-fit. */
const MIN_ROWS = 50;
/** With fewer groups intervals are inaccurate. */
const FEW_GROUPS = 10;
/** Share of duplicate rows above which recordings were probably used several times. */
const REPEATED = 0.02;

/** Leaves out unusable rows, with warnings. @throws DataError for fewer than 50 usable rows or fewer than two classes. */
export function usableRows(
  dataset: Dataset,
  folds: number | readonly Fold[],
  seed: number,
  ownSplit?: Fold,
): { usable: Dataset; folds: readonly Fold[]; dataSplit: Fold | undefined; constant: string[]; warnings: string[] } {
  const warnings: string[] = [];
  const needed = typeof folds === "number" ? folds : 2;
  const names = Object.keys(dataset.modalities);
  const complete = hasMissing(dataset) ? (row: number) => presentAt(dataset, row).length === names.length : () => true;
  const labels = labelsOf(dataset);
  const classes = classesOf(dataset);
  const incomplete = labels.reduce((n, _, row) => n + (complete(row) ? 0 : 1), 0);
  const counts = classes.map((_, k) => labels.reduce((n, label, row) => n + (label === k && complete(row) ? 1 : 0), 0));
  const kept = classes.map((_, k) => k).filter((k) => counts[k]! >= needed);
  const rare = classes.filter((_, k) => counts[k]! > 0 && counts[k]! < needed);
  const unlabelled = labels.reduce((n, label) => n + (label < 0 ? 1 : 0), 0);
  if (unlabelled > 0) warnings.push(`${unlabelled} rows without a label are left out.`);
  if (incomplete > 0) warnings.push(`${incomplete} rows lack ${names.join(" or ")} and are left out.`);
  if (rare.length > 0) {
    warnings.push(
      `classes ${listing(rare)} have fewer than ${needed} rows, too few to fit and to evaluate: they are left out.`,
    );
  }
  const rows = [...labels.keys()].filter((i) => kept.includes(labels[i]!) && complete(i));
  if (kept.length < 2) {
    throw dataError(
      `quantify: ${kept.length} class with at least ${needed} rows (${listing(kept.map((k) => classes[k]!))}); ` +
        "information needs at least two classes.",
      { counts },
    );
  }
  if (rows.length < MIN_ROWS) {
    throw dataError(
      `quantify: ${rows.length} usable rows; at least ${MIN_ROWS} are needed. With so few any amount between 0 and H(Y) is possible: ` +
        "collect more, or merge features into a few symbols and quantify a CSV table.",
      { rows: rows.length },
    );
  }
  const position = new Map(rows.map((row, i) => [row, i]));
  const picked = takeRows(dataset, rows);
  const usable = {
    ...picked,
    target: {
      ...picked.target,
      ...classTarget(
        kept.map((k) => classes[k]!),
        labelsOf(picked).map((label) => kept.indexOf(label)),
      ).target,
    },
  };
  const within = (list: readonly number[]): number[] =>
    list.map((row) => position.get(row) ?? -1).filter((row) => row >= 0);
  const usableFold = (fold: Fold): Fold => ({
    train: within(fold.train),
    validation: within(fold.validation),
    held: within(fold.held),
  });
  const units = usable.groups === undefined ? rows.length : new Set(usable.groups).size;
  if (units < 2)
    throw dataError("quantify: all rows are in one group, so no row can be held out; name smaller groups.");
  if (usable.groups !== undefined && units < FEW_GROUPS) {
    warnings.push(`${units} groups are few: intervals resample whole groups and are inaccurate.`);
  }
  const made =
    typeof folds === "number"
      ? crossFolds(labelsOf(usable), usable.groups, Math.min(folds, units), seed)
      : folds.map(usableFold);
  const train = Math.min(...made.map((fold) => fold.train.length));
  const constant = checkFeatures(usable, train, typeof folds === "number", warnings);
  // Given folds are not compared with the data's own split.
  const dataSplit = typeof folds === "number" && ownSplit !== undefined ? usableFold(ownSplit) : undefined;
  return { usable, folds: made, dataSplit, constant, warnings };
}

/** The constant modalities; adds warnings about them, too many features and, if folds are `drawn`, repeated rows. */
function checkFeatures(usable: Dataset, train: number, drawn: boolean, warnings: string[]): string[] {
  const constant: string[] = [];
  for (const [name, values] of Object.entries(usable.modalities)) {
    const width = featureCount(values);
    if (isConstant(values.data, width)) {
      constant.push(name);
      warnings.push(`${name} is constant: it holds no information.`);
    }
    if (width > train) {
      warnings.push(`${name} has ${width} features for ${train} training rows: its information may be underestimated.`);
    }
    const repeated = width < 8 || usable.groups !== undefined ? 0 : repeatedRows(values.data, width);
    if (repeated > REPEATED * (values.data.length / width) && drawn) {
      warnings.push(
        `${repeated} rows of ${name} repeat another row: if they are from one recording, name groups in dataset.json, or held-out rows also occur in training.`,
      );
    }
  }
  return constant;
}

function isConstant(data: Float32Array, width: number): boolean {
  for (let i = width; i < data.length; i++) if (data[i] !== data[i % width]) return false;
  return true;
}

/** Rows equal to an earlier one. */
function repeatedRows(data: Float32Array, width: number): number {
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length);
  const seen = new Set<string>();
  for (let start = 0; start < words.length; start += width) {
    let [a, b] = [0x811c9dc5, 0x9e3779b9];
    for (let f = 0; f < width; f++) {
      a = Math.imul(a ^ words[start + f]!, 0x01000193);
      b = Math.imul(b + words[start + f]!, 0x85ebca6b) ^ (b >>> 13);
    }
    seen.add(`${a} ${b}`);
  }
  return words.length / width - seen.size;
}
