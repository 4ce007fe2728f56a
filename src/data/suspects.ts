/**
 * @file Warns about columns that are probably not features: a row index, a code, a copy of the target, duplicate columns. Only the user
 * can decide, so each gives a warning that says how to leave the column out.
 */

import { type Dataset, featureCount } from "./dataset.ts";
import { isClassKind } from "./kinds.ts";
import { labelsOf } from "./target.ts";

/** With fewer rows no check is done, as coincidences are likely. */
const LEAST_ROWS = 10;

/** Minimum rows per distinct value, on average, to test whether a feature determines the label. */
const ROWS_A_VALUE = 5;

/** Names that suggest a code rather than a measurement. */
const CODE =
  /(^|[_-])(ids?|idx|index|fold|split|row|subject|patient|speaker|participant|user|group|session|uuid)([_-]|$)/i;

/** With more modalities of one feature each, columns were probably meant to be grouped. */
const MANY_SINGLE = 16;

/** Warnings about suspicious modalities of the training split. */
export function suspectWarnings(
  train: Dataset,
  where: string,
  columns?: (modality: string) => readonly string[],
): string[] {
  const rows = train.size;
  if (rows < LEAST_ROWS) return [];
  const names = Object.keys(train.modalities);
  const reasons = new Map<string, string>();
  for (const name of names) {
    const reason = leak(train, name) ?? (featureCount(train.modalities[name]!) === 1 ? code(train, name) : undefined);
    if (reason !== undefined) reasons.set(name, reason);
  }
  for (const [copy, original] of copies(train))
    if (!reasons.has(copy)) reasons.set(copy, `the same numbers as ${original}`);
  const warnings: string[] = [];
  if (reasons.size > 0) {
    const listed = [...reasons].map(([name, reason]) => `${name} (${reason})`);
    const advice = `--leave-out ${[...reasons.keys()].join(",")}, or "leaveOut": ${JSON.stringify([...reasons.keys()])} in dataset.json`;
    warnings.push(
      `${where}: taken as a modality, but probably not a feature: ${listed.join("; ")}. Results would be too good or meaningless. If so, leave out with ${advice}.`,
    );
  }
  const single = names.filter((name) => featureCount(train.modalities[name]!) === 1);
  if (single.length > MANY_SINGLE) {
    const first = single.slice(0, 2).flatMap((name) => columns?.(name) ?? []);
    const advice =
      columns === undefined
        ? "Put arrays that belong together into one, [N, F]."
        : `Columns that belong together make one modality when they are numbered (audio_0, audio_1, ...), or when dataset.json says so: {"modalities": {"NAME": ${JSON.stringify(first)}, ...}}, where "audio *" means all columns that begin with "audio ".`;
    warnings.push(`${where}: ${single.length} modalities of one feature each. ${advice}`);
  }
  return warnings;
}

/** The reason why numbers are not measurements: distinct whole numbers in all rows, or whole numbers with a name like `fold`. */
function code({ modalities, present }: Dataset, name: string): string | undefined {
  const { data } = modalities[name]!;
  const mask = present?.[name];
  const values = mask === undefined ? data : data.filter((_, row) => mask[row] === 1);
  if (!values.every((value) => Number.isInteger(value))) return undefined;
  if (values.length >= LEAST_ROWS && new Set(values).size === values.length) {
    return "a different whole number in each row, like a row index";
  }
  return CODE.test(name) ? "whole numbers, and a name that suggests a code" : undefined;
}

/** The reason why a feature is a copy of the target: few values, each with a single class; or the same numbers as the target. */
function leak(dataset: Dataset, name: string): string | undefined {
  const { modalities, target } = dataset;
  const labels = isClassKind(target.kind) ? labelsOf(dataset) : undefined;
  const classes = target.names;
  const { data, shape } = modalities[name]!;
  const width = featureCount({ shape });
  const of = (feature: number): string => (width === 1 ? "" : `feature ${feature} of ${width}: `);
  for (let feature = 0; feature < width; feature++) {
    if (labels === undefined) {
      const copy = target.names.findIndex((_, l) =>
        equalsTarget(data, feature, width, target.values.data, l, target.names.length),
      );
      if (copy >= 0) return `${of(feature)}the same numbers as the target ${target.names[copy]}`;
    } else if (tells(labels, classes.length, (row) => data[row * width + feature]!)) {
      return `${of(feature)}its few values determine the class of every training sample, like a copy of the label`;
    }
  }
  if (labels !== undefined && width > 1 && width <= 64) {
    const rowText = (row: number): string => data.subarray(row * width, (row + 1) * width).join();
    if (tells(labels, classes.length, rowText)) {
      return "its few distinct rows determine the class of every training sample, like a copy of the label";
    }
  }
  return undefined;
}

/** Does every value occur with a single class, although values repeat and every class has one? */
function tells(labels: Int32Array, classes: number, valueAt: (row: number) => number | string): boolean {
  const most = Math.floor(labels.length / ROWS_A_VALUE);
  const classOf = new Map<number | string, number>();
  for (let row = 0; row < labels.length; row++) {
    const value = valueAt(row);
    const known = classOf.get(value);
    if (known === undefined) {
      if (classOf.size === most) return false;
      classOf.set(value, labels[row]!);
    } else if (known !== labels[row]) return false;
  }
  return classOf.size >= classes;
}

function equalsTarget(
  data: Float32Array,
  feature: number,
  width: number,
  values: Float32Array,
  l: number,
  L: number,
): boolean {
  let known = 0;
  for (let row = 0; row * L < values.length; row++) {
    const value = values[row * L + l]!;
    if (Number.isNaN(value)) continue;
    if (data[row * width + feature] !== value) return false;
    known++;
  }
  return known >= LEAST_ROWS;
}

/** Modalities whose numbers equal those of an earlier one. */
function copies({ modalities }: Dataset): [string, string][] {
  const names = Object.keys(modalities);
  return names.flatMap((name, at): [string, string][] => {
    const own = modalities[name]!.data;
    const original = names.slice(0, at).find((other) => {
      const { data } = modalities[other]!;
      return data.length === own.length && data.every((value, i) => value === own[i]);
    });
    return original === undefined ? [] : [[name, original]];
  });
}
