/** @file What makes two runs the same run: a hash of the settings and of the numbers they were trained on. */

import { sha256 } from "../core/hash.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import type { RunConfig } from "./plan.ts";

/** SHA-256 of each array a run is trained or chosen on, by `<split>/<modality>` and `<split>/labels`, of masks by `<split>/<modality>_present`, and of a teacher's model by `teacher`. */
export type DataHashes = Readonly<Record<string, string>>;

/** What training sees: the test split is not part of it. */
export interface TrainingData {
  readonly train: Dataset;
  readonly validation: Dataset;
}

/** Hashes what training sees of the modalities a run reads. */
export async function hashData(
  { train, validation }: TrainingData,
  modalities: readonly string[],
): Promise<DataHashes> {
  return hashSplits({ train, validation }, modalities);
}

/** Hashes the numbers, shapes, masks (where a modality is missing) and labels of data sets by name. Numbers count as they lie in memory: float32, little-endian. */
export async function hashSplits(
  parts: Readonly<Record<string, Dataset>>,
  modalities: readonly string[],
): Promise<DataHashes> {
  const hashes: Record<string, string> = {};
  for (const [split, { labels, classes, target, modalities: arrays, present }] of Object.entries(parts)) {
    for (const name of modalities) {
      const { shape, data: values } = arrays[name]!;
      hashes[`${split}/${name}`] = await hashArray(shape.join(","), values);
      const mask = ownValue(present, name);
      if (mask?.includes(0)) hashes[`${split}/${name}_present`] = await hashArray("", mask);
    }
    hashes[`${split}/labels`] =
      target === undefined
        ? await hashArray(JSON.stringify(classes), labels)
        : await hashArray(JSON.stringify([target.kind, target.names]), target.values.data);
  }
  return hashes;
}

/** Identity of a run: everything that decides its bits, but not where the data, or the teacher, lies. */
export async function identityOf({ data: _, teacher, ...config }: RunConfig, hashes: DataHashes): Promise<string> {
  if (teacher === undefined) return hashValue([config, hashes]);
  const { run: __, ...learnt } = teacher;
  return hashValue([{ ...config, teacher: learnt }, hashes]);
}

/** Hashes with that of the model file of the teacher, where there is one. */
export function withTeacher(hashes: DataHashes, teacher: { readonly hash: string } | undefined): DataHashes {
  return teacher === undefined ? hashes : { ...hashes, teacher: teacher.hash };
}

/** SHA-256 of plain data; the order of keys says nothing. */
export async function hashValue(value: unknown): Promise<string> {
  return sha256(new TextEncoder().encode(JSON.stringify(value, sorted)));
}

/** The order in which somebody wrote settings down says nothing. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of the numbers' own hash and a text, so that the array need not be copied. */
async function hashArray(text: string, values: Float32Array | Int32Array | Uint8Array): Promise<string> {
  const numbers = await sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return sha256(new TextEncoder().encode(`${text} ${numbers}`));
}
