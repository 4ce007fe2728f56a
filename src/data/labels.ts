/** @file Labels as they lie on disk (integers, whole floats, class names) to class numbers 0..K-1. */
import { type DmilError, dataError, hint } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import { SPLITS, type SplitName } from "./dataset.ts";
import { parseNumber } from "./formats/csv.ts";
import type { RawLabels, Source } from "./sources/source.ts";

/**
 * The class names of a data set: those given, else the different texts in order, else `"0"..."K-1"` up to the largest label.
 * @throws DataError for labels that are no class numbers, or a class number that the training split cannot hold.
 */
export function classNames(
  labels: Readonly<Record<SplitName, RawLabels>>,
  given: readonly string[] | undefined,
  source: Pick<Source, "where">,
): readonly string[] {
  if (given !== undefined) return given;
  const texts = SPLITS.flatMap((split) => (isTexts(labels[split]) ? labels[split] : []));
  if (texts.some((text) => text !== "" && parseNumber(text) === undefined)) {
    return [...new Set(texts.filter((text) => text !== ""))].sort();
  }
  let largest = -1;
  let place = "";
  for (const split of SPLITS) {
    const where = source.where(split, "labels");
    toIntegers(labels[split], where).forEach((label, row) => {
      if (label > largest) [largest, place] = [label, `${where} row ${row}`];
    });
  }
  const samples = isTexts(labels.train) ? labels.train.length : (labels.train.shape[0] ?? 0);
  if (largest >= Math.max(samples, 1)) {
    // Also keeps a stray label of 2 000 000 000 from becoming as many classes.
    throw dataError(
      `${place}: label ${largest} means ${largest + 1} classes, but the train split has only ${samples} samples; labels are class numbers counted from 0.`,
      { label: largest, samples },
    );
  }
  return Array.from({ length: largest + 1 }, (_, k) => String(k));
}

/** Class numbers [N]; -1 for a missing label. @throws DataError that names the row of a label outside the classes. */
export function classNumbers(labels: RawLabels, classes: readonly string[], where: string): Int32Array {
  if (isTexts(labels)) {
    const byName = new Map(classes.map((name, k) => [name, k]));
    const asNames = labels.every((text) => text === "" || byName.has(text));
    if (asNames) return Int32Array.from(labels, (text) => byName.get(text) ?? -1);
    const stray = labels.findIndex((text) => text !== "" && parseNumber(text) === undefined && !byName.has(text));
    if (stray >= 0) {
      const text = labels[stray]!;
      throw dataError(
        `${where}: row ${stray} (from 0) has the unknown class "${text.slice(0, 60)}"${hint(text, classes)}`,
        {
          where,
          row: stray,
        },
      );
    }
  }
  return toIntegers(labels, where);
}

function isTexts(labels: RawLabels): labels is readonly string[] {
  return Array.isArray(labels);
}

/** Whole numbers from -1; the upper bound is checked with the classes in check.ts. */
function toIntegers(labels: RawLabels, where: string): Int32Array {
  const bad = (row: number, shown: string, what: string): DmilError =>
    dataError(
      `${where}: row ${row} (from 0) is ${shown}, ${what}; labels are class numbers 0, 1, ... and -1 where missing.`,
      {
        where,
        row,
      },
    );
  if (!isTexts(labels) && labels.shape.length !== 1) {
    const advice = labels.shape.length === 2 && labels.shape[1]! > 1 ? " For one-hot rows save their argmax." : "";
    throw dataError(
      `${where}: labels have the shape ${formatShape(labels.shape)}; one class number a sample is needed, shape [N].${advice}`,
      { where, shape: labels.shape },
    );
  }
  const count = isTexts(labels) ? labels.length : labels.data.length;
  const out = new Int32Array(count);
  for (let row = 0; row < count; row++) {
    const raw = isTexts(labels) ? labels[row]! : labels.data[row]!;
    const value = typeof raw === "string" ? (raw === "" ? -1 : (parseNumber(raw) ?? Number.NaN)) : Number(raw);
    if (!Number.isInteger(value)) throw bad(row, String(raw).slice(0, 40), "not a whole number");
    if (value < -1) throw bad(row, String(raw), "negative");
    if (value > 2 ** 31 - 1) throw bad(row, String(raw), "too large");
    out[row] = value;
  }
  return out;
}
