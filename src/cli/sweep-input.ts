/** @file What a user says to `dmil sweep`, as an experiment: flags and a file, data opened or generated. */
import * as path from "node:path";
import { configError, DmilError } from "../core/errors.ts";
import { checkSplits } from "../data/check.ts";
import { mapSplits, selectModalities } from "../data/dataset.ts";
import { type LoadedData, readDataset } from "../data/load.ts";
import { readManifest } from "../data/manifest.ts";
import { READING, type ReadOptions, readingOf } from "../data/reading.ts";
import { disk } from "../node/disk.ts";
import { issuesError } from "../runs/settings.ts";
import { slug } from "../runs/sweep/cache.ts";
import { type DataEntry, dataName } from "../runs/sweep/experiment.ts";
import type { OpenedData } from "../runs/sweep/jobs.ts";
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

/** An experiment as given, and the folder that its paths begin in. */
export type GivenExperiment = Given & { readonly directory: string };

/** The experiment that a file and flags describe; flags go before the file. @throws ConfigError for words that cannot be read. */
export async function experimentOf(data: readonly string[], flags: SweepFlags): Promise<GivenExperiment> {
  const reading = readingFlags(flags).filter(({ value }) => value !== undefined);
  if (reading.length > 0 && data.length === 0) {
    throw configError(
      `${reading[0]!.label} goes with data folders in the command; in the --config file each data set names its own.`,
    );
  }
  const options = readingOptions(flags);
  const listed = data.map((own) => ({ path: own, ...options }));
  const methods = names(flags.methods, "--methods");
  const given = await gatherSettings(
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
  if (given.value.data === undefined) {
    throw configError(
      "no data: name folders, as in `dmil sweep DIR --out sweeps/first`, or a --config file with `data:`.",
    );
  }
  const { seeds } = given.value;
  const read =
    typeof seeds === "string" ? seedsOf(seeds, given.origin(["seeds"])) : typeof seeds === "number" ? [seeds] : seeds;
  return {
    value: { ...given.value, ...(read !== undefined && { seeds: read }) },
    origin: given.origin,
    directory: data.length > 0 || flags.config === undefined ? "" : path.dirname(flags.config),
  };
}

/** Opens or makes the data sets of an experiment; paths begin in `directory`. */
export function opener(directory: string, quiet = false): (entry: DataEntry, index: number) => Promise<OpenedData> {
  const taken = new Set<string>();
  return async (entry, index) => {
    const opened =
      entry.path === undefined ? await made(entry, index) : await read(entry, path.join(directory, entry.path), quiet);
    if (taken.has(slug(opened.name))) {
      throw issuesError([
        {
          path: ["data", index],
          message: `"${opened.name}" is the name of another data set too; give one of them another \`name\``,
        },
      ]);
    }
    taken.add(slug(opened.name));
    return opened;
  };
}

async function read(entry: DataEntry, place: string, quiet: boolean): Promise<OpenedData> {
  const folder = disk(place);
  const { splits, all, report } = await readChosen(place, readingOf(entry));
  if (!quiet) note(`${place}: ${dataSummary(report).join("; ")}`);
  for (const warning of report.warnings) note(`note: ${place}: ${warning}`);
  const groups = entry.group ?? (await readManifest(folder)).groups;
  // Arrays are read as quickly from here as from a copy; texts and archives are unpacked once for all runs.
  // What is to be read in a way of its own is kept as it was read.
  const own = READING.some((key) => key !== "modalities" && entry[key] !== undefined);
  const packed = own || (await folder.list()).some((file) => /^[^/]+\.(csv|tsv|npz|npy)$/i.test(file));
  return {
    entry,
    name: dataName(entry, path.basename(path.resolve(place)), Object.keys(splits.train.modalities), all),
    splits,
    ...(!packed && { path: place }),
    ...(splits.train.groups !== undefined && { groups: groups === undefined ? "group" : path.parse(groups).name }),
  };
}

/** The splits with the chosen modalities, and the names of all that the data has. */
async function readChosen(
  place: string,
  { modalities: chosen, ...reading }: ReadOptions,
): Promise<LoadedData & { readonly all: readonly string[] }> {
  const folder = disk(place);
  const whole = await readDataset(folder, reading).catch((error) => {
    if (chosen === undefined) throw error;
    return undefined; // a modality that was not chosen may be broken
  });
  const all = Object.keys(whole?.splits.train.modalities ?? {});
  if (chosen === undefined) return { ...whole!, all };
  const inWhole = chosen.every((name) => all.includes(name)) && new Set(chosen).size === chosen.length;
  if (whole === undefined || !inWhole) {
    const own = await readDataset(folder, { ...reading, modalities: chosen });
    return { ...own, all: [] };
  }
  const splits = mapSplits((split) => selectModalities(whole.splits[split], chosen));
  const { taken } = whole.report;
  const modalities = Object.fromEntries(chosen.map((name) => [name, taken.modalities[name]!]));
  return { splits, all, report: { ...checkSplits(splits), taken: { ...taken, modalities } } };
}

async function made(entry: DataEntry, index: number): Promise<OpenedData> {
  const { generate = {}, modalities } = entry;
  const { kind = "interaction-mixture", seed = 0, ...rest } = generate;
  const flags = {
    ...Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, asFlag(value)])),
    kind: String(kind),
    seed: String(seed),
  };
  try {
    const known: readonly string[] = [
      "samples",
      "noise",
      "shares",
      "classes",
      "features",
      "modalities",
      "synergy",
      "stratified",
    ];
    const odd = Object.keys(rest).find((name) => !known.includes(name));
    if (odd !== undefined)
      throw configError(`there is no setting "${odd}". Allowed: ${["kind", "seed", ...known].join(", ")}.`);
    const splits = await generatorOf(flags as DataFlags).make();
    const chosen =
      modalities === undefined ? splits : mapSplits((split) => selectModalities(splits[split], modalities));
    return { entry, name: entry.name!, splits: chosen };
  } catch (error) {
    if (!(error instanceof DmilError) || error.code !== "ConfigError") throw error;
    throw issuesError([{ path: ["data", index, "generate"], message: error.message.replaceAll("--", "") }]);
  }
}

/** A setting as the flag of `dmil data generate` has it: `[a, b]` as `a,b`, `{a: 1}` as `a=1`. */
function asFlag(value: unknown): string | boolean {
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.join(",");
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, own]) => `${name}=${own}`)
    .join(",");
}

/** The command that gives the same figures, without the places where it wrote and absolute paths. */
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
    ...data.map((own) => quoted(portablePath(own))),
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} ${quoted(value)}`])),
    ...set.map((own) => `--set ${quoted(own)}`),
  ].join(" ");
}

/** An experiment with absolute paths cut to their last part. */
export function portable(value: Readonly<Record<string, unknown>>): unknown {
  const data = value.data as readonly DataEntry[];
  return {
    ...value,
    data: data.map((own) => (own.path === undefined ? own : { ...own, path: portablePath(own.path) })),
  };
}

/** A path without places of this machine: an absolute one is cut to its last part. */
export function portablePath(given: string): string {
  return path.isAbsolute(given) ? path.basename(given) : given;
}
