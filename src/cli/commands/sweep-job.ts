/** @file One job of `dmil sweep` in a child process: a run, or the tuning of a method. */
import * as path from "node:path";
import { runError } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { readTraining } from "../../data/load.ts";
import { type RunOutcome, runSweepJob } from "../../experiments/job.ts";
import { type Changes, runTuning, type Tuning } from "../../experiments/tuning.ts";
import { removeAsides } from "../../node/asides.ts";
import { disk } from "../../node/disk.ts";
import { lockFolder } from "../../node/lock.ts";
import { machine } from "../../node/machine.ts";
import { serveJob } from "../../node/pool.ts";
import type { RunConfig } from "../../runs/plan.ts";
import { runFiles } from "../../runs/record.ts";
import { removeRun } from "../../runs/run.ts";
import { openTeacher } from "../../runs/teacher.ts";
import type { FitEvent } from "../../train/events.ts";
import { codeHash, SWEEP_CODE } from "../code-hash.ts";
import { version } from "../version.ts";

/** Input of a child process: the job, with folders as paths, and the hash of the code that must run it. */
export type ChildJob = { readonly code: string; readonly data: string } & (
  | {
      readonly kind: "run";
      readonly config: RunConfig;
      readonly reads: readonly string[];
      readonly run: string;
      readonly unseen?: string;
    }
  | { readonly kind: "tune"; readonly configs: readonly RunConfig[]; readonly changes: readonly Changes[] }
);

/** The outcome of a run, with the peak resident set size of its process in bytes. */
export type ChildRun = RunOutcome & { readonly peakMemory: number };

/** Progress of a child process. */
export interface ChildEvent {
  readonly stage: string;
  readonly epoch: number;
  readonly epochs: number;
}

/** An interrupted run of a sweep is trained again, so checkpoints are written only at the ends of stages (or after an hour). */
const CHECKPOINT_SECONDS = 3600;

/** Milliseconds to wait until a child process of a killed sweep ends. */
const ORPHAN = 15_000;

function teacherAt({ teacher }: RunConfig): Folder | undefined {
  return teacher === undefined ? undefined : disk(teacher.run);
}

/** Serves one job. */
export async function sweepJob(): Promise<void> {
  if (process.send === undefined) throw runError("sweep-job belongs to `dmil sweep`; run that instead.");
  await serveJob<ChildJob, ChildRun | Tuning, ChildEvent>(async (job, emit) => {
    if ((await codeHash(SWEEP_CODE)) !== job.code) {
      throw runError(
        "the code of dmil changed while the sweep ran, and results of two versions must not be mixed; undo the change and continue with --resume, or give another --out.",
      );
    }
    if (job.kind === "tune") {
      const { configs, changes } = job;
      const training = await readTraining(disk(job.data), { modalities: configs[0]!.modalities });
      const teacherFolder = teacherAt(configs[0]!);
      const teacher = teacherFolder === undefined ? undefined : await openTeacher(teacherFolder, training.train);
      const onEvent = (event: FitEvent, t: number): void => {
        if (event.kind !== "epoch") return;
        emit({ stage: `trial ${t + 1}/${configs.length} ${event.stage}`, epoch: event.epoch, epochs: event.epochs });
      };
      return runTuning(configs, changes, training, onEvent, teacher);
    }
    // The parent process locks the sweep. The run has its own lock against `dmil resume` and against a child process whose parent has died.
    await lockFolder(job.run, {
      command: "dmil sweep, this run of it",
      patience: ORPHAN,
      onLost: (error) => {
        process.stderr.write(`${error.message}\n`);
        process.exit(1);
      },
    });
    const folder = disk(job.run);
    if (await folder.exists(runFiles.record)) {
      await removeRun(folder);
      await removeAsides(job.run);
    }
    const unseen = job.unseen === undefined ? undefined : disk(job.unseen);
    const teacher = teacherAt(job.config);
    const folders = {
      data: disk(job.data),
      run: folder,
      ...(unseen !== undefined && { unseen }),
      ...(teacher !== undefined && { teacher }),
    };
    const outcome = await runSweepJob(job.config, job.reads, folders, {
      dataPath: path.resolve(job.data),
      environment: { dmil: version(), ...machine() },
      checkpointSeconds: CHECKPOINT_SECONDS,
      onEvent(event) {
        if (event.kind === "epoch") emit({ stage: event.stage, epoch: event.epoch, epochs: event.epochs });
      },
    });
    return { ...outcome, peakMemory: process.resourceUsage().maxRSS * 1024 };
  });
}
