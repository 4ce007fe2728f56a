/** @file A run opened for questions: its record, its model, and data checked to be of the same kind. */
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { Dataset } from "../data/dataset.ts";
import { methodFrom } from "../methods/index.ts";
import { modelInCheckpoint } from "../train/checkpoint.ts";
import { decodeModel, type Fitted } from "../train/model.ts";
import { calibrate } from "../train/predict.ts";
import { type DataHashes, hashSplits } from "./identity.ts";
import { type RunRecord, type RunStatus, readRecord, runFiles } from "./record.ts";
import { readResult } from "./result.ts";

export interface OpenRun {
  readonly record: RunRecord;
  readonly fitted: Fitted;
  /** Where the model comes from when the run did not finish. */
  readonly unfinished?: Unfinished;
}

/** The best epoch so far of a run that was interrupted, killed or failed, or is still training. */
export interface Unfinished {
  readonly status: Exclude<RunStatus, "finished">;
  readonly stage: string;
  /** The best epoch, `done` of `epochs` being over. */
  readonly epoch: number;
  readonly done: number;
  readonly epochs: number;
  /** Stages of which no epoch was finished; what they train is as it was in the beginning. */
  readonly stagesLeft: readonly string[];
  /** Why training failed. */
  readonly reason?: string;
  /** Probabilities are calibrated when a run ends; of an unfinished one they are where its validation data is at hand. */
  readonly calibrated: boolean;
}

/**
 * Opens a run: its model, or that of its last checkpoint where it did not finish, not calibrated then (`calibratedOn`).
 * @throws RunError when there is none, or no epoch of it was kept; DataError for a damaged file.
 */
export async function openRun(folder: Folder): Promise<OpenRun> {
  const record = await readRecord(folder);
  const { label } = folder;
  if (record.status !== "finished") return openCheckpoint(folder, record, record.status);
  if (!(await folder.exists(runFiles.model))) {
    throw runError(`${label}: ${runFiles.model} is missing. Make it again from the checkpoint: dmil resume ${label}`);
  }
  return { record, fitted: await readModel(folder, runFiles.model) };
}

async function openCheckpoint(folder: Folder, record: RunRecord, status: Unfinished["status"]): Promise<OpenRun> {
  const { label } = folder;
  const found = (await folder.exists(runFiles.last))
    ? await modelInCheckpoint(await folder.read(runFiles.last), methodFrom, `${label}/${runFiles.last}`)
    : undefined;
  if (found === undefined) {
    const advice =
      status === "failed"
        ? `${record.error?.message ?? ""} Mend that, and begin the run anew: dmil train DATA --out ${label} --force`
        : `Go on with: dmil resume ${label}`;
    throw runError(`${label}: this run (${status}) has no model: no epoch of it was kept. ${advice}`, { status });
  }
  const { fitted, position } = found;
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
 * An unfinished run's model as it would be calibrated at its end, when `validation` is the data it was to be calibrated on; anything else
 * would give other probabilities than the run itself, so then the run is given back as it is.
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

/** Where the model of an unfinished run comes from, for people. */
export function describeUnfinished(unfinished: Unfinished): string {
  const { stage, epoch, done, epochs, stagesLeft, reason, calibrated } = unfinished;
  const best = epoch === done ? "" : ` (the best of ${done} done)`;
  return [
    `of stage ${stage}, epoch ${epoch} of ${epochs}${best}, ${reason === undefined ? "unfinished" : `training failed: ${reason}`}`,
    ...(stagesLeft.length === 0 ? [] : [`not trained yet: what stage ${stagesLeft.join(" and ")} would train`]),
    ...(calibrated ? [] : ["probabilities are not calibrated: the validation data of its training is not at hand"]),
  ].join("\n");
}

/** Names of the arrays of some splits that are not as the record of a run has them; splits it says nothing of are left out. */
export function changedData({ data }: RunRecord, hashes: DataHashes, splits: readonly string[]): string[] {
  const before = { ...data.hashes, ...data.test };
  const names = [...new Set([...Object.keys(before), ...Object.keys(hashes)])];
  const of = (split: string): string[] => names.filter((name) => name.startsWith(`${split}/`));
  return splits
    .filter((split) => of(split).some((name) => Object.hasOwn(before, name)))
    .flatMap((split) => of(split).filter((name) => before[name] !== hashes[name]));
}

/** Files of a finished run that are missing or damaged and can be made again from its last checkpoint. */
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
  const advice = `Make it again from the checkpoint: dmil resume ${folder.label}`;
  return decodeModel(await folder.read(name), methodFrom, `${folder.label}/${name}`, advice);
}
