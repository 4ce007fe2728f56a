/** @file Opens the data sets of an experiment: reads folders, generates data, or takes splits in memory. */
import type { Folder } from "../core/folder.ts";
import { checkSplits } from "../data/check.ts";
import { type DataSplits, mapSplits, selectModalities } from "../data/dataset.ts";
import { type LoadedData, readDataset } from "../data/load.ts";
import { readManifest } from "../data/manifest.ts";
import { READING, type ReadOptions, readingOf } from "../data/reading.ts";
import { issuesError } from "../runs/settings.ts";
import { slug } from "./cache.ts";
import { type DataEntry, dataName } from "./experiment.ts";
import type { OpenedData } from "./jobs.ts";
import { type ExperimentOptions, refuse } from "./run-jobs.ts";

/** How data is opened; see `ExperimentOptions`. */
export interface DataSources extends Pick<ExperimentOptions, "open" | "resolve" | "onEvent"> {
  /** Generates the data of an entry with `generate`. */
  readonly generate?: (options: Readonly<Record<string, unknown>>, index: number) => Promise<DataSplits>;
}

/** Returns a function that opens the data sets of an experiment. @throws ConfigError for two data sets with one name; DataError for invalid data. */
export function dataOpener(sources: DataSources): (entry: DataEntry, index: number) => Promise<OpenedData> {
  const usedNames = new Set<string>();
  return async (entry, index) => {
    const opened =
      entry.path === undefined ? await made(entry, index, sources) : await read(entry, entry.path, sources);
    if (usedNames.has(slug(opened.name))) {
      const message = `two data sets are named "${opened.name}"; give one of them another \`name\``;
      throw issuesError([{ path: ["data", index], message }]);
    }
    usedNames.add(slug(opened.name));
    return opened;
  };
}

async function read(
  entry: DataEntry,
  path: string,
  { open = refuse, resolve = (same) => same, onEvent }: DataSources,
): Promise<OpenedData> {
  const folder = open(path);
  const { splits, all, report } = await readChosen(folder, readingOf(entry));
  onEvent?.({ kind: "data", folder: folder.label, report });
  const groups = entry.group ?? (await readManifest(folder)).groups;
  // Arrays (.npy) in folders are read directly. Other formats, and data with reading options, are converted once into the cache
  // for all runs.
  const hasOptions = READING.some((key) => key !== "modalities" && entry[key] !== undefined);
  const cached = hasOptions || (await folder.list()).some((file) => /^[^/]+\.(csv|tsv|npz|npy)$/i.test(file));
  return {
    entry,
    name: dataName(entry, baseName(resolve(path)), Object.keys(splits.train.modalities), all),
    splits,
    ...(!cached && { path }),
    ...(splits.train.groups !== undefined && {
      groups: groups === undefined ? "group" : baseName(groups).replace(/(?<=.)\.[^.]*$/, ""),
    }),
  };
}

/** The splits with the chosen modalities, and the names of all modalities of the data. */
async function readChosen(
  folder: Folder,
  { modalities: chosen, ...reading }: ReadOptions,
): Promise<LoadedData & { readonly all: readonly string[] }> {
  const whole = await readDataset(folder, reading).catch((error) => {
    if (chosen === undefined) throw error;
    return undefined; // the error may be in a modality that was not chosen
  });
  const all = Object.keys(whole?.splits.train.modalities ?? {});
  if (chosen === undefined) return { ...whole!, all };
  const inWhole = chosen.every((name) => all.includes(name)) && new Set(chosen).size === chosen.length;
  if (whole === undefined || !inWhole) {
    const loaded = await readDataset(folder, { ...reading, modalities: chosen });
    return { ...loaded, all: [] };
  }
  const splits = mapSplits((split) => selectModalities(whole.splits[split], chosen));
  const { taken } = whole.report;
  const modalities = Object.fromEntries(chosen.map((name) => [name, taken.modalities[name]!]));
  return { splits, all, report: { ...checkSplits(splits), taken: { ...taken, modalities } } };
}

/** Data in memory, or generated. */
async function made(entry: DataEntry, index: number, { generate }: DataSources): Promise<OpenedData> {
  const { splits: inMemory, modalities, name } = entry;
  if (inMemory === undefined && generate === undefined) {
    const message = "data is generated only by the command `dmil sweep`; a program gives `splits` instead";
    throw issuesError([{ path: ["data", index, "generate"], message }]);
  }
  const splits = inMemory ?? (await generate!(entry.generate!, index));
  const chosen = modalities === undefined ? splits : mapSplits((split) => selectModalities(splits[split], modalities));
  return { entry, name: name!, splits: chosen };
}

/** The last part of a path. */
function baseName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
}

/** A path that can be published: an absolute path is shortened to its last part. */
export function portablePath(path: string): string {
  return /^([/\\]|[a-z]:[/\\])/i.test(path) ? baseName(path) : path;
}
