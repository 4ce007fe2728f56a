/** @file `sweep`: trains many runs under one protocol, data x methods x seeds, and stores each result when its run ends. */
import { runError } from "../core/errors.ts";
import { type Folder, subfolder } from "../core/folder.ts";
import { checkOptions } from "../core/keys.ts";
import { VERSION } from "../core/version.ts";
import { dataCache } from "./cache.ts";
import type { Sweep } from "./compare/read.ts";
import { type SweepEntry, type SweepHead, sweepFiles } from "./entry.ts";
import { type Experiment, type ExperimentInput, parseExperiment } from "./experiment.ts";
import { planSweep, type Skipped, type SweepPlan } from "./jobs.ts";
import { readHead, readManifest, rewriteEntries, writeHead } from "./manifest.ts";
import { type DataSources, dataOpener } from "./open-data.ts";
import { type ExperimentOptions, jobRunOf, notesTo, OPTION_KEYS, refuse } from "./run-jobs.ts";
import { runPlan } from "./sweep-runs.ts";

/** Options of `sweep`. */
export interface SweepOptions extends ExperimentOptions, DataSources {
  /** Facts for the file sweep.json: how the sweep can be repeated, and where it ran. */
  readonly head?: Partial<Pick<SweepHead, "command" | "experiment" | "environment">>;
}

/** A sweep whose runs have ended. */
export interface SweepResult extends Sweep {
  readonly folder: Folder;
  /** Methods that are not defined for the data, with the reason. */
  readonly skipped: readonly Skipped[];
}

/**
 * Trains every method with every seed on every data set under one protocol: the same splits, the same tuning budget, settings chosen on
 * validation data, the test split opened once. Finished runs in the folder are not repeated; a failed run becomes an entry with its error.
 * @throws ConfigError for an invalid experiment (`fields.issues` lists every problem), DataError for invalid data, RunError if the folder
 * holds runs of another experiment, or on an abort.
 * @example
 * const data = [{ name: "mixture", splits: interactionMixture({ classes: 2, noise: 0.3, samples, shares, seed: 0 }) }];
 * const swept = await sweep({ data, methods: ["joint", "dmil"], seeds: [0, 1, 2] });
 * const { settings } = await compare(swept);
 */
export async function sweep(experiment: ExperimentInput, options: SweepOptions = {}): Promise<SweepResult> {
  checkOptions<SweepOptions>("sweep", options, { ...OPTION_KEYS, generate: true, head: true });
  const run = jobRunOf("sweep", options);
  const { folder, tell } = run;
  const plan = await planOf(parseExperiment(experiment), folder, options, true);
  const { entries: before, cut, damaged } = await readManifest(folder, "Its run is repeated.");
  for (const { message } of damaged) tell({ kind: "note", message });
  if (cut) {
    const message = `${folder.label}/${sweepFiles.manifest}: the last line is incomplete; its run is repeated.`;
    tell({ kind: "note", message });
  }
  requireSameExperiment(folder, plan, before);
  const previous = await readHead(folder, "It is written again.").catch((error: Error) =>
    tell({ kind: "note", message: error.message }),
  );
  const head: SweepHead = {
    format: "dmil-sweep-1",
    command: "sweep(experiment)",
    experiment: { ...experiment, data: experiment.data.map(({ splits: _, ...entry }) => entry) },
    environment: { dmil: VERSION },
    ...options.head,
    started: previous?.started ?? new Date().toISOString(),
  };
  await writeHead(folder, head);
  await rewriteEntries(folder, before.values());
  const entries = await runPlan(plan, before, run);
  return { label: folder.label, folder, head, entries, notes: [], skipped: plan.skipped };
}

/** The plan of a sweep into a folder; with `write` false nothing is written, as for a dry run. @throws as `sweep`. */
export function planOf(
  experiment: Experiment,
  folder: Folder,
  options: SweepOptions,
  write: boolean,
): Promise<SweepPlan> {
  const { code, tell } = jobRunOf("sweep", options);
  const cache = dataCache((name) => subfolder(folder, `data/${name}`), write, notesTo(tell));
  return planSweep(experiment, dataOpener(options), cache, code, {
    open: options.open ?? refuse,
    cache: write ? options.cache : undefined,
    tell: notesTo(tell),
  });
}

/** @throws RunError if the folder holds finished runs that the experiment does not include; a comparison would then mix protocols. */
function requireSameExperiment({ label }: Folder, { runs }: SweepPlan, before: ReadonlyMap<string, SweepEntry>): void {
  const ids = new Set(runs.map(({ id }) => id));
  const foreign = [...before.values()].filter(({ id, status }) => status === "finished" && !ids.has(id));
  if (foreign.length === 0) return;
  throw runError(
    `${label} contains ${foreign.length} ${foreign.length === 1 ? "run" : "runs"} that this experiment does not include, the first ${foreign[0]!.run}: the methods, seeds, splits, settings, data or code of dmil have changed. Undo the change, or use another folder (--out).`,
    { folder: label, runs: foreign.map(({ run }) => run) },
  );
}
