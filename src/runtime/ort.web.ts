/** @file The WebAssembly backend: onnxruntime-web, in browsers and, as a fallback, in Node. */
import type { Tensor } from "onnxruntime-common";
import { internalError, runError } from "../core/errors.ts";
import { openAnyModel } from "./any-model.ts";
import type { Backend, Executable } from "./backend.ts";

/** Loads the WebAssembly backend. */
export async function wasmBackend(): Promise<Backend> {
  // In Node the library's own build, which finds its file and starts threads there; in browsers the smallest (package.json, imports).
  const ort = await import("#onnxruntime-web");
  return {
    name: "wasm",
    version: ort.env.versions.web ?? "unknown",
    async compile(model, inputs, outputs, { threads, memoryPattern = true }): Promise<Executable> {
      // The number of threads is fixed when the first session starts.
      ort.env.wasm.numThreads = threads;
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ["wasm"],
        graphOptimizationLevel: "all",
        enableMemPattern: memoryPattern,
      }).catch(explained);
      const feeds: Record<string, Tensor> = {};
      for (const [name, { data, shape }] of Object.entries(inputs))
        feeds[name] = new ort.Tensor("float32", data, shape);
      const names = Object.keys(outputs);
      return {
        async run() {
          const results = await session.run(feeds, names);
          for (const [name, { data }] of Object.entries(outputs)) {
            const value = results[name];
            if (value === undefined) throw internalError(`the wasm backend gave no output ${name}.`);
            data.set(value.data as Float32Array);
            value.dispose();
          }
        },
        dispose: () => session.release(),
      };
    },
    async open(model, { threads }) {
      ort.env.wasm.numThreads = threads;
      return openAnyModel(ort, model, { executionProviders: ["wasm"], logSeverityLevel: 4 });
    },
  };
}

/** Explains the library's "no available backend found": a file could not be fetched. @throws RunError, or the error that was given. */
function explained(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  if (!reason.includes("no available backend")) throw error;
  throw runError(
    "the wasm backend cannot be loaded: the file ort-wasm-simd-threaded.wasm was not found beside the script " +
      `(${reason}). Copy it there from node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm; docs/browser.md says more.`,
  );
}
