/** @file Data folders and run folders as commands meet them. */
import * as path from "node:path";
import { runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import type { Dataset, SplitName } from "../data/dataset.ts";
import { type LoadedData, readDataset } from "../data/load.ts";
import { type ReadOptions, readingOf } from "../data/reading.ts";
import { describeTaken } from "../data/taken.ts";
import { disk } from "../node/disk.ts";
import { type OpenRun, openRun, requireClasses } from "../runs/open.ts";
import { runFiles } from "../runs/record.ts";
import { note } from "./answer.ts";

/** Loads data and tells its warnings, and, where a command begins something with it, what was taken as what. */
export async function openData(
  directory: string,
  options: ReadOptions = {},
  { head = false }: { readonly head?: boolean } = {},
): Promise<LoadedData> {
  const loaded = await readDataset(disk(directory), options);
  if (head) note(describeTaken(loaded.report.taken));
  for (const warning of loaded.report.warnings) note(`note: ${warning}`);
  return loaded;
}

/** The folder of a run. @throws RunError when there is none, naming runs/<name> where the user meant that. */
export async function runFolder(directory: string): Promise<Folder> {
  const folder = disk(directory);
  if (await folder.exists(runFiles.record)) return folder;
  const beside = path.join("runs", directory);
  const meant = (await disk(beside).exists(runFiles.record)) ? ` Did you mean ${beside}?` : "";
  throw runError(`${directory}: there is no run here (no ${runFiles.record}).${meant} \`dmil train\` makes runs.`, {
    folder: directory,
  });
}

/** A finished run with one split of its data, or of other data of the same kind. */
export async function openForQuestions(
  directory: string,
  split: SplitName,
  data?: string,
): Promise<OpenRun & { readonly dataset: Dataset }> {
  const run = await openRun(await runFolder(directory));
  // Other data may have a split of its own; the run's own data is split as it was.
  const reading = { ...readingOf(run.record.config), keepSplit: data !== undefined };
  const { splits } = await openData(data ?? run.record.data.path, reading);
  const dataset = splits[split];
  requireClasses(run.fitted, dataset);
  return { ...run, dataset };
}

/** Writes one file given by its path. */
export async function writeFile(file: string, bytes: Uint8Array | string): Promise<void> {
  await disk(path.dirname(file)).write(path.basename(file), bytes);
}
