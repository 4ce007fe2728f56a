/** @file The flags that control how data is read, with their help texts. Separate from reading.ts, so that help loads no schemas. */
import type { Command } from "commander";

/** Adds the flags to a command; `label` is the help text of --label. */
export function withReadingFlags(command: Command, label = "the column or array to predict"): Command {
  return command
    .option("--label <name>", `${label} (default: label, labels)`)
    .option("--leave-out <names>", "columns or arrays that are not features, for example index,fold")
    .option("--group <name>", "the column or array of groups; a group is never divided between splits (default: group)")
    .option("--split-seed <n>", "random seed to split data that has no split")
    .option("--split-shares <list>", "shares of train, validation and test (default: 0.7,0.15,0.15)");
}
