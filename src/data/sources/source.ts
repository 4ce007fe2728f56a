/** @file Source: what every form of data on disk offers the loader, and the conversions they share. */
import { dataError } from "../../core/errors.ts";
import { formatShape } from "../../core/shape.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import type { SplitName } from "../dataset.ts";

/** Labels of one split: an array of numbers, or the texts of a table column ("" is a missing one). */
export type RawLabels = Tensor | readonly string[];

/** The arrays of a data set, by split and name. */
export interface Source {
  /** How messages name the data. */
  readonly label: string;
  /** What was noticed while opening it. */
  readonly warnings: readonly string[];
  /** Where ids, groups and truth are when dataset.json does not say. */
  readonly defaults: Readonly<Partial<Record<"ids" | "groups" | "truth", string>>>;
  /** The arrays of a split that may be modalities. */
  names(split: SplitName): readonly string[];
  /** One of them. @throws DataError when the split lacks it. */
  read(split: SplitName, name: string): Promise<Tensor>;
  labels(split: SplitName): Promise<RawLabels>;
  /** Names of labels or values, where the form tells them (columns of a table). */
  readonly targetNames?: readonly string[];
  /** One text a sample, from the place that dataset.json names. */
  texts(split: SplitName, place: string): Promise<readonly string[]>;
  /** The file (and part of it) that holds `labels`, `ids`, `groups`, `truth` or a modality. */
  where(split: SplitName, part: string): string;
}

/** The names of splits on disk; `valid` is the name we write. */
export const SPLIT_OF: ReadonlyMap<string, SplitName> = new Map<string, SplitName>([
  ["train", "train"],
  ["valid", "validation"],
  ["validation", "validation"],
  ["test", "test"],
]);

export function isInteger(array: Tensor): boolean {
  return array.dtype !== "float32" && array.dtype !== "float64";
}

/** `int32 [120]`, for messages. */
export function describe(array: Tensor): string {
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

/** Integers as text, for ids and groups. @throws DataError for floats or more than one axis. */
export function integersAsText(array: Tensor, where: string): string[] {
  if (!isInteger(array) || array.shape.length !== 1) {
    throw dataError(`${where}: holds ${describe(array)}; one integer a sample is needed here, shape [N].`, { where });
  }
  return Array.from(array.data as ArrayLike<number | bigint>, String);
}
