/** @file One job of `dmil sweep` or `dmil recover` in a child process. */
import * as path from "node:path";
import { runError } from "../../core/errors.ts";
import {
  type JobInputs,
  type JobKind,
  type JobProgress,
  type JobResults,
  type Places,
  runJob,
} from "../../experiments/job.ts";
import { removeAsides } from "../../node/asides.ts";
import { cacheFolder } from "../../node/cache-folder.ts";
import { disk } from "../../node/disk.ts";
import { lockFolder } from "../../node/lock.ts";
import { machine } from "../../node/machine.ts";
import { serveJob } from "../../node/pool.ts";
import { runFiles } from "../../runs/record.ts";
import { codeHash } from "../code-hash.ts";
import { version } from "../version.ts";

/** Input of a child process: the job, the folder of the experiment, and the hash of the code that must run it. */
export interface ChildJob<K extends JobKind = JobKind> {
  readonly kind: K;
  readonly input: JobInputs[K];
  readonly out: string;
  readonly code: string;
  /** The folder of features of frozen encoders. */
  readonly cache?: string;
}

/** An interrupted run of a sweep is trained again, so checkpoints are written only at the ends of stages (or after an hour). */
const CHECKPOINT_SECONDS = 3600;

/** Milliseconds to wait until a child process of a killed sweep ends. */
const ORPHAN = 15_000;

/** Serves one job. */
export async function job(): Promise<void> {
  if (process.send === undefined) {
    throw runError("`dmil job` belongs to `dmil sweep` and `dmil recover`; run one of these instead.");
  }
  await serveJob<ChildJob, JobResults[JobKind], JobProgress>(async ({ kind, input, out, code, cache }, onProgress) => {
    if ((await codeHash()) !== code) {
      throw runError(
        "the code of dmil changed while the experiment ran, and results of two versions must not be mixed; undo the change and run the command again, or give another --out.",
      );
    }
    if ("run" in input) await takeRun(path.join(out, input.run));
    const places: Places = {
      inside: (name) => disk(path.join(out, name)),
      outside: disk,
      ...(cache !== undefined && { cache: cacheFolder(cache) }),
      absolute: path.resolve,
    };
    const environment = { dmil: version(), ...machine() };
    const result = await runJob(kind, input, places, {
      environment,
      checkpointSeconds: CHECKPOINT_SECONDS,
      onProgress,
    });
    return "scores" in result ? { ...result, peakMemory: process.resourceUsage().maxRSS * 1024 } : result;
  });
}

/** Locks the folder of a run against `dmil resume` and against a child process whose parent has died; the parent locks the sweep. */
async function takeRun(run: string): Promise<void> {
  await lockFolder(run, {
    command: "dmil sweep, this run of it",
    patience: ORPHAN,
    onLost: (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    },
  });
  if (await disk(run).exists(runFiles.record)) await removeAsides(run);
}
