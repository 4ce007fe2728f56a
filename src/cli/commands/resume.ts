/** @file `dmil resume`: goes on with an interrupted run, to the bits of one without a break. */
import * as path from "node:path";
import type { Folder } from "../../core/folder.ts";
import { disk, removeAsides } from "../../node/disk.ts";
import { readRecord } from "../../runs/record.ts";
import { resumeRun } from "../../runs/run.ts";
import type { Answer } from "../answer.ts";
import { openData, runFolder } from "../open-data.ts";
import { owning } from "../owning.ts";
import { finishedAnswer, runAtTerminal } from "../running.ts";

export interface ResumeFlags {
  readonly data?: string;
  readonly force?: boolean;
  readonly quiet?: boolean;
}

/** Resumes a run; one that is finished is left alone. */
export async function resume(run: string, flags: ResumeFlags): Promise<Answer> {
  const folder = await runFolder(run);
  return owning(run, { force: flags.force }, () => resumed(folder, run, flags));
}

async function resumed(folder: Folder, run: string, flags: ResumeFlags): Promise<Answer> {
  const record = await readRecord(folder);
  const { status, data, config } = record;
  if (status === "finished") {
    return { text: `${run}: this run is finished; nothing is left to do.`, json: { run, status } };
  }
  const place = path.resolve(flags.data ?? data.path);
  const { splits } = await openData(place, config.modalities);
  await removeAsides(run);
  const finished = await runAtTerminal(run, flags.quiet === true, (options) =>
    resumeRun(disk(run), splits, { ...options, dataPath: place }),
  );
  return finishedAnswer(run, finished);
}
