/** @file The kinds of modality by name, and what training and prediction ask of them for a data set. */
import { dataError, hint } from "../core/errors.ts";
import type { OptionIssue } from "../core/options.ts";
import { ownValue } from "../core/record.ts";
import { float32, type State, type Tensor } from "../core/tensor.ts";
import { type Dataset, type Inputs, takeTensorRows } from "../data/dataset.ts";
import { type ModalityType, NORMALIZE, type Normalize, type NormalizeSetting, type Transform } from "./modality.ts";
import { vector } from "./vector.ts";

/** All kinds of modality. Arrays of data sets are `vector`, whatever their rank. */
export const modalityTypes: Readonly<Record<Transform["kind"], ModalityType>> = { vector };

/** Fitted transforms by modality. */
export type Transforms = Readonly<Record<string, Transform>>;

/**
 * Fits the transforms of modalities (default: all) on the training samples that have them.
 * @throws DataError for an empty split, or a modality that no sample has.
 */
export function fitTransforms(
  train: Dataset,
  names: readonly string[] = Object.keys(train.modalities),
  setting?: NormalizeSetting,
): Transforms {
  return Object.fromEntries(
    names.map((name) => {
      const normalize = normalizeOf(setting, name);
      return [name, { kind: "vector", normalize, numbers: vector.fit(presentRows(train, name), normalize) }];
    }),
  );
}

/**
 * The modalities of a data set as encoders read them, each [N, ...]; missing ones are zeros.
 * @throws DataError for a modality without a transform, ShapeError for another number of features.
 */
export function transformed(dataset: Inputs, transforms: Transforms): Record<string, Tensor<"float32">> {
  return Object.fromEntries(
    Object.entries(dataset.modalities).map(([name, values]) => {
      const transform = ownValue(transforms, name);
      if (transform === undefined) {
        throw dataError(
          `modality "${name}" of the ${dataset.name} data was not there when the model was trained${hint(name, Object.keys(transforms))}`,
          { modality: name },
        );
      }
      const type = modalityTypes[transform.kind];
      return [name, type.collate(type.transform(values, transform), ownValue(dataset.present, name))];
    }),
  );
}

/** The normalisation of a modality under a setting. */
export function normalizeOf(setting: NormalizeSetting | undefined, modality: string): Normalize {
  return typeof setting === "string" ? setting : (ownValue(setting, modality) ?? "standard");
}

/** Problems of a setting, for data with these modalities. */
export function normalizeIssues(setting: unknown, modalities: readonly string[]): OptionIssue[] {
  const entries: [readonly string[], unknown][] =
    typeof setting === "object" && setting !== null
      ? Object.entries(setting).map(([name, value]) => [[name], value])
      : [[[], setting === undefined ? "standard" : setting]];
  return entries.flatMap(([path, value]): OptionIssue[] => {
    const [name] = path;
    if (name !== undefined && !modalities.includes(name)) {
      return [{ path, message: `there is no modality "${name}"${hint(name, modalities)}` }];
    }
    return typeof value === "string" && NORMALIZE.some((known) => known === value)
      ? []
      : [
          {
            path,
            message: `unknown normalisation ${JSON.stringify(value)}${hint(typeof value === "string" ? value : "", NORMALIZE)}`,
          },
        ];
  });
}

/** Prefix of the fitted numbers in model files and exported graphs. */
const PREFIX = "standardise.";
export const storedName = (modality: string, number: string): string => `${PREFIX}${modality}.${number}`;
/** Whether a tensor of a model file is a fitted number of a transform. */
export const isStoredNumber = (name: string): boolean => name.startsWith(PREFIX);

/** The numbers of transforms as named tensors. */
export function transformState(transforms: Transforms): State {
  return Object.fromEntries(
    Object.entries(transforms).flatMap(([modality, { numbers }]) =>
      Object.entries(numbers).map(([number, values]) => [
        storedName(modality, number),
        float32([values.length], values),
      ]),
    ),
  );
}

/** A transform from its description and the tensors of a file; `read` throws for a tensor that is missing. */
export function transformFrom(
  modality: string,
  { kind = "vector", normalize = "standard" }: Partial<Pick<Transform, "kind" | "normalize">>,
  read: (tensor: string) => Float32Array,
): Transform {
  const names = modalityTypes[kind].numbers[normalize];
  const numbers = Object.fromEntries(names.map((number) => [number, read(storedName(modality, number))]));
  return { kind, normalize, numbers };
}

/** The training samples that have a modality. */
function presentRows(train: Dataset, name: string): Tensor<"float32"> {
  const values = train.modalities[name]!;
  if (values.shape[0] === 0) {
    throw dataError(`the ${train.name} data is empty; at least one sample is needed.`);
  }
  const mask = ownValue(train.present, name);
  if (mask === undefined || !mask.includes(0)) return values;
  const rows = [...mask.keys()].filter((row) => mask[row] === 1);
  if (rows.length > 0) return takeTensorRows(values, rows);
  throw dataError(`no sample of the ${train.name} data has the modality "${name}"; leave it out of the modalities.`, {
    modality: name,
  });
}
