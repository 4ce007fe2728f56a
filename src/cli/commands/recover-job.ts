/** @file One job of `dmil recover` in a child process: it receives a job, reports epochs and returns metrics. */
import { runError } from "../../core/errors.ts";
import { type RecoveryJob, type RecoveryResult, runRecoveryJob } from "../../experiments/recover/job.ts";
import { disk } from "../../node/disk.ts";
import { serveJob } from "../../node/pool.ts";
import type { FitEvent } from "../../train/events.ts";
import { codeHash, RECOVERY_CODE } from "../code-hash.ts";

/** Input of a child process: the job, and the hash of the code that must run it. */
export interface ChildJob {
  readonly job: RecoveryJob;
  readonly code: string;
}

/** Progress of a child process. */
export interface ChildEvent {
  readonly stage: string;
  readonly epoch: number;
  readonly epochs: number;
}

/** Serves one job. */
export async function recoverJob(): Promise<void> {
  if (process.send === undefined) throw runError("recover-job belongs to `dmil recover`; run that instead.");
  await serveJob<ChildJob, RecoveryResult, ChildEvent>(async ({ job, code }, emit) => {
    if ((await codeHash(RECOVERY_CODE)) !== code) {
      throw runError(
        "the code of dmil changed while the suite ran, so earlier results are no longer valid; run `dmil recover` again.",
      );
    }
    const onEvent = (event: FitEvent): void => {
      if (event.kind === "epoch") emit({ stage: event.stage, epoch: event.epoch, epochs: event.epochs });
    };
    return runRecoveryJob(job, onEvent, job.digits === undefined ? undefined : disk(job.digits));
  });
}
