/**
 * @file Set-up of the tests that share a process: a graph is compiled once. Nine tenths of training a tiny model is compilation, and a
 * compiled graph keeps nothing between runs: its inputs and outputs are given with each run. That compilation itself repeats to the bit is
 * tested in a process without this file (test/train/fit.test.ts).
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
type Load = Parameters<Session["loadModel"]>;

const require = createRequire(import.meta.url);
const { binding, initOrt } = require(path.join(path.dirname(require.resolve("onnxruntime-node")), "binding.js")) as {
  binding: { InferenceSession: new () => Session };
  initOrt: () => void;
};
initOrt();
const Compiled = binding.InferenceSession;
const kept = new Map<string, Session>();
/** The largest number of sessions that are kept; the one that was not used for longest goes. */
const MAX_KEPT = 100;

class SharedSession implements Session {
  #session: Session | undefined;

  loadModel(...args: Load): void {
    const [model, offset, length, options] = args;
    const bytes = new Uint8Array(model, offset, length);
    const key = createHash("sha256").update(bytes).update(JSON.stringify(options)).digest("hex");
    let session = kept.get(key);
    if (session === undefined) {
      session = new Compiled();
      session.loadModel(...args);
      const [oldest] = kept.keys();
      if (kept.size === MAX_KEPT && oldest !== undefined) kept.delete(oldest);
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

  /** The session itself is freed by garbage collection, because others may still use it. */
  dispose(): void {
    this.#session = undefined;
  }
}

// The file runs before each test file of a process; the class of the first run stays.
if (Compiled.name !== SharedSession.name) binding.InferenceSession = SharedSession;
