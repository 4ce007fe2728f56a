/** @file Runs the jobs of a sweep in child processes, tuning before runs; each result is stored when its job ends. */
import * as path from "node:path";
import { runError } from "../core/errors.ts";
import type { SweepEntry } from "../experiments/entry.ts";
import type { Place, PlannedRun, SweepPlan } from "../experiments/jobs.ts";
import { appendEntry, rewriteEntries } from "../experiments/manifest.ts";
import { type Tuning, tuningSchema } from "../experiments/tuning.ts";
import { disk } from "../node/disk.ts";
import { type Outcome, runJobs } from "../node/pool.ts";
import { readCached, writeCached } from "../runs/cached.ts";
import type { RunConfig } from "../runs/plan.ts";
import { note } from "./answer.ts";
import { MAIN } from "./code-hash.ts";
import type { ChildEvent, ChildJob, ChildRun } from "./commands/sweep-job.ts";
import { type Interrupt, listenForInterrupt } from "./interrupt.ts";
import { liveLine } from "./live-line.ts";
import { portablePath } from "./sweep-input.ts";
import { count, duration, share } from "./text.ts";

export interface SweepOptions {
  readonly out: string;
  readonly code: string;
  readonly workers: number;
  readonly quiet: boolean;
  /** The command that continues the sweep after an interrupt. */
  readonly again: string;
}

/** Runs the unfinished jobs of a plan; returns one manifest entry for each of its runs, in order. @throws RunError if interrupted. */
export async function runSweep(
  plan: SweepPlan,
  before: ReadonlyMap<string, SweepEntry>,
  options: SweepOptions,
): Promise<SweepEntry[]> {
  const { out, quiet, workers } = options;
  const entries = new Map(before);
  const todo = plan.runs.filter(({ id }) => entries.get(id)?.status !== "finished");
  if (!quiet) {
    const done = plan.runs.length - todo.length;
    note(`${count(plan.runs.length, "run")}: ${done} already done, ${todo.length} to do, ${workers} at a time`);
  }
  const interrupt = listenForInterrupt(note);
  try {
    const tunings = await tune(plan, todo, options, interrupt);
    await train(plan, todo, tunings, entries, options, interrupt);
  } finally {
    interrupt.release();
  }
  if (interrupt.signal.aborted) {
    const stored = plan.runs.filter(({ id }) => entries.get(id)?.status === "finished").length;
    throw runError(`${stored} of ${plan.runs.length} runs are stored in ${out}; continue with: ${options.again}`, {
      interrupted: true,
      out,
    });
  }
  return plan.runs.map(({ id }) => entries.get(id)!);
}

/** The tunings that unfinished runs need, by id; read from the folder if they exist, otherwise computed. */
async function tune(
  { tunings }: SweepPlan,
  todo: readonly PlannedRun[],
  options: SweepOptions,
  interrupt: Interrupt,
): Promise<Map<string, Outcome<Tuning>>> {
  const folder = disk(options.out);
  const fileOf = (id: string): string => `tuning/${id}.json`;
  const outcomes = new Map<string, Outcome<Tuning>>();
  const needed = tunings.filter(({ id }) => todo.some((run) => run.tuning === id));
  for (const { id } of needed) {
    const value = await readCached<Tuning>(folder, fileOf(id), tuningSchema, note);
    if (value !== undefined) outcomes.set(id, { ok: true, value });
  }
  const left = needed.filter(({ id }) => !outcomes.has(id));
  const jobs = left.map(({ configs, changes, place }): ChildJob => {
    const { data } = pathsOf(options.out, place);
    return { kind: "tune", code: options.code, data, configs, changes };
  });
  const nameOf = (i: number): string => `tuning ${left[i]!.data} ${left[i]!.method}${suffixOf(left[i]!)}`;
  await inProcesses<Tuning>(jobs, nameOf, options, interrupt, async (i, outcome) => {
    const { id } = left[i]!;
    outcomes.set(id, outcome);
    if (!outcome.ok) return `failed: ${outcome.error}`;
    await writeCached(folder, fileOf(id), { ...outcome.value, ...labelsOf(left[i]!) });
    const { trials, chosen } = outcome.value;
    const { reached, logLoss, changes } = trials[chosen]!;
    const by = logLoss === undefined ? `R2 ${share(reached)}` : `log-loss ${logLoss.toFixed(3)} nats`;
    return `trial ${chosen + 1} of ${trials.length}, ${by} on validation data: ${JSON.stringify(changes)}`;
  });
  return outcomes;
}

/** Trains the runs and writes their manifest entries. */
async function train(
  plan: SweepPlan,
  todo: readonly PlannedRun[],
  tunings: ReadonlyMap<string, Outcome<Tuning>>,
  entries: Map<string, SweepEntry>,
  options: SweepOptions,
  interrupt: Interrupt,
): Promise<void> {
  const folder = disk(options.out);
  const store = async (entry: SweepEntry): Promise<void> => {
    const again = entries.delete(entry.id);
    entries.set(entry.id, entry);
    await (again ? rewriteEntries(folder, entries.values()) : appendEntry(folder, entry));
  };
  const ready: { readonly run: PlannedRun; readonly tuning?: Tuning }[] = [];
  for (const run of todo) {
    const tuning = run.tuning === undefined ? undefined : tunings.get(run.tuning);
    if (run.tuning !== undefined && tuning === undefined) continue; // interrupted before its tuning was done
    if (tuning === undefined || tuning.ok) ready.push({ run, ...(tuning?.ok && { tuning: tuning.value }) });
    else if (!interrupt.signal.aborted) await store(failedEntry(run, `tuning failed: ${tuning.error}`, new Date()));
  }
  const jobs = ready.map(({ run, tuning }): ChildJob => {
    const { data, unseen } = pathsOf(options.out, run.place);
    return {
      kind: "run",
      code: options.code,
      data,
      ...(unseen !== undefined && { unseen }),
      config: { ...configOf(run, tuning, plan), data },
      reads: run.reads,
      run: path.join(options.out, run.run),
    };
  });
  const nameOf = (i: number): string => {
    const { run } = ready[i]!;
    return `${run.data} ${run.method} ${run.seed}${suffixOf(run)}`;
  };
  await inProcesses<ChildRun>(jobs, nameOf, options, interrupt, async (i, outcome, started) => {
    const { run, tuning } = ready[i]!;
    if (!outcome.ok) {
      await store(failedEntry(run, outcome.error, started));
      return `failed: ${outcome.error}`;
    }
    await store({
      ...labelsOf(run),
      id: run.id,
      seed: run.seed,
      status: "finished",
      run: run.run,
      started: started.toISOString(),
      ...outcome.value,
      config: portableConfig(run, outcome.value.config),
      ...(tuning !== undefined && {
        tuning: { trials: tuning.trials.length, chosen: tuning.trials[tuning.chosen]!.changes },
      }),
    });
    const { seconds, scores } = outcome.value;
    const [metric, value] = Object.entries(scores.test)[0]!;
    return `${metric} ${share(value)}  ${duration(seconds)}`;
  });
}

/** Runs jobs in child processes, with progress. `store` stores an outcome and returns its progress text; it is not called for jobs that an interrupt ended. */
async function inProcesses<R>(
  jobs: readonly ChildJob[],
  nameOf: (job: number) => string,
  { workers, quiet }: SweepOptions,
  interrupt: Interrupt,
  store: (job: number, outcome: Outcome<R>, started: Date) => Promise<string>,
): Promise<void> {
  const live = liveLine(quiet);
  const started = performance.now();
  const startTimes = new Map<number, Date>();
  // If an outcome cannot be stored, for example on a full disk, the remaining jobs are stopped.
  const storeFailed = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, storeFailed.signal]);
  let done = 0;
  try {
    await runJobs<ChildJob, R, ChildEvent>(jobs, {
      workers,
      module: MAIN,
      args: ["sweep-job"],
      signal,
      onStart: (i) => void startTimes.set(i, new Date()),
      onEvent: (i, { stage, epoch, epochs }) => live.show(`${nameOf(i)}: ${stage} ${epoch}/${epochs}`),
      async onDone(i, outcome) {
        if (storeFailed.signal.aborted || (!outcome.ok && signal.aborted)) return;
        done++;
        const left = ((performance.now() - started) / 1000 / done) * (jobs.length - done);
        const text = await store(i, outcome, startTimes.get(i)!).catch((error) => {
          storeFailed.abort();
          throw error;
        });
        live.clear();
        if (!quiet || !outcome.ok) note(`${done}/${jobs.length}  ${nameOf(i)}  ${text}  ${duration(left)} left`);
      },
    });
  } finally {
    live.clear();
  }
}

/** The settings of a run. After tuning, these are the settings of the best trial with the seed of the run. */
function configOf(
  { config, seed, tuning: id }: PlannedRun,
  tuning: Tuning | undefined,
  { tunings }: SweepPlan,
): RunConfig {
  if (tuning === undefined) return config;
  return { ...tunings.find((planned) => planned.id === id)!.configs[tuning.chosen]!, seed };
}

function failedEntry(run: PlannedRun, error: string, started: Date): SweepEntry {
  return {
    ...labelsOf(run),
    id: run.id,
    seed: run.seed,
    status: "failed",
    error,
    run: run.run,
    started: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    peakMemory: 0,
    config: portableConfig(run, run.config),
  };
}

/** Settings for the manifest: the path of cached data is relative to the sweep, other absolute paths are shortened to their last part. */
function portableConfig({ place }: PlannedRun, config: RunConfig): RunConfig {
  return { ...config, data: place.cached ? `data/${place.path}` : portablePath(place.path) };
}

type Labelled = Pick<SweepEntry, "data" | "method" | "split" | "trainShare">;

function labelsOf({ data, method, split, trainShare }: Labelled): Labelled {
  return { data, method, split, trainShare };
}

/** The part of a name for split and training share, if they are not the defaults. */
function suffixOf({ split, trainShare }: Pick<Labelled, "split" | "trainShare">): string {
  return `${split === "own" ? "" : ` ${split}`}${trainShare === 1 ? "" : ` share ${trainShare}`}`;
}

function pathsOf(out: string, { cached, path: dataPath, unseen }: Place): { data: string; unseen?: string } {
  const inCache = (name: string): string => path.join(out, "data", name);
  return { data: cached ? inCache(dataPath) : dataPath, ...(unseen !== undefined && { unseen: inCache(unseen) }) };
}
