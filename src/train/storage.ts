/** @file The files of a run in its folder: checkpoint, metrics, best model. */
import { configError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import { encodeModel, type Fitted } from "../evaluation/model.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, files } from "./checkpoint.ts";
import type { FitOptions } from "./plan.ts";
import type { TrainingSetup } from "./setup.ts";

/** The checkpoint to resume from; undefined if none is asked for or written. @throws RunError if it cannot be resumed. */
export async function readCheckpoint({ folder, resume, identity = "" }: FitOptions): Promise<Checkpoint | undefined> {
  if (resume !== true) return undefined;
  if (folder === undefined) throw configError("resume needs a folder that holds the run.");
  if (!(await folder.exists(files.last))) return undefined;
  const checkpoint = await decodeCheckpoint(await folder.read(files.last), `${folder.label}/${files.last}`);
  if (checkpoint.identity !== identity) {
    throw runError(
      `${folder.label}: the settings or the data differ from those the run was started with. Restore them, or use another folder.`,
    );
  }
  if (checkpoint.position.failed !== undefined) {
    throw runError(
      `${folder.label}: training failed and would fail again: ${checkpoint.position.failed} Begin a new run with other settings.`,
    );
  }
  return checkpoint;
}

/** Writes a checkpoint; after a failure also the best model. Without a folder it does nothing. */
export async function saveCheckpoint(
  { options, fitted }: Pick<TrainingSetup, "options" | "fitted">,
  next: Omit<Checkpoint, "identity">,
): Promise<void> {
  const { folder, identity = "" } = options;
  if (folder === undefined) return;
  await folder.write(files.last, await encodeCheckpoint({ ...next, identity }, fitted({}, [])));
  if (next.position.failed !== undefined) await saveBest(folder, fitted(next.best, next.position.history));
}

export async function saveBest(folder: Folder | undefined, model: Fitted): Promise<void> {
  await folder?.write(files.best, await encodeModel(model));
}

/** Writes the metrics up to the checkpoint, because later epochs are run again. */
export async function writeHistory(folder: Folder | undefined, history: readonly EpochRecord[]): Promise<void> {
  await folder?.write(files.metrics, history.map((record) => `${JSON.stringify(record)}\n`).join(""));
}
