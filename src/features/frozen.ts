/** @file The features of a data set: samples of modalities with a frozen encoder are replaced by the outputs of its network. */
import { runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { sha256 } from "../core/hash.ts";
import { ownValue } from "../core/record.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { featureCount, type Inputs } from "../data/dataset.ts";
import type { FrozenModel } from "../encoders/encoder.ts";
import { frozenModelOf } from "../encoders/index.ts";
import type { Backend, BackendName } from "../runtime/backend.ts";
import { loadBackend } from "../runtime/load.ts";
import { cached, type Tell } from "./cache.ts";
import { featuresOf, openSession, type Session, samplesOfCall } from "./session.ts";
import { FORMAT } from "./stored.ts";

/** The files of frozen encoders, and what was computed with them. */
export interface Frozen {
  /** The bytes of the file with a SHA-256. @throws RunError if there is none, or another one. */
  read(sha256: string): Promise<Uint8Array>;
  /** Where features are kept between runs; without it they are kept in memory, for as long as their samples. */
  readonly cache?: Folder | undefined;
  /** Reports what is damaged and made anew. */
  readonly tell: Tell;
  /** Features by the array of their samples. */
  readonly memory: WeakMap<object, Map<string, Known>>;
}

/** Features of an array, and the samples that they were computed for; undefined for all. */
interface Known {
  readonly features: Tensor<"float32">;
  readonly present: Uint8Array | undefined;
}

/** Descriptions of encoders by modality (`Method.description.encoders`). */
export type Descriptions = Readonly<Record<string, Readonly<Record<string, unknown>> & { readonly kind: string }>>;

/** The frozen networks among encoders, by modality. */
export function frozenModels(encoders: Descriptions): Record<string, FrozenModel> {
  return Object.fromEntries(
    Object.entries(encoders).flatMap(([name, own]) => {
      const model = frozenModelOf(own);
      return model === undefined ? [] : [[name, model]];
    }),
  );
}

/** The shapes that a method is built with: of features where the encoder is frozen, else of samples. */
export function encodedShapes(
  encoders: Descriptions,
  shapes: Readonly<Record<string, Shape>>,
): Readonly<Record<string, Shape>> {
  const features = Object.entries(frozenModels(encoders)).map(([name, model]) => [name, model.features] as const);
  return { ...shapes, ...Object.fromEntries(features) };
}

/** How features are kept. */
export interface FrozenOptions {
  readonly cache?: Folder | undefined;
  readonly tell?: Tell | undefined;
}

/** Frozen encoders whose files `read` finds by their SHA-256; each is checked. */
export function frozenFiles(read: (sha256: string) => Promise<Uint8Array>, options: FrozenOptions = {}): Frozen {
  const { cache, tell = () => {} } = options;
  return {
    async read(hash) {
      const bytes = await read(hash);
      if ((await sha256(bytes)) === hash) return bytes;
      throw runError(
        `the file of a frozen encoder has changed: its SHA-256 is not ${hash}. Restore the file that the model was trained with.`,
        { sha256: hash },
      );
    },
    cache,
    tell,
    memory: new WeakMap(),
  };
}

/** Where features are computed, and who is told. */
export interface EncodingOptions {
  readonly backend?: BackendName | undefined;
  /** Threads of onnxruntime; 0 lets it use all cores. Default 0. */
  readonly threads?: number | undefined;
  readonly onProgress?: ((progress: EncodingProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows of an array whose features are computed. */
export interface EncodingProgress {
  readonly modality: string;
  /** For example the split. */
  readonly data: string;
  readonly done: number;
  readonly rows: number;
}

/** Frozen encoders of a method that stay open between calls. */
export interface Encoding {
  /** The data with features in the place of samples; the data itself if no encoder is frozen. @throws DataError for samples that it cannot encode. */
  encode<D extends Inputs>(data: D): Promise<D>;
  dispose(): Promise<void>;
}

/** Opens the frozen encoders of a method when they are needed. @throws (from `encode`) RunError without their files. */
export function createEncoding(
  encoders: Descriptions,
  frozen: Frozen | undefined,
  options: EncodingOptions = {},
): Encoding {
  const models = frozenModels(encoders);
  const sessions = new Map<string, Promise<Session>>();
  const opened = (where: string, model: FrozenModel, files: Frozen, backend: Backend): Promise<Session> => {
    const session =
      sessions.get(where) ??
      files.read(model.sha256).then((bytes) => openSession(bytes, model, backend, options.threads ?? 0, where));
    sessions.set(where, session);
    session.catch(() => sessions.delete(where));
    return session;
  };
  return {
    async encode(data) {
      const encoded: Record<string, Tensor<"float32">> = {};
      for (const [name, model] of Object.entries(models)) {
        const values = ownValue(data.modalities, name);
        if (values === undefined) continue;
        if (frozen === undefined) throw withoutFile(name, encoders[name]!, model);
        const where = `${encoders[name]!.file}, the encoder of ${name}`;
        const session = (backend: Backend): Promise<Session> => opened(where, model, frozen, backend);
        encoded[name] = await features({ name, model, values, data, frozen, session, where, options });
      }
      return { ...data, modalities: { ...data.modalities, ...encoded } };
    },
    async dispose() {
      for (const session of sessions.values()) await (await session).dispose();
      sessions.clear();
    },
  };
}

interface Job {
  readonly name: string;
  readonly model: FrozenModel;
  readonly values: Tensor<"float32">;
  readonly data: Inputs;
  readonly frozen: Frozen;
  readonly session: (backend: Backend) => Promise<Session>;
  readonly where: string;
  readonly options: EncodingOptions;
}

/** The features of one modality: known, from the cache, or computed. A sample that lacks the modality has zeros. */
async function features(job: Job): Promise<Tensor<"float32">> {
  const { name, model, values, data, frozen, session, where, options } = job;
  const present = ownValue(data.present, name);
  const backend = await loadBackend(options.backend ?? "auto");
  const description = [model, backend.name, backend.version];
  const own = JSON.stringify(description);
  const known = frozen.memory.get(values)?.get(own);
  if (known !== undefined && covers(known.present, present, values.shape[0]!)) return known.features;

  const rows = rowsOf(values.shape[0]!, present);
  const work = {
    rows: rows.length,
    width: sizeOf(model.features),
    step: samplesOfCall(model, model.sample),
    about: `${data.name} ${name}: ${where.split(",")[0]}, output ${model.output}`,
    onProgress: (done: number) => options.onProgress?.({ modality: name, data: data.name, done, rows: rows.length }),
  };
  const key = frozen.cache === undefined ? "" : await keyOf(description, values, rows);
  const computed = await cached(
    frozen.cache,
    key,
    work,
    async (from, to) => {
      options.signal?.throwIfAborted();
      return featuresOf(await session(backend), model, values, rows.subarray(from, to), where);
    },
    frozen.tell,
  );
  const all = float32([values.shape[0]!, ...model.features]);
  rows.forEach((row, i) => {
    all.data.set(computed.data.subarray(i * work.width, (i + 1) * work.width), row * work.width);
  });
  const memory = frozen.memory.get(values) ?? new Map<string, Known>();
  frozen.memory.set(values, memory.set(own, { features: all, present }));
  return all;
}

function covers(computed: Uint8Array | undefined, present: Uint8Array | undefined, rows: number): boolean {
  if (computed === undefined) return true;
  for (let row = 0; row < rows; row++) if (computed[row] === 0 && present?.[row] !== 0) return false;
  return true;
}

function rowsOf(size: number, present: Uint8Array | undefined): Uint32Array {
  return Uint32Array.from({ length: size }, (_, row) => row).filter((row) => present?.[row] !== 0);
}

/** The hash of what features are computed from: the rows, how they are fed, the file, its output, and the program that runs it. */
async function keyOf(description: unknown, values: Tensor<"float32">, rows: Uint32Array): Promise<string> {
  const width = featureCount(values);
  const whole = rows.length === values.shape[0];
  const data = whole ? values.data : new Float32Array(rows.length * width);
  if (!whole) {
    rows.forEach((row, i) => {
      data.set(values.data.subarray(row * width, (row + 1) * width), i * width);
    });
  }
  const source = await sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return sha256(new TextEncoder().encode(JSON.stringify([FORMAT, description, source])));
}

function withoutFile(modality: string, { file }: Descriptions[string], { sha256: hash }: FrozenModel): Error {
  return runError(
    `the encoder of ${modality} is the frozen network ${file}, and its file is not with the model. Open the model from its run folder, or put the file beside it as encoders/${hash}.onnx.`,
    { modality, sha256: hash },
  );
}
