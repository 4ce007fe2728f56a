/** @file The WebAssembly backend: onnxruntime-web, in browsers and, as a fallback, in Node. */
import type { Tensor } from "onnxruntime-common";
import { internalError } from "../core/errors.ts";
import type { Backend, Executable } from "./backend.ts";

/** Loads the WebAssembly backend. */
export async function wasmBackend(): Promise<Backend> {
  const ort = await import("onnxruntime-web/wasm");
  return {
    name: "wasm",
    version: ort.env.versions.web ?? "unknown",
    async compile(model, inputs, outputs, { threads }): Promise<Executable> {
      // The number of threads is fixed when the first session starts.
      ort.env.wasm.numThreads = threads;
      const session = await ort.InferenceSession.create(model, {
        executionProviders: ["wasm"],
        graphOptimizationLevel: "all",
      });
      const feeds: Record<string, Tensor> = {};
      for (const port of inputs) feeds[port.name] = new ort.Tensor("float32", port.data, port.shape);
      const names = outputs.map((port) => port.name);
      return {
        async run() {
          const results = await session.run(feeds, names);
          for (const port of outputs) {
            const value = results[port.name];
            if (value === undefined) throw internalError(`the wasm backend gave no output ${port.name}.`);
            port.data.set(value.data as Float32Array);
            value.dispose();
          }
        },
        dispose: () => session.release(),
      };
    },
  };
}
