/** @file The jobs of a sweep in child processes: tunings first, then runs; each is kept as it ends. */
import * as path from "node:path";
import { runError } from "../core/errors.ts";
import { disk } from "../node/disk.ts";
import { type Outcome, runJobs } from "../node/pool.ts";
import { readDerived, writeDerived } from "../runs/derived.ts";
import type { RunConfig } from "../runs/plan.ts";
import type { SweepEntry } from "../runs/sweep/entry.ts";
import type { Place, PlannedRun, SweepPlan } from "../runs/sweep/jobs.ts";
import { appendEntry, rewriteEntries } from "../runs/sweep/manifest.ts";
import { type Tuning, tuningSchema } from "../runs/sweep/tuning.ts";
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
  /** The command that goes on after an interrupt. */
  readonly again: string;
}

/** Does what is left of a plan; gives a line for each of its runs, in order. @throws RunError when interrupted. */
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
    const kept = plan.runs.filter(({ id }) => entries.get(id)?.status === "finished").length;
    throw runError(`${kept} of ${plan.runs.length} runs are kept in ${out}; go on with: ${options.again}`, {
      interrupted: true,
      out,
    });
  }
  return plan.runs.map(({ id }) => entries.get(id)!);
}

/** Tunings by id, of those that runs still need: from the folder where they are there. */
async function tune(
  { tunings }: SweepPlan,
  todo: readonly PlannedRun[],
  options: SweepOptions,
  interrupt: Interrupt,
): Promise<Map<string, Outcome<Tuning>>> {
  const folder = disk(options.out);
  const fileOf = (id: string): string => `tuning/${id}.json`;
  const found = new Map<string, Outcome<Tuning>>();
  const needed = tunings.filter(({ id }) => todo.some((run) => run.tuning === id));
  for (const { id } of needed) {
    const value = await readDerived<Tuning>(folder, fileOf(id), tuningSchema, note);
    if (value !== undefined) found.set(id, { ok: true, value });
  }
  const left = needed.filter(({ id }) => !found.has(id));
  const jobs = left.map(({ configs, changes, place }): ChildJob => {
    const { data } = pathsOf(options.out, place);
    return { kind: "tune", code: options.code, data, configs, changes };
  });
  const nameOf = (i: number): string => `tuning ${left[i]!.data} ${left[i]!.method}${told(left[i]!)}`;
  await inProcesses<Tuning>(jobs, nameOf, options, interrupt, async (i, outcome) => {
    const { id } = left[i]!;
    found.set(id, outcome);
    if (!outcome.ok) return `failed: ${outcome.error}`;
    await writeDerived(folder, fileOf(id), { ...outcome.value, ...labelsOf(left[i]!) });
    const { trials, chosen } = outcome.value;
    const { reached, logLoss, changes } = trials[chosen]!;
    const by = logLoss === undefined ? `R2 ${share(reached)}` : `log-loss ${logLoss.toFixed(3)} nats`;
    return `trial ${chosen + 1} of ${trials.length}, ${by} on validation data: ${JSON.stringify(changes)}`;
  });
  return found;
}

/** Runs, and their lines in the manifest. */
async function train(
  plan: SweepPlan,
  todo: readonly PlannedRun[],
  tunings: ReadonlyMap<string, Outcome<Tuning>>,
  entries: Map<string, SweepEntry>,
  options: SweepOptions,
  interrupt: Interrupt,
): Promise<void> {
  const folder = disk(options.out);
  const keep = async (entry: SweepEntry): Promise<void> => {
    const again = entries.delete(entry.id);
    entries.set(entry.id, entry);
    await (again ? rewriteEntries(folder, entries.values()) : appendEntry(folder, entry));
  };
  const ready: { readonly run: PlannedRun; readonly tuning?: Tuning }[] = [];
  for (const run of todo) {
    const tuning = run.tuning === undefined ? undefined : tunings.get(run.tuning);
    if (run.tuning !== undefined && tuning === undefined) continue; // interrupted before it was tuned
    if (tuning === undefined || tuning.ok) ready.push({ run, ...(tuning?.ok && { tuning: tuning.value }) });
    else if (!interrupt.signal.aborted) await keep(failedEntry(run, `tuning failed: ${tuning.error}`, new Date()));
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
    return `${run.data} ${run.method} ${run.seed}${told(run)}`;
  };
  await inProcesses<ChildRun>(jobs, nameOf, options, interrupt, async (i, outcome, started) => {
    const { run, tuning } = ready[i]!;
    if (!outcome.ok) {
      await keep(failedEntry(run, outcome.error, started));
      return `failed: ${outcome.error}`;
    }
    await keep({
      ...labelsOf(run),
      id: run.id,
      seed: run.seed,
      status: "finished",
      run: run.run,
      started: started.toISOString(),
      ...outcome.value,
      config: toldConfig(run, outcome.value.config),
      ...(tuning !== undefined && {
        tuning: { trials: tuning.trials.length, chosen: tuning.trials[tuning.chosen]!.changes },
      }),
    });
    const { seconds, scores } = outcome.value;
    const [figure, value] = Object.entries(scores.test)[0]!;
    return `${figure} ${share(value)}  ${duration(seconds)}`;
  });
}

/** Jobs in processes, with progress; `keep` gives what is told of an outcome. Those that an interrupt ended are not told of. */
async function inProcesses<R>(
  jobs: readonly ChildJob[],
  nameOf: (job: number) => string,
  { workers, quiet }: SweepOptions,
  interrupt: Interrupt,
  keep: (job: number, outcome: Outcome<R>, started: Date) => Promise<string>,
): Promise<void> {
  const live = liveLine(quiet);
  const started = performance.now();
  const begun = new Map<number, Date>();
  // Where an outcome cannot be kept, as on a full disk, the rest is not worth its time.
  const full = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, full.signal]);
  let done = 0;
  try {
    await runJobs<ChildJob, R, ChildEvent>(jobs, {
      workers,
      module: MAIN,
      args: ["sweep-job"],
      signal,
      onStart: (i) => void begun.set(i, new Date()),
      onEvent: (i, { stage, epoch, epochs }) => live.show(`${nameOf(i)}: ${stage} ${epoch}/${epochs}`),
      async onDone(i, outcome) {
        if (full.signal.aborted || (!outcome.ok && signal.aborted)) return;
        done++;
        const left = ((performance.now() - started) / 1000 / done) * (jobs.length - done);
        const text = await keep(i, outcome, begun.get(i)!).catch((error) => {
          full.abort();
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

/** A run's settings, after tuning where there was any: those of the trial that did best, with the run's own seed. */
function configOf(
  { config, seed, tuning: id }: PlannedRun,
  tuning: Tuning | undefined,
  { tunings }: SweepPlan,
): RunConfig {
  if (tuning === undefined) return config;
  return { ...tunings.find((own) => own.id === id)!.configs[tuning.chosen]!, seed };
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
    config: toldConfig(run, run.config),
  };
}

/** Settings as the manifest has them: the cached data is told by its place in the sweep, other data without places of this machine. */
function toldConfig({ place }: PlannedRun, config: RunConfig): RunConfig {
  return { ...config, data: place.cached ? `data/${place.path}` : portablePath(place.path) };
}

type Labelled = Pick<SweepEntry, "data" | "method" | "split" | "trainShare">;

function labelsOf({ data, method, split, trainShare }: Labelled): Labelled {
  return { data, method, split, trainShare };
}

/** What a name says of split and share, where they are not the usual ones. */
function told({ split, trainShare }: Pick<Labelled, "split" | "trainShare">): string {
  return `${split === "own" ? "" : ` ${split}`}${trainShare === 1 ? "" : ` share ${trainShare}`}`;
}

function pathsOf(out: string, { cached, path: own, unseen }: Place): { data: string; unseen?: string } {
  const inCache = (name: string): string => path.join(out, "data", name);
  return { data: cached ? inCache(own) : own, ...(unseen !== undefined && { unseen: inCache(unseen) }) };
}
