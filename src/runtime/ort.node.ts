/** @file The native backend: onnxruntime-node. With ort.web.ts one of the only two files that name a platform's package. */
import { createRequire } from "node:module";
import * as path from "node:path";
import { isMainThread } from "node:worker_threads";
import type { InferenceSession, OnnxValue, Tensor } from "onnxruntime-common";
import { internalError, runError } from "../core/errors.ts";
import type { State } from "../core/tensor.ts";
import { openAnyModel } from "./any-model.ts";
import type { Backend, Executable } from "./backend.ts";

type Values = Record<string, OnnxValue>;

/** The part of the package's binding that runs a session synchronously, without the event loop. */
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: InferenceSession.SessionOptions): void;
  run(feeds: Values, fetches: Values, options: InferenceSession.RunOptions): Values;
  dispose(): void;
}

/**
 * The synchronous session, or undefined where this version of the package does not have it. It is not public API, so this
 * function is the only place that knows of it; without it the public asynchronous call serves (about 70 microseconds slower).
 */
function nativeSessions(require: NodeJS.Require): (() => NativeSession) | undefined {
  try {
    const file = path.join(path.dirname(require.resolve("onnxruntime-node")), "binding.js");
    const { binding, initOrt } = require(file) as {
      binding: { InferenceSession: new () => NativeSession };
      initOrt: () => void;
    };
    initOrt();
    return typeof binding.InferenceSession.prototype.run === "function"
      ? () => new binding.InferenceSession()
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Switches off the events that the native library would send, and the device id that it would keep in the home folder, unless
 * DMIL_ALLOW_TELEMETRY is 1. The library reads its switch when it is loaded, from the environment of the process.
 * @throws RunError in a worker thread that did not inherit the switch, for its `process.env` is a copy that the library never sees.
 */
export function withoutTelemetry(): void {
  const { DMIL_ALLOW_TELEMETRY, ORT_DISABLE_TELEMETRY } = process.env;
  if (DMIL_ALLOW_TELEMETRY === "1" || ORT_DISABLE_TELEMETRY === "1") return;
  if (!isMainThread) {
    throw runError(
      "a worker thread cannot switch off the telemetry of onnxruntime; set ORT_DISABLE_TELEMETRY=1 before the process starts, or DMIL_ALLOW_TELEMETRY=1 to allow it",
    );
  }
  process.env.ORT_DISABLE_TELEMETRY = "1";
}

/** Loads the native backend. @throws whatever the loader throws when the package or its binary is absent. */
export async function nativeBackend(): Promise<Backend> {
  withoutTelemetry();
  const require = createRequire(import.meta.url);
  const ort = require("onnxruntime-node") as typeof import("onnxruntime-common");
  const { version } = require("onnxruntime-node/package.json") as { version: string };
  const sessionOf = nativeSessions(require);
  const values = (arrays: State): Values =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, { data, shape }]) => [name, new ort.Tensor("float32", data, shape)]),
    );

  return {
    name: "native",
    version,
    async compile(model, inputs, outputs, { threads, memoryPattern = true }): Promise<Executable> {
      const options: InferenceSession.SessionOptions = {
        executionProviders: ["cpu"],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: "sequential",
        graphOptimizationLevel: "all",
        enableMemPattern: memoryPattern,
      };
      const feeds = values(inputs);
      const fetches = values(outputs);
      if (sessionOf !== undefined) {
        const session = sessionOf();
        session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
        return { run: () => void session.run(feeds, fetches, {}), dispose: async () => session.dispose() };
      }
      const session = await ort.InferenceSession.create(model, options);
      return {
        async run() {
          const results = await session.run(feeds, fetches as Record<string, Tensor>);
          for (const [name, { data }] of Object.entries(outputs)) {
            if (results[name]?.data !== data) throw internalError(`output ${name} was not written in place.`);
          }
        },
        dispose: () => session.release(),
      };
    },
    open: (model, { threads }) =>
      openAnyModel(ort, model, {
        executionProviders: ["cpu"],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        logSeverityLevel: 4, // errors are thrown, so the library need not print them
      }),
  };
}
