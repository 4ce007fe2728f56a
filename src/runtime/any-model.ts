/** @file Arbitrary ONNX models: inputs and outputs are read from the file, and no memory is bound. */
import type * as Ort from "onnxruntime-common";
import { dataError } from "../core/errors.ts";

/** The element types of inputs and outputs that are supported. */
export const FEEDS: {
  readonly float32: Float32ArrayConstructor;
  readonly float64: Float64ArrayConstructor;
  readonly int32: Int32ArrayConstructor;
  readonly int64: BigInt64ArrayConstructor;
} = { float32: Float32Array, float64: Float64Array, int32: Int32Array, int64: BigInt64Array };
export type FeedType = keyof typeof FEEDS;

/** An input or an output. */
export interface ModelPort {
  readonly name: string;
  /** Element type, such as float32; "other" if it is not a tensor but, for example, a sequence of maps. */
  readonly type: string;
  /** Sizes, or names of dynamic axes. */
  readonly shape: readonly (number | string)[];
}

/** An array to feed. */
export interface Feed {
  readonly type: FeedType;
  readonly shape: readonly number[];
  readonly data: InstanceType<(typeof FEEDS)[FeedType]>;
}

/** A model that was opened. */
export interface AnyModel {
  readonly inputs: readonly ModelPort[];
  readonly outputs: readonly ModelPort[];
  /** One output for feeds by input name. @throws DataError with the library's reason. */
  run(feeds: Readonly<Record<string, Feed>>, output: string): Promise<{ shape: readonly number[]; data: Float64Array }>;
  /** As `run` in single precision: a float32 output is the library's own array. @throws DataError also for an output without numbers. */
  runFloat32(
    feeds: Readonly<Record<string, Feed>>,
    output: string,
  ): Promise<{ shape: readonly number[]; data: Float32Array }>;
  dispose(): Promise<void>;
}

/** Opens a model by one of the two libraries. @throws DataError if it is not a model. */
export async function openAnyModel(
  ort: Pick<typeof Ort, "InferenceSession" | "Tensor">,
  model: Uint8Array | string,
  options: Ort.InferenceSession.SessionOptions,
): Promise<AnyModel> {
  const created =
    typeof model === "string"
      ? ort.InferenceSession.create(model, options)
      : ort.InferenceSession.create(model, options);
  const session = await created.catch((cause: unknown) => {
    const where = typeof model === "string" ? model : "the model";
    throw dataError(`${where} cannot be opened as an ONNX model: ${reasonOf(cause)}`);
  });
  const outputOf = async (feeds: Readonly<Record<string, Feed>>, output: string): Promise<Ort.Tensor> => {
    const tensors = Object.fromEntries(
      Object.entries(feeds).map(([name, { type, data, shape }]) => [name, new ort.Tensor(type, data, shape)]),
    );
    const results = await session.run(tensors, [output]).catch((cause: unknown) => {
      throw dataError(`the model failed on these inputs: ${reasonOf(cause)}`);
    });
    return results[output] as Ort.Tensor;
  };
  return {
    inputs: session.inputMetadata.map(portOf),
    outputs: session.outputMetadata.map(portOf),
    async run(feeds, output) {
      const { data, dims } = await outputOf(feeds, output);
      const numbers = Float64Array.from(data as ArrayLike<number | bigint>, Number);
      return { shape: dims, data: numbers };
    },
    async runFloat32(feeds, output) {
      const { data, dims, type } = await outputOf(feeds, output);
      if (data instanceof Float32Array) return { shape: dims, data };
      if (!Object.hasOwn(FEEDS, type)) {
        throw dataError(`the output ${output} is of type ${type}; allowed are ${Object.keys(FEEDS).join(", ")}.`);
      }
      return { shape: dims, data: Float32Array.from(data as ArrayLike<number | bigint>, Number) };
    },
    dispose: () => session.release(),
  };
}

function portOf(own: Ort.InferenceSession.ValueMetadata): ModelPort {
  return own.isTensor
    ? { name: own.name, type: own.type, shape: own.shape }
    : { name: own.name, type: "other", shape: [] };
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return `${text.split("\n")[0]!.trim().replace(/\.$/, "")}.`;
}
