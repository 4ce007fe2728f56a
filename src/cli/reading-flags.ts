/** @file The flags that say how data is to be read, as help shows them; apart from reading.ts, so that help loads no schemas. */
import type { Command } from "commander";

/** Adds the flags to a command; `label` says what --label is to it. */
export function withReadingFlags(command: Command, label = "the column or array to predict"): Command {
  return command
    .option("--label <name>", `${label} (default: label, labels)`)
    .option("--leave-out <names>", "columns or arrays that are no features, as in index,fold")
    .option("--group <name>", "the column or array of groups, which are kept on one side of a split (default: group)")
    .option("--split-seed <n>", "data without a split: split it at random")
    .option("--split-shares <list>", "of train, validation and test (default: 0.7,0.15,0.15)");
}
