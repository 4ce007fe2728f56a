/** @file Data folders and run folders as commands meet them. */
import * as path from "node:path";
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { printable } from "../core/printable.ts";
import { type Dataset, SPLITS, type SplitName } from "../data/dataset.ts";
import { type LoadedData, readDataset, readTraining } from "../data/load.ts";
import { type ReadOptions, readingOf } from "../data/reading.ts";
import { disk } from "../node/disk.ts";
import { hashSplits } from "../runs/identity.ts";
import { calibratedOn, changedData, describeUnfinished, type OpenRun, openRun } from "../runs/open.ts";
import { runFiles } from "../runs/record.ts";
import { requireClasses } from "../train/same-target.ts";
import { note } from "./answer.ts";
import { dataSummary } from "./data-summary.ts";
import { goesNowhere } from "./paths.ts";

/** Loads data and tells its warnings. */
export async function openData(directory: string, options: ReadOptions = {}): Promise<LoadedData> {
  const loaded = await readDataset(disk(directory), options);
  for (const warning of loaded.report.warnings) note(`note: ${printable(warning)}`);
  return loaded;
}

/** Tells what was taken for what, at the head of a run. */
export function tellData({ report }: Pick<LoadedData, "report">, quiet: boolean): void {
  if (!quiet) for (const line of dataSummary(report)) note(line);
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

/** A run with one split of its data, or of other data of the same kind. */
export interface Question extends OpenRun {
  readonly dataset: Dataset;
  /** What a reader of the answer should know about the data, as it was told on stderr. */
  readonly warnings: readonly string[];
}

/**
 * Opens a run for questions. Its own data is compared with the record, the test split with what `dmil train` had read (it records the
 * hash; training never sees the values); runs of sweeps, which are trained without that split, say nothing of it.
 */
export async function openForQuestions(directory: string, split: SplitName, data?: string): Promise<Question> {
  const run = await openRun(await runFolder(directory));
  const { record } = run;
  const place = data ?? record.data.path;
  // Other data may have a split of its own; the run's own data is split as it was.
  const { splits, report } = await openData(place, { ...readingOf(record.config), keepSplit: data !== undefined });
  const dataset = splits[split];
  requireClasses(run.fitted, dataset);
  const changed =
    data === undefined ? changedData(record, await hashSplits({ ...splits }, record.config.modalities), SPLITS) : [];
  const warnings = [...report.warnings];
  if (changed.length > 0) {
    const text = `${place} is not as it was when ${directory} was trained; changed: ${changed.join(", ")}. The answer is about the data as it is now.`;
    note(`warning: ${text}`);
    warnings.push(text);
  }
  return { ...(await calibratedOn(run, splits.validation)), dataset, warnings };
}

/** The model of a run; where the run did not finish, calibrated if its data can be read. */
export async function openModel(directory: string): Promise<OpenRun> {
  const run = await openRun(await runFolder(directory));
  if (run.unfinished === undefined) return run;
  const { data, config } = run.record;
  const read = await readTraining(disk(data.path), readingOf(config)).catch((error) => {
    if (!(error instanceof DmilError)) throw error;
    return undefined;
  });
  return read === undefined ? run : calibratedOn(run, read.validation);
}

/** What an answer says of a run that did not finish: a line for people, facts for programs. */
export function aboutUnfinished({ unfinished }: OpenRun): { readonly text: string; readonly json: object } {
  if (unfinished === undefined) return { text: "", json: {} };
  return { text: `\n${describeUnfinished(unfinished)}`, json: { unfinished } };
}

/** Writes one file given by its path. */
export async function writeFile(file: string, bytes: Uint8Array | string): Promise<void> {
  if (goesNowhere(file)) return;
  await disk(path.dirname(file)).write(path.basename(file), bytes);
}
