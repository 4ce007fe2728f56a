/** @file Commands about many runs: sweep, compare and recover. */
import { Option } from "commander";
import { withReadingFlags } from "../reading-flags.ts";
import { add, collect, type Define, quiet, withCacheFlags } from "./shared.ts";

export const sweep: Define = (program, give) => {
  withCacheFlags(
    withReadingFlags(add(program, "sweep [data...]", "train many runs with one protocol: data x methods x seeds")),
  )
    .requiredOption("--out <dir>", "folder for the runs, sweep.json and manifest.jsonl (one line per run)")
    .option("--methods <names>", "for example joint,ogm-ge,dmil, or all (default: all)")
    .option("--seeds <list>", "for example 0-4 or 0,3 (default: 0-4)")
    .option("--modalities <names>", "modalities to use of the data folders in the command (default: all)")
    .option(
      "--set <path=value>",
      "one setting of every run, for example epochs=5 or encoder.hidden=[32]; can be repeated",
      collect,
    )
    .option("--tune <n>", "tuning trials of every method, including its defaults; validation data selects (default: 0)")
    .option("--split-by <groups>", "own, or a new split for each seed: share, or group for whole groups (default: own)")
    .option("--folds <k>", "cross-validation over all samples; groups are kept together")
    .option("--classes-out <n>", "number of classes to leave out of training; a probe then classifies them")
    .option("--train-shares <list>", "shares of the training samples, for example 0.1,0.3,1 (default: 1)")
    .option("--config <file>", "an experiment as YAML; flags override it")
    .option("--resume", "continue the sweep in the folder, or add runs to it")
    .option("--force", "continue even if another process is using the folder")
    .option("--workers <n>", "processes at a time", "2")
    .option("--dry-run", "list the runs without training")
    .option(...quiet)
    .action(async (data, flags) => give((await import("../commands/sweep.ts")).sweep(data, flags)));
};

export const compare: Define = (program, give) => {
  add(program, "compare <dir...>", "compare the methods of a sweep, with statistical tests")
    .option("--against <method>", "the method that all others are tested against (default: joint)")
    .option(
      "--metric <name>",
      "the metric for ranks and tests, for example accuracy, macroF1 or logLoss (default: the primary metric of the runs)",
    )
    .addOption(new Option("--split <name>", "which split").choices(["validation", "test"]).default("test"))
    .addOption(
      new Option("--by <what>", "print one table for each data set or for each method")
        .choices(["data", "method"])
        .default("data"),
    )
    .option(
      "--out <files>",
      "report.html, .md, .tex, .json, or .csv (one row per run; one row per metric in .long.csv); can be repeated",
      collect,
    )
    .option("--markdown <file>", "the same as --out with a .md file")
    .action(async (directories, flags) => give((await import("../commands/compare.ts")).compare(directories, flags)));
};

export const recover: Define = (program, give) => {
  add(program, "recover", "measure on data with known truth whether methods recover the true decomposition")
    .option("--quick", "two data sets, one seed (under 3 minutes on two cores)")
    .option("--out <dir>", "folder of the results; the same command continues a stopped suite", "recovery")
    .option("--seeds <list>", "for example 0-2 or 0,3 (default: 0-2; with --quick: 0)")
    .option("--methods <names>", "some of joint, ensemble, published, purified, dmil, i2moe (default: all)")
    .option("--cases <names>", "data sets, by name or start of the name, for example mixture-k2,quad (default: all)")
    .option("--digits <dir>", "folder of the data set avdigits, for the cases made from real speech and handwriting")
    .option("--workers <n>", "processes at a time", "2")
    .option("--force", "continue even if another process is using the folder")
    .option("--markdown <file>", "also write the report as a Markdown page")
    .option(...quiet)
    .action(async (flags) => give((await import("../commands/recover.ts")).recover(flags)));
};

/** The hidden command of a child process of `dmil sweep` or `dmil recover`. */
export const job: Define = (program) => {
  program
    .command("job", { hidden: true })
    .description("run one job of `dmil sweep` or `dmil recover` in a child process")
    .action(async () => (await import("../commands/job.ts")).job());
};
