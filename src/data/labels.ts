/** @file Converts labels on disk (class numbers, whole floats, one-hot rows, names) to class indices 0..K-1. */
import { type DmilError, dataError, hint } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { SPLITS, type SplitName } from "./dataset.ts";
import { parseNumber } from "./formats/csv.ts";
import type { RawLabels, Source } from "./sources/source.ts";

/** The classes of a data set, and the labels of each split as class indices. */
export interface ClassLabels {
  readonly classes: readonly string[];
  /** How the labels were read, when they are not class indices or names: `one-hot rows of 3`. */
  readonly note?: string;
  /** [N], -1 where missing. */
  numbers(split: SplitName): Int32Array;
}

/** One label: a number, the name of a class, or undefined where missing. */
type Label = number | string | undefined;

interface Listed {
  readonly labels: readonly Label[];
  readonly note?: string;
}

/**
 * Reads the labels of three splits. Classes are those given, else the distinct names in sorted order, else `"0"..."K-1"`, else the
 * numbers in the training split (0, 2, 5; or -1 and 1). @throws DataError that names the row of an invalid label and how to correct it;
 * `values` is the advice for data with a numeric target.
 */
export function readClasses(
  raw: Readonly<Record<SplitName, RawLabels>>,
  classNames: readonly string[] | undefined,
  source: Pick<Source, "where">,
  values = 'To predict numbers and not classes, write {"target": {"kind": "regression"}} into dataset.json.',
): ClassLabels {
  const where = (split: SplitName): string => source.where(split, "labels");
  const numeric = SPLITS.every((split) => isNumeric(raw[split]));
  const listed = Object.fromEntries(
    SPLITS.map((split) => [split, labelsOf(raw[split], numeric, where(split))]),
  ) as Record<SplitName, Listed>;
  const form = listed.train.note;
  const result = (classes: readonly string[], numbers: ClassLabels["numbers"], note?: string): ClassLabels => {
    const notes = [form, note].filter((text) => text !== undefined);
    return { classes, numbers, ...(notes.length > 0 && { note: notes.join("; ") }) };
  };
  const byName = (classes: readonly string[], note?: string): ClassLabels => {
    const numberOf = new Map(classes.map((name, k) => [name, k]));
    return result(
      classes,
      (split) =>
        Int32Array.from(listed[split].labels, (label, row) => {
          if (label === undefined) return -1;
          const k = numberOf.get(String(label));
          if (k !== undefined) return k;
          throw dataError(
            `${where(split)}: row ${row} (from 0) has the unknown class "${String(label).slice(0, 60)}"${hint(String(label), classes)}`,
            { where: where(split), row },
          );
        }),
      note,
    );
  };
  const all = SPLITS.flatMap((split) => listed[split].labels);
  const named = all.some((label) => typeof label === "string");
  if (classNames !== undefined) {
    const texts = new Set(classNames);
    // Class names such as -1, 0, 1 may be the labels on disk, not names of the indices 0, 1, 2.
    const numerals =
      classNames.every((name) => parseNumber(name) !== undefined) && classNames.some((name, k) => name !== String(k));
    const plain = all.every((label) => label === undefined || texts.has(String(label)));
    if (named || (numerals && plain)) return byName(classNames);
    return result(classNames, (split) => whole(listed[split].labels, where(split), values));
  }
  if (named) return byName([...new Set(all.flatMap((label) => (label === undefined ? [] : [String(label)])))].sort());
  const codes = codesOf(listed);
  if (codes !== undefined) return byName(codes.map(String), `the numbers ${shown(codes)} are ${codes.length} classes`);
  const numbers = Object.fromEntries(
    SPLITS.map((split) => [split, whole(listed[split].labels, where(split), values)]),
  ) as Record<SplitName, Int32Array>;
  requireFew(numbers.train, where("train"), values);
  return result(classesUpTo(numbers, where, values), (split) => numbers[split]);
}

/** @throws DataError for too many distinct labels, which are probably measurements. */
function requireFew(labels: Int32Array, where: string, values: string): void {
  const distinct = new Set(labels).size;
  if (distinct <= 20 || distinct <= labels.length / 3) return;
  throw dataError(
    `${where}: ${labels.length} samples have ${distinct} different labels, too many to be classes. ${values}`,
    { where, different: distinct },
  );
}

/** `"0"..."K-1"` up to the largest label. @throws DataError for a class index not smaller than the number of training samples. */
function classesUpTo(
  numbers: Readonly<Record<SplitName, Int32Array>>,
  where: (split: SplitName) => string,
  values: string,
): readonly string[] {
  let largest = -1;
  let location = "";
  for (const split of SPLITS) {
    numbers[split].forEach((label, row) => {
      if (label > largest) [largest, location] = [label, `${where(split)} row ${row}`];
    });
  }
  const samples = numbers.train.length;
  if (largest >= Math.max(samples, 1)) {
    // This also prevents a wrong label of 2 000 000 000 from allocating as many classes.
    throw dataError(
      `${location}: label ${largest} means ${largest + 1} classes, but the train split has only ${samples} samples; labels are class numbers counted from 0. ${values}`,
      { label: largest, samples },
    );
  }
  return Array.from({ length: largest + 1 }, (_, k) => String(k));
}

/**
 * The distinct numbers when they are classes but not 0..K-1: -1 and 1, or numbers from 0 with gaps. With gaps, each must occur at least
 * twice in train, so that a typing error does not become a class. Undefined for labels 0..K-1 and for any other numbers.
 */
function codesOf({ train, validation, test }: Readonly<Record<SplitName, Listed>>): number[] | undefined {
  const counts = new Map<number, number>();
  for (const label of train.labels) {
    if (label !== undefined) counts.set(label as number, (counts.get(label as number) ?? 0) + 1);
  }
  const codes = [...counts.keys()].sort((a, b) => a - b);
  if (codes.length < 2 || codes.some((code) => !Number.isSafeInteger(code))) return undefined;
  const signs = codes.length === 2 && codes[0] === -1 && codes[1] === 1;
  const gaps = codes[0]! >= 0 && codes.some((code, k) => code !== k);
  if (!signs && !(gaps && codes.length <= train.labels.length / 2 && [...counts.values()].every((n) => n > 1))) {
    return undefined;
  }
  const others = [...validation.labels, ...test.labels];
  return others.every((label) => label === undefined || label === -1 || counts.has(label as number))
    ? codes
    : undefined;
}

/** One label per sample. @throws DataError for an array that is neither [N], [N, 1] nor one-hot. */
function labelsOf(raw: RawLabels, numeric: boolean, where: string): Listed {
  if (isTexts(raw)) {
    return {
      labels: raw.map((text) => {
        if (text === "" || /^nan$/i.test(text)) return undefined;
        return numeric ? parseNumber(text) : text;
      }),
    };
  }
  const { shape, data } = raw;
  const at = (i: number): Label => {
    const value = Number(data[i]!);
    return Number.isNaN(value) ? undefined : value;
  };
  if (shape.length === 1) return { labels: Array.from({ length: shape[0]! }, (_, i) => at(i)) };
  if (shape.length === 2 && shape[1] === 1) {
    return { labels: Array.from({ length: shape[0]! }, (_, i) => at(i)), note: `one column, ${formatShape(shape)}` };
  }
  const hot = shape.length === 2 && shape[1]! > 1 ? oneHot(raw) : undefined;
  if (hot !== undefined) return { labels: hot, note: `one-hot rows of ${shape[1]}` };
  throw dataError(
    `${where}: labels have the shape ${formatShape(shape)}; one class number per sample is needed, shape [N], or rows with a single 1 (one-hot). ${otherTarget(raw)}`,
    { where, shape },
  );
}

function isNumeric(raw: RawLabels): boolean {
  return !isTexts(raw) || raw.every((text) => text === "" || parseNumber(text) !== undefined);
}

/** The class index of each one-hot row; undefined when a row is not one-hot. */
function oneHot({ shape, data }: Tensor): number[] | undefined {
  const [rows, width] = shape as readonly [number, number];
  const indices: number[] = [];
  for (let row = 0; row < rows; row++) {
    let hot = -1;
    for (let k = 0; k < width; k++) {
      const value = Number(data[row * width + k]!);
      if (value === 0) continue;
      if (value !== 1 || hot >= 0) return undefined;
      hot = k;
    }
    if (hot < 0) return undefined;
    indices.push(hot);
  }
  return indices;
}

/** Advice for labels of another shape: how to declare them in dataset.json. */
function otherTarget({ shape, data }: Tensor): string {
  if (shape.length !== 2) return "Correct the file.";
  const yesNo = Array.from(data as ArrayLike<number | bigint>, Number).every((value) => value === 0 || value === 1);
  const kind = yesNo ? "multilabel" : "regression";
  const what = yesNo ? `${shape[1]} yes/no labels` : `${shape[1]} numbers`;
  return `For ${what} per sample, write "target": {"kind": "${kind}"} into dataset.json.`;
}

function isTexts(labels: RawLabels): labels is readonly string[] {
  return Array.isArray(labels);
}

/** Whole numbers from -1; the upper bound is checked with the classes in check.ts. */
function whole(labels: readonly Label[], where: string, values: string): Int32Array {
  const bad = (row: number, what: string, advice = ""): DmilError =>
    dataError(
      `${where}: row ${row} (from 0) is ${String(labels[row]).slice(0, 40)}, ${what}; labels are class numbers 0, 1, ... and -1 where missing.${advice}`,
      {
        where,
        row,
      },
    );
  return Int32Array.from(labels, (label, row) => {
    if (label === undefined) return -1;
    const value = Number(label);
    if (!Number.isInteger(value)) throw bad(row, "not a whole number", ` ${values}`);
    if (value < -1) {
      throw bad(row, "negative", ` Where it is a class, write the classes as names. ${values}`);
    }
    if (value > 2 ** 31 - 1) throw bad(row, "too large");
    return value;
  });
}

function shown(codes: readonly number[]): string {
  return codes.length > 8 ? `${codes.slice(0, 7).join(", ")} ... ${codes.at(-1)}` : codes.join(", ");
}
