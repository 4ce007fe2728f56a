/** @file One job of `dmil recover` in a process of its own: a job in, figures out, epochs in between. */
import { runError } from "../../core/errors.ts";
import { disk } from "../../node/disk.ts";
import { serveJob } from "../../node/pool.ts";
import { type RecoveryJob, type RecoveryResult, runRecoveryJob } from "../../runs/recover/job.ts";
import type { FitEvent } from "../../train/events.ts";
import { codeHash, RECOVERY_CODE } from "../code-hash.ts";

/** What a child is given: the job, and the code it is to be run with. */
export interface ChildJob {
  readonly job: RecoveryJob;
  readonly code: string;
}

/** What it tells on its way. */
export interface ChildEvent {
  readonly stage: string;
  readonly epoch: number;
  readonly epochs: number;
}

/** Serves one job. */
export async function recoverJob(): Promise<void> {
  if (process.send === undefined) throw runError("recover-job is a part of `dmil recover`; run that instead.");
  await serveJob<ChildJob, RecoveryResult, ChildEvent>(async ({ job, code }, emit) => {
    if ((await codeHash(RECOVERY_CODE)) !== code) {
      throw runError(
        "the program changed while the suite ran; run `dmil recover` again. What the old program gave does not count any more.",
      );
    }
    const onEvent = (event: FitEvent): void => {
      if (event.kind === "epoch") emit({ stage: event.stage, epoch: event.epoch, epochs: event.epochs });
    };
    return runRecoveryJob(job, onEvent, job.digits === undefined ? undefined : disk(job.digits));
  });
}
