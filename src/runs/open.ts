/** @file A finished run, opened for questions: its record, its model, and data checked to be of the same kind. */
import { dataError, listing, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { Dataset } from "../data/dataset.ts";
import { describeTarget, sameTarget } from "../data/target.ts";
import { methodFrom } from "../methods/index.ts";
import { decodeModel, type Fitted } from "../train/model.ts";
import { type RunRecord, readRecord, runFiles } from "./record.ts";

export interface OpenRun {
  readonly record: RunRecord;
  readonly fitted: Fitted;
}

/** Opens a finished run. @throws RunError when there is none, or it did not finish; DataError for a damaged model. */
export async function openRun(folder: Folder): Promise<OpenRun> {
  const record = await readRecord(folder);
  if (record.status !== "finished" || !(await folder.exists(runFiles.model))) {
    throw runError(
      `${folder.label}: this run has no model yet (status ${record.status}). Go on with: dmil resume ${folder.label}`,
      { status: record.status },
    );
  }
  const fitted = decodeModel(await folder.read(runFiles.model), methodFrom, `${folder.label}/${runFiles.model}`);
  return { record, fitted };
}

/** @throws DataError when the classes (or labels, or values) are not those the model was trained on, in that order. */
export function requireClasses(fitted: Fitted, dataset: Dataset): void {
  const { classes, target } = fitted;
  if (target !== undefined || dataset.target !== undefined) {
    if (target !== undefined && dataset.target !== undefined && sameTarget(target, dataset.target)) return;
    const model = target === undefined ? `classes (${listing(classes)})` : `${target.kind} (${listing(target.names)})`;
    throw dataError(
      `the ${dataset.name} data has ${describeTarget(dataset)}, the model ${model}; they must be the same in the same order. Say so under "target" in dataset.json.`,
    );
  }
  if (classes.length === dataset.classes.length && classes.every((name, k) => name === dataset.classes[k])) return;
  throw dataError(
    `the ${dataset.name} data has the classes ${listing(dataset.classes)}, the model ${listing(classes)}; they must be the same in the same order. Name them in dataset.json.`,
    { data: dataset.classes, model: classes },
  );
}
