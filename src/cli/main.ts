#!/usr/bin/env node
/** @file The command line: commands, flags and help texts. The code of a command is loaded when it is called, so that help prints quickly. */
import { Argument, Command, CommanderError, Option } from "commander";
import { configError, hint } from "../core/errors.ts";
import { systemReason } from "../core/system-errors.ts";
import { type Answer, printAnswer, printError } from "./answer.ts";
import { candidates, SCRIPTS, SHELLS, type Shell } from "./completion.ts";
import { checkPaths } from "./paths.ts";
import { withReadingFlags } from "./reading-flags.ts";
import { version } from "./version.ts";

const splits = ["train", "validation", "test"];
const split = (): Option => new Option("--split <name>", "which split").choices(splits).default("test");
const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

/** Defines the commands; each passes the promise of its answer to `give`. */
function define(give: (answer: Promise<Answer>) => Promise<void>): Command {
  const program = new Command("dmil")
    .description("Multimodal learning that reports, sample by sample, what each modality contributed.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .hook("preAction", (_, command) => checkPaths(command));
  const add = (parent: Command, usage: string, description: string): Command =>
    parent.command(usage).description(description).option("--json", "print one JSON document on stdout");
  const quiet = ["-q, --quiet", "print no progress on stderr"] as const;

  add(program, "demo", "generate data, train three methods and explain samples (about half a minute)")
    .option("--out <dir>", "folder for the data and the runs (default: a temporary folder)")
    .option(...quiet)
    .action(async (flags) => give((await import("./commands/demo.ts")).demo(flags)));

  const data = program.command("data").description("check a data folder, or generate data");
  data
    .usage("check|generate")
    .argument("[subcommand]")
    .allowExcessArguments()
    .action((name?: string) => {
      const subcommands = data.commands.map((command) => command.name());
      const problem =
        name === undefined
          ? `a subcommand is needed: ${subcommands.join(" or ")}.`
          : `unknown subcommand "${name}"${hint(name, subcommands)}`;
      throw configError(`dmil data: ${problem}`);
    });
  withReadingFlags(add(data, "check <dir>", "read a data folder, check it and print what it contains"))
    .option("--modalities <names>", "use only these modalities, for example audio,face")
    .action(async (dir, flags) => give((await import("./commands/data-check.ts")).dataCheck(dir, flags)));
  add(data, "generate [recordings]", "generate data where the true component of every sample is known")
    .option(
      "--kind <name>",
      "interaction-mixture, quad, scenes (pictures and questions), plane (points in a square), sums (numbers or labels), or digits (real speech and handwriting; needs the folder of the data set avdigits)",
      "interaction-mixture",
    )
    .requiredOption("--out <dir>", "folder to write to")
    .option("--force", "write into a folder that is not empty; a data set in it is replaced")
    .option("--target <kind>", "sums: the kind of target, regression or multilabel (default: regression)")
    .option("--samples <n>", "total number, or train=600,validation=200,test=200 (default: depends on --kind)")
    .option("--noise <x>", "standard deviation of the noise (default: 0.3; quad: 0.5, scenes: 0.1, plane: 0.05)")
    .option(
      "--shares <list>",
      "shares of samples; mixture, plane, digits: redundant=0.25,unique=0.25,synergistic=0.25 (unique is for each modality); scenes: colour=0.5,fact=0.5",
    )
    .option("--classes <n>", "mixture, plane: number of classes (default: 2)")
    .option("--features <n>", "mixture, quad: number of features of each modality (default: 20; quad: 32)")
    .option(
      "--modalities <names>",
      "mixture: two or more (default: a,b); digits: audio or audio_noisy, image or image_pca",
    )
    .option("--synergy <kind>", "mixture of three or more modalities: synergy of all, or pairs (default: all)")
    .option("--stratified", "mixture: exact shares instead of a random component for each sample")
    .option("--seed <n>", "seed", "0")
    .action(async (recordings, flags) =>
      give((await import("./commands/data-generate.ts")).dataGenerate(recordings, flags)),
    );

  add(program, "methods", "list every method and named variant").action(async () =>
    give((await import("./commands/methods.ts")).methods()),
  );
  withReadingFlags(add(program, "train [dir]", "train a method on a data folder"))
    .option("--method <name>", "for example joint, ensemble or ogm-ge; `dmil methods` lists all (default: dmil)")
    .option("--modalities <names>", "modalities to use, in this order, for example audio,face (default: all)")
    .option("--seed <n>", "random seed; the same seed gives bit-identical results (default: 0)")
    .option("--out <run>", "folder of the run (default: runs/<data>-<method>-<seed>)")
    .option("--force", "replace the run in the folder, even if another process is using it")
    .option("--config <file>", "settings as YAML; flags and --set override them")
    .option("--set <path=value>", "one setting, for example epochs.whole=5; can be repeated", collect)
    .option("--epochs <n>", "epochs of every stage; --set epochs.whole=5 sets one stage (default: the method's)")
    .option("--batch-size <n>", "samples per step (default: 64)")
    .option("--learning-rate <x>", "learning rate of all stages (default: the method's)")
    .option("--modality-dropout <x>", "share of the samples of a batch in which one modality is hidden (default: 0)")
    .option("--members <n>", "number of models of the ensemble; their logits are averaged (default: the method's)")
    .option("--label-smoothing <x>", "share of each training target that is spread evenly (default: the method's)")
    .option("--teacher <run>", "a finished run on the same data; its predictions are distilled into the model")
    .option("--teacher-weight <w>", "weight of the distillation loss (default: 1)")
    .option("--threads <n>", "threads within one operation (default: auto)")
    .option("--backend <name>", "auto, native or wasm (default: auto)")
    .option("--dry-run", "print all settings without training")
    .option(...quiet)
    .action(async (dir, flags) => give((await import("./commands/train.ts")).train(dir, flags)));
  add(program, "resume <run>", "continue an interrupted run; the result is bit-identical to a run without interruption")
    .option("--data <dir>", "folder of the data, if it was moved")
    .option("--force", "continue even if another process is using the run")
    .option(...quiet)
    .action(async (run, flags) => give((await import("./commands/resume.ts")).resume(run, flags)));
  add(program, "evaluate <run>", "accuracy and other metrics on one split")
    .addOption(split())
    .option("--data <dir>", "other data of the same kind")
    .option("--missing", "also evaluate with modalities hidden, for every combination of modalities")
    .action(async (run, flags) => give((await import("./commands/evaluate.ts")).evaluate(run, flags)));
  add(program, "explain <run>", "what each component contributed, sample by sample")
    .addOption(split())
    .option("--data <dir>", "other data of the same kind")
    .option(
      "--out <file>",
      "table with one row per sample: .csv (with ' before cells that a spreadsheet would run as formulas), .jsonl or .parquet (default: print a summary and three samples)",
    )
    .option("--probe", "also train probes on the frozen representations: which information each one contains")
    .action(async (run, flags) => give((await import("./commands/explain.ts")).explain(run, flags)));
  add(program, "export <run>", "write the model to one file, with a model card (.md) beside it")
    .requiredOption("--out <file>", ".onnx or .safetensors")
    .option("--missing", ".onnx: add the input present [batch, modalities], 1 where a sample has the modality")
    .option("--no-card", "write no model card")
    .action(async (run, flags) => give((await import("./commands/export.ts")).exportModel(run, flags)));
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
    .action(async (flags) => give((await import("./commands/recover.ts")).recover(flags)));
  program
    .command("recover-job", { hidden: true })
    .description("run one job of `dmil recover` in a child process")
    .action(async () => (await import("./commands/recover-job.ts")).recoverJob());
  withReadingFlags(
    add(program, "quantify <data>", "redundant, unique and synergistic information in data, before training a model"),
    "the column to predict, or one of several labels or values; information is about this target",
  )
    .option(
      "--modalities <names>",
      "two sources, for example audio,face or text,audio+video (default: each modality against the others together)",
    )
    .option(
      "--measure <names>",
      "class labels: broja, pmin, lsmi, cvx (default: broja,pmin); values: mmi (default) or gaussian; a CSV of symbols: also imin, mmi, ccs, sx (default: broja)",
    )
    .option("--by <class>", "also print means for each class")
    .option(
      "--samples <file>",
      "table with one row per sample: .csv (with ' before cells that a spreadsheet would run as formulas), .jsonl or .parquet",
    )
    .option("--out <file>", "report with charts: .html")
    .option("--folds <n>", "folds of the cross-fitting, or own for the split of the data (default: 5)")
    .option("--nulls <n>", "number of fits to permuted labels (default: 1)")
    .option("--project", "lsmi: shift the scores so that no mean is negative")
    .option("--seed <n>", "seed", "0")
    .option(...quiet)
    .action(async (data, flags) => give((await import("./commands/quantify.ts")).quantify(data, flags)));
  withReadingFlags(
    add(program, "bits [predictions]", "what each modality contributed to predictions of any model, from any library"),
  )
    .option("--modalities <names>", "modalities, for example audio,face (default: all that have predictions)")
    .option("--logits", "the predictions are logits, not probabilities")
    .option(
      "--validation <rows>",
      "table: rows for calibration, as a share or column (default: split, or cross-fitting)",
    )
    .option("--onnx <file>", "evaluate this model on --data with modalities removed")
    .option("--data <dir>", "data folder of --onnx; train fills removed modalities, validation calibrates")
    .addOption(split())
    .option("--input <modality=name>", "the input of the model for a modality; can be repeated", collect)
    .option("--output <name>", "the output of the model that is the prediction (default: found by name)")
    .option("--remove <how>", "fill removed modalities with draws (of samples), means or zeros (default: draws)")
    .option("--draws <n>", "draws per sample (default: 16)")
    .option("--folds <n>", "table: folds of the cross-fitting (default: 5)")
    .option("--seed <n>", "random seed of folds, draws and intervals", "0")
    .option("--out <dir>", "folder for the report bits.html and the tables bits.csv, bits.jsonl (by sample)")
    .option(...quiet)
    .action(async (predictions, flags) => give((await import("./commands/bits.ts")).bits(predictions, flags)));
  add(
    program,
    "pid <file>",
    "exact partial information decomposition from a covariance matrix (.csv with names) of jointly normal sources and target",
  )
    .requiredOption("--first <names>", "columns of the first source, as in a,b; audio stands for audio_1, audio_2, ...")
    .requiredOption("--second <names>", "columns of the second source")
    .requiredOption("--target <names>", "columns of the target")
    .action(async (file, flags) => give((await import("./commands/pid.ts")).pid(file, flags)));
  withReadingFlags(add(program, "sweep [data...]", "train many runs with one protocol: data x methods x seeds"))
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
    .action(async (data, flags) => give((await import("./commands/sweep.ts")).sweep(data, flags)));
  program
    .command("sweep-job", { hidden: true })
    .description("run one job of `dmil sweep` in a child process")
    .action(async () => (await import("./commands/sweep-job.ts")).sweepJob());
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
    .action(async (directories, flags) => give((await import("./commands/compare.ts")).compare(directories, flags)));
  add(program, "completion", "print the script that completes commands, flags and method names in a shell")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action(async (shell: Shell) =>
      give(Promise.resolve({ text: SCRIPTS[shell], json: { shell, script: SCRIPTS[shell] } })),
    );
  program
    .command("complete", { hidden: true })
    .description("candidates for the last word, for the scripts of `dmil completion`")
    .argument("[words...]")
    .action(async (words: string[]) => {
      const methods = async () => (await import("../methods/index.ts")).methodNames;
      process.stdout.write((await candidates(program, words, methods)).map((word) => `${word}\n`).join(""));
    });
  add(program, "doctor", "check that training works here, and how to install what is missing").action(async () =>
    give((await import("./commands/doctor.ts")).doctor()),
  );
  return program;
}

/** Advice for flags that users expect but that have another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "--epochs": "train takes --epochs 5, sweep --set epochs=5",
  "--lr": "did you mean --learning-rate?",
};

/** An error of commander as a ConfigError with advice. */
function usageError({ message }: CommanderError, help: string): Error {
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  const flag = /'(--[\w-]+)'/.exec(first)?.[1] ?? "";
  const advice = ELSEWHERE[flag] ?? more.join(" ").replace(/^\(D/, "d").replace(/\)$/, "");
  return configError(
    `${first.replace(/\.$/, "")}${advice === "" ? "" : `; ${advice}`}${advice.endsWith("?") ? "" : "."} See ${help} --help.`,
  );
}

/** The command that `words` name, for example `dmil data check`; words that name no command are ignored. */
function commandOf(program: Command, words: readonly string[]): string {
  const inner = program.commands.find((command) => command.name() === words[0]);
  return inner === undefined ? program.name() : `${program.name()} ${commandOf(inner, words.slice(1))}`;
}

async function main(argv: readonly string[]): Promise<number> {
  const asJson = argv.includes("--json");
  let code = 0;
  const program = define(async (pending) => {
    const answer = await pending;
    printAnswer(answer, asJson);
    if (answer.failed === true) code = 1;
  });
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) return printError(error, asJson);
    return error.exitCode === 0 ? 0 : printError(usageError(error, commandOf(program, argv)), asJson);
  }
}

/** Whether stderr could not be written; the exit code is then 1 even if the command succeeded. */
let stderrFailed = false;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // EPIPE: the reader has closed the pipe (`dmil explain ... | head`), which is not an error.
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`RunError: standard output cannot be written: ${systemReason(error)}\n`);
  process.exit(1);
});
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  // The error cannot be printed, so the command continues.
  if (error.code !== "EPIPE") stderrFailed = true;
});
process.on("uncaughtException", (error) => {
  process.exit(printError(error, process.argv.includes("--json")));
});
process.exitCode = await main(process.argv.slice(2));
process.once("exit", () => {
  if (stderrFailed) process.exitCode = 1;
});
