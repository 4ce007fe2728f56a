/** @file Dataset: sample ids, named modalities, target, groups, optional truth. All data has this form once it is loaded. */
import { configError, dataError, hint, listing } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { isCeilingOf, type Posteriors, takeCeiling } from "./ceiling.ts";
import type { TargetKind } from "./kinds.ts";

export type { TargetKind } from "./kinds.ts";

/** What is to be predicted for N samples. */
export interface Target {
  readonly kind: TargetKind;
  /** Of the classes [K], labels [L] or values [L]. */
  readonly names: readonly string[];
  /**
   * Classes: their indices, [N, 1]. Labels: 0 or 1, [N, L]. Values: in the data's unit, [N, L]. NaN is unknown; rows that are NaN
   * throughout are allowed in the test split only.
   */
  readonly values: Tensor<"float32">;
  /** The numbers [N, 1] of which the classes are bins, where they are. */
  readonly numbers?: Tensor<"float32">;
}

/** One split: row i of every array is the same sample. */
export interface Dataset {
  /** For example `train`. */
  readonly name: string;
  /** N, the number of samples. */
  readonly size: number;
  /** [N]; row numbers as text when the data has none. */
  readonly ids: readonly string[];
  /** Each [N, ...]; the insertion order is the modality order. */
  readonly modalities: Readonly<Record<string, Tensor<"float32">>>;
  /**
   * Masks by modality, each [N]: 1 where the sample has the modality, 0 where it is missing and its values are ignored. A modality
   * without a mask is present in every sample; every sample has at least one modality.
   */
  readonly present?: Readonly<Record<string, Uint8Array>>;
  readonly target: Target;
  /** [N]; samples of one group (a speaker, a video) belong on the same side of a split. */
  readonly groups?: readonly string[];
  /** [N]; the true component of generated data: `redundant`, `unique_<modality>` or `synergistic`. */
  readonly truth?: readonly string[];
  /** Each [N], bits; the true information of generated data by component. A component that is left out has 0 bits. */
  readonly truthBits?: Readonly<Record<string, Float32Array>>;
  /** Posteriors of a strong classifier for data with planted truth: no model is expected to extract more information. */
  readonly ceiling?: Posteriors;
}

/** The samples of a prediction: a dataset without a target. */
export type Inputs = Pick<Dataset, "name" | "size" | "ids" | "modalities" | "present">;

/** The three splits of one data set: same modalities, same classes. */
export interface DataSplits {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test: Dataset;
}

/** The splits by name, in order. */
export const SPLITS = ["train", "validation", "test"] as const;
export type SplitName = (typeof SPLITS)[number];

/** Builds three splits by calling `make` for each split's name. */
export function mapSplits(make: (split: SplitName) => Dataset): DataSplits {
  return { train: make("train"), validation: make("validation"), test: make("test") };
}

/** Number of features per sample of a modality [N, ...]; 1 for [N]. */
export function featureCount(modality: { readonly shape: Shape }): number {
  return sizeOf(modality.shape.slice(1));
}

/** The dataset with these modalities only, in this order. @throws ConfigError for an unknown or repeated name. */
export function selectModalities(dataset: Dataset, names: readonly string[]): Dataset {
  const known = Object.keys(dataset.modalities);
  requireModalities(names, known, `the ${dataset.name} data`);
  const masks = names.flatMap((name) => {
    const mask = ownValue(dataset.present, name);
    return mask === undefined ? [] : [[name, mask] as const];
  });
  const { ceiling, ...rest } = dataset;
  return {
    ...rest,
    ...(ceiling !== undefined && isCeilingOf(Object.keys(ceiling.unimodal), names) && { ceiling }),
    modalities: Object.fromEntries(names.map((name) => [name, dataset.modalities[name]!])),
    ...(dataset.present === undefined ? {} : { present: Object.fromEntries(masks) }),
  };
}

/** Checks a choice of modalities. @throws ConfigError for none, an unknown or a repeated name. */
export function requireModalities(names: readonly string[], known: readonly string[], where: string): void {
  if (names.length === 0) {
    throw configError(`${where}: no modality was chosen; name at least one of ${listing(known)}.`, { known });
  }
  names.forEach((name, i) => {
    if (!known.includes(name)) {
      throw configError(`${where}: there is no modality "${name}"${hint(name, known)}`, { name, known });
    }
    if (names.indexOf(name) !== i) {
      throw configError(`${where}: modality "${name}" is named twice; name it once.`, { name });
    }
  });
}

/** The samples at `rows`, in that order (rows may repeat). @throws DataError for a row outside the data. */
export function takeRows(dataset: Dataset, rows: ArrayLike<number>, name: string = dataset.name): Dataset {
  const n = dataset.size;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (!Number.isInteger(row) || row < 0 || row >= n) {
      throw dataError(
        `takeRows: row ${row} is not a row of the ${dataset.name} data, which has ${n}: use 0..${n - 1}.`,
        {
          row,
          samples: n,
        },
      );
    }
  }
  const pick = <T>(values: readonly T[]): T[] => Array.from(rows, (row) => values[row]!);
  return {
    name,
    size: rows.length,
    ids: pick(dataset.ids),
    modalities: Object.fromEntries(
      Object.entries(dataset.modalities).map(([modality, values]) => [modality, takeTensorRows(values, rows)]),
    ),
    ...(dataset.present === undefined
      ? {}
      : {
          present: Object.fromEntries(
            Object.entries(dataset.present).map(([modality, mask]) => [
              modality,
              Uint8Array.from(rows, (row) => mask[row]!),
            ]),
          ),
        }),
    target: takeTarget(dataset.target, rows),
    ...(dataset.groups === undefined ? {} : { groups: pick(dataset.groups) }),
    ...(dataset.truth === undefined ? {} : { truth: pick(dataset.truth) }),
    ...(dataset.truthBits === undefined
      ? {}
      : {
          truthBits: Object.fromEntries(
            Object.entries(dataset.truthBits).map(([component, bits]) => [
              component,
              Float32Array.from(rows, (row) => bits[row]!),
            ]),
          ),
        }),
    ...(dataset.ceiling !== undefined && { ceiling: takeCeiling(dataset.ceiling, rows, dataset.target.names.length) }),
  };
}

/** The target of the samples at `rows`. */
function takeTarget({ values, numbers, ...rest }: Target, rows: ArrayLike<number>): Target {
  return {
    ...rest,
    values: takeTensorRows(values, rows),
    ...(numbers !== undefined && { numbers: takeTensorRows(numbers, rows) }),
  };
}

/** Rows of a tensor [N, ...] along its first axis: [rows, ...]. The rows must exist. */
export function takeTensorRows(source: Tensor<"float32">, rows: ArrayLike<number>): Tensor<"float32"> {
  const width = featureCount(source);
  const out = float32([rows.length, ...source.shape.slice(1)]);
  for (let i = 0; i < rows.length; i++) {
    const start = rows[i]! * width;
    out.data.set(source.data.subarray(start, start + width), i * width);
  }
  return out;
}

/** `["0", "1", ...]`: the ids of data that has none. */
export function rowIds(n: number): string[] {
  return Array.from({ length: n }, (_, i) => String(i));
}
