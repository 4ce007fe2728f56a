/** @file The contract of a backend: it compiles a model, binds it to input and output arrays, and runs it. */
import type { Shape } from "../core/shape.ts";
import type { AnyModel } from "./any-model.ts";

/** An input or output array of a program, which reads or writes `data` in place. */
export interface Port {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** A compiled model, bound to its arrays. */
export interface Executable {
  /** Reads the inputs, writes the outputs. Synchronous where the platform allows it. */
  run(): void | Promise<void>;
  dispose(): Promise<void>;
}

/** The backends, fastest first: "native" is onnxruntime-node, "wasm" is onnxruntime-web. */
export const BACKENDS = ["native", "wasm"] as const;

export interface Backend {
  readonly name: (typeof BACKENDS)[number];
  readonly version: string;
  compile(
    model: Uint8Array,
    inputs: readonly Port[],
    outputs: readonly Port[],
    options: CompileOptions,
  ): Promise<Executable>;
  /** Opens an arbitrary model from bytes or a file, and reads its inputs and outputs from it. @throws DataError if it is not a model. */
  open(model: Uint8Array | string, options: CompileOptions): Promise<AnyModel>;
}

export interface CompileOptions {
  /** Threads inside one operation. */
  readonly threads: number;
}

export type BackendName = "auto" | Backend["name"];
