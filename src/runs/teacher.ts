/** @file The teacher of a run: a finished run on the same training samples. What learns from it keeps a copy, so that the teacher's folder may go. */
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { sha256 } from "../core/hash.ts";
import type { Dataset } from "../data/dataset.ts";
import { methodFrom } from "../methods/index.ts";
import { decodeModel, type Fitted } from "../train/model.ts";
import { requireTeachable } from "../train/teacher.ts";
import { hashSplits } from "./identity.ts";
import { changedData, openRun } from "./open.ts";
import { runFiles } from "./record.ts";

/** A frozen model, as its file has it. */
export interface RunTeacher {
  readonly model: Fitted;
  readonly bytes: Uint8Array;
  /** SHA-256 of the file: it belongs to the identity of what learns from it. */
  readonly hash: string;
}

/**
 * Opens the run that a new one is to learn from. @throws RunError for one that did not finish, or was trained on other samples: a teacher that has
 * seen test samples would tell of them; and what is thrown for data that it cannot speak of.
 */
export async function openTeacher(folder: Folder, train: Dataset): Promise<RunTeacher> {
  const about = `the teacher ${folder.label}`;
  const { record, fitted, unfinished } = await openRun(folder).catch((error) => {
    if (!(error instanceof DmilError)) throw error;
    throw new DmilError(error.code, `the teacher, ${error.message}`, error.fields);
  });
  if (unfinished !== undefined) {
    throw runError(
      `${about} is not finished (${unfinished.status}), so its probabilities are not calibrated. Finish it first: dmil resume ${folder.label}`,
    );
  }
  requireTeachable(fitted, train);
  const changed = changedData(record, await hashSplits({ train }, record.config.modalities), ["train"]);
  if (changed.length > 0) {
    throw runError(
      `${about} was trained on other samples (different: ${changed.join(", ")}); it may have seen some on which this run will be judged. Train a teacher on this data, split as it is here.`,
      { changed },
    );
  }
  return told(await folder.read(runFiles.model), `${folder.label}/${runFiles.model}`);
}

/** The copy of its teacher in the folder of a run that goes on. @throws RunError when it is not there. */
export async function keptTeacher(folder: Folder): Promise<RunTeacher> {
  if (!(await folder.exists(runFiles.teacher))) {
    throw runError(
      `${folder.label}: ${runFiles.teacher}, its copy of the teacher's model, is missing, and without it training cannot go on. Bring it back (it is ${runFiles.model} of the teacher's run), or begin the run anew: dmil train DATA --out ${folder.label} --force`,
    );
  }
  return told(await folder.read(runFiles.teacher), `${folder.label}/${runFiles.teacher}`);
}

async function told(bytes: Uint8Array, where: string): Promise<RunTeacher> {
  return { model: await decodeModel(bytes, methodFrom, where), bytes, hash: await sha256(bytes) };
}
