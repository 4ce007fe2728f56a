/** @file `dmil resume`: continues an interrupted run; the result is bit-identical to a run without interruption. */
import * as path from "node:path";
import type { Folder } from "../../core/folder.ts";
import { readingOf } from "../../data/reading.ts";
import { removeAsides } from "../../node/asides.ts";
import { disk } from "../../node/disk.ts";
import { damagedFiles } from "../../runs/open.ts";
import { readRecord } from "../../runs/record.ts";
import { resumeRun } from "../../runs/run.ts";
import { weightsThrough } from "../../runs/weights.ts";
import { type Answer, note } from "../answer.ts";
import { withFolderLock } from "../folder-lock.ts";
import { openData, printData, runFolder } from "../open-data.ts";
import { finishedAnswer, runAtTerminal } from "../running.ts";

export interface ResumeFlags {
  readonly data?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Resumes a run; a finished run without damaged files is left unchanged. */
export async function resume(run: string, flags: ResumeFlags): Promise<Answer> {
  const folder = await runFolder(run);
  return withFolderLock(run, { force: flags.force }, () => resumed(folder, run, flags));
}

async function resumed(folder: Folder, run: string, flags: ResumeFlags): Promise<Answer> {
  const record = await readRecord(folder);
  const { status, data, config } = record;
  const damaged = status === "finished" ? await damagedFiles(folder) : [];
  if (status === "finished" && damaged.length === 0) {
    return { text: `${run}: this run is already finished.`, json: { run, status } };
  }
  const dataPath = path.resolve(flags.data ?? data.path);
  const loaded = await openData(dataPath, readingOf(config));
  printData(loaded, flags.quiet === true);
  if (damaged.length > 0) note(`note: ${damaged.join(", ")}: missing or damaged; restored from the last checkpoint.`);
  await removeAsides(run);
  const finished = await runAtTerminal(run, flags.quiet === true, (options) =>
    resumeRun(disk(run), loaded.splits, { ...options, dataPath, openWeights: weightsThrough(disk) }),
  );
  return finishedAnswer(run, finished);
}
