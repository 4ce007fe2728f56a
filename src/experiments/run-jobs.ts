/** @file Runs the jobs of an experiment with any executor: progress, and each result stored as soon as its job ends. */
import type * as z from "zod";
import { configError, runError } from "../core/errors.ts";
import { type Folder, memoryFolder, subfolder } from "../core/folder.ts";
import type { Keys } from "../core/keys.ts";
import type { Outcome } from "../core/outcome.ts";
import { VERSION } from "../core/version.ts";
import type { ReadReport } from "../data/load.ts";
import { readCached, writeCached } from "../runs/cached.ts";
import { type Executor, inProcess } from "./executor.ts";
import type { JobInputs, JobKind, JobProgress, JobResults, Places } from "./job.ts";
import type { Skipped } from "./jobs.ts";

/** What an experiment reports while it runs. */
export type ExperimentEvent =
  /** A data folder was read. */
  | { readonly kind: "data"; readonly folder: string; readonly report: ReadReport }
  /** The experiment is planned: the number of its runs, and how many of them are stored from before. */
  | { readonly kind: "planned"; readonly runs: number; readonly done: number; readonly skipped: readonly Skipped[] }
  | ({ readonly kind: "epoch"; readonly job: string } & JobProgress)
  /** A job has ended and its result is stored; `result` is a line of text. */
  | {
      readonly kind: "job";
      readonly job: string;
      readonly result: string;
      readonly failed: boolean;
      /** Seconds that the job took, and those that the remaining jobs will take at this pace. */
      readonly seconds: number;
      readonly ended: number;
      readonly jobs: number;
      readonly secondsLeft: number;
    }
  /** Something that the user should know, for example a damaged file that is written again. */
  | { readonly kind: "note"; readonly message: string };

/** Options that all experiments share. */
export interface ExperimentOptions {
  /** Where results are stored; results that it holds are not computed again. Default: a folder in memory. */
  readonly folder?: Folder;
  /** Runs the jobs; default: one after the other in this process. */
  readonly executor?: Executor;
  /** Opens a folder by the path in the experiment, for example `disk` of `dmil/node`. */
  readonly open?: (path: string) => Folder;
  /** Where features of frozen encoders are kept, for all runs and later experiments. Default: each run computes its own. */
  readonly cache?: Folder;
  /** Makes a path valid from every working directory; default: the path as it is. */
  readonly resolve?: (path: string) => string;
  /** Identifies the code; results of other code are not used. Default: the version of dmil. */
  readonly code?: string;
  /** Aborting ends the experiment with a RunError whose `fields.interrupted` is true; results that are stored stay. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ExperimentEvent) => void;
}

/** The names of the options that all experiments share. */
export const OPTION_KEYS: Keys<ExperimentOptions> = {
  folder: true,
  executor: true,
  open: true,
  cache: true,
  resolve: true,
  code: true,
  signal: true,
  onEvent: true,
};

/** The options of an experiment with their defaults. `verb` is the name of the function. */
export function jobRunOf(verb: string, options: ExperimentOptions): JobRun & { readonly code: string } {
  const { folder = memoryFolder(verb), open = refuse, resolve, signal, onEvent = () => {}, code = VERSION } = options;
  const places: Places = {
    inside: (name) => subfolder(folder, name),
    outside: open,
    ...(options.cache !== undefined && { cache: options.cache }),
    ...(resolve !== undefined && { absolute: resolve }),
  };
  return { folder, executor: options.executor ?? inProcess(places), signal, tell: onEvent, code };
}

/** Opens a path if the caller passed no function for it. */
export function refuse(path: string): never {
  throw configError(
    `${path} is a path, which this library opens only with the option \`open\`; for example { open: disk } of dmil/node.`,
  );
}

/** Turns the notes of readers into events. */
export function notesTo(tell: (event: ExperimentEvent) => void): (text: string) => void {
  return (text) => tell({ kind: "note", message: text.replace(/^note: /, "") });
}

/** @throws RunError if the experiment was interrupted. `what` says what is stored, for example `2 of 4 runs`. */
export function requireUninterrupted({ signal, folder }: JobRun, what: string): void {
  if (!signal?.aborted) return;
  throw runError(`${what} are stored in ${folder.label}; the same call continues.`, { interrupted: true });
}

/** How the jobs of an experiment are run, and where their results are stored. */
export interface JobRun {
  readonly folder: Folder;
  readonly executor: Executor;
  readonly signal?: AbortSignal | undefined;
  readonly tell: (event: ExperimentEvent) => void;
}

/** A job with the name that progress shows. */
export interface NamedJob<K extends JobKind> {
  readonly name: string;
  readonly input: JobInputs[K];
}

/** Runs jobs. `store` stores an outcome and returns a line of text about it; it is not called for jobs that an abort ended. @throws what `store` throws. */
export async function runJobs<K extends JobKind>(
  kind: K,
  jobs: readonly NamedJob<K>[],
  { executor, signal, tell }: JobRun,
  store: (job: number, outcome: Outcome<JobResults[K]>, started: Date) => Promise<string>,
): Promise<void> {
  const started = performance.now();
  const startTimes = new Map<number, Date>();
  // If a result cannot be stored, for example on a full disk, the remaining jobs are stopped.
  const storeFailed = new AbortController();
  const stop = signal === undefined ? storeFailed.signal : AbortSignal.any([signal, storeFailed.signal]);
  let ended = 0;
  const inputs = jobs.map(({ input }) => input);
  await executor(kind, inputs, {
    signal: stop,
    onStart: (i) => void startTimes.set(i, new Date()),
    onProgress: (i, progress) => tell({ kind: "epoch", job: jobs[i]!.name, ...progress }),
    async onDone(i, outcome) {
      if (storeFailed.signal.aborted || (!outcome.ok && stop.aborted)) return;
      ended++;
      const secondsLeft = ((performance.now() - started) / 1000 / ended) * (jobs.length - ended);
      const result = await store(i, outcome, startTimes.get(i)!).catch((error) => {
        storeFailed.abort();
        throw error;
      });
      const seconds = (Date.now() - startTimes.get(i)!.getTime()) / 1000;
      const { name } = jobs[i]!;
      tell({ kind: "job", job: name, result, failed: !outcome.ok, seconds, ended, jobs: jobs.length, secondsLeft });
    },
  });
}

/** A job whose result is stored in a file of its own. */
export interface StoredJob<K extends JobKind> extends NamedJob<K> {
  readonly file: string;
  /** Facts that are stored beside the result, for readers of the file. */
  readonly labels?: object;
}

/** The stored results of jobs, by index; missing and damaged ones are left out, the latter with a note. */
export async function storedResults<K extends JobKind>(
  jobs: readonly StoredJob<K>[],
  schema: z.ZodType,
  { folder, tell }: JobRun,
): Promise<Map<number, JobResults[K]>> {
  const results = new Map<number, JobResults[K]>();
  for (const [i, { file }] of jobs.entries()) {
    const value = await readCached<JobResults[K]>(folder, file, schema, notesTo(tell));
    if (value !== undefined) results.set(i, value);
  }
  return results;
}

/**
 * The outcomes of jobs, by index: results are taken from `stored`, or computed and stored. `describe` is a line of text about a result.
 * After an abort, the outcomes of the jobs that did not run are missing.
 */
export async function completed<K extends JobKind>(
  kind: K,
  jobs: readonly StoredJob<K>[],
  stored: ReadonlyMap<number, JobResults[K]>,
  run: JobRun,
  describe: (value: JobResults[K]) => string,
): Promise<Map<number, Outcome<JobResults[K]>>> {
  const outcomes = new Map<number, Outcome<JobResults[K]>>();
  for (const [i, value] of stored) outcomes.set(i, { ok: true, value });
  const left = [...jobs.keys()].filter((i) => !stored.has(i));
  const todo = left.map((i) => jobs[i]!);
  await runJobs(kind, todo, run, async (t, outcome) => {
    outcomes.set(left[t]!, outcome);
    if (!outcome.ok) return `failed: ${outcome.error}`;
    const { file, labels = {} } = todo[t]!;
    await writeCached(run.folder, file, { ...outcome.value, ...labels });
    return describe(outcome.value);
  });
  return outcomes;
}
