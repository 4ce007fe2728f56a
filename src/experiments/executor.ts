/** @file The contract of an executor, which runs the jobs of an experiment, and the executor that runs them in this process. */
import type { Outcome } from "../core/outcome.ts";
import { expected } from "../core/system-errors.ts";
import { type JobInputs, type JobKind, type JobProgress, type JobResults, type Places, runJob } from "./job.ts";

/** What an executor reports; a job goes by its index. */
export interface JobHooks<R> {
  /** When it is aborted, the executor starts no further job; jobs that it stops end with an error. */
  readonly signal?: AbortSignal;
  readonly onStart: (job: number) => void;
  readonly onProgress: (job: number, progress: JobProgress) => void;
  /** Called once for every job that was started; the executor waits for the promise. */
  readonly onDone: (job: number, outcome: Outcome<R>) => Promise<void>;
}

/**
 * Runs jobs of one kind, in any order. A job is plain data, so that it can be sent to another process or machine, where `runJob` runs it.
 * The promise resolves when all jobs have ended; a failed job does not reject it.
 */
export type Executor = <K extends JobKind>(
  kind: K,
  jobs: readonly JobInputs[K][],
  hooks: JobHooks<JobResults[K]>,
) => Promise<unknown>;

/** Runs jobs in this process, one after the other. */
export function inProcess(places: Places): Executor {
  return async (kind, jobs, { signal, onStart, onProgress, onDone }) => {
    for (const [index, job] of jobs.entries()) {
      if (signal?.aborted) return;
      onStart(index);
      const options = { onProgress: (progress: JobProgress) => onProgress(index, progress), ...(signal && { signal }) };
      const outcome = await runJob(kind, job, places, options).then(
        (value) => ({ ok: true, value }) as const,
        (error) => ({ ok: false, error: expected(error).message }) as const,
      );
      await onDone(index, outcome);
    }
  };
}
