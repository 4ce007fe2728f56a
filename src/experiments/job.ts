/** @file The jobs of experiments: a run that is scored on the test split, the tuning of a method, and a run that is scored against known truth. */
import type { Folder } from "../core/folder.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { readDataset, readTraining } from "../data/load.ts";
import type { TrainingData } from "../runs/identity.ts";
import { planRun, type RunConfig } from "../runs/plan.ts";
import { runFiles } from "../runs/record.ts";
import { type RunOptions, removeRun } from "../runs/run.ts";
import { writeSampleBits } from "../runs/sample-bits.ts";
import { parseSettings } from "../runs/settings.ts";
import { openTeacher, type RunTeacher } from "../runs/teacher.ts";
import { readWeightFiles, weightsThrough } from "../runs/weights.ts";
import type { FitEvent } from "../train/events.ts";
import type { SweepEntry } from "./entry.ts";
import { type RecoveryJob, type RecoveryResult, runRecoveryJob } from "./recover/job.ts";
import { scoreRun } from "./score.ts";
import { trainTimed } from "./train-timed.ts";
import { type Changes, runTuning, type Tuning } from "./tuning.ts";

/** Where a job finds its data. */
export interface Place {
  /** Whether `path` is a name among the cached data of the experiment. */
  readonly cached: boolean;
  readonly path: string;
  /** Name in the cache of the data of classes left out of training. */
  readonly unseen?: string;
}

/** A run to be trained without the test split, then evaluated on it once. */
export interface RunJob {
  readonly config: RunConfig;
  readonly place: Place;
  /** The modalities that the method trains on. */
  readonly reads: readonly string[];
  /** Folder of the run within that of the sweep. */
  readonly run: string;
}

/** The trials of a method on one data set. */
export interface TuneJob {
  readonly configs: readonly RunConfig[];
  readonly changes: readonly Changes[];
  readonly place: Place;
}

/** The part of a manifest entry that a run provides. */
export type RunOutcome = Required<Pick<SweepEntry, "config" | "seconds" | "scores">> &
  Pick<SweepEntry, "secondsPerStep" | "peakMemory">;

/** The input of each kind of job: plain data. */
export interface JobInputs {
  readonly run: RunJob;
  readonly tune: TuneJob;
  readonly recover: RecoveryJob;
}

/** The result of each kind of job: plain data. */
export interface JobResults {
  readonly run: RunOutcome;
  readonly tune: Tuning;
  readonly recover: RecoveryResult;
}

export type JobKind = keyof JobInputs;

/** Progress of a job: an epoch of a stage. */
export interface JobProgress {
  readonly stage: string;
  readonly epoch: number;
  readonly epochs: number;
}

/** How a job opens the folders that it names. */
export interface Places {
  /** Opens a folder within that of the experiment. */
  inside(name: string): Folder;
  /** Opens a folder by the path that the user gave: data, the run of a teacher, recordings. */
  outside(path: string): Folder;
  /** A path that is valid from every working directory; default: the path itself. */
  absolute?(path: string): string;
}

/** Options of a job. */
export interface JobOptions extends Pick<RunOptions, "environment" | "checkpointSeconds" | "signal"> {
  readonly onProgress?: (progress: JobProgress) => void;
}

type Runner<K extends JobKind> = (job: JobInputs[K], places: Places, options: JobOptions) => Promise<JobResults[K]>;

const RUNNERS: { readonly [K in JobKind]: Runner<K> } = { run: trainAndScore, tune, recover };

const OPTION_KEYS: Keys<JobOptions> = { environment: true, checkpointSeconds: true, signal: true, onProgress: true };

/** Runs a job. @throws ConfigError for an unknown option, and the errors of training. */
export async function runJob<K extends JobKind>(
  kind: K,
  job: JobInputs[K],
  places: Places,
  options: JobOptions = {},
): Promise<JobResults[K]> {
  checkOptions("runJob", options, OPTION_KEYS);
  return RUNNERS[kind](job, places, options);
}

/** The folder of the data of a job. */
function dataAt({ cached, path }: Place, places: Places): Folder {
  return cached ? places.inside(`data/${path}`) : places.outside(path);
}

/** The teacher of the settings as an option of training. */
async function teacherOption(
  { teacher }: RunConfig,
  places: Places,
  { train }: TrainingData,
): Promise<{ readonly teacher?: RunTeacher }> {
  return teacher === undefined ? {} : { teacher: await openTeacher(places.outside(teacher.run), train) };
}

/** Reports the epochs of a run. */
function epochsTo(onProgress: JobOptions["onProgress"], prefix = ""): (event: FitEvent) => void {
  return (event) => {
    if (event.kind !== "epoch") return;
    onProgress?.({ stage: `${prefix}${event.stage}`, epoch: event.epoch, epochs: event.epochs });
  };
}

async function trainAndScore(job: RunJob, places: Places, { onProgress, ...options }: JobOptions): Promise<RunOutcome> {
  const { place, reads } = job;
  const folder = places.inside(job.run);
  if (await folder.exists(runFiles.record)) await removeRun(folder);
  const dataFolder = dataAt(place, places);
  const settings = { ...job.config, data: dataFolder.label };
  const chosen = { modalities: settings.modalities };
  const training = await readTraining(dataFolder, chosen);
  const parsed = parseSettings(settings);
  const files = await readWeightFiles(parsed, settings.modalities, weightsThrough(places.outside));
  const plan = planRun(parsed, training.train, files);
  const { fitted, record, seconds, secondsPerStep } = await trainTimed(folder, plan, training, {
    ...options,
    dataPath: places.absolute?.(dataFolder.label) ?? dataFolder.label,
    ...(await teacherOption(settings, places, training)),
    onEvent: epochsTo(onProgress),
  });
  const { splits } = await readDataset(dataFolder, chosen);
  const unseen =
    place.unseen === undefined ? undefined : (await readDataset(places.inside(`data/${place.unseen}`), chosen)).splits;
  const { backend, threads } = record.engine!;
  const { scores, bits } = await scoreRun(fitted, splits, {
    seed: plan.config.seed,
    reads,
    backend,
    threads,
    ...(unseen !== undefined && { unseen }),
  });
  if (bits !== undefined) await writeSampleBits(folder, bits);
  return { config: plan.config, seconds, scores, ...(secondsPerStep !== undefined && { secondsPerStep }) };
}

async function tune({ configs, changes, place }: TuneJob, places: Places, { onProgress, signal }: JobOptions) {
  const training = await readTraining(dataAt(place, places), { modalities: configs[0]!.modalities });
  return runTuning(configs, changes, training, {
    ...(await teacherOption(configs[0]!, places, training)),
    openWeights: weightsThrough(places.outside),
    ...(signal !== undefined && { signal }),
    onEvent: (event, trial) => epochsTo(onProgress, `trial ${trial + 1}/${configs.length} `)(event),
  });
}

async function recover(job: RecoveryJob, places: Places, { onProgress, signal }: JobOptions): Promise<RecoveryResult> {
  const recordings = job.digits === undefined ? undefined : places.outside(job.digits);
  return runRecoveryJob(job, recordings, { onEvent: epochsTo(onProgress), ...(signal !== undefined && { signal }) });
}
