/**
 * @file For suites that train the same graphs again and again: a graph is compiled once. Nine tenths of training a tiny model is
 * compilation, and a compiled graph keeps nothing between runs: its inputs and outputs are given with each run. That compilation itself
 * repeats to the bit is tested where this file is not imported (test/train/fit.test.ts).
 */
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import * as path from "node:path";

interface Session {
  loadModel(model: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: object, fetches: object, options: object): object;
  dispose(): void;
  readonly inputMetadata: unknown;
  readonly outputMetadata: unknown;
}

const require = createRequire(import.meta.url);
const { binding, initOrt } = require(path.join(path.dirname(require.resolve("onnxruntime-node")), "binding.js")) as {
  binding: { InferenceSession: new () => Session };
  initOrt: () => void;
};
initOrt();
const Compiled = binding.InferenceSession;
const kept = new Map<string, Session>();
/** More than a suite returns to; the oldest goes. */
const MOST = 100;

class SharedSession implements Session {
  #session: Session | undefined;

  loadModel(model: ArrayBufferLike, offset: number, length: number, options: object): void {
    const bytes = new Uint8Array(model, offset, length);
    const key = createHash("sha256").update(bytes).update(JSON.stringify(options)).digest("hex");
    let session = kept.get(key);
    if (session === undefined) {
      session = new Compiled();
      session.loadModel(model, offset, length, options);
      const [oldest] = kept.keys();
      if (kept.size === MOST && oldest !== undefined) kept.delete(oldest);
    }
    kept.delete(key);
    kept.set(key, session);
    this.#session = session;
  }

  get inputMetadata(): unknown {
    return this.#session!.inputMetadata;
  }

  get outputMetadata(): unknown {
    return this.#session!.outputMetadata;
  }

  run(feeds: object, fetches: object, options: object): object {
    return this.#session!.run(feeds, fetches, options);
  }

  /** Others may hold it; what nobody holds, the collector takes. */
  dispose(): void {
    this.#session = undefined;
  }
}

binding.InferenceSession = SharedSession;
