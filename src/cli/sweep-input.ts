/** @file The input of `dmil sweep`: builds an experiment from flags and a file, and generates data. */
import * as path from "node:path";
import { configError, DmilError } from "../core/errors.ts";
import type { DataSplits } from "../data/dataset.ts";
import type { DataEntry, Experiment } from "../experiments/experiment.ts";
import { portablePath } from "../experiments/open-data.ts";
import { issuesError } from "../runs/settings.ts";
import { type DataFlags, generatorOf } from "./commands/data-generate.ts";
import { gatherSettings, names, numberOrText, type SettingsInput, seedsOf } from "./config.ts";
import { withFiles } from "./encoder-files.ts";
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
export type ExperimentSource = SettingsInput & { readonly directory: string };

/** Builds the experiment from a file and flags; flags override the file. @throws ConfigError for values that cannot be parsed. */
export async function experimentOf(data: readonly string[], flags: SweepFlags): Promise<ExperimentSource> {
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

/** Generates a data set of an experiment, by the names of the flags of `dmil data generate`. @throws ConfigError for settings that it does not have. */
export async function generated(options: Readonly<Record<string, unknown>>, index: number): Promise<DataSplits> {
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
    return await generatorOf(flags as DataFlags).make();
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

/** An experiment with its data paths relative to the working directory instead of `directory`. */
export function withPaths(experiment: Experiment, directory: string): Experiment {
  const data = experiment.data.map((entry) =>
    entry.path === undefined ? entry : { ...entry, path: path.join(directory, entry.path) },
  );
  return { ...experiment, data };
}

/** An experiment with absolute paths shortened to their last part. */
export function portable(value: Readonly<Record<string, unknown>>): unknown {
  const settings = withFiles(value, portablePath);
  const data = settings.data as readonly DataEntry[];
  return {
    ...settings,
    data: data.map((entry) => (entry.path === undefined ? entry : { ...entry, path: portablePath(entry.path) })),
  };
}
