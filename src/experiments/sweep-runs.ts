/** @file Runs the jobs of a planned sweep, tuning before runs; each result is stored when its job ends. */

import { decimals } from "../core/decimals.ts";
import type { Outcome } from "../core/outcome.ts";
import { metricTitle } from "../evaluation/metric-names.ts";
import type { RunConfig } from "../runs/plan.ts";
import type { SweepEntry } from "./entry.ts";
import type { PlannedRun, SweepPlan } from "./jobs.ts";
import { appendEntry, rewriteEntries } from "./manifest.ts";
import { portablePath } from "./open-data.ts";
import { completed, type JobRun, requireUninterrupted, runJobs, storedResults } from "./run-jobs.ts";
import { type Tuning, tuningSchema } from "./tuning.ts";

/** Runs the unfinished jobs of a plan; returns one manifest entry for each of its runs, in order. @throws RunError if interrupted. */
export async function runPlan(
  plan: SweepPlan,
  before: ReadonlyMap<string, SweepEntry>,
  run: JobRun,
): Promise<SweepEntry[]> {
  const entries = new Map(before);
  const isDone = ({ id }: PlannedRun): boolean => entries.get(id)?.status === "finished";
  const todo = plan.runs.filter((planned) => !isDone(planned));
  const { runs, skipped } = plan;
  run.tell({ kind: "planned", runs: runs.length, done: runs.length - todo.length, skipped });
  const tunings = await tune(plan, todo, run);
  await train(plan, todo, tunings, entries, run);
  requireUninterrupted(run, `${runs.filter(isDone).length} of ${runs.length} runs`);
  return runs.map(({ id }) => entries.get(id)!);
}

/** The tunings that unfinished runs need, by id. */
async function tune(
  { tunings }: SweepPlan,
  todo: readonly PlannedRun[],
  run: JobRun,
): Promise<Map<string, Outcome<Tuning>>> {
  const needed = tunings.filter(({ id }) => todo.some((planned) => planned.tuning === id));
  const jobs = needed.map((planned) => ({
    name: `tuning ${planned.data} ${planned.method}${suffixOf(planned)}`,
    input: { configs: planned.configs, changes: planned.changes, place: planned.place },
    file: `tuning/${planned.id}.json`,
    labels: labelsOf(planned),
  }));
  const stored = await storedResults<"tune">(jobs, tuningSchema, run);
  const outcomes = await completed("tune", jobs, stored, run, ({ trials, chosen }) => {
    const { reached, logLoss, changes } = trials[chosen]!;
    const by = logLoss === undefined ? `R2 ${decimals(reached!, 3)}` : `log-loss ${logLoss.toFixed(3)} nats`;
    return `trial ${chosen + 1} of ${trials.length}, ${by} on validation data: ${JSON.stringify(changes)}`;
  });
  return new Map([...outcomes].map(([i, outcome]) => [needed[i]!.id, outcome]));
}

/** Trains the runs and writes their manifest entries. */
async function train(
  plan: SweepPlan,
  todo: readonly PlannedRun[],
  tunings: ReadonlyMap<string, Outcome<Tuning>>,
  entries: Map<string, SweepEntry>,
  run: JobRun,
): Promise<void> {
  const store = async (entry: SweepEntry): Promise<void> => {
    const again = entries.delete(entry.id);
    entries.set(entry.id, entry);
    await (again ? rewriteEntries(run.folder, entries.values()) : appendEntry(run.folder, entry));
  };
  const ready: { readonly planned: PlannedRun; readonly tuning?: Tuning }[] = [];
  for (const planned of todo) {
    const tuning = planned.tuning === undefined ? undefined : tunings.get(planned.tuning);
    if (planned.tuning !== undefined && tuning === undefined) continue; // interrupted before its tuning was done
    if (tuning === undefined || tuning.ok) ready.push({ planned, ...(tuning?.ok && { tuning: tuning.value }) });
    else if (!run.signal?.aborted) await store(failedEntry(planned, `tuning failed: ${tuning.error}`, new Date()));
  }
  const jobs = ready.map(({ planned, tuning }) => ({
    name: `${planned.data} ${planned.method} ${planned.seed}${suffixOf(planned)}`,
    input: {
      config: configOf(planned, tuning, plan),
      place: planned.place,
      reads: planned.reads,
      run: planned.run,
    },
  }));
  await runJobs("run", jobs, run, async (i, outcome, started) => {
    const { planned, tuning } = ready[i]!;
    if (!outcome.ok) {
      await store(failedEntry(planned, outcome.error, started));
      return `failed: ${outcome.error}`;
    }
    await store({
      ...keysOf(planned),
      status: "finished",
      started: started.toISOString(),
      ...outcome.value,
      config: portableConfig(planned, outcome.value.config),
      ...(tuning !== undefined && {
        tuning: { trials: tuning.trials.length, chosen: tuning.trials[tuning.chosen]!.changes },
      }),
    });
    const [metric, value] = Object.entries(outcome.value.scores.test)[0]!;
    return `${metricTitle(metric)} ${decimals(value, 3)}`;
  });
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

function failedEntry(planned: PlannedRun, error: string, started: Date): SweepEntry {
  return {
    ...keysOf(planned),
    status: "failed",
    error,
    started: started.toISOString(),
    seconds: (Date.now() - started.getTime()) / 1000,
    config: portableConfig(planned, planned.config),
  };
}

/** Settings for the manifest: the path of cached data is relative to the sweep, other absolute paths are shortened to their last part. */
function portableConfig({ place }: PlannedRun, config: RunConfig): RunConfig {
  return { ...config, data: place.cached ? `data/${place.path}` : portablePath(place.path) };
}

type Labels = Pick<SweepEntry, "data" | "method" | "split" | "trainShare">;

function labelsOf({ data, method, split, trainShare }: Labels): Labels {
  return { data, method, split, trainShare };
}

/** What identifies a run in the manifest. */
function keysOf(planned: PlannedRun): Labels & Pick<SweepEntry, "id" | "seed" | "run"> {
  return { ...labelsOf(planned), id: planned.id, seed: planned.seed, run: planned.run };
}

/** The part of a name for split and training share, if they are not the defaults. */
function suffixOf({ split, trainShare }: Pick<Labels, "split" | "trainShare">): string {
  return `${split === "own" ? "" : ` ${split}`}${trainShare === 1 ? "" : ` share ${trainShare}`}`;
}
