/** @file Targets: makes and reads those of classes, reads several yes/no labels or numbers as [N, L], and checks them. */

import { configError, dataError, listing } from "../core/errors.ts";
import { formatShape, sameShape } from "../core/shape.ts";
import { float32 } from "../core/tensor.ts";
import { type DataSplits, type Dataset, SPLITS, type SplitName, type Target } from "./dataset.ts";
import { parseNumber } from "./formats/csv.ts";
import { CLASS_KINDS, type ClassKind, isClassKind, kindWords, type TargetKind } from "./kinds.ts";
import { type RawLabels, type Source, toFloat32 } from "./sources/source.ts";

/** `classes (a, b)`, `labels (happy, sad)` or `values (sentiment)`, for messages. */
export function describeTarget({
  target: { kind, names },
}: {
  readonly target: Pick<Target, "kind" | "names">;
}): string {
  return `${kindWords[kind].many} (${listing(names)})`;
}

/** @throws ConfigError where `what` needs a target of one of `kinds` and the data has another; `advice` ends the message, `reason` says why. */
export function requireKind(
  dataset: { readonly target: Pick<Target, "kind" | "names"> },
  kinds: readonly TargetKind[],
  what: string,
  advice = "",
  reason = "",
): void {
  const { kind } = dataset.target;
  if (kinds.includes(kind)) return;
  const wanted = kinds.map((one) => kindWords[one].many).join(" or ");
  const because = reason === "" ? "" : `, because ${reason}`;
  throw configError(
    `${what} needs ${wanted}${because}; this data has ${describeTarget(dataset)}.${advice === "" ? "" : ` ${advice}`}`,
    { kind, kinds },
  );
}

/** Class indices from the values of a target, which are NaN where unknown; these become -1. */
export function classIndices(values: Float32Array): Int32Array {
  return Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
}

/** The class index of each sample, [N]; -1 where unknown. @throws ConfigError for data without classes. */
export function labelsOf(dataset: Pick<Dataset, "target">): Int32Array {
  requireKind(dataset, CLASS_KINDS, "this");
  return classIndices(dataset.target.values.data);
}

/** The names of the classes, [K]. @throws ConfigError for data without classes. */
export function classesOf(dataset: Pick<Dataset, "target">): readonly string[] {
  requireKind(dataset, CLASS_KINDS, "this");
  return dataset.target.names;
}

/** The size and target of data with classes, from class indices [N]; -1 is unknown. */
export function classTarget(
  names: readonly string[],
  labels: ArrayLike<number>,
  kind: ClassKind = "multiclass",
): Pick<Dataset, "size" | "target"> {
  const values = Float32Array.from(labels, (label) => (label < 0 ? Number.NaN : label));
  return { size: labels.length, target: { kind, names, values: float32([labels.length, 1], values) } };
}

/** Does the sample at `row` have a label, or at least one known label or value? */
export function hasTarget({ target: { values } }: Pick<Dataset, "target">, row: number): boolean {
  const width = values.shape[1]!;
  return values.data.subarray(row * width, (row + 1) * width).some((value) => !Number.isNaN(value));
}

/** The rows of the samples with a known target. */
export function knownRows(dataset: Pick<Dataset, "size" | "target">): number[] {
  return Array.from({ length: dataset.size }, (_, row) => row).filter((row) => hasTarget(dataset, row));
}

/** The stratum of each sample, [N]: its class, or 0 for all where there are no classes. */
export function strataOf(dataset: Pick<Dataset, "size" | "target">): Int32Array {
  return isClassKind(dataset.target.kind) ? labelsOf(dataset) : new Int32Array(dataset.size);
}

/** The names of labels or values: those of dataset.json or of the table's columns, else `value`, or `label_0`, `label_1`, ... */
export function targetNames(
  { names }: Pick<Source["target"], "names">,
  kind: TargetKind,
  train: RawLabels,
): readonly string[] {
  if (names !== undefined) return names;
  const count = isTexts(train) ? 1 : (train.shape[1] ?? 1);
  const { one } = kindWords[kind];
  return count === 1 ? [one] : Array.from({ length: count }, (_, i) => `${one}_${i}`);
}

/**
 * Reads labels or values of one split, [N] or [N, L] on disk. Empty cells and NaN, for labels also -1, are unknown.
 * @throws DataError for another shape, text, and invalid numbers.
 */
export function readTarget(
  raw: RawLabels,
  kind: TargetKind,
  names: readonly string[],
  where: string,
  warnings: string[],
): Target {
  const L = names.length;
  const array = isTexts(raw)
    ? float32(
        [raw.length],
        raw.map((text, row) => numberOf(text, row, where)),
      )
    : raw;
  const { shape } = array;
  const fits = (shape.length === 1 && L === 1) || (shape.length === 2 && shape[1] === L);
  if (!fits) {
    const wanted = L === 1 ? "[N] or [N, 1]" : `[N, ${L}]`;
    throw dataError(
      `${where}: has the shape ${formatShape(shape)}; dataset.json says that the target is ${L === 1 ? `the ${kindWords[kind].one} called ${names[0]}` : `${L} ${kindWords[kind].many} (${listing(names)})`}, so ${wanted} is needed. Correct the file or the names of the target.`,
      { where, shape },
    );
  }
  const values = float32([shape[0]!, L], toFloat32(array, where, warnings).data.slice());
  values.data.forEach((value, i) => {
    const bad = (what: string, allowed: string): never => {
      const row = Math.floor(i / L);
      throw dataError(`${where}: row ${row} (from 0), ${names[i % L]} is ${value}, ${what}; allowed are ${allowed}.`, {
        where,
        row,
        name: names[i % L],
      });
    };
    if (kind === "regression") {
      if (!Number.isFinite(value) && !Number.isNaN(value))
        bad("not finite as float32", "numbers, and NaN where unknown");
    } else if (value === -1) values.data[i] = Number.NaN;
    else if (value !== 0 && value !== 1 && !Number.isNaN(value)) {
      bad("neither yes nor no", "1 (yes), 0 (no), and NaN or -1 where unknown");
    }
  });
  return { kind, names, values };
}

/** Do two targets have the same kind and the same names in the same order? */
export function sameTarget(a: Pick<Target, "kind" | "names">, b: Pick<Target, "kind" | "names">): boolean {
  return a.kind === b.kind && a.names.length === b.names.length && a.names.every((name, l) => name === b.names[l]);
}

/** Statistics of one label or value in one split. */
export interface TargetReport {
  /** Number of known entries. */
  readonly known: number;
  /** Mean (for labels the share of yes), standard deviation, minimum and maximum of the known entries; NaN when there are none. */
  readonly mean: number;
  readonly deviation: number;
  readonly least: number;
  readonly largest: number;
}

/** Statistics by name of the label or value. */
export function targetReports({ names, values }: Target): Record<string, TargetReport> {
  const L = names.length;
  return Object.fromEntries(
    names.map((name, l) => {
      const known = [...values.data.filter((value, i) => i % L === l && !Number.isNaN(value))];
      const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
      const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
      const [least, largest] = known.reduce(
        ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
        known.length === 0 ? [Number.NaN, Number.NaN] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      ) as [number, number];
      return [name, { known: known.length, mean, deviation: Math.sqrt(variance), least, largest }];
    }),
  );
}

/**
 * Checks the targets of three splits: the same kind and names, one row per sample, at least one known entry per sample of train and
 * validation, and in train no constant label or value. @throws DataError for the first error.
 */
export function checkTargets(
  splits: DataSplits,
  where: (split: SplitName, part: string) => string,
  warnings: string[],
): void {
  const { kind, names } = splits.train.target;
  for (const split of SPLITS) {
    const data = splits[split];
    const { target } = data;
    const file = where(split, "labels");
    if (!sameShape(target.values.shape, [data.size, names.length])) {
      throw dataError(
        `${file} has the shape ${formatShape(target.values.shape)}; for ${data.size} samples and ${names.length} ${kindWords[kind].many} it must be ${formatShape([data.size, names.length])}.`,
      );
    }
    const row = Array.from({ length: data.size }, (_, i) => i).findIndex((i) => !hasTarget(data, i));
    if (row >= 0 && split !== "test") {
      throw dataError(
        `${file}: of row ${row} (from 0) no ${kindWords[kind].one} is known; only the test split may have such samples. Take them out or move them there.`,
        { row },
      );
    }
    for (const [name, { known, mean, least, largest }] of Object.entries(targetReports(target))) {
      const oneSided = least === largest || known === 0;
      if (oneSided && split === "train") {
        const reason = known === 0 ? "nothing is known" : `all ${known} known are ${least}`;
        throw dataError(`${file}: of ${name} ${reason}, so there is nothing to learn; take it out of the target.`, {
          name,
        });
      }
      if (oneSided && known > 0 && kind === "multilabel") {
        warnings.push(`the ${split} split has ${name} ${mean === 0 ? "in no" : "in every"} sample.`);
      }
    }
  }
}

function isTexts(raw: RawLabels): raw is readonly string[] {
  return Array.isArray(raw);
}

function numberOf(text: string, row: number, where: string): number {
  const value = text === "" ? Number.NaN : parseNumber(text);
  if (value !== undefined) return value;
  throw dataError(
    `${where}: row ${row} (from 0) is ${JSON.stringify(text.slice(0, 40))}, not a number; leave the cell empty where nothing is known.`,
    { where, row },
  );
}
