/** @file An experiment meets its data: every run and every tuning with all its settings, before anything is trained. */
import { configError, DmilError, listing } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { isRecord } from "../../core/keys.ts";
import type { OptionIssue } from "../../core/options.ts";
import type { DataSplits } from "../../data/dataset.ts";
import { methodNamed, resolveMethod } from "../../methods/index.ts";
import { stageNames } from "../../train/plan.ts";
import { hashSplits, hashValue, identityOf, withTeacher } from "../identity.ts";
import type { Plan, RunConfig } from "../plan.ts";
import { issuesError } from "../settings.ts";
import { openTeacher } from "../teacher.ts";
import { type DataCache, slug } from "./cache.ts";
import { sweepFiles } from "./entry.ts";
import { type DataEntry, type Experiment, methodCalled, methodsFor } from "./experiment.ts";
import { mergedSettings, planTrial, requireKnownStages } from "./settings.ts";
import { type Changes, TUNING_SEED, trialsOf } from "./tuning.ts";
import { type Variant, variantsOf } from "./variants.ts";

/** One data set of the experiment, read. */
export interface OpenedData {
  readonly entry: DataEntry;
  /** As tables name it. */
  readonly name: string;
  readonly splits: DataSplits;
  /** Where it lies as a folder that every run may read as it is; undefined: it is to be cached. */
  readonly path?: string;
  /** What the data calls its groups. */
  readonly groups?: string;
}

/** Where a job finds its data. */
export interface Place {
  /** In the cache, or a path. */
  readonly cached: boolean;
  readonly path: string;
  /** In the cache. */
  readonly unseen?: string;
}

/** A run that could start. */
export interface PlannedRun {
  readonly id: string;
  readonly data: string;
  readonly method: string;
  readonly seed: number;
  readonly split: string;
  readonly trainShare: number;
  /** Folder, in the sweep's. */
  readonly run: string;
  /** Before tuning. */
  readonly config: RunConfig;
  readonly place: Place;
  /** The modalities that the method trains on. */
  readonly reads: readonly string[];
  /** Id of its tuning. */
  readonly tuning?: string;
}

/** The tuning of a method on one data set, split and share. */
export interface PlannedTuning {
  readonly id: string;
  readonly data: string;
  readonly method: string;
  readonly split: string;
  readonly trainShare: number;
  readonly place: Place;
  readonly changes: readonly Changes[];
  /** Of the trials, in order. */
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
 * Plans a sweep, one data set after the other. @throws ConfigError for settings that are wrong (its issues lie in the experiment),
 * DataError for splits that the data does not allow.
 */
export async function planSweep(
  experiment: Experiment,
  open: (entry: DataEntry, index: number) => Promise<OpenedData>,
  cache: DataCache,
  code: string,
  teacherAt: (run: string) => Folder,
): Promise<SweepPlan> {
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
      const { place, hashes: read } = await placeOf(data, variant, cache);
      const named = methods.length === 0 ? undefined : teacherIn(base);
      const teacher = named === undefined ? undefined : await openTeacher(teacherAt(named), variant.splits.train);
      const hashes = withTeacher(read, teacher);
      for (const method of methods) {
        const told = { data: data.name, method, split: variant.split, trainShare: variant.trainShare };
        const given = { ...base, ...methodSettings(method, base), data: place.path };
        const planOf = (changes: Changes, seed: number): Plan =>
          located(entry, index, method, () => planTrial({ ...given, seed }, changes, variant.splits.train));
        const configOf = (changes: Changes, seed: number): RunConfig => planOf(changes, seed).config;
        const key = JSON.stringify(told);
        if (experiment.tune > 0 && !tunings.has(key)) {
          tunings.set(key, await tuningOf(told, place, hashes, experiment.tune, configOf, code));
        }
        const tuning = tunings.get(key)?.id;
        for (const seed of variant.seeds) {
          const { config, method: planned } = planOf({}, seed);
          for (const stage of stageNames(planned)) stages.add(stage);
          runs.push({
            ...told,
            id: await hashValue([told, await identityOf(config, hashes), tuning ?? null, code]),
            seed,
            run: `${sweepFiles.runs}/${runName(told, seed)}`,
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

/** The run that settings name as a teacher; what is wrong with them is found when runs are planned. */
function teacherIn({ teacher }: Readonly<Record<string, unknown>>): string | undefined {
  return isRecord(teacher) && typeof teacher.run === "string" && teacher.run !== "" ? teacher.run : undefined;
}

function methodSettings(name: string, base: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { modality, ...own } = methodCalled(name);
  return modality === undefined ? own : { ...own, options: { ...(base.options as object | undefined), modality } };
}

function readsOf(name: string, modalities: readonly string[]): readonly string[] {
  const { modality } = methodCalled(name);
  return modality === undefined ? modalities : [modality];
}

/** Why a method cannot be had on the data's modalities or its kind of target, whatever the settings. */
function notDefined(
  base: Readonly<Record<string, unknown>>,
  { name, splits }: OpenedData,
  method: string,
): string | undefined {
  const modalities = Object.keys(splits.train.modalities);
  const own = methodCalled(method);
  if (own.modality !== undefined) {
    return modalities.includes(own.modality)
      ? undefined
      : `${name} has no modality "${own.modality}"; it has ${listing(modalities)}`;
  }
  try {
    planTrial({ ...base, epochs: undefined, learningRate: undefined, data: name, ...own }, {}, splits.train);
    return undefined;
  } catch (error) {
    // Whatever else is wrong is told with its place when the runs are planned.
    const known = error instanceof DmilError && (error.fields.most !== undefined || error.fields.kind !== undefined);
    return known ? error.message : undefined;
  }
}

function nothingLeft(skipped: readonly Skipped[]): string {
  const listed = skipped.map(({ data, method, reason }) => `${data}, ${method}: ${reason}`);
  return ["no method of the experiment is defined for its data.", ...listed].join("\n");
}

function* variantsOfData(data: OpenedData, experiment: Experiment): Generator<Variant> {
  try {
    yield* variantsOf(data.splits, experiment, data.groups);
  } catch (error) {
    if (!(error instanceof DmilError) || error.code === "InternalError") throw error;
    throw new DmilError(error.code, `${data.name}: ${error.message}`, error.fields);
  }
}

/** Data that is used as it lies needs no copy; everything else is cached. */
async function placeOf(data: OpenedData, variant: Variant, cache: DataCache) {
  const { splits, unseen, split, trainShare } = variant;
  const modalities = Object.keys(splits.train.modalities);
  const parts = { ...splits, ...(unseen !== undefined && { unseen_train: unseen.train, unseen_test: unseen.test }) };
  const hashes = await hashSplits(parts, modalities);
  if (split === "own" && trainShare === 1 && data.path !== undefined) {
    return { place: { cached: false, path: data.path } as Place, hashes };
  }
  const named = [data.name, ...(split === "own" ? [] : [split]), ...(trainShare === 1 ? [] : [`share ${trainShare}`])];
  const key = { name: named.join(" "), content: hashes };
  const path = await cache.place(key, splits);
  if (unseen === undefined) return { place: { cached: true, path } as Place, hashes };
  const apart = await cache.place({ ...key, name: `${key.name} unseen` }, unseen);
  return { place: { cached: true, path, unseen: apart } as Place, hashes };
}

async function tuningOf(
  told: Omit<PlannedTuning, "id" | "place" | "changes" | "configs">,
  place: Place,
  hashes: Readonly<Record<string, string>>,
  trials: number,
  configOf: (changes: Changes, seed: number) => RunConfig,
  code: string,
): Promise<PlannedTuning> {
  const config = configOf({}, TUNING_SEED);
  const { search } = methodNamed(resolveMethod(config.method).method);
  const at = (name: string): unknown =>
    name.split(".").reduce<unknown>((held, key) => (held as Record<string, unknown> | undefined)?.[key], config);
  const changes = trialsOf(trials, search, at, `${told.data} ${told.method}`);
  const configs = changes.map((own) => configOf(own, TUNING_SEED));
  const trained = Object.fromEntries(
    Object.entries(hashes).filter(([name]) => /^(train\/|validation\/|teacher$)/.test(name)),
  );
  const identities = await Promise.all(configs.map((own) => identityOf(own, trained)));
  return { ...told, id: await hashValue([told, identities, code]), place, changes, configs };
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

/** A ConfigError about settings, told again as one about the experiment. */
function located<T>(entry: DataEntry, index: number, method: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const issues = error instanceof DmilError ? (error.fields.issues as readonly OptionIssue[] | undefined) : undefined;
    if (issues === undefined) throw error;
    throw issuesError(
      issues.map(({ path, message }) => ({
        path: [...(has(entry.settings, path) ? ["data", index, "settings"] : ["set"]), ...path],
        message: path[0] === "options" ? `${method}: ${message}` : message,
      })),
    );
  }
}

function has(settings: unknown, path: OptionIssue["path"]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return true;
  return (
    typeof settings === "object" && settings !== null && first in settings && has(Reflect.get(settings, first), rest)
  );
}
