/** @file The teacher of a run: a finished run on the same training samples. The student stores a copy, so that it can be resumed without the folder of the teacher. */
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { sha256 } from "../core/hash.ts";
import type { Dataset } from "../data/dataset.ts";
import { decodeModel, type Fitted } from "../evaluation/model.ts";
import { methodFrom } from "../methods/index.ts";
import { requireSameTask } from "../train/teacher.ts";
import { withEncoders } from "./encoders.ts";
import { hashSplits } from "./identity.ts";
import { changedData, openRun } from "./open.ts";
import { runFiles } from "./record.ts";

/** A frozen model with the bytes of its file. */
export interface RunTeacher {
  readonly model: Fitted;
  readonly bytes: Uint8Array;
  /** SHA-256 of the file; part of the identity of the student. */
  readonly hash: string;
}

/**
 * Opens a run as a teacher. @throws RunError if it did not finish, or was trained on other samples, because a teacher that has seen test
 * samples would leak them; and the errors of `requireTeachable` for data that does not fit the teacher.
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
  requireSameTask(fitted, train);
  const changed = changedData(record, await hashSplits({ train }, record.config.modalities), ["train"]);
  if (changed.length > 0) {
    throw runError(
      `${about} was trained on other samples (different: ${changed.join(", ")}); these may include test samples of this run. Train a teacher on this data with this split.`,
      { changed },
    );
  }
  return teacherFrom(folder, runFiles.model);
}

/** The copy of the teacher in the folder of a resumed run. @throws RunError if it is missing. */
export async function keptTeacher(folder: Folder): Promise<RunTeacher> {
  if (!(await folder.exists(runFiles.teacher))) {
    throw runError(
      `${folder.label}: ${runFiles.teacher}, the copy of the model of the teacher, is missing, so training cannot continue. Restore it (a copy of ${runFiles.model} of the teacher), or start the run again: dmil train DATA --out ${folder.label} --force`,
    );
  }
  return teacherFrom(folder, runFiles.teacher);
}

async function teacherFrom(folder: Folder, file: string): Promise<RunTeacher> {
  const bytes = await folder.read(file);
  const model = await decodeModel(bytes, methodFrom, `${folder.label}/${file}`);
  return { model: withEncoders(model, folder), bytes, hash: await sha256(bytes) };
}
