/** @file Source: what every form of data on disk offers the loader, and the conversions they share. */
import { dataError } from "../../core/errors.ts";
import { formatShape } from "../../core/shape.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import type { SplitName } from "../dataset.ts";
import type { TextArray } from "../formats/npy.ts";
import type { Manifest } from "../manifest.ts";
import type { LeftOut } from "./roles.ts";

/** An array of a file: of numbers or of texts. */
export type AnyArray = Tensor | TextArray;

/** Labels of one split: an array of numbers, or texts, of a table column or an array ("" is a missing one). */
export type RawLabels = Tensor | readonly string[];

/** What is predicted, as the form of the data tells it. */
export interface SourceTarget {
  /** The file, array or columns, for people. */
  readonly from: string;
  /** As dataset.json has it, or found in the columns of a table. */
  readonly kind: NonNullable<Manifest["target"]>["kind"];
  /** Of labels or values, where the form knows them. */
  readonly names?: readonly string[] | undefined;
  /** How it was found, where nobody said so. */
  readonly note?: string | undefined;
}

/** The arrays of a data set, by split and name. */
export interface Source {
  /** How messages name the data. */
  readonly label: string;
  /** What was noticed while opening it. */
  readonly warnings: readonly string[];
  /** How a table was read, where not plainly: `separated by semicolons, with decimal commas`. */
  readonly form?: string | undefined;
  /** Arrays, columns and files that are no part of the data. */
  readonly leftOut: readonly LeftOut[];
  /** What says which sample is in which split: `the column split`; undefined: nothing does, and all samples are under `train`. */
  readonly splitBy: string | undefined;
  readonly target: SourceTarget;
  /** Where ids, groups and truth are when dataset.json does not say. */
  readonly defaults: Readonly<Partial<Record<"ids" | "groups" | "truth", string>>>;
  /** The arrays of a split that may be modalities. */
  names(split: SplitName): readonly string[];
  /** One of them. @throws DataError when the split lacks it. */
  read(split: SplitName, name: string): Promise<AnyArray>;
  /** What one of them is made of, for people: `audio_0, audio_1 ... audio_9`. */
  from(name: string): string;
  /** Of tables, the columns of one of them. */
  columns?(name: string): readonly string[];
  labels(split: SplitName): Promise<RawLabels>;
  /** One text a sample, from the place that dataset.json names. */
  texts(split: SplitName, place: string): Promise<readonly string[]>;
  /** The file (and part of it) that holds `labels`, `ids`, `groups`, `truth` or a modality. */
  where(split: SplitName, part: string): string;
}

/** The names of splits on disk, in any letter case; `valid` is the name we write. */
export const SPLIT_NAMES: Readonly<Record<SplitName, readonly string[]>> = {
  train: ["train"],
  validation: ["valid", "validation", "val", "dev"],
  test: ["test"],
};

/** The split that a name on disk means. */
export function splitNamed(name: string): SplitName | undefined {
  const word = name.toLowerCase();
  return (Object.keys(SPLIT_NAMES) as SplitName[]).find((split) => SPLIT_NAMES[split].includes(word));
}

/** `valid (also validation, val, dev)`: what a split may be called, for messages. */
export function splitWords(split: SplitName): string {
  const [first, ...others] = SPLIT_NAMES[split];
  return others.length === 0 ? first! : `${first} (or ${others.join(", ")})`;
}

export function isInteger(array: AnyArray): boolean {
  return !isText(array) && array.dtype !== "float32" && array.dtype !== "float64";
}

export function isText(array: AnyArray): array is TextArray {
  return array.dtype === "text";
}

/** An array as labels: texts are names of classes. */
export function asLabels(array: AnyArray): RawLabels {
  return isText(array) ? array.data : array;
}

/** `int32 [120]`, for messages. */
export function describe(array: AnyArray): string {
  return `${array.dtype} ${formatShape(array.shape)}`;
}

/** The array as float32, the only type models take; integers that float32 rounds leave a warning. */
export function toFloat32(array: Tensor, where: string, warnings: string[]): Tensor<"float32"> {
  const { data, shape } = array;
  if (data instanceof Float32Array) return float32(shape, data);
  const out = new Float32Array(data.length);
  let rounded = 0;
  for (let i = 0; i < out.length; i++) {
    const value = Number(data[i]!);
    out[i] = value;
    if (out[i] !== value) rounded++;
  }
  if (isInteger(array) && rounded > 0) {
    warnings.push(
      `${where}: ${rounded} integers are too large for float32 and were rounded; subtract an offset or scale them first.`,
    );
  }
  return float32(shape, out);
}

/** Texts or integers as text, for ids and groups. @throws DataError for floats or more than one axis. */
export function asTexts(array: AnyArray, where: string): readonly string[] {
  const { shape } = array;
  if ((isText(array) || isInteger(array)) && (shape.length === 1 || (shape.length === 2 && shape[1] === 1))) {
    return isText(array) ? array.data : Array.from(array.data as ArrayLike<number | bigint>, String);
  }
  throw dataError(`${where}: holds ${describe(array)}; one integer or text a sample is needed here, shape [N].`, {
    where,
  });
}

/** Texts that name each sample: beside the arrays they are ids without being named. */
export function isIdName(name: string): boolean {
  return /^(ids?|names?|sample_ids?)$/i.test(name);
}
