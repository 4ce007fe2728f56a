/** @file What a backend is: it takes a model and the arrays it reads and writes, and runs it. */
import { configError, hint, runError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";

/** An array at the border of a program: the program reads or writes `data` in place. */
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

export interface Backend {
  /** "native" (onnxruntime-node) or "wasm" (onnxruntime-web). */
  readonly name: "native" | "wasm";
  readonly version: string;
  compile(
    model: Uint8Array,
    inputs: readonly Port[],
    outputs: readonly Port[],
    options: CompileOptions,
  ): Promise<Executable>;
}

export interface CompileOptions {
  /** Threads inside one operation. */
  readonly threads: number;
}

export type BackendName = "auto" | Backend["name"];
const NAMES: readonly BackendName[] = ["auto", "native", "wasm"];

/** A backend and, when it is not the first choice, why. */
export interface LoadedBackend {
  readonly backend: Backend;
  readonly note?: string;
}

/**
 * Loads a backend. `auto` takes the native one where it can be loaded, else WebAssembly, and says so in `note`.
 * @throws RunError when the one asked for cannot be loaded.
 */
export async function loadBackend(name: BackendName = "auto"): Promise<LoadedBackend> {
  if (!NAMES.includes(name)) throw configError(`backend: unknown word "${name}"${hint(name, NAMES)}`);
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  if (name !== "wasm" && inNode) {
    try {
      const { nativeBackend } = await import("./ort.node.ts");
      return { backend: await nativeBackend() };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
      if (name === "native") {
        throw runError(`backend native cannot be loaded (${reason}). Install onnxruntime-node, or use backend wasm.`);
      }
      const { wasmBackend } = await import("./ort.web.ts");
      const note = `the native backend cannot be loaded (${reason}); training goes on with the slower wasm backend. Install onnxruntime-node to get it.`;
      return { backend: await wasmBackend(), note };
    }
  }
  if (name === "native") throw runError("backend native needs Node; in a browser use wasm.");
  const { wasmBackend } = await import("./ort.web.ts");
  return { backend: await wasmBackend() };
}
