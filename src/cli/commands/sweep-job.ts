/** @file One job of `dmil sweep` in a process of its own: a run, or the tuning of a method. */
import * as path from "node:path";
import { runError } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { readTraining } from "../../data/load.ts";
import { removeAsides } from "../../node/asides.ts";
import { disk } from "../../node/disk.ts";
import { lockFolder } from "../../node/lock.ts";
import { machine } from "../../node/machine.ts";
import { serveJob } from "../../node/pool.ts";
import type { RunConfig } from "../../runs/plan.ts";
import { runFiles } from "../../runs/record.ts";
import { removeRun } from "../../runs/run.ts";
import { type RunOutcome, runSweepJob } from "../../runs/sweep/job.ts";
import { type Changes, runTuning, type Tuning } from "../../runs/sweep/tuning.ts";
import { openTeacher } from "../../runs/teacher.ts";
import type { FitEvent } from "../../train/events.ts";
import { codeHash, SWEEP_CODE } from "../code-hash.ts";
import { version } from "../version.ts";

/** What a child is given: places as paths, and the code it is to be run with. */
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

/** What a run gives, with the largest resident size of its process in bytes. */
export type ChildRun = RunOutcome & { readonly peakMemory: number };

/** What a child tells on its way. */
export interface ChildEvent {
  readonly stage: string;
  readonly epoch: number;
  readonly epochs: number;
}

/** A sweep is cheap to begin again run by run, so nothing is saved on the way but at the ends of stages. */
const CHECKPOINT_SECONDS = 3600;

/** Milliseconds that a child of a sweep that was killed may take to end. */
const ORPHAN = 15_000;

function teacherAt({ teacher }: RunConfig): Folder | undefined {
  return teacher === undefined ? undefined : disk(teacher.run);
}

/** Serves one job. */
export async function sweepJob(): Promise<void> {
  if (process.send === undefined) throw runError("sweep-job is a part of `dmil sweep`; run that instead.");
  await serveJob<ChildJob, ChildRun | Tuning, ChildEvent>(async (job, emit) => {
    if ((await codeHash(SWEEP_CODE)) !== job.code) {
      throw runError(
        "the program changed while the sweep ran, and results of two programs do not mix; change it back and go on with --resume, or give another --out.",
      );
    }
    if (job.kind === "tune") {
      const { configs, changes } = job;
      const training = await readTraining(disk(job.data), { modalities: configs[0]!.modalities });
      const taught = teacherAt(configs[0]!);
      const teacher = taught === undefined ? undefined : await openTeacher(taught, training.train);
      const told = (event: FitEvent, t: number): void => {
        if (event.kind !== "epoch") return;
        emit({ stage: `trial ${t + 1}/${configs.length} ${event.stage}`, epoch: event.epoch, epochs: event.epochs });
      };
      return runTuning(configs, changes, training, told, teacher);
    }
    // The sweep is owned by its parent; the run has an owner of its own against `dmil resume` of it, and against a child whose parent is gone.
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
    const places = {
      data: disk(job.data),
      run: folder,
      ...(unseen !== undefined && { unseen }),
      ...(teacher !== undefined && { teacher }),
    };
    const outcome = await runSweepJob(job.config, job.reads, places, {
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
