/** @file What `dmil sweep` and `dmil recover` share: child processes as the executor, progress on stderr, and the interrupt. */
import { DmilError, runError } from "../core/errors.ts";
import type { Executor, JobHooks } from "../experiments/executor.ts";
import type { JobInputs, JobKind, JobProgress, JobResults } from "../experiments/job.ts";
import type { ExperimentEvent, ExperimentOptions } from "../experiments/run-jobs.ts";
import { cacheFolder } from "../node/cache-folder.ts";
import { disk } from "../node/disk.ts";
import { runJobs } from "../node/pool.ts";
import { note } from "./answer.ts";
import { codeHash, MAIN } from "./code-hash.ts";
import type { ChildJob } from "./commands/job.ts";
import { dataSummary } from "./data-summary.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { liveLine } from "./live-line.ts";
import { count, duration } from "./text.ts";

/** How an experiment is run from the command line. */
export interface RunChoices {
  readonly out: string;
  readonly workers: number;
  readonly quiet: boolean;
  /** The folder of features of frozen encoders, if they are kept. */
  readonly cache?: string | undefined;
  /** The end of the message after an interrupt, for example `the same command continues`. */
  readonly again: string;
}

/** Runs an experiment in child processes, with progress. @throws RunError after an interrupt, with the way to continue. */
export async function inProcesses<R>(
  { out, workers, quiet, cache, again }: RunChoices,
  work: (options: ExperimentOptions) => Promise<R>,
): Promise<R> {
  const code = await codeHash();
  const screen = progressScreen(quiet);
  const interrupt = listenForInterrupt(note);
  try {
    return await work({
      folder: disk(out),
      executor: childProcesses({ out, code, ...(cache !== undefined && { cache }) }, workers),
      open: disk,
      ...(cache !== undefined && { cache: cacheFolder(cache) }),
      code,
      signal: interrupt.signal,
      onEvent: screen.show,
    });
  } catch (error) {
    if (!(error instanceof DmilError) || error.fields.interrupted !== true) throw error;
    throw runError(error.message.replace(/; the same call continues\.$/, `; ${again}`), { ...error.fields, out });
  } finally {
    screen.clear();
    interrupt.release();
  }
}

/** Runs each job in a process of its own, so that a crash affects only this job. */
function childProcesses(shared: Omit<ChildJob, "kind" | "input">, workers: number): Executor {
  return <K extends JobKind>(kind: K, jobs: readonly JobInputs[K][], hooks: JobHooks<JobResults[K]>) => {
    const { onProgress: onEvent, ...others } = hooks;
    return runJobs<ChildJob<K>, JobResults[K], JobProgress>(
      jobs.map((input) => ({ kind, input, ...shared })),
      { workers, module: MAIN, args: ["job"], onEvent, ...others },
    );
  };
}

/** The progress of an experiment: a line that is overwritten, and one line for each job that has ended. */
function progressScreen(quiet: boolean): { show(event: ExperimentEvent): void; clear(): void } {
  const live = liveLine(quiet);
  return {
    clear: live.clear,
    show(event) {
      if (event.kind === "epoch") live.show(`${event.job}: ${event.stage} ${event.epoch}/${event.epochs}`);
      else {
        live.clear();
        for (const line of linesOf(event, quiet)) note(line);
      }
    },
  };
}

function linesOf(event: Exclude<ExperimentEvent, { readonly kind: "epoch" }>, quiet: boolean): string[] {
  switch (event.kind) {
    case "note":
      return [`note: ${event.message}`];
    case "data": {
      const { folder, report } = event;
      return [
        ...(quiet ? [] : [`${folder}: ${dataSummary(report).join("; ")}`]),
        ...report.warnings.map((warning) => `note: ${folder}: ${warning}`),
      ];
    }
    case "planned": {
      const { runs, done, skipped } = event;
      return [
        ...skipped.map(({ data, method, reason }) => `skipped: ${data} ${method}: ${reason}`),
        ...(quiet ? [] : [`${count(runs, "run")}: ${done} already done, ${runs - done} to do`]),
      ];
    }
    case "job": {
      const { job, result, failed, seconds, ended, jobs, secondsLeft } = event;
      if (quiet && !failed) return [];
      return [`${ended}/${jobs}  ${job}  ${result}  ${duration(seconds)}  ${duration(secondsLeft)} left`];
    }
  }
}
