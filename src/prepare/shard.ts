/**
 * @file A shard: the arrays of 64 samples in a row, made by one worker and written before the next begins. Its samples are those of the
 * plan whoever makes it, so a continued preparation gives the same bytes.
 */
import { DmilError, dataError } from "../core/errors.ts";
import { type Folder, readText } from "../core/folder.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import { expected } from "../core/system-errors.ts";
import { type DType, type DTypes, type Tensor, tensor } from "../core/tensor.ts";
import { readArray, requireNumbers, writeNpy } from "../data/formats/npy.ts";
import type { ArrayForm, Plan } from "./plan.ts";
import type { Modality, OpenRecipe, Sample } from "./recipe.ts";
import { WORK } from "./store.ts";
import type { Tools } from "./tools.ts";

/** Samples of a shard. */
export const SHARD = 64;

/** A file that could not be read. */
export interface Broken {
  readonly id: string;
  readonly modality: string;
  readonly reason: string;
}

/** What a shard holds. */
export interface ShardReport {
  /** By modality and sample: the number of rows in the shard's array; 0 where the sample lacks the modality. */
  readonly rows: Readonly<Record<string, readonly number[]>>;
  readonly broken: readonly Broken[];
}

export interface ShardOptions {
  /** Forms of the arrays by modality. */
  readonly forms: Readonly<Record<string, ArrayForm>>;
  /** Whether a file that cannot be read counts as missing. */
  readonly skipBroken: boolean;
}

/** Number of shards of a plan. */
export function shardCount({ samples }: Pick<Plan, "samples">): number {
  return Math.ceil(samples.length / SHARD);
}

/** The numbers of shards that are not in the folder. */
export async function shardsToDo(folder: Folder, plan: Plan): Promise<number[]> {
  const there = new Set(await folder.list(`${WORK}/shards`).catch(() => []));
  return Array.from({ length: shardCount(plan) }, (_, i) => i).filter((i) => !there.has(place(i, "json")));
}

function place(shard: number, ending: string): string {
  return `${WORK}/shards/${String(shard).padStart(6, "0")}.${ending}`;
}

/** The array of one sample, checked. @throws DmilError that names the sample's file. */
export async function readPart(
  modality: Modality,
  name: string,
  sample: Sample,
  tools: Tools,
  form?: ArrayForm,
): Promise<Tensor> {
  const part = sample.parts[name]!;
  const where = `${tools.source.label}/${part.files[0]}`;
  const array = await modality.read(part, tools, sample);
  const own = formOf(array, modality);
  if (array.shape[0] === 0) throw dataError(`${where}: holds nothing (${formatShape(array.shape)}).`, { where });
  if (array.data.some((value: number | bigint) => typeof value === "number" && !Number.isFinite(value))) {
    throw dataError(`${where}: the array ${name} of sample ${sample.id} holds NaN or infinite numbers.`, { where });
  }
  if (form !== undefined && (own.dtype !== form.dtype || formatShape(own.shape) !== formatShape(form.shape))) {
    const steps = modality.sequence === true ? "each step" : "the array";
    throw dataError(
      `${where}: ${steps} of ${name} is ${own.dtype} ${formatShape(own.shape)}, where the first sample has ${form.dtype} ${formatShape(form.shape)}; all samples need the same.`,
      { where },
    );
  }
  return array;
}

/** The form of a sample's array. */
export function formOf({ dtype, shape }: Tensor, { sequence = false }: Modality): ArrayForm {
  return { dtype, shape: sequence ? shape.slice(1) : shape };
}

/** Reads the samples of a shard and writes their arrays. @throws DmilError for a file that cannot be read, unless these are skipped. */
export async function makeShard(
  folder: Folder,
  plan: Plan,
  recipe: OpenRecipe,
  tools: Tools,
  shard: number,
  { forms, skipBroken }: ShardOptions,
): Promise<void> {
  const samples = plan.samples.slice(shard * SHARD, (shard + 1) * SHARD);
  const rows: Record<string, number[]> = {};
  const broken: Broken[] = [];
  for (const name of plan.modalities) {
    const modality = recipe.modalities[name]!;
    const arrays: Tensor[] = [];
    rows[name] = [];
    for (const sample of samples) {
      const form = forms[name];
      const isThere = sample.parts[name]!.files.length > 0 && form !== undefined;
      const array = isThere
        ? await readPart(modality, name, sample, tools, form).catch((thrown) => {
            const reason = readingError(thrown);
            if (!skipBroken) throw reason;
            broken.push({ id: sample.id, modality: name, reason: reason.message });
            return undefined;
          })
        : undefined;
      if (array !== undefined) arrays.push(array);
      rows[name].push(array === undefined ? 0 : modality.sequence === true ? array.shape[0]! : 1);
    }
    if (arrays.length > 0) await folder.write(place(shard, `${name}.npy`), writeNpy(stacked(arrays, forms[name]!)));
  }
  const report: ShardReport = { rows, broken };
  await folder.write(place(shard, "json"), JSON.stringify(report));
}

/** An error of one file. @throws what is no error of a file: a reader that this machine lacks, a bug. */
export function readingError(thrown: unknown): DmilError {
  const error = expected(thrown);
  if (error.code === "InternalError" || error.fields.reader !== undefined) throw error;
  if (error.message.includes("--skip-broken")) return error;
  return new DmilError(error.code, error.message, { ...error.fields, broken: true }, error);
}

/** The arrays of samples one after another: [rows, ...]. */
function stacked(arrays: readonly Tensor[], { dtype, shape }: ArrayForm): Tensor {
  const length = arrays.reduce((sum, { data }) => sum + data.length, 0);
  const out = new (arrays[0]!.data.constructor as new (length: number) => DTypes[DType])(length);
  let at = 0;
  for (const { data } of arrays) {
    out.set(data as never, at);
    at += data.length;
  }
  return tensor(dtype, [length / Math.max(1, sizeOf(shape)), ...shape], out as never);
}

/** What a shard holds. */
export async function readReport(folder: Folder, shard: number): Promise<ShardReport> {
  return JSON.parse(await readText(folder, place(shard, "json"))) as ShardReport;
}

/** The array of a modality in a shard. */
export async function readShard(folder: Folder, shard: number, name: string): Promise<Tensor> {
  const path = place(shard, `${name}.npy`);
  return requireNumbers(readArray(await folder.read(path), `${folder.label}/${path}`), path);
}
