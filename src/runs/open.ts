/** @file Opens a run: its record, its model, and whether its data has changed. */
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { Dataset } from "../data/dataset.ts";
import { decodeModel, type Fitted } from "../evaluation/model.ts";
import { calibrate } from "../evaluation/predict.ts";
import type { FrozenOptions } from "../features/frozen.ts";
import { methodFrom } from "../methods/index.ts";
import { modelInCheckpoint } from "../train/checkpoint.ts";
import { withEncoders } from "./encoders.ts";
import { type DataHashes, hashSplits } from "./identity.ts";
import { type RunRecord, type RunStatus, readRecord, runFiles } from "./record.ts";
import { readResult } from "./result.ts";

export interface OpenRun {
  readonly record: RunRecord;
  readonly fitted: Fitted;
  /** Where the model comes from if the run did not finish. */
  readonly unfinished?: Unfinished;
}

/** The best epoch so far of a run that was interrupted or killed, has failed, or is still training. */
export interface Unfinished {
  readonly status: Exclude<RunStatus, "finished">;
  readonly stage: string;
  /** The best epoch after `done` of `epochs` epochs. */
  readonly epoch: number;
  readonly done: number;
  readonly epochs: number;
  /** Stages without a finished epoch; their parameters have their initial values. */
  readonly stagesLeft: readonly string[];
  /** Why training failed. */
  readonly reason?: string;
  /** Whether probabilities are calibrated. A run is calibrated at its end; an unfinished one only if its validation data can be read. */
  readonly calibrated: boolean;
}

/**
 * Opens a run with its model; an unfinished run with the model of its last checkpoint, which is not calibrated (see `calibratedOn`).
 * Features of frozen encoders are read from and kept in the cache of the options.
 * @throws RunError if there is no run, or no stored epoch; DataError for a damaged file.
 */
export async function openRun(folder: Folder, options: FrozenOptions = {}): Promise<OpenRun> {
  const run = await openRecorded(folder);
  return { ...run, fitted: withEncoders(run.fitted, folder, options) };
}

async function openRecorded(folder: Folder): Promise<OpenRun> {
  const record = await readRecord(folder);
  const { label } = folder;
  if (record.status !== "finished") return openCheckpoint(folder, record, record.status);
  if (!(await folder.exists(runFiles.model))) {
    throw runError(`${label}: ${runFiles.model} is missing. Restore it from the checkpoint: dmil resume ${label}`);
  }
  return { record, fitted: await readModel(folder, runFiles.model) };
}

async function openCheckpoint(folder: Folder, record: RunRecord, status: Unfinished["status"]): Promise<OpenRun> {
  const { label } = folder;
  const checkpoint = (await folder.exists(runFiles.last))
    ? await modelInCheckpoint(await folder.read(runFiles.last), methodFrom, `${label}/${runFiles.last}`)
    : undefined;
  if (checkpoint === undefined) {
    const advice =
      status === "failed"
        ? `${record.error?.message ?? ""} Fix the cause and start the run again: dmil train DATA --out ${label} --force`
        : `Continue with: dmil resume ${label}`;
    throw runError(`${label}: this run (${status}) has no model, because no epoch was stored. ${advice}`, { status });
  }
  const { fitted, position } = checkpoint;
  const { stage, epoch: done, epochs, best } = fitted.history.at(-1)!;
  const stages = Object.keys(record.config.epochs).filter((name) => record.config.epochs[name] !== 0);
  const reason = position.failed ?? (status === "failed" ? record.error?.message : undefined);
  const unfinished: Unfinished = {
    status,
    stage,
    epoch: best.epoch,
    done,
    epochs,
    stagesLeft: stages.slice(stages.indexOf(stage) + 1),
    ...(reason !== undefined && { reason }),
    calibrated: false,
  };
  return { record, fitted, unfinished };
}

/**
 * Calibrates the model of an unfinished run on `validation`, as at the end of the run. Returns the run unchanged if `validation` is
 * not the validation data of its record, because the probabilities would differ from those of the run itself.
 */
export async function calibratedOn(run: OpenRun, validation: Dataset): Promise<OpenRun> {
  const { record, fitted, unfinished } = run;
  if (unfinished === undefined) return run;
  const hashes = await hashSplits({ validation }, record.config.modalities);
  if (changedData(record, hashes, ["validation"]).length > 0) return run;
  const { backend = "auto", threads } = record.engine ?? {};
  const done = await calibrate(fitted, validation, { backend, ...(threads !== undefined && { threads }) });
  return { record, fitted: done, unfinished: { ...unfinished, calibrated: true } };
}

/** Describes in text where the model of an unfinished run comes from. */
export function describeUnfinished(unfinished: Unfinished): string {
  const { stage, epoch, done, epochs, stagesLeft, reason, calibrated } = unfinished;
  const best = epoch === done ? "" : ` (the best of ${done})`;
  return [
    `of stage ${stage}, epoch ${epoch} of ${epochs}${best}, ${reason === undefined ? "unfinished" : `training failed: ${reason}`}`,
    ...(stagesLeft.length === 0 ? [] : [`not trained yet: stage ${stagesLeft.join(" and ")}`]),
    ...(calibrated ? [] : ["probabilities are not calibrated, because the validation data of the run cannot be read"]),
  ].join("\n");
}

/** Names of the arrays of some splits whose hashes differ from the record of a run; splits without hashes in the record are ignored. */
export function changedData({ data }: RunRecord, hashes: DataHashes, splits: readonly string[]): string[] {
  const before = { ...data.hashes, ...data.test };
  const names = [...new Set([...Object.keys(before), ...Object.keys(hashes)])];
  const namesOf = (split: string): string[] => names.filter((name) => name.startsWith(`${split}/`));
  return splits
    .filter((split) => namesOf(split).some((name) => Object.hasOwn(before, name)))
    .flatMap((split) => namesOf(split).filter((name) => before[name] !== hashes[name]));
}

/** Files of a finished run that are missing or damaged and can be restored from its last checkpoint. */
export async function damagedFiles(folder: Folder): Promise<string[]> {
  const readers: readonly (readonly [string, () => Promise<unknown>])[] = [
    [runFiles.model, () => readModel(folder, runFiles.model)],
    [runFiles.best, () => readModel(folder, runFiles.best)],
    [runFiles.result, () => readResult(folder)],
    [runFiles.metrics, () => folder.read(runFiles.metrics)],
  ];
  const damaged: string[] = [];
  for (const [name, read] of readers) {
    await read().catch((error) => {
      if (!(error instanceof DmilError)) throw error;
      damaged.push(name);
    });
  }
  return damaged;
}

async function readModel(folder: Folder, name: string): Promise<Fitted> {
  const advice = `Restore it from the checkpoint: dmil resume ${folder.label}`;
  return decodeModel(await folder.read(name), methodFrom, `${folder.label}/${name}`, advice);
}
