/** @file The thread that reads hostile inputs. It says in shared memory which one it is at, so that a hang has a name. */
import { parentPort, workerData } from "node:worker_threads";
import { ENDS, type Fault, isRefusal } from "./outcome.ts";
import type { Seeds } from "./seeds.ts";
import { inputOf, makeFaulty, type Target } from "./target.ts";

/** What a worker is told. */
export interface Task {
  /** Good files for the product's targets; undefined: the targets that fail on purpose. */
  readonly seeds: Seeds | undefined;
  /** Of the draws. */
  readonly seed: number;
  /** Inputs from..to-1. */
  readonly from: number;
  readonly to: number;
  /** The number of the input at work, -1 before the first and after the last. */
  readonly at: Int32Array<SharedArrayBuffer>;
  /** [targets, ENDS] how many inputs ended how. */
  readonly counts: Int32Array<SharedArrayBuffer>;
}

async function work({ seeds, seed, from, to, at, counts }: Task): Promise<void> {
  const targets: readonly Target[] = await targetsOf(seeds);
  for (let n = from; n < to; n++) {
    Atomics.store(at, 0, n);
    const { target, input } = await inputOf(targets, seed, n);
    let end: (typeof ENDS)[number] = "accepted";
    try {
      await targets[target]!.run(input);
    } catch (error) {
      end = isRefusal(error) ? "refused" : "failed";
      if (end === "failed") {
        const what = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
        const fault: Fault = { input: n, target: targets[target]!.name, what: what.slice(0, 2000) };
        parentPort!.postMessage(fault);
      }
    }
    Atomics.add(counts, target * ENDS.length + ENDS.indexOf(end), 1);
  }
  Atomics.store(at, 0, -1);
}

/** The targets; a thread loads the product's parsers only where they are attacked. */
async function targetsOf(seeds: Seeds | undefined): Promise<readonly Target[]> {
  return seeds === undefined ? makeFaulty() : (await import("./targets.ts")).makeTargets(seeds);
}

await work(workerData as Task);
