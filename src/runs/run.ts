/** @file A run: training that is recorded in a folder and can be resumed after an interrupt or a kill with bit-identical results. */
import { configError, DmilError, listing, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { expected } from "../core/system-errors.ts";
import { aboutWeights } from "../encoders/published/convert.ts";
import { encodeModel, type Fitted } from "../evaluation/model.ts";
import { predict } from "../evaluation/predict.ts";
import { score } from "../evaluation/score.ts";
import type { FitEvent } from "../train/events.ts";
import { fit } from "../train/fit.ts";
import type { TeacherOptions } from "../train/teacher.ts";
import { type DataHashes, hashData, identityOf, type TrainingData, withTeacher } from "./identity.ts";
import { damagedFiles } from "./open.ts";
import { type Plan, planRun } from "./plan.ts";
import { type Engine, type Environment, type RunRecord, readRecord, runFiles, writeRecord } from "./record.ts";
import { type RunResult, resultOf, writeResult } from "./result.ts";
import { optimiserOf, parseSettings } from "./settings.ts";
import { keptTeacher, type RunTeacher } from "./teacher.ts";
import { writeEventFile } from "./tensorboard.ts";
import { watched } from "./watched.ts";
import { type OpenWeights, readWeightFiles, requireWeights, withWeightHashes } from "./weights.ts";

export interface RunOptions {
  /** Path of the data for later commands; default: the path in the settings. */
  readonly dataPath?: string;
  /** Hashes of the test split for the record, if the caller has read it; training does not use them. */
  readonly testHashes?: DataHashes;
  /** The teacher of the settings, opened by `openTeacher`; a resumed run uses its own copy. */
  readonly teacher?: RunTeacher;
  /** Reads weights that the settings name. A resumed run needs it only if it was stopped before its first checkpoint. */
  readonly openWeights?: OpenWeights;
  /** Facts about machine and versions for the record. */
  readonly environment?: Environment;
  readonly onEvent?: (event: FitEvent) => void;
  /** Aborting saves the run and throws a RunError with `fields.interrupted` true. */
  readonly signal?: AbortSignal;
  /** Seconds between checkpoints; default 5. */
  readonly checkpointSeconds?: number;
}

const OPTION_KEYS: Keys<RunOptions> = {
  dataPath: true,
  testHashes: true,
  teacher: true,
  openWeights: true,
  environment: true,
  onEvent: true,
  signal: true,
  checkpointSeconds: true,
};

export interface FinishedRun {
  readonly record: RunRecord;
  readonly result: RunResult;
  readonly fitted: Fitted;
}

/**
 * Trains a plan and writes run.json, metrics.jsonl and checkpoints/ to a folder, and at the end model.safetensors, result.json and an
 * event file for TensorBoard. @throws RunError if the folder already holds a run; and the errors of `fit`.
 */
export async function startRun(
  folder: Folder,
  plan: Plan,
  data: TrainingData,
  options: RunOptions = {},
): Promise<FinishedRun> {
  const { config, weights } = plan;
  checkOptions("startRun", options, OPTION_KEYS);
  await requireNoRun(folder);
  requireWeights(config, weights);
  const { teacher } = options;
  if ((teacher === undefined) !== (config.teacher === undefined)) {
    throw configError(
      config.teacher === undefined
        ? "startRun: a teacher is given, but the settings have none. Add `teacher: { run }` to them."
        : `startRun: the settings name the teacher ${config.teacher.run}, but no teacher is given. Open it: startRun(folder, plan, data, { teacher: await openTeacher(disk(${JSON.stringify(config.teacher.run)}), data.train) })`,
    );
  }
  const hashes = withWeightHashes(withTeacher(await hashData(data, config.modalities), teacher), weights);
  const record: RunRecord = {
    format: "dmil-run-2",
    status: "running",
    started: now(),
    config,
    identity: await identityOf(config, hashes),
    data: {
      path: options.dataPath ?? config.data,
      hashes,
      ...(options.testHashes !== undefined && { test: options.testHashes }),
    },
    ...(weights !== undefined && { weights }),
    environment: options.environment ?? {},
  };
  return train(folder, record, plan, data, { ...options, resume: false });
}

/**
 * Resumes a run from its last checkpoint, bit-identical to a run without interruption; without a checkpoint it starts again. Restores
 * missing or damaged files of a finished run. @throws RunError if it is finished and complete, or if its settings or data have changed.
 */
export async function resumeRun(folder: Folder, data: TrainingData, options: RunOptions = {}): Promise<FinishedRun> {
  checkOptions("resumeRun", options, OPTION_KEYS);
  const before = await readRecord(folder);
  if (before.status === "finished" && (await damagedFiles(folder)).length === 0) {
    throw runError(`${folder.label}: this run is already finished.`);
  }
  const plan = await resumedPlan(folder, before, data, options.openWeights);
  const teacher = plan.config.teacher === undefined ? undefined : await keptTeacher(folder);
  const hashes = withWeightHashes(
    withTeacher(await hashData(data, plan.config.modalities), teacher),
    plan.weights ?? before.weights,
  );
  requireSameData(folder.label, before.data.hashes, hashes);
  if ((await identityOf(plan.config, hashes)) !== before.identity) {
    throw runError(
      `${folder.label}: with this version of dmil, the settings describe a different run than the one that was started (with ${before.environment.dmil ?? "another version"}). Resume it with that version, or start the run again: dmil train DATA --out ${folder.label} --force`,
    );
  }
  const record: RunRecord = {
    ...before,
    status: "running",
    resumed: now(),
    ended: undefined,
    error: undefined,
    data: { ...before.data, path: options.dataPath ?? before.data.path, hashes },
  };
  return train(folder, record, plan, data, { ...options, ...(teacher !== undefined && { teacher }), resume: true });
}

/** The plan of a run that goes on. Its checkpoint has all values; without one, encoders start from their files of weights again. */
async function resumedPlan(
  folder: Folder,
  { config }: RunRecord,
  { train }: TrainingData,
  openWeights?: OpenWeights,
): Promise<Plan> {
  const settings = parseSettings(config);
  if (await folder.exists(runFiles.last)) return planRun(settings, train);
  const open: OpenWeights = (file) => {
    if (openWeights !== undefined) return openWeights(file);
    throw runError(
      `${folder.label}: this run has no checkpoint yet, so it starts from ${file} again; give the option openWeights, for example weightsThrough(disk).`,
      { file },
    );
  };
  return planRun(settings, train, await readWeightFiles(settings, config.modalities, open));
}

/** Removes the files of a run from a folder; other files stay. */
export async function removeRun(folder: Folder): Promise<void> {
  // The record is removed last, because it marks the folder as a run.
  const names = Object.values(runFiles).filter((name) => name !== runFiles.record);
  for (const name of [...names, runFiles.record]) await folder.remove(name);
}

/** @throws RunError if the folder holds a run; a run that failed before training started does not count. */
export async function requireNoRun(folder: Folder): Promise<void> {
  if (!(await folder.exists(runFiles.record))) return;
  const { status, engine, error } = await readRecord(folder);
  if (status === "failed" && engine === undefined) return;
  const { label } = folder;
  const advice =
    status === "failed"
      ? `It failed: ${error?.message ?? "the reason is unknown."} Replace it with --force, or give another --out; if the cause is fixed, continue it: dmil resume ${label}`
      : `Continue it: dmil resume ${label}; or give another --out; or replace it with --force.`;
  throw runError(`${label} already holds a run (${status}). ${advice}`, { folder: label, status });
}

async function train(
  runFolder: Folder,
  start: RunRecord,
  { config, method, weights }: Plan,
  data: TrainingData,
  { teacher, resume, ...options }: RunOptions & { readonly resume: boolean },
): Promise<FinishedRun> {
  const journal = journalOf(runFolder, start);
  await journal.write({});
  const folder = watched(runFolder, start);
  const emit = options.onEvent ?? (() => {});
  for (const [name, one] of Object.entries(weights ?? {})) emit({ kind: "note", message: aboutWeights(name, one) });
  try {
    if (teacher !== undefined && !resume) await folder.write(runFiles.teacher, teacher.bytes);
    const fitted = await fit(method, data, {
      seed: config.seed,
      batchSize: config.batchSize,
      epochs: config.epochs,
      learningRate: config.learningRate,
      optimiser: optimiserOf(config.optimiser),
      ...(config.warmup !== undefined && { warmup: config.warmup }),
      ...(config.patience !== undefined && { patience: config.patience }),
      ...(config.monitor !== undefined && { monitor: config.monitor }),
      ...(config.classWeights !== undefined && { classWeights: config.classWeights }),
      ...(config.clipNorm !== undefined && { clipNorm: config.clipNorm }),
      ...(config.modalityDropout !== undefined && { modalityDropout: config.modalityDropout }),
      ...(config.labelSmoothing !== undefined && { labelSmoothing: config.labelSmoothing }),
      ...(config.normalize !== undefined && { normalize: config.normalize }),
      ...(teacher !== undefined && { teacher: { model: teacher.model, ...distillationOf(config) } }),
      // A resumed run keeps its backend and threads, because others give different bits.
      backend: start.engine?.backend ?? config.backend,
      ...threadsOf(start, config.threads),
      folder,
      resume,
      identity: start.identity,
      ...(options.checkpointSeconds !== undefined && { checkpointSeconds: options.checkpointSeconds }),
      ...(options.signal !== undefined && { signal: options.signal }),
      onEvent(event) {
        emit(event);
        if (event.kind !== "started") return;
        const engine = engineOf(event);
        for (const message of changes(start, engine, options.environment)) emit({ kind: "note", message });
        void journal.write({ engine });
      },
    });
    const { backend, threads } = journal.record().engine!;
    const predictions = await predict(fitted, data.validation, { backend, threads });
    const result = resultOf(fitted, config.seed, score(predictions, data.validation));
    await folder.write(runFiles.model, await encodeModel(fitted));
    await writeResult(folder, result);
    const ended = now();
    await writeEventFile(folder, { ...journal.record(), ended });
    await folder.check();
    await journal.write({ status: "finished", ended });
    return { record: journal.record(), result, fitted };
  } catch (error) {
    const lost = await folder.lost().catch(() => undefined);
    if (lost !== undefined) throw lost;
    const interrupted = error instanceof DmilError && error.fields.interrupted === true;
    const { code, message } = expected(error);
    const ending = interrupted
      ? ({ status: "interrupted", ended: now() } as const)
      : ({ status: "failed", ended: now(), error: { code, message } } as const);
    // Writing may fail too, for example on a full disk; the first error is reported.
    await journal.write(ending).catch(() => {});
    await writeEventFile(runFolder, journal.record()).catch(() => {});
    throw error;
  }
}

/** The record in memory; its writes to the folder run one after the other. */
function journalOf(folder: Folder, start: RunRecord) {
  let record = start;
  let last: Promise<void> = Promise.resolve();
  return {
    record: () => record,
    write(changes: Partial<RunRecord>): Promise<void> {
      record = { ...record, ...changes };
      const next = record;
      last = last.then(() => writeRecord(folder, next));
      last.catch(() => {}); // the error reaches those who await this or a later write
      return last;
    },
  };
}

function distillationOf({ teacher }: Plan["config"]): Pick<TeacherOptions, "weight" | "of"> {
  return teacher === undefined ? {} : { weight: teacher.weight, of: teacher.of };
}

function threadsOf({ engine }: RunRecord, threads: number | "auto"): { threads?: number } {
  const fixed = engine?.threads ?? threads;
  return fixed === "auto" ? {} : { threads: fixed };
}

function engineOf({ backend, threads, parameters }: FitEvent & { readonly kind: "started" }): Engine {
  const [name, version] = backend.split(" ") as [Engine["backend"], string];
  return { backend: name, version, threads, parameters };
}

/** Changes of the environment since the run was started that may change its bits. */
function changes({ engine: before, environment }: RunRecord, engine: Engine, now: Environment = {}): string[] {
  if (before === undefined) return [];
  const changed = [
    ["onnxruntime", before.version, engine.version],
    ["dmil", environment.dmil, now.dmil],
    ["processor", environment.cpu, now.cpu],
  ].filter(([, was, is]) => was !== is);
  return changed.map(
    ([what, was, is]) =>
      `the run was started with ${what} ${was} and continues with ${is}; bit-identical results are not guaranteed.`,
  );
}

function requireSameData(label: string, before: DataHashes, hashes: DataHashes): void {
  const names = [...new Set([...Object.keys(before), ...Object.keys(hashes)])];
  const changed = names.filter((name) => before[name] !== hashes[name]);
  if (changed.length === 0) return;
  throw runError(
    `${label}: the data has changed since the run was started: ${listing(changed)}. Restore the old data, or start a new run.`,
    { changed },
  );
}

function now(): string {
  return new Date().toISOString();
}
