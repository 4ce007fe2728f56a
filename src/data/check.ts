/** @file Checks of data: errors are DataErrors that name file and row, suspicious data gives warnings. */

import { dataError, hint, listing } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../core/shape.ts";
import { constantWarning, findConstant } from "./constant-columns.ts";
import { type DataSplits, type Dataset, featureCount, SPLITS, type SplitName, type Target } from "./dataset.ts";
import { checkFinite, lengthsOfSplits } from "./finite.ts";
import { isClassKind, kindWords } from "./kinds.ts";
import { hasMissing, presentAt, rowsByPattern } from "./presence.ts";
import { LENGTHS } from "./sequences.ts";
import {
  checkTargets,
  describeTarget,
  knownRows,
  labelsOf,
  sameTarget,
  type TargetReport,
  targetReports,
} from "./target.ts";

/** One modality over all splits. */
export interface ModalityReport {
  readonly dtype: "float32";
  /** Shape of one sample: [] for one number. */
  readonly shape: Shape;
  /** Always true: NaN or infinite numbers are an error, except for NaN after the end of a sequence. */
  readonly finite: true;
  /** Steps of the shortest and the longest sample of all splits, if some end before the last step. */
  readonly lengths?: readonly [number, number];
  /** Features (indices in row-major order within a sample) that are constant in the train split. */
  readonly constantColumns: readonly number[];
}

/** One split: the number of samples, of samples per class, and of samples without a label. */
export interface SplitReport {
  readonly samples: number;
  /** [K] */
  readonly counts: readonly number[];
  readonly missing: number;
  /** Statistics of each label or value; absent for classes. */
  readonly target?: Readonly<Record<string, TargetReport>>;
  /** Number of samples by present modalities, as in `audio+face`; absent when no sample of the three splits lacks a modality. */
  readonly patterns?: Readonly<Record<string, number>>;
}

/** The result of `checkSplits` for valid data. */
export interface DataReport {
  readonly modalities: Readonly<Record<string, ModalityReport>>;
  readonly target: Pick<Target, "kind" | "names">;
  readonly splits: Readonly<Record<SplitName, SplitReport>>;
  readonly warnings: readonly string[];
}

/** Names a part of the data in messages: `labels`, `ids`, `groups`, `truth` or a modality. */
export type Where = (split: SplitName, part: string) => string;

/** Valid modality names: they become parts of file names, options and tensor names. */
const NAME = /^\p{L}[\p{L}\p{N}_-]*$/u;

/**
 * Checks three splits: equal modalities and feature shapes, as many rows as labels everywhere, finite numbers, labels in range, every
 * class in train, at least two classes (labels and values: see target.ts), no empty split. `where` names the parts, by default as in
 * `train/audio`. @throws DataError for the first error.
 */
export function checkSplits(splits: DataSplits, where: Where = (split, part) => `${split}/${part}`): DataReport {
  const warnings: string[] = [];
  const { kind, names } = splits.train.target;
  checkNames(splits.train);
  for (const split of SPLITS) {
    checkAlike(splits, split, where);
    checkRows(splits[split], split, where);
    checkPresence(splits[split], split, where);
    for (const modality of Object.keys(splits.train.modalities))
      checkFinite(splits[split], modality, where(split, modality));
  }
  if (!isClassKind(kind)) checkTargets(splits, where, warnings);
  const reports = {} as Record<SplitName, SplitReport>;
  const masked = SPLITS.some((split) => hasMissing(splits[split]));
  const patternsOf = (data: Dataset): Record<string, number> =>
    Object.fromEntries([...rowsByPattern(data)].map(([name, { rows }]) => [name, rows.length]));
  for (const split of SPLITS) {
    reports[split] = {
      ...checkLabels(splits[split], split, where(split, "labels")),
      ...(masked && { patterns: patternsOf(splits[split]) }),
    };
  }
  if (isClassKind(kind)) checkClasses(reports, names, where("train", "labels"), warnings);
  checkIds(splits, where);
  warnSharedGroups(splits, warnings);
  const modalities = Object.fromEntries(
    Object.entries(splits.train.modalities).map(([name, { dtype, shape, data }]): [string, ModalityReport] => {
      const constantColumns = findConstant(data, featureCount({ shape }), ownValue(splits.train.present, name));
      if (constantColumns.length > 0) warnings.push(constantWarning(where("train", name), constantColumns, shape));
      const lengths = lengthsOfSplits(splits, name, (split) => where(split, name));
      const report = { dtype, shape: shape.slice(1), finite: true, constantColumns } as const;
      return [name, { ...report, ...(lengths !== undefined && { lengths }) }];
    }),
  );
  return { modalities, target: { kind, names }, splits: reports, warnings };
}

function checkNames(train: Dataset): void {
  const names = Object.keys(train.modalities);
  if (names.length === 0)
    throw dataError("the data has no modality; add at least one array of features beside the labels.");
  for (const name of names) {
    if (!NAME.test(name) || name === "labels") {
      throw dataError(
        `modality "${name}": this name cannot be used; allowed are letters, digits, _ and -, beginning with a letter, but not "labels". Rename it.`,
        { modality: name },
      );
    }
    const sequence = name.replace(new RegExp(`${LENGTHS}$`), "");
    if (sequence !== name && ownValue(train.modalities, sequence)?.shape.length === 3) {
      throw dataError(
        `modality "${name}": on disk this is the lengths of the samples of "${sequence}". Rename it, or make the steps after the end of a sample NaN.`,
        { modality: name },
      );
    }
    const base = name.replace(/_present$/, "");
    if (base !== name && names.includes(base)) {
      throw dataError(
        `modality "${name}": on disk this is the mask of the modality "${base}" (1 where a sample has it). Rename it, or give the mask as present.${base}.`,
        { modality: name },
      );
    }
  }
}

/** Requires every split to have the modalities, feature shapes and classes of train. */
function checkAlike(splits: DataSplits, split: SplitName, where: Where): void {
  const trainModalities = splits.train.modalities;
  const modalities = splits[split].modalities;
  for (const [name, expected] of Object.entries(trainModalities)) {
    if (!Object.hasOwn(modalities, name)) {
      throw dataError(
        `${where(split, name)}: the ${split} split lacks the modality "${name}" of the train split${hint(name, Object.keys(modalities))}`,
      );
    }
    const { dtype, shape, data } = modalities[name]!;
    if (dtype !== "float32" || !(data instanceof Float32Array) || data.length !== sizeOf(shape)) {
      throw dataError(
        `${where(split, name)}: holds ${dtype} with ${data.length} numbers for shape ${formatShape(shape)}; a modality is float32 and its length the product of its shape. Convert it first.`,
      );
    }
    if (shape.length === 0 || !sameShape(shape.slice(1), expected.shape.slice(1))) {
      throw dataError(
        `${where(split, name)}: has the shape ${formatShape(shape)}, ${where("train", name)} ${formatShape(expected.shape)}; all sizes after the first must agree, [N, ...]. Make both from the same features.`,
        { shape, expected: expected.shape },
      );
    }
    if (featureCount({ shape }) === 0) {
      throw dataError(
        `${where(split, name)}: shape ${formatShape(shape)} has no features; each sample needs at least one number.`,
      );
    }
  }
  const extra = Object.keys(modalities).find((name) => !Object.hasOwn(trainModalities, name));
  if (extra !== undefined) {
    throw dataError(
      `${where(split, extra)}: the train split has no modality "${extra}"${hint(extra, Object.keys(trainModalities))}`,
    );
  }
  if (!sameTarget(splits[split].target, splits.train.target)) {
    throw dataError(
      `the ${split} split has the ${describeTarget(splits[split])}, the train split the ${describeTarget(splits.train)}; all splits need the same ${kindWords[splits.train.target.kind].many} in the same order.`,
    );
  }
}

function checkRows(data: Dataset, split: SplitName, where: Where): void {
  const n = data.size;
  if (n === 0) {
    throw dataError(`${where(split, "labels")}: the ${split} split is empty; every split needs at least one sample.`, {
      split,
    });
  }
  const counts: [string, number][] = [
    ...Object.entries(data.modalities).map(([name, { shape }]): [string, number] => [name, shape[0]!]),
    ["labels", data.target.values.shape[0]!],
    ["ids", data.ids.length],
    ["groups", data.groups?.length ?? n],
    ["truth", data.truth?.length ?? n],
    ["ceiling", data.ceiling === undefined ? n : data.ceiling.logits.length / data.target.names.length],
  ];
  for (const [part, rows] of counts) {
    if (rows !== n) {
      throw dataError(
        `${where(split, part)} holds ${rows} rows, ${where(split, "labels")} ${n}; all files of a split must list the same samples in the same order.`,
        { part, rows, labels: n },
      );
    }
  }
  const invalid = data.truth?.findIndex((component) => !/^(redundant|synergistic|unique_.+)$/.test(component)) ?? -1;
  if (invalid >= 0) {
    throw dataError(
      `${where(split, "truth")}: row ${invalid} (from 0) is "${data.truth![invalid]}"; a true component is redundant, unique_<modality> or synergistic.`,
      { row: invalid },
    );
  }
}

/** Requires masks of 0 or 1 per sample, at least one modality in every sample, and every modality in some sample of train. */
function checkPresence(data: Dataset, split: SplitName, where: Where): void {
  const { present } = data;
  if (present === undefined) return;
  const names = Object.keys(data.modalities);
  const n = data.size;
  for (const [name, mask] of Object.entries(present)) {
    const maskWhere = where(split, `${name}_present`);
    if (!names.includes(name))
      throw dataError(`${maskWhere}: there is no modality "${name}"${hint(name, names)}`, { name });
    if (mask.length !== n) {
      throw dataError(
        `${maskWhere} holds ${mask.length} rows, ${where(split, "labels")} ${n}; a mask says 0 or 1 for each sample.`,
        {
          rows: mask.length,
          labels: n,
        },
      );
    }
    const row = mask.findIndex((value) => value > 1);
    if (row >= 0) {
      throw dataError(
        `${maskWhere}: row ${row} (from 0) is ${mask[row]}; a mask is 1 where the sample has the modality and 0 where it is missing.`,
        { row },
      );
    }
    if (split === "train" && n > 0 && !mask.includes(1)) {
      throw dataError(`${maskWhere}: no training sample has the modality "${name}"; leave it out of the modalities.`, {
        name,
      });
    }
  }
  for (let row = 0; row < n; row++) {
    if (presentAt(data, row).length > 0) continue;
    throw dataError(
      `${where(split, `${names[0]!}_present`)}: row ${row} (from 0) has none of the modalities ${listing(names)}; each sample needs at least one. Take such samples out, or choose other modalities.`,
      { row, split },
    );
  }
}

function checkLabels(data: Dataset, split: SplitName, where: string): SplitReport {
  if (!isClassKind(data.target.kind)) {
    const missing = data.size - knownRows(data).length;
    return { samples: data.size, counts: [], missing, target: targetReports(data.target) };
  }
  const K = data.target.names.length;
  const counts = new Array<number>(K).fill(0);
  let missing = 0;
  let firstMissing = -1;
  labelsOf(data).forEach((label, row) => {
    if (label === -1) {
      missing++;
      if (firstMissing < 0) firstMissing = row;
    } else if (label < 0 || label >= K) {
      throw dataError(
        `${where}: row ${row} (from 0) has label ${label}; there are ${K} classes, so labels are 0..${K - 1}${label === K ? " (do they count from 1? subtract 1)" : ""}.`,
        { row, label, classes: K },
      );
    } else {
      counts[label]!++;
    }
  });
  if (missing > 0 && split !== "test") {
    throw dataError(
      `${where}: ${missing} labels are missing (-1, NaN or empty), the first at row ${firstMissing} (from 0); only the test split may have such samples. Label them or move them there.`,
      { missing, row: firstMissing },
    );
  }
  return { samples: data.size, counts, missing };
}

function checkClasses(
  reports: Readonly<Record<SplitName, SplitReport>>,
  classes: readonly string[],
  where: string,
  warnings: string[],
): void {
  if (classes.length < 2) {
    throw dataError(
      `${where}: there is only ${classes.length} class (${classes.join(", ")}); at least two are needed to learn from.`,
    );
  }
  const { counts, samples } = reports.train;
  const only = counts.indexOf(samples);
  if (only >= 0) {
    throw dataError(
      `${where}: all ${samples} samples are of class ${only} (${classes[only]}), so there is nothing to learn; train needs samples of all ${classes.length} classes.`,
      { only, classes },
    );
  }
  const absent = counts.indexOf(0);
  if (absent >= 0) {
    const advice =
      absent === 0 ? "If labels count from 1, subtract 1." : "Split by class, or take the class out everywhere.";
    throw dataError(
      `${where}: no sample of class ${absent} (${classes[absent]}); train needs samples of all ${classes.length} classes. ${advice}`,
      { absent, classes },
    );
  }
  for (const split of ["validation", "test"] as const) {
    if (reports[split].missing === reports[split].samples) continue;
    const without = classes.filter((_, k) => reports[split].counts[k] === 0);
    if (without.length > 0) warnings.push(`the ${split} split has no sample of class ${listing(without)}.`);
  }
}

function checkIds(splits: DataSplits, where: Where): void {
  for (const split of SPLITS) {
    const seen = new Map<string, number>();
    splits[split].ids.forEach((id, row) => {
      if (seen.has(id)) {
        throw dataError(
          `${where(split, "ids")}: rows ${seen.get(id)} and ${row} (from 0) have the same id "${id}"; ids name one sample each. Make them differ.`,
          { id, row },
        );
      }
      seen.set(id, row);
    });
  }
}

function warnSharedGroups(splits: DataSplits, warnings: string[]): void {
  const train = new Set(splits.train.groups ?? []);
  for (const split of ["validation", "test"] as const) {
    const shared = [...new Set(splits[split].groups ?? [])].filter((group) => train.has(group));
    if (shared.length > 0) {
      warnings.push(
        `${shared.length} groups are in train and in ${split} (${listing(shared, 4)}): results on ${split} may be too good.`,
      );
    }
  }
}
