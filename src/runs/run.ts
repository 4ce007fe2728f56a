/** @file A run: training with a memory. It starts, goes on after an interrupt or a kill to the same bits, and ends. */
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { EpochRecord, FitEvent } from "../train/events.ts";
import { type Figures, figuresOf } from "../train/figures.ts";
import { fit } from "../train/fit.ts";
import { encodeModel, type Fitted } from "../train/model.ts";
import { type Metrics, predict, score } from "../train/predict.ts";
import { type DataHashes, hashData, identityOf, type TrainingData } from "./identity.ts";
import { type Plan, planRun } from "./plan.ts";
import { type Engine, type Environment, type RunRecord, readRecord, runFiles, writeRecord } from "./record.ts";
import { optimiserOf, parseSettings } from "./settings.ts";
import { writeEventFile } from "./tensorboard.ts";

export interface RunOptions {
  /** Where the data lies, for later commands; the path of the settings if left out. */
  readonly dataPath?: string;
  /** Facts about machine and versions for the record. */
  readonly environment?: Environment;
  readonly onEvent?: (event: FitEvent) => void;
  /** Aborting saves, and ends with a RunError whose `fields.interrupted` is true. */
  readonly signal?: AbortSignal;
  /** Seconds between checkpoints, 5. */
  readonly checkpointSeconds?: number;
}

/** result.json: the figures a run was judged by while it was made. The test split has no part in them. */
export interface RunResult {
  readonly method: string;
  readonly seed: number;
  readonly stages: readonly {
    readonly stage: string;
    readonly epochs: number;
    readonly best: EpochRecord["best"];
  }[];
  /** Of the finished model. */
  readonly validation: Metrics | Figures;
}

export interface FinishedRun {
  readonly record: RunRecord;
  readonly result: RunResult;
  readonly fitted: Fitted;
}

/**
 * Trains what a plan describes and keeps everything in a folder: run.json, metrics.jsonl, checkpoints/, and at the end
 * model.safetensors, result.json and an event file for TensorBoard. @throws RunError when the folder already holds a run; whatever `fit` throws.
 */
export async function startRun(
  folder: Folder,
  { config, method }: Plan,
  data: TrainingData,
  options: RunOptions = {},
): Promise<FinishedRun> {
  await requireNoRun(folder);
  const hashes = await hashData(data, config.modalities);
  const record: RunRecord = {
    format: "dmil-run-1",
    status: "running",
    started: now(),
    config,
    identity: await identityOf(config, hashes),
    data: { path: options.dataPath ?? config.data, hashes },
    environment: options.environment ?? {},
  };
  return train(folder, record, { config, method }, data, options, false);
}

/**
 * Goes on with a run from its last checkpoint, to the bits of a run without a break; one that has none begins anew.
 * @throws RunError when it is finished, or when settings or data are not those it was started with.
 */
export async function resumeRun(folder: Folder, data: TrainingData, options: RunOptions = {}): Promise<FinishedRun> {
  const before = await readRecord(folder);
  if (before.status === "finished") throw runError(`${folder.label}: this run is finished; nothing is left to do.`);
  const plan = planRun(parseSettings(before.config), data.train);
  const hashes = await hashData(data, plan.config.modalities);
  requireSameData(folder.label, before.data.hashes, hashes);
  if ((await identityOf(plan.config, hashes)) !== before.identity) {
    throw runError(
      `${folder.label}: the settings in ${runFiles.record} are not those the run was started with. Undo the change, or start a new run.`,
    );
  }
  const record: RunRecord = {
    ...before,
    status: "running",
    resumed: now(),
    ended: undefined,
    error: undefined,
    data: { path: options.dataPath ?? before.data.path, hashes },
  };
  return train(folder, record, plan, data, options, true);
}

/** Removes a run, and nothing else, from a folder. */
export async function removeRun(folder: Folder): Promise<void> {
  // The record goes last: while it is there, the folder is known to hold a run.
  const names = Object.values(runFiles).filter((name) => name !== runFiles.record);
  for (const name of [...names, runFiles.record]) await folder.remove(name);
}

/** @throws RunError when the folder holds a run; one that failed before its training began is none. */
export async function requireNoRun(folder: Folder): Promise<void> {
  if (!(await folder.exists(runFiles.record))) return;
  const { status, engine } = await readRecord(folder);
  if (status === "failed" && engine === undefined) return;
  throw runError(
    `${folder.label} already holds a run (${status}). Go on with it: dmil resume ${folder.label}; or give another --out; or replace it with --force.`,
    { folder: folder.label, status },
  );
}

async function train(
  folder: Folder,
  start: RunRecord,
  { config, method }: Plan,
  data: TrainingData,
  options: RunOptions,
  resume: boolean,
): Promise<FinishedRun> {
  const journal = journalOf(folder, start);
  await journal.write({});
  const emit = options.onEvent ?? (() => {});
  try {
    const fitted = await fit(method, data, {
      seed: config.seed,
      batchSize: config.batchSize,
      epochs: config.epochs,
      learningRate: config.learningRate,
      optimiser: optimiserOf(config.optimiser),
      ...(config.clipNorm !== undefined && { clipNorm: config.clipNorm }),
      ...(config.modalityDropout !== undefined && { modalityDropout: config.modalityDropout }),
      // What it began with, it goes on with: another backend or number of threads gives other bits.
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
    const said = await predict(fitted, data.validation, { backend, threads });
    const validation = fitted.target === undefined ? score(said, data.validation) : figuresOf(said, data.validation);
    const result = resultOf(fitted, config.seed, validation);
    await folder.write(runFiles.model, encodeModel(fitted));
    await folder.write(runFiles.result, `${JSON.stringify(result, undefined, 2)}\n`);
    const ended = now();
    await writeEventFile(folder, { ...journal.record(), ended });
    await journal.write({ status: "finished", ended });
    return { record: journal.record(), result, fitted };
  } catch (error) {
    const interrupted = error instanceof DmilError && error.fields.interrupted === true;
    const { code, message } =
      error instanceof DmilError ? error : { code: "InternalError", message: String((error as Error).message) };
    const ending = interrupted
      ? ({ status: "interrupted", ended: now() } as const)
      : ({ status: "failed", ended: now(), error: { code, message } } as const);
    // The disk may be what failed; the first error is the one to tell.
    await journal.write(ending).catch(() => {});
    await writeEventFile(folder, journal.record()).catch(() => {});
    throw error;
  }
}

/** The record in memory and on its way to the folder, one write after the other. */
function journalOf(folder: Folder, start: RunRecord) {
  let record = start;
  let last: Promise<void> = Promise.resolve();
  return {
    record: () => record,
    write(changes: Partial<RunRecord>): Promise<void> {
      record = { ...record, ...changes };
      const next = record;
      last = last.then(() => writeRecord(folder, next));
      last.catch(() => {}); // whoever waits for this or a later write is told
      return last;
    },
  };
}

function threadsOf({ engine }: RunRecord, threads: number | "auto"): { threads?: number } {
  const fixed = engine?.threads ?? threads;
  return fixed === "auto" ? {} : { threads: fixed };
}

function engineOf({ backend, threads, parameters }: FitEvent & { readonly kind: "started" }): Engine {
  const [name, version] = backend.split(" ") as [Engine["backend"], string];
  return { backend: name, version, threads, parameters };
}

/** What is not as it was when the run began, and may change its bits. */
function changes({ engine: before, environment }: RunRecord, engine: Engine, now: Environment = {}): string[] {
  if (before === undefined) return [];
  const changed = [
    ["onnxruntime", before.version, engine.version],
    ["dmil", environment.dmil, now.dmil],
    ["processor", environment.cpu, now.cpu],
  ].filter(([, was, is]) => was !== is);
  return changed.map(
    ([what, was, is]) => `the run began with ${what} ${was} and goes on with ${is}; the same bits are not promised.`,
  );
}

function requireSameData(label: string, before: DataHashes, hashes: DataHashes): void {
  const names = [...new Set([...Object.keys(before), ...Object.keys(hashes)])];
  const changed = names.filter((name) => before[name] !== hashes[name]);
  if (changed.length === 0) return;
  throw runError(
    `${label}: the data is not what the run was started with; changed: ${changed.join(", ")}. Bring the old data back, or start a new run.`,
    { changed },
  );
}

function resultOf({ method, history }: Fitted, seed: number, validation: RunResult["validation"]): RunResult {
  const names = [...new Set(history.map((record) => record.stage))];
  const stages = names.map((stage) => {
    const { epochs, best } = history.findLast((record) => record.stage === stage)!;
    return { stage, epochs, best };
  });
  return { method: method.name, seed, stages, validation };
}

function now(): string {
  return new Date().toISOString();
}
