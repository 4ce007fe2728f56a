/** @file Plans a sweep: every run and every tuning of an experiment with all settings, before training starts. */
import { configError, DmilError, listing } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { isRecord } from "../core/keys.ts";
import type { OptionIssue } from "../core/options.ts";
import type { DataSplits, Dataset } from "../data/dataset.ts";
import { type DataHashes, hashSplits, hashValue, identityOf, withTeacher } from "../runs/identity.ts";
import { type Plan, planRun, type RunConfig } from "../runs/plan.ts";
import { issuesError } from "../runs/settings.ts";
import { openTeacher } from "../runs/teacher.ts";
import { type OpenWeights, readWeightFiles, weightsNamed, weightsThrough, withWeightHashes } from "../runs/weights.ts";
import { stageNames } from "../train/plan.ts";
import { type DataCache, slug } from "./cache.ts";
import { type SweepEntry, sweepFiles } from "./entry.ts";
import { type DataEntry, type Experiment, methodCalled, methodsFor } from "./experiment.ts";
import type { Place } from "./job.ts";
import { mergedSettings, planTrial, requireKnownStages } from "./settings.ts";
import { plannedTrials } from "./tune.ts";
import { type Changes, TUNING_SEED } from "./tuning.ts";
import { type Variant, variantsOf } from "./variants.ts";

/** One data set of the experiment after it was read. */
export interface OpenedData {
  readonly entry: DataEntry;
  /** Name in tables. */
  readonly name: string;
  readonly splits: DataSplits;
  /** Path of a folder that runs can read directly; undefined if the data must be cached. */
  readonly path?: string;
  /** Name of the groups. */
  readonly groups?: string;
}

/** A run that can be started, with the labels of its later entry in the manifest. */
export interface PlannedRun
  extends Pick<SweepEntry, "id" | "data" | "method" | "seed" | "split" | "trainShare" | "run"> {
  /** Settings before tuning. */
  readonly config: RunConfig;
  readonly place: Place;
  /** The modalities that the method trains on. */
  readonly reads: readonly string[];
  /** Id of its tuning. */
  readonly tuning?: string;
}

/** The tuning of a method on one data set, split and share. */
export interface PlannedTuning extends Pick<PlannedRun, "id" | "data" | "method" | "split" | "trainShare" | "place"> {
  readonly changes: readonly Changes[];
  /** Settings of the trials, in order. */
  readonly configs: readonly RunConfig[];
}

/** A method that is not defined for the data. */
export interface Skipped {
  readonly data: string;
  readonly method: string;
  readonly reason: string;
}

export interface SweepPlan {
  readonly runs: readonly PlannedRun[];
  readonly tunings: readonly PlannedTuning[];
  readonly skipped: readonly Skipped[];
}

/**
 * Plans a sweep, one data set after the other. @throws ConfigError for invalid settings (the paths of its issues are in the experiment),
 * DataError for splits that the data does not allow.
 */
export async function planSweep(
  experiment: Experiment,
  open: (entry: DataEntry, index: number) => Promise<OpenedData>,
  cache: DataCache,
  code: string,
  outside: (path: string) => Folder,
): Promise<SweepPlan> {
  const known = new Map<string, string>();
  const stages = new Set<string>();
  const [runs, tunings, skipped]: [PlannedRun[], Map<string, PlannedTuning>, Skipped[]] = [[], new Map(), []];
  for (const [index, entry] of experiment.data.entries()) {
    const data = await open(entry, index);
    const base = mergedSettings(experiment.set, entry.settings);
    const methods = methodsFor(experiment.methods, Object.keys(data.splits.train.modalities)).filter((method) => {
      const reason = notDefined(base, data, method);
      if (reason !== undefined) skipped.push({ data: data.name, method, reason });
      return reason === undefined;
    });
    for (const variant of variantsOfData(data, experiment)) {
      const { place, hashes: dataHashes } = await placeOf(data, variant, cache);
      const run = methods.length === 0 ? undefined : teacherIn(base);
      const teacher = run === undefined ? undefined : await openTeacher(outside(run), variant.splits.train);
      const reader = weightsThrough(outside);
      const weighted = weightHashes(withTeacher(dataHashes, teacher), variant.splits.train, reader, known);
      for (const method of methods) {
        const labels = { data: data.name, method, split: variant.split, trainShare: variant.trainShare };
        const settings = { ...base, ...methodSettings(method, base), data: place.path };
        const planOf = (changes: Changes, seed: number): Plan =>
          located(entry, index, method, () => planTrial({ ...settings, seed }, changes, variant.splits.train));
        const configOf = (changes: Changes, seed: number): RunConfig => planOf(changes, seed).config;
        const key = JSON.stringify(labels);
        const hashesOf = (config: RunConfig): Promise<DataHashes> =>
          weighted(config).catch((error) => {
            throw inExperiment(error, entry, index, method);
          });
        if (experiment.tune > 0 && !tunings.has(key)) {
          tunings.set(key, await tuningOf(labels, place, hashesOf, experiment.tune, configOf, code));
        }
        const tuning = tunings.get(key)?.id;
        for (const seed of variant.seeds) {
          const { config, method: planned } = planOf({}, seed);
          for (const stage of stageNames(planned)) stages.add(stage);
          runs.push({
            ...labels,
            id: await hashValue([labels, await identityOf(config, await hashesOf(config)), tuning ?? null, code]),
            seed,
            run: `${sweepFiles.runs}/${runName(labels, seed)}`,
            config,
            place,
            reads: readsOf(method, config.modalities),
            ...(tuning !== undefined && { tuning }),
          });
        }
      }
    }
  }
  requireKnownStages(experiment, stages);
  if (runs.length === 0) throw configError(nothingLeft(skipped));
  return { runs, tunings: [...tunings.values()], skipped };
}

/** The teacher run of the settings. Invalid settings are reported when the runs are planned. */
function teacherIn({ teacher }: Readonly<Record<string, unknown>>): string | undefined {
  return isRecord(teacher) && typeof teacher.run === "string" && teacher.run !== "" ? teacher.run : undefined;
}

function methodSettings(name: string, base: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { modality, ...rest } = methodCalled(name);
  return modality === undefined ? rest : { ...rest, options: { ...(base.options as object | undefined), modality } };
}

function readsOf(name: string, modalities: readonly string[]): readonly string[] {
  const { modality } = methodCalled(name);
  return modality === undefined ? modalities : [modality];
}

/** The reason why a method is not defined for the modalities or kind of target of the data, for any settings; otherwise undefined. */
function notDefined(
  base: Readonly<Record<string, unknown>>,
  { name, splits }: OpenedData,
  method: string,
): string | undefined {
  const modalities = Object.keys(splits.train.modalities);
  const called = methodCalled(method);
  if (called.modality !== undefined) {
    return modalities.includes(called.modality)
      ? undefined
      : `${name} has no modality "${called.modality}"; it has ${listing(modalities)}`;
  }
  try {
    planTrial({ ...base, epochs: undefined, learningRate: undefined, data: name, ...called }, {}, splits.train);
    return undefined;
  } catch (error) {
    // Other errors are reported with their position when the runs are planned.
    const isUndefined =
      error instanceof DmilError && (error.fields.maxModalities !== undefined || error.fields.kind !== undefined);
    return isUndefined ? error.message : undefined;
  }
}

function nothingLeft(skipped: readonly Skipped[]): string {
  const listed = skipped.map(({ data, method, reason }) => `${data}, ${method}: ${reason}`);
  return ["no method of the experiment is defined for the data.", ...listed].join("\n");
}

function* variantsOfData(data: OpenedData, experiment: Experiment): Generator<Variant> {
  try {
    yield* variantsOf(data.splits, experiment, data.groups);
  } catch (error) {
    if (!(error instanceof DmilError) || error.code === "InternalError") throw error;
    throw new DmilError(error.code, `${data.name}: ${error.message}`, error.fields);
  }
}

/** The location of the data of a variant: its own folder if it is used unchanged, otherwise the cache. */
async function placeOf(data: OpenedData, variant: Variant, cache: DataCache) {
  const { splits, unseen, split, trainShare } = variant;
  const modalities = Object.keys(splits.train.modalities);
  const parts = { ...splits, ...(unseen !== undefined && { unseen_train: unseen.train, unseen_test: unseen.test }) };
  const hashes = await hashSplits(parts, modalities);
  if (split === "own" && trainShare === 1 && data.path !== undefined) {
    return { place: { cached: false, path: data.path } as Place, hashes };
  }
  const nameParts = [
    data.name,
    ...(split === "own" ? [] : [split]),
    ...(trainShare === 1 ? [] : [`share ${trainShare}`]),
  ];
  const key = { name: nameParts.join(" "), content: hashes };
  const path = await cache.place(key, splits);
  if (unseen === undefined) return { place: { cached: true, path } as Place, hashes };
  const unseenPath = await cache.place({ ...key, name: `${key.name} unseen` }, unseen);
  return { place: { cached: true, path, unseen: unseenPath } as Place, hashes };
}

/**
 * Gives the hashes of all that a run is made from: `hashes`, and those of the files of weights that its settings name. Each file is read
 * once, into `known`, and must fit the encoder.
 */
function weightHashes(hashes: DataHashes, train: Dataset, open: OpenWeights, known: Map<string, string>) {
  return async (config: RunConfig): Promise<DataHashes> => {
    const named = weightsNamed(config, config.modalities);
    const unread = [...named].filter(([, file]) => !known.has(file));
    const files = await readWeightFiles(config, Object.keys(Object.fromEntries(unread)), open);
    if (files.size > 0) planRun(config, train, files);
    for (const [file, { hash }] of files) known.set(file, hash);
    return withWeightHashes(
      hashes,
      Object.fromEntries([...named].map(([modality, file]) => [modality, { sha256: known.get(file)! }])),
    );
  };
}

async function tuningOf(
  labels: Omit<PlannedTuning, "id" | "place" | "changes" | "configs">,
  place: Place,
  weighted: (config: RunConfig) => Promise<DataHashes>,
  trials: number,
  configOf: (changes: Changes, seed: number) => RunConfig,
  code: string,
): Promise<PlannedTuning> {
  const { changes, configs } = plannedTrials(
    trials,
    (change) => configOf(change, TUNING_SEED),
    `${labels.data} ${labels.method}`,
  );
  const trained = (hashes: DataHashes): DataHashes =>
    Object.fromEntries(
      Object.entries(hashes).filter(([name]) => /^(train\/|validation\/|weights\/|teacher$)/.test(name)),
    );
  const identities = await Promise.all(configs.map(async (trial) => identityOf(trial, trained(await weighted(trial)))));
  return { ...labels, id: await hashValue([labels, identities, code]), place, changes, configs };
}

function runName(
  { data, method, split, trainShare }: Omit<PlannedTuning, "id" | "place" | "changes" | "configs">,
  seed: number,
): string {
  const parts = [
    data,
    method,
    String(seed),
    ...(split === "own" ? [] : [split]),
    ...(trainShare === 1 ? [] : [`share ${trainShare}`]),
  ];
  return slug(parts.join("-"));
}

/** Changes the paths of a ConfigError about settings to paths in the experiment. */
function located<T>(entry: DataEntry, index: number, method: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inExperiment(error, entry, index, method);
  }
}

function inExperiment(error: unknown, entry: DataEntry, index: number, method: string): unknown {
  const issues = error instanceof DmilError ? (error.fields.issues as readonly OptionIssue[] | undefined) : undefined;
  if (issues === undefined) return error;
  return issuesError(
    issues.map(({ path, message }) => ({
      path: [...(has(entry.settings, path) ? ["data", index, "settings"] : ["set"]), ...path],
      message: path[0] === "options" ? `${method}: ${message}` : message,
    })),
  );
}

function has(settings: unknown, path: OptionIssue["path"]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  return (
    typeof settings === "object" && settings !== null && first in settings && has(Reflect.get(settings, first), rest)
  );
}
