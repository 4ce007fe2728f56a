/** @file The input of `dmil sweep`: builds an experiment from flags and a file, and opens or generates its data. */
import * as path from "node:path";
import { configError, DmilError } from "../core/errors.ts";
import { checkSplits } from "../data/check.ts";
import { mapSplits, selectModalities } from "../data/dataset.ts";
import { type LoadedData, readDataset } from "../data/load.ts";
import { readManifest } from "../data/manifest.ts";
import { READING, type ReadOptions, readingOf } from "../data/reading.ts";
import { slug } from "../experiments/cache.ts";
import { type DataEntry, dataName } from "../experiments/experiment.ts";
import type { OpenedData } from "../experiments/jobs.ts";
import { disk } from "../node/disk.ts";
import { issuesError } from "../runs/settings.ts";
import { note } from "./answer.ts";
import { type DataFlags, generatorOf } from "./commands/data-generate.ts";
import { type Given, gatherSettings, names, numberOrText, seedsOf } from "./config.ts";
import { dataSummary } from "./data-summary.ts";
import { type ReadingFlags, readingFlags, readingOptions } from "./reading.ts";
import { quoted } from "./text.ts";

export interface SweepFlags extends ReadingFlags {
  readonly out: string;
  readonly config?: string;
  readonly methods?: string;
  readonly seeds?: string;
  readonly set?: readonly string[];
  readonly tune?: string;
  readonly splitBy?: string;
  readonly folds?: string;
  readonly classesOut?: string;
  readonly trainShares?: string;
  readonly workers: string;
  readonly resume?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
}

/** An experiment before it is checked, and the folder that its paths are relative to. */
export type GivenExperiment = Given & { readonly directory: string };

/** Builds the experiment from a file and flags; flags override the file. @throws ConfigError for values that cannot be parsed. */
export async function experimentOf(data: readonly string[], flags: SweepFlags): Promise<GivenExperiment> {
  const reading = readingFlags(flags).filter(({ value }) => value !== undefined);
  if (reading.length > 0 && data.length === 0) {
    throw configError(
      `${reading[0]!.label} applies only to data folders in the command; in the --config file, set it for each data set.`,
    );
  }
  const options = readingOptions(flags);
  const listed = data.map((folder) => ({ path: folder, ...options }));
  const methods = names(flags.methods, "--methods");
  const input = await gatherSettings(
    flags.config,
    [
      { label: "DATA", path: ["data"], value: listed.length === 0 ? undefined : listed },
      { label: "--methods", path: ["methods"], value: methods?.join() === "all" ? "all" : methods },
      { label: "--seeds", path: ["seeds"], value: flags.seeds === undefined ? undefined : seedsOf(flags.seeds) },
      { label: "--tune", path: ["tune"], value: numberOrText(flags.tune) },
      { label: "--split-by", path: ["splitBy"], value: flags.splitBy },
      { label: "--folds", path: ["folds"], value: numberOrText(flags.folds) },
      { label: "--classes-out", path: ["classesOut"], value: numberOrText(flags.classesOut) },
      {
        label: "--train-shares",
        path: ["trainShares"],
        value: names(flags.trainShares, "--train-shares")?.map(numberOrText),
      },
    ],
    flags.set ?? [],
    ["set"],
  );
  if (input.value.data === undefined) {
    throw configError(
      "no data is given: give data folders, for example `dmil sweep DIR --out sweeps/first`, or a --config file with `data:`.",
    );
  }
  const { seeds } = input.value;
  const parsedSeeds =
    typeof seeds === "string" ? seedsOf(seeds, input.origin(["seeds"])) : typeof seeds === "number" ? [seeds] : seeds;
  return {
    value: { ...input.value, ...(parsedSeeds !== undefined && { seeds: parsedSeeds }) },
    origin: input.origin,
    directory: data.length > 0 || flags.config === undefined ? "" : path.dirname(flags.config),
  };
}

/** Returns a function that opens or generates the data sets of an experiment; paths are relative to `directory`. */
export function opener(directory: string, quiet = false): (entry: DataEntry, index: number) => Promise<OpenedData> {
  const usedNames = new Set<string>();
  return async (entry, index) => {
    const opened =
      entry.path === undefined ? await made(entry, index) : await read(entry, path.join(directory, entry.path), quiet);
    if (usedNames.has(slug(opened.name))) {
      throw issuesError([
        {
          path: ["data", index],
          message: `two data sets are named "${opened.name}"; give one of them another \`name\``,
        },
      ]);
    }
    usedNames.add(slug(opened.name));
    return opened;
  };
}

async function read(entry: DataEntry, directory: string, quiet: boolean): Promise<OpenedData> {
  const folder = disk(directory);
  const { splits, all, report } = await readChosen(directory, readingOf(entry));
  if (!quiet) note(`${directory}: ${dataSummary(report).join("; ")}`);
  for (const warning of report.warnings) note(`note: ${directory}: ${warning}`);
  const groups = entry.group ?? (await readManifest(folder)).groups;
  // Arrays (.npy) in folders are read directly. Other formats, and data with reading options, are converted once into the cache
  // for all runs.
  const hasOptions = READING.some((key) => key !== "modalities" && entry[key] !== undefined);
  const cached = hasOptions || (await folder.list()).some((file) => /^[^/]+\.(csv|tsv|npz|npy)$/i.test(file));
  return {
    entry,
    name: dataName(entry, path.basename(path.resolve(directory)), Object.keys(splits.train.modalities), all),
    splits,
    ...(!cached && { path: directory }),
    ...(splits.train.groups !== undefined && { groups: groups === undefined ? "group" : path.parse(groups).name }),
  };
}

/** The splits with the chosen modalities, and the names of all modalities of the data. */
async function readChosen(
  directory: string,
  { modalities: chosen, ...reading }: ReadOptions,
): Promise<LoadedData & { readonly all: readonly string[] }> {
  const folder = disk(directory);
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

async function made(entry: DataEntry, index: number): Promise<OpenedData> {
  const { generate: options = {}, modalities } = entry;
  const { kind = "interaction-mixture", seed = 0, ...rest } = options;
  const flags = {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, asFlag(value)])),
    kind: String(kind),
    seed: String(seed),
  };
  try {
    const allowed: readonly string[] = [
      "samples",
      "noise",
      "shares",
      "classes",
      "features",
      "modalities",
      "synergy",
      "stratified",
    ];
    const unknown = Object.keys(rest).find((name) => !allowed.includes(name));
    if (unknown !== undefined)
      throw configError(`there is no setting "${unknown}". Allowed: ${["kind", "seed", ...allowed].join(", ")}.`);
    const splits = await generatorOf(flags as DataFlags).make();
    const chosen =
      modalities === undefined ? splits : mapSplits((split) => selectModalities(splits[split], modalities));
    return { entry, name: entry.name!, splits: chosen };
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "ConfigError") throw error;
    throw issuesError([{ path: ["data", index, "generate"], message: error.message.replaceAll("--", "") }]);
  }
}

/** The value of a setting as a flag of `dmil data generate`: `[a, b]` becomes `a,b`, `{a: 1}` becomes `a=1`. */
function asFlag(value: unknown): string | boolean {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.join(",");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, number]) => `${name}=${number}`)
    .join(",");
}

/** The command that gives the same results, without output and absolute paths. */
export function commandOf(data: readonly string[], flags: SweepFlags): string {
  const { config, methods, seeds, set = [], tune, splitBy, folds, classesOut, trainShares } = flags;
  const named = {
    config: config && portablePath(config),
    methods,
    seeds,
    modalities: flags.modalities,
    "leave-out": flags.leaveOut,
    label: flags.label,
    group: flags.group,
    "split-seed": flags.splitSeed,
    "split-shares": flags.splitShares,
    tune,
    "split-by": splitBy,
    folds,
    "classes-out": classesOut,
    "train-shares": trainShares,
  };
  return [
    "dmil sweep",
    ...data.map((folder) => quoted(portablePath(folder))),
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${quoted(value)}`])),
    ...set.map((setting) => `--set ${quoted(setting)}`),
  ].join(" ");
}

/** An experiment with absolute paths shortened to their last part. */
export function portable(value: Readonly<Record<string, unknown>>): unknown {
  const data = value.data as readonly DataEntry[];
  return {
    ...value,
    data: data.map((entry) => (entry.path === undefined ? entry : { ...entry, path: portablePath(entry.path) })),
  };
}

/** A path that can be published: an absolute path is shortened to its last part. */
export function portablePath(file: string): string {
  return path.isAbsolute(file) ? path.basename(file) : file;
}
