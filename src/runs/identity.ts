/** @file The identity of a run: a hash of its settings and training data. */

import { sha256 } from "../core/hash.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import { labelsOf } from "../data/target.ts";
import { withEncoderFiles } from "../encoders/index.ts";
import type { TrainingData } from "../train/setup.ts";
import type { RunConfig } from "./plan.ts";

export type { TrainingData } from "../train/setup.ts";

/** SHA-256 hashes of the training and validation arrays by `<split>/<modality>` and `<split>/labels`, of masks by `<split>/<modality>_present`, of the model of a teacher by `teacher`, and of files of weights by `weights/<modality>`. */
export type DataHashes = Readonly<Record<string, string>>;

/** Hashes the training data of the modalities that a run reads. */
export async function hashData(
  { train, validation }: TrainingData,
  modalities: readonly string[],
): Promise<DataHashes> {
  return hashSplits({ train, validation }, modalities);
}

/** Hashes the values, shapes, masks (if a modality is missing) and labels of data sets by name. Values are hashed as in memory: float32, little-endian. */
export async function hashSplits(
  parts: Readonly<Record<string, Dataset>>,
  modalities: readonly string[],
): Promise<DataHashes> {
  const hashes: Record<string, string> = {};
  for (const [split, dataset] of Object.entries(parts)) {
    const { target, modalities: arrays, present } = dataset;
    for (const name of modalities) {
      const { shape, data: values } = arrays[name]!;
      hashes[`${split}/${name}`] = await hashArray(shape.join(","), values);
      const mask = ownValue(present, name);
      if (mask?.includes(0)) hashes[`${split}/${name}_present`] = await hashArray("", mask);
    }
    hashes[`${split}/labels`] =
      target.kind === "multiclass"
        ? await hashArray(JSON.stringify(target.names), labelsOf(dataset))
        : await hashArray(JSON.stringify([kindWords[target.kind].former, target.names]), target.values.data);
  }
  return hashes;
}

/** The identity of a run: everything that determines its result, without the paths of data, teacher and weights. */
export async function identityOf({ data: _, teacher, ...named }: RunConfig, hashes: DataHashes): Promise<string> {
  const config = withEncoderFiles(named, (file, setting) => (setting === "weights" ? undefined : file));
  if (teacher === undefined) return hashValue([config, hashes]);
  const { run: __, ...distillation } = teacher;
  return hashValue([{ ...config, teacher: distillation }, hashes]);
}

/** Adds the hash of the model file of the teacher, if there is one. */
export function withTeacher(hashes: DataHashes, teacher: { readonly hash: string } | undefined): DataHashes {
  return teacher === undefined ? hashes : { ...hashes, teacher: teacher.hash };
}

/** SHA-256 of plain data, independent of the order of keys. */
export async function hashValue(value: unknown): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(value, sorted)));
}

/** Sorts the keys of objects, for JSON.stringify. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Hashes a text together with the hash of the values, so that the array is not copied. */
async function hashArray(text: string, values: Float32Array | Int32Array | Uint8Array): Promise<string> {
  const numbers = await sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return sha256(new TextEncoder().encode(`${text} ${numbers}`));
}
