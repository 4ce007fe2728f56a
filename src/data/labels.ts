/** @file Labels as they lie on disk (class numbers, whole floats, one-hot rows, names) to class numbers 0..K-1. */
import { type DmilError, dataError, hint } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { SPLITS, type SplitName } from "./dataset.ts";
import { parseNumber } from "./formats/csv.ts";
import type { RawLabels, Source } from "./sources/source.ts";

/** The classes of a data set, and how a split's labels become their numbers. */
export interface ClassLabels {
  readonly classes: readonly string[];
  /** How the labels were read, where that is not plain: `one-hot rows of 3`. */
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
 * Reads the labels of three splits. Classes are those given, else the different names in order, else `"0"..."K-1"`, else the numbers that
 * the training split has (0, 2, 5; or -1 and 1). @throws DataError that names the row of a label that is no class, and the way on:
 * `values` says how to predict numbers.
 */
export function readClasses(
  raw: Readonly<Record<SplitName, RawLabels>>,
  given: readonly string[] | undefined,
  source: Pick<Source, "where">,
  values = 'To predict numbers and not classes, write {"target": {"kind": "values"}} into dataset.json.',
): ClassLabels {
  const where = (split: SplitName): string => source.where(split, "labels");
  const numeric = SPLITS.every((split) => isNumeric(raw[split]));
  const listed = Object.fromEntries(
    SPLITS.map((split) => [split, labelsOf(raw[split], numeric, where(split))]),
  ) as Record<SplitName, Listed>;
  const form = listed.train.note;
  const told = (classes: readonly string[], numbers: ClassLabels["numbers"], note?: string): ClassLabels => {
    const notes = [form, note].filter((own) => own !== undefined);
    return { classes, numbers, ...(notes.length > 0 && { note: notes.join("; ") }) };
  };
  const byName = (classes: readonly string[], note?: string): ClassLabels => {
    const numberOf = new Map(classes.map((name, k) => [name, k]));
    return told(
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
  if (given !== undefined) {
    const texts = new Set(given);
    // Names such as -1, 0, 1 are the labels themselves.
    const numerals =
      given.every((name) => parseNumber(name) !== undefined) && given.some((name, k) => name !== String(k));
    const plain = all.every((label) => label === undefined || texts.has(String(label)));
    if (named || (numerals && plain)) return byName(given);
    return told(given, (split) => whole(listed[split].labels, where(split), values));
  }
  if (named) return byName([...new Set(all.flatMap((label) => (label === undefined ? [] : [String(label)])))].sort());
  const codes = codesOf(listed);
  if (codes !== undefined) return byName(codes.map(String), `the numbers ${shown(codes)} are ${codes.length} classes`);
  const numbers = Object.fromEntries(
    SPLITS.map((split) => [split, whole(listed[split].labels, where(split), values)]),
  ) as Record<SplitName, Int32Array>;
  requireFew(numbers.train, where("train"), values);
  return told(classesUpTo(numbers, where, values), (split) => numbers[split]);
}

/** More numbers than classes can be learned from are probably measurements. */
function requireFew(labels: Int32Array, where: string, values: string): void {
  const different = new Set(labels).size;
  if (different <= 20 || different <= labels.length / 3) return;
  throw dataError(
    `${where}: ${labels.length} samples have ${different} different labels; that is no number of classes to learn from. ${values}`,
    { where, different },
  );
}

/** `"0"..."K-1"` up to the largest label. @throws DataError for a class number that the training split cannot hold. */
function classesUpTo(
  numbers: Readonly<Record<SplitName, Int32Array>>,
  where: (split: SplitName) => string,
  values: string,
): readonly string[] {
  let largest = -1;
  let place = "";
  for (const split of SPLITS) {
    numbers[split].forEach((label, row) => {
      if (label > largest) [largest, place] = [label, `${where(split)} row ${row}`];
    });
  }
  const samples = numbers.train.length;
  if (largest >= Math.max(samples, 1)) {
    // Also keeps a stray label of 2 000 000 000 from becoming as many classes.
    throw dataError(
      `${place}: label ${largest} means ${largest + 1} classes, but the train split has only ${samples} samples; labels are class numbers counted from 0. ${values}`,
      { label: largest, samples },
    );
  }
  return Array.from({ length: largest + 1 }, (_, k) => String(k));
}

/**
 * The numbers that are classes without counting from 0: -1 and 1, or numbers from 0 with gaps, each of them twice or more in train, so
 * that a slip of the hand is no class. Undefined where labels count from 0, or cannot be so read.
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

/** Labels one by one. @throws DataError for a shape that holds something else. */
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
    `${where}: labels have the shape ${formatShape(shape)}; one class number a sample is needed, shape [N], or rows with a single 1 (one-hot). ${otherTarget(raw)}`,
    { where, shape },
  );
}

function isNumeric(raw: RawLabels): boolean {
  return !isTexts(raw) || raw.every((text) => text === "" || parseNumber(text) !== undefined);
}

/** The place of the only 1 of each row; undefined where a row is something else. */
function oneHot({ shape, data }: Tensor): number[] | undefined {
  const [rows, width] = shape as readonly [number, number];
  const found: number[] = [];
  for (let row = 0; row < rows; row++) {
    let hot = -1;
    for (let k = 0; k < width; k++) {
      const value = Number(data[row * width + k]!);
      if (value === 0) continue;
      if (value !== 1 || hot >= 0) return undefined;
      hot = k;
    }
    if (hot < 0) return undefined;
    found.push(hot);
  }
  return found;
}

/** What labels of another shape may be, and how to say so. */
function otherTarget({ shape, data }: Tensor): string {
  if (shape.length !== 2) return "Correct the file.";
  const yesNo = Array.from(data as ArrayLike<number | bigint>, Number).every((value) => value === 0 || value === 1);
  const kind = yesNo ? "labels" : "values";
  const what = yesNo ? `${shape[1]} yes/no labels` : `${shape[1]} numbers`;
  return `For ${what} a sample, write "target": {"kind": "${kind}"} into dataset.json.`;
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
