/** @file The contract of a backend: it compiles a model, binds it to input and output arrays, and runs it. */
import { configError, hint, runError } from "../core/errors.ts";
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
  /** Opens an arbitrary model from bytes or a file, and reads its inputs and outputs from it. @throws DataError if it is not a model. */
  open(model: Uint8Array | string, options: CompileOptions): Promise<AnyModel>;
}

export interface CompileOptions {
  /** Threads inside one operation. */
  readonly threads: number;
}

export type BackendName = "auto" | Backend["name"];
const NAMES: readonly BackendName[] = ["auto", "native", "wasm"];

/** Notes that were already printed, so that each is printed once per process. No result depends on it. */
const told = new Set<string>();

function warnOnce(note: string): void {
  if (!told.has(note)) console.warn(`dmil: ${note}`);
  told.add(note);
}

/**
 * Loads a backend. `auto` loads the native one if possible, else WebAssembly, and then passes a note to `tell` (default: prints it to standard
 * error, once per process).
 * @throws RunError if the requested backend cannot be loaded.
 */
export async function loadBackend(
  name: BackendName = "auto",
  tell: (note: string) => void = warnOnce,
): Promise<Backend> {
  if (!NAMES.includes(name)) throw configError(`backend: unknown word "${name}"${hint(name, NAMES)}`);
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  if (name === "native" && !inNode) throw runError("backend native needs Node; in a browser use wasm.");
  if (name !== "wasm" && inNode) {
    try {
      const { nativeBackend } = await import("./ort.node.ts");
      return await nativeBackend();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
      const advice = "`npx dmil doctor` says how to get it";
      if (name === "native") {
        throw runError(
          `backend native cannot be loaded (${reason}); ${advice}. Or use backend wasm, which is slower.`,
          { reason },
        );
      }
      tell(`the native backend cannot be loaded (${reason}); work goes on with the slower wasm backend; ${advice}.`);
    }
  }
  const { wasmBackend } = await import("./ort.web.ts");
  return wasmBackend();
}
