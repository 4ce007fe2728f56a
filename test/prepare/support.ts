/** @file Fake trees of raw files in memory, and their preparation from the first name to the data set that training reads. */
import { dataError } from "../../src/core/errors.ts";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32, tensor } from "../../src/core/tensor.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { readArray, writeNpy } from "../../src/data/formats/npy.ts";
import { readDataset } from "../../src/data/load.ts";
import { recipeNamed } from "../../src/prepare/index.ts";
import { join, type Prepared } from "../../src/prepare/join.ts";
import { makePlan, type Plan, type PlanOptions } from "../../src/prepare/plan.ts";
import { makeShard, shardsToDo } from "../../src/prepare/shard.ts";
import { type Source, sourceOf } from "../../src/prepare/source.ts";
import type { Store } from "../../src/prepare/store.ts";
import { probe } from "../../src/prepare/survey.ts";
import { type Readers, type Tools, toolsFor } from "../../src/prepare/tools.ts";
import { begin } from "../../src/prepare/work.ts";

/** Files by name. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export const STUB =
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/** A source in memory. */
export function memorySource(files: Files, label = "raw"): Source {
  const bytesOf = (path: string): Uint8Array => {
    const content = Object.hasOwn(files, path) ? files[path]! : undefined;
    if (content === undefined) throw dataError(`${label}: there is no file ${path}.`);
    return typeof content === "string" ? new TextEncoder().encode(content) : content;
  };
  return sourceOf({
    label,
    files: Object.keys(files),
    read: async (path) => bytesOf(path),
    range: async (path, start, length) => bytesOf(path).subarray(start, start + length),
    size: async (path) => bytesOf(path).length,
  });
}

/** A store in memory. */
export function memoryStore(files: Map<string, Uint8Array> = new Map()): Store {
  const folder = memoryFolder("out", files);
  return {
    ...folder,
    async create(path) {
      const parts: Uint8Array[] = [];
      return {
        write: async (bytes) => void parts.push(bytes.slice()),
        close: () => folder.write(path, Buffer.concat(parts)),
        discard: async () => {},
      };
    },
  };
}

/**
 * Readers that give for each file numbers made from its bytes, in the shapes that the real ones have; a file that begins with `broken` is
 * refused as theirs is.
 */
export function fakeReaders(source: Source): Readers {
  const numberOf = async (path: string): Promise<number> => {
    const bytes = await source.read(path);
    if (new TextDecoder().decode(bytes.subarray(0, 6)) === "broken")
      throw dataError(`${source.label}/${path}: not a file of media.`);
    return bytes.reduce((sum, byte) => (sum * 31 + byte) % 251, 7);
  };
  return {
    sound: async (path) => ({ rate: 8000, channels: [new Float32Array(800).fill((await numberOf(path)) / 251)] }),
    audio: async (path) => float32([4, 3], new Float32Array(12).fill(await numberOf(path))),
    image: async (path, { height, width, channels }) =>
      tensor("uint8", [height, width, channels], new Uint8Array(height * width * channels).fill(await numberOf(path))),
    async frames(path, choice, { height, width, channels }) {
      const count = choice.pick(10).length;
      const data = new Uint8Array(count * height * width * channels).fill(await numberOf(path));
      return tensor("uint8", [count, height, width, channels], data);
    },
  };
}

export interface Trial extends PlanOptions {
  readonly options?: Readonly<Record<string, unknown>>;
  readonly skipBroken?: boolean;
  /** Made when it is given; shards in it are kept. */
  readonly store?: Store;
  /** The order in which shards are made. */
  readonly order?: (shards: number[]) => number[];
}

export interface Made {
  readonly plan: Plan;
  readonly prepared: Prepared;
  readonly store: Store;
}

/** The plan of a recipe for files. */
export async function planOf(recipe: string, files: Files, { options = {}, ...rest }: Trial = {}): Promise<Plan> {
  return makePlan(recipe, (await recipeNamed(recipe)).open(options), memorySource(files), rest);
}

/** Prepares files in memory. */
export async function prepareFiles(recipe: string, files: Files, trial: Trial = {}): Promise<Made> {
  const { options = {}, skipBroken = false, store = memoryStore(), order = (shards) => shards, ...rest } = trial;
  const opened = (await recipeNamed(recipe)).open(options);
  const source = memorySource(files);
  const tools: Tools = toolsFor(source, fakeReaders(source));
  const plan = await makePlan(recipe, opened, source, rest);
  const { forms } = await begin(
    store,
    plan,
    false,
    async () => (await probe(plan, opened, tools, skipBroken, () => 0)).forms,
  );
  for (const shard of order(await shardsToDo(store, plan))) {
    await makeShard(store, plan, opened, tools, shard, { forms, skipBroken });
  }
  return { plan, prepared: await join(store, plan, opened, forms), store };
}

/** The data set that training reads from a store. */
export async function loaded({ store }: Made, options: Parameters<typeof readDataset>[1] = {}) {
  return readDataset(store, options);
}

/** The three splits in order. */
export function allOf({ train, validation, test }: DataSplits): Dataset[] {
  return [train, validation, test];
}

/** An array of a store. */
export async function arrayOf(store: Store, path: string) {
  return readArray(await store.read(path), path);
}

/** Class numbers of the samples of a plan by id. */
export function targetsOf({ samples }: Plan): Record<string, unknown> {
  return Object.fromEntries(samples.map(({ id, target }) => [id, target]));
}

export function npy(shape: readonly number[], value: (i: number) => number): Uint8Array {
  return writeNpy(
    float32(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
    ),
  );
}
