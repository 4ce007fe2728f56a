/** @file The flags that control how data is read, shared by all commands that read a data folder. */
import { configError } from "../core/errors.ts";
import { optionIssues } from "../core/options.ts";
import { type ReadOptions, splitSchema } from "../data/reading.ts";
import { type Flag, names, numberOrText } from "./config.ts";

/** The values of the flags, as text. */
export interface ReadingFlags {
  readonly modalities?: string;
  readonly leaveOut?: string;
  readonly label?: string;
  readonly group?: string;
  readonly splitSeed?: string;
  readonly splitShares?: string;
}

/** The flags as settings, each with its path in the settings. */
export function readingFlags(flags: ReadingFlags): Flag[] {
  const label = names(flags.label, "--label");
  return [
    { label: "--modalities", path: ["modalities"], value: names(flags.modalities) },
    { label: "--leave-out", path: ["leaveOut"], value: names(flags.leaveOut, "--leave-out") },
    { label: "--label", path: ["label"], value: label?.length === 1 ? label[0] : label },
    { label: "--group", path: ["group"], value: flags.group },
    { label: "--split-seed", path: ["split", "seed"], value: numberOrText(flags.splitSeed) },
    {
      label: "--split-shares",
      path: ["split", "shares"],
      value: names(flags.splitShares, "--split-shares")?.map(numberOrText),
    },
  ];
}

/** The flags as options for reading data, for commands without settings. @throws ConfigError for an invalid split. */
export function readingOptions(flags: ReadingFlags): ReadOptions {
  const options: Record<string, unknown> = {};
  const split: Record<string, unknown> = {};
  for (const { path, value } of readingFlags(flags)) {
    if (value === undefined) continue;
    if (path[0] === "split") split[path[1]!] = value;
    else options[path[0]!] = value;
  }
  if (Object.keys(split).length === 0) return options;
  const [issue] = optionIssues(splitSchema, split);
  if (issue !== undefined) {
    throw configError(`${issue.path[0] === "shares" ? "--split-shares" : "--split-seed"}: ${issue.message}`);
  }
  return { ...options, split: splitSchema.parse(split) };
}
