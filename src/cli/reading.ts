/** @file The flags that say how data is to be read, the same for every command that reads a folder. */
import type { Command } from "commander";
import { configError } from "../core/errors.ts";
import { optionIssues } from "../core/options.ts";
import { type ReadOptions, splitSchema } from "../data/reading.ts";
import { type Flag, names, numberOrText } from "./config.ts";

/** What users write. */
export interface ReadingFlags {
  readonly modalities?: string;
  readonly leaveOut?: string;
  readonly label?: string;
  readonly group?: string;
  readonly splitSeed?: string;
  readonly splitShares?: string;
}

/** Adds the flags to a command; `label` says what --label is to it. */
export function withReadingFlags(command: Command, label = "the column or array to predict"): Command {
  return command
    .option("--label <name>", `${label} (default: label, labels)`)
    .option("--leave-out <names>", "columns or arrays that are no features, as in index,fold")
    .option("--group <name>", "the column or array of groups, which are kept on one side of a split (default: group)")
    .option("--split-seed <n>", "data without a split: split it at random")
    .option("--split-shares <list>", "of train, validation and test (default: 0.7,0.15,0.15)");
}

/** The flags as settings, each with the place it is written to. */
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

/** The flags as options of reading, for commands without settings. @throws ConfigError for a split that cannot be. */
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
