/** @file The contract of a backend: it compiles a model, binds it to input and output arrays, and runs it. */
import type { State } from "../core/tensor.ts";
import type { AnyModel } from "./any-model.ts";

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
  /** Programs compute convolutions as direct products (`lower`). Default false. */
  readonly exact?: boolean;
  /** Inputs and outputs by name; the program reads and writes their data in place. */
  compile(model: Uint8Array, inputs: State, outputs: State, options: CompileOptions): Promise<Executable>;
  /** Opens an arbitrary model from bytes or a file, and reads its inputs and outputs from it. @throws DataError if it is not a model. */
  open(model: Uint8Array | string, options: CompileOptions): Promise<AnyModel>;
}

interface CompileOptions {
  /** Threads inside one operation. */
  readonly threads: number;
  /** Plan one block of memory for all arrays of a run. Default true. */
  readonly memoryPattern?: boolean;
}

export type BackendName = "auto" | Backend["name"];
