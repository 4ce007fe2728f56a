/** @file Source: the interface of every form of data on disk, and the conversions they share. */
import { dataError } from "../../core/errors.ts";
import { formatShape } from "../../core/shape.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import type { TextArray } from "../formats/npy.ts";
import type { Manifest } from "../manifest.ts";
import type { LeftOut } from "./roles.ts";

/** An array of a file: of numbers or of texts. */
export type AnyArray = Tensor | TextArray;

/** Labels of one split: an array of numbers, or texts of a table column or an array ("" is missing). */
export type RawLabels = Tensor | readonly string[];

/** The target, as far as the form of the data determines it. */
export interface SourceTarget {
  /** The file, array or columns, for reports. */
  readonly from: string;
  /** From dataset.json, or inferred from the columns of a table. */
  readonly kind: NonNullable<Manifest["target"]>["kind"];
  /** Names of the labels or values, where the form determines them. */
  readonly names?: readonly string[] | undefined;
  /** How it was inferred, when it was not specified. */
  readonly note?: string | undefined;
}

/** The arrays of a data set, by split and name. */
export interface Source {
  /** The name of the data in messages. */
  readonly label: string;
  /** Warnings from opening the data. */
  readonly warnings: readonly string[];
  /** The format of a table other than comma-separated: `separated by semicolons, with decimal commas`. */
  readonly form?: string | undefined;
  /** Arrays, columns and files that are not used. */
  readonly leftOut: readonly LeftOut[];
  /** How samples are assigned to splits: `the column split`. Undefined: there is no split, and all samples are in `train`. */
  readonly splitBy: string | undefined;
  readonly target: SourceTarget;
  /** Locations of ids, groups and truth when dataset.json does not name them. */
  readonly defaults: Readonly<Partial<Record<"ids" | "groups" | "truth", string>>>;
  /** The arrays of a split that may be modalities. */
  names(split: SplitName): readonly string[];
  /** Reads an array. @throws DataError when the split lacks it. */
  read(split: SplitName, name: string): Promise<AnyArray>;
  /** The origin of an array, for reports: `audio_0, audio_1 ... audio_9`. */
  from(name: string): string;
  /** For tables, the columns of an array. */
  columns?(name: string): readonly string[];
  labels(split: SplitName): Promise<RawLabels>;
  /** One text per sample, from the location that dataset.json names. */
  texts(split: SplitName, place: string): Promise<readonly string[]>;
  /** The file (and part of it) with `labels`, `ids`, `groups`, `truth` or a modality, for messages. */
  where(split: SplitName, part: string): string;
}

/** What data must have, if it has splits at all: training needs a target and three splits, prediction the inputs of one split. */
export interface Needs {
  readonly target: boolean;
  /** Splits that must exist; another one that is absent is read as the first of these. */
  readonly splits: readonly SplitName[];
}

/** The needs of training. */
export const TRAINING: Needs = { target: true, splits: SPLITS };

/** The names of splits on disk, in any letter case; the writer uses `valid`. */
const SPLIT_NAMES: Readonly<Record<SplitName, readonly string[]>> = {
  train: ["train"],
  validation: ["valid", "validation", "val", "dev"],
  test: ["test"],
};

/** The split with this name on disk. */
export function splitNamed(name: string): SplitName | undefined {
  const word = name.toLowerCase();
  return (Object.keys(SPLIT_NAMES) as SplitName[]).find((split) => SPLIT_NAMES[split].includes(word));
}

/** `valid (also validation, val, dev)`: the allowed names of a split, for messages. */
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

/** The array as float32, the only type of model inputs; warns about integers that float32 rounds. */
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
  throw dataError(`${where}: holds ${describe(array)}; one integer or text per sample is needed here, shape [N].`, {
    where,
  });
}

/** Is this a usual name of ids, which are then used without being declared? */
export function isIdName(name: string): boolean {
  return /^(ids?|names?|sample_ids?)$/i.test(name);
}
