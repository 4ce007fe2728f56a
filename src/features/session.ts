/** @file A frozen network that is open: features of some samples. */
import { DmilError, dataError } from "../core/errors.ts";
import { formatShape, type Shape, sameShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import type { FrozenModel } from "../encoders/encoder.ts";
import { parseOnnx, withOutput } from "../graph/onnx/file.ts";
import type { AnyModel } from "../runtime/any-model.ts";
import type { Backend } from "../runtime/backend.ts";
import { allFinite, feedsOf } from "./feed.ts";
import { type FeedPlan, feedPlan } from "./inputs.ts";
import { pooled } from "./pool.ts";

/** Numbers that a call reads at most, and samples: more of them at a time are no faster, and need more memory. Measured (bench/frozen.ts). */
const CALL = { numbers: 2 ** 21, samples: 32 } as const;

/** Samples of a call. It depends on nothing but the shapes, because other numbers of samples may give other last bits. */
export function samplesOfCall({ batch }: Pick<FrozenModel, "batch">, sample: Shape): number {
  if (batch > 0) return batch;
  const most = Math.max(1, Math.min(CALL.samples, CALL.numbers / sizeOf(sample)));
  return 2 ** Math.floor(Math.log2(most));
}

/** An open network. */
export interface Session {
  readonly plan: FeedPlan;
  /** The chosen output for the samples at `rows`, [rows, ...axes], and where their steps are valid. */
  output(
    samples: Tensor<"float32">,
    rows: ArrayLike<number>,
  ): Promise<{ readonly data: Float32Array; readonly axes: Shape; readonly valid: Uint8Array | undefined }>;
  dispose(): Promise<void>;
}

/** Opens a file with one output. @throws DataError if it cannot be opened, ConfigError if its inputs do not fit the samples. */
export async function openSession(
  bytes: Uint8Array,
  { output, sample, layout }: Pick<FrozenModel, "output" | "sample"> & { readonly layout?: FrozenModel["layout"] },
  backend: Backend,
  threads: number,
  where: string,
): Promise<Session> {
  const own = withOutput(parseOnnx(bytes, where), output);
  const model: AnyModel = await named(where, () => backend.open(own, { threads }));
  try {
    const plan = feedPlan(model.inputs, sample, layout, where);
    return {
      plan,
      async output(samples, rows) {
        const { feeds, valid } = await named(where, async () => feedsOf(plan, samples, rows));
        const { shape, data } = await named(where, () => model.runFloat32(feeds, output));
        if (shape[0] !== rows.length && !(rows.length === 1 && shape.length === 0)) {
          throw dataError(
            `${where}: the output ${output} is ${formatShape(shape)} for ${rows.length} samples; its first axis must be that of the samples. Choose another output.`,
            { output, shape },
          );
        }
        return { data, axes: shape.slice(1), valid };
      },
      dispose: () => model.dispose(),
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

/** The features of the samples at `rows`, [rows, ...features]: calls of a fixed size, the last of which is filled up with its first sample. */
export async function featuresOf(
  session: Session,
  model: FrozenModel,
  samples: Tensor<"float32">,
  rows: ArrayLike<number>,
  where: string,
): Promise<Float32Array> {
  const size = samplesOfCall(model, model.sample);
  const width = sizeOf(model.features);
  const features = new Float32Array(rows.length * width);
  for (let from = 0; from < rows.length; from += size) {
    const count = Math.min(size, rows.length - from);
    const call = Array.from({ length: size }, (_, i) => rows[from + (i < count ? i : 0)]!);
    const { data, axes, valid } = await session.output(samples, call);
    const out = await named(where, async () => pooled(data, axes, model.pool, valid, size));
    if (out.length !== size * width) {
      throw dataError(
        `${where}: the output ${model.output} is ${formatShape(axes)} for these samples, and features of ${formatShape(model.features)} were expected; samples must all have one shape.`,
      );
    }
    const kept = out.subarray(0, count * width);
    if (!allFinite(kept)) {
      const bad = kept.findIndex((value) => !Number.isFinite(value));
      const row = call[Math.floor(bad / width)]!;
      throw dataError(
        `${where}: the feature ${bad % width} of row ${row} (from 0) is ${kept[bad]}. Look at this sample, or choose another output.`,
        { row },
      );
    }
    features.set(kept, from * width);
  }
  return features;
}

/** Whether samples have the shape that the network was read for. */
export function readsSamples({ sample }: FrozenModel, values: Tensor<"float32">): boolean {
  return sameShape(values.shape.slice(1), sample);
}

/** Puts the network before the messages of errors. */
async function named<T>(where: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DmilError) || error.message.startsWith(where)) throw error;
    throw new DmilError(error.code, `${where}: ${error.message}`, error.fields);
  }
}
