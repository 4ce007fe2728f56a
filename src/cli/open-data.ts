/** @file Opens data folders and run folders for commands. */
import * as path from "node:path";
import { DmilError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { printable } from "../core/printable.ts";
import { type Dataset, SPLITS, type SplitName } from "../data/dataset.ts";
import { type LoadedData, readDataset, readTraining } from "../data/load.ts";
import { type ReadOptions, readingOf } from "../data/reading.ts";
import { requireSameTarget } from "../evaluation/score.ts";
import { disk } from "../node/disk.ts";
import { hashSplits } from "../runs/identity.ts";
import { calibratedOn, changedData, describeUnfinished, type OpenRun, openRun } from "../runs/open.ts";
import { runFiles } from "../runs/record.ts";
import { note } from "./answer.ts";
import { dataSummary } from "./data-summary.ts";
import { type CacheFlags, frozenOptions } from "./frozen.ts";
import { goesNowhere } from "./paths.ts";

/** Loads data and prints its warnings. */
export async function openData(directory: string, options: ReadOptions = {}): Promise<LoadedData> {
  const loaded = await readDataset(disk(directory), options);
  for (const warning of loaded.report.warnings) note(`note: ${printable(warning)}`);
  return loaded;
}

/** Prints how the data was interpreted, before a run. */
export function printData({ report }: Pick<LoadedData, "report">, quiet: boolean): void {
  if (!quiet) for (const line of dataSummary(report)) note(line);
}

/** The folder of a run. @throws RunError if it holds no run; the message suggests runs/<name> if that is one. */
export async function runFolder(directory: string): Promise<Folder> {
  const folder = disk(directory);
  if (await folder.exists(runFiles.record)) return folder;
  const beside = path.join("runs", directory);
  const similar = (await disk(beside).exists(runFiles.record)) ? ` Did you mean ${beside}?` : "";
  throw runError(`${directory}: there is no run here (no ${runFiles.record}).${similar} \`dmil train\` creates runs.`, {
    folder: directory,
  });
}

/** A run with one split of its own data, or of other data of the same kind. */
export interface Question extends OpenRun {
  readonly dataset: Dataset;
  /** Warnings about the data, which were also printed on stderr. */
  readonly warnings: readonly string[];
}

/**
 * Opens a run for evaluation or explanation. The hashes of its own data are compared with the record. `dmil train` records a hash of
 * the test split, although training never uses its values; runs of sweeps have no such hash, so their test split is not compared.
 */
export async function openForQuestions(
  directory: string,
  { split, data, ...flags }: CacheFlags & { readonly split: SplitName; readonly data?: string },
): Promise<Question> {
  const run = await openRun(await runFolder(directory), frozenOptions(flags));
  const { record } = run;
  const dataPath = data ?? record.data.path;
  // Other data may have its own split; the data of the run is split as it was for training.
  const { splits, report } = await openData(dataPath, { ...readingOf(record.config), keepSplit: data !== undefined });
  const dataset = splits[split];
  requireSameTarget(run.fitted, dataset);
  const changed =
    data === undefined ? changedData(record, await hashSplits({ ...splits }, record.config.modalities), SPLITS) : [];
  const warnings = [...report.warnings];
  if (changed.length > 0) {
    const text = `${dataPath} has changed since ${directory} was trained (${changed.join(", ")}). The results describe the data as it is now.`;
    note(`warning: ${text}`);
    warnings.push(text);
  }
  return { ...(await calibratedOn(run, splits.validation)), dataset, warnings };
}

/** The model of a run; the model of an unfinished run is calibrated if its data can be read. */
export async function openModel(directory: string, flags: CacheFlags = {}): Promise<OpenRun> {
  const run = await openRun(await runFolder(directory), frozenOptions(flags));
  if (run.unfinished === undefined) return run;
  const { data, config } = run.record;
  const read = await readTraining(disk(data.path), readingOf(config)).catch((error) => {
    if (!(error instanceof DmilError)) throw error;
    return undefined;
  });
  return read === undefined ? run : calibratedOn(run, read.validation);
}

/** The part of an answer about an unfinished run: a line of text and JSON; both empty for a finished run. */
export function aboutUnfinished({ unfinished }: OpenRun): { readonly text: string; readonly json: object } {
  if (unfinished === undefined) return { text: "", json: {} };
  return { text: `\n${describeUnfinished(unfinished)}`, json: { unfinished } };
}

/** Writes a file, unless its path is /dev/null. */
export async function writeFile(file: string, bytes: Uint8Array | string): Promise<void> {
  if (goesNowhere(file)) return;
  await disk(path.dirname(file)).write(path.basename(file), bytes);
}
