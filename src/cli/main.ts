#!/usr/bin/env node
/** @file The command line: names, flags and help. A command's code is loaded when it is called, so that help is quick. */
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

/** The commands; each hands its answer to `give`. */
function define(give: (answer: Promise<Answer>) => Promise<void>): Command {
  const program = new Command("dmil")
    .description("Multimodal learning that knows, sample by sample, what each modality contributed.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print help for a command")
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .hook("preAction", (_, command) => checkPaths(command));
  const add = (parent: Command, usage: string, description: string): Command =>
    parent.command(usage).description(description).option("--json", "print one JSON document on stdout");
  const quiet = ["-q, --quiet", "no progress on stderr"] as const;

  add(program, "demo", "generate data, train three methods, explain samples: about half a minute")
    .option("--out <dir>", "where data and runs go (default: a temporary folder)")
    .option(...quiet)
    .action(async (flags) => give((await import("./commands/demo.ts")).demo(flags)));

  const data = program.command("data").description("look at data, or generate some");
  data
    .usage("check|generate")
    .argument("[subcommand]")
    .allowExcessArguments()
    .action((name?: string) => {
      const known = data.commands.map((own) => own.name());
      const given =
        name === undefined
          ? `a subcommand is needed: ${known.join(" or ")}.`
          : `unknown subcommand "${name}"${hint(name, known)}`;
      throw configError(`dmil data: ${given}`);
    });
  withReadingFlags(add(data, "check <dir>", "read a data folder and tell what it holds"))
    .option("--modalities <names>", "only these, as in audio,face")
    .action(async (dir, flags) => give((await import("./commands/data-check.ts")).dataCheck(dir, flags)));
  add(data, "generate [recordings]", "write data whose true component is known for every sample")
    .option(
      "--kind <name>",
      "interaction-mixture, quad, scenes (pictures and questions), plane (points of a square), sums (numbers or labels), or digits (real speech and handwriting: give the folder avdigits)",
      "interaction-mixture",
    )
    .requiredOption("--out <dir>", "where to write it")
    .option("--force", "also into a folder that holds files; a data set there is replaced")
    .option("--target <kind>", "sums: values or labels (default: values)")
    .option("--samples <n>", "in all (mixture), or train=600,validation=200,test=200 (default: the kind's)")
    .option("--noise <x>", "standard deviation of the noise (default: 0.3; quad 0.5, scenes 0.1, plane 0.05)")
    .option(
      "--shares <list>",
      "mixture, plane, digits: redundant=0.25,unique=0.25,synergistic=0.25 (unique: of each modality); scenes: colour=0.5,fact=0.5",
    )
    .option("--classes <n>", "mixture, plane: classes (default: 2)")
    .option("--features <n>", "mixture, quad: features of each modality (default: 20; quad 32)")
    .option(
      "--modalities <names>",
      "mixture: two or more (default: a,b); digits: audio or audio_noisy, image or image_pca",
    )
    .option("--synergy <kind>", "mixture with more than two modalities: all, or pairs (default: all)")
    .option("--stratified", "mixture: exact shares instead of independent draws")
    .option("--seed <n>", "seed", "0")
    .action(async (recordings, flags) =>
      give((await import("./commands/data-generate.ts")).dataGenerate(recordings, flags)),
    );

  add(program, "methods", "every method and named variant, with a line each").action(async () =>
    give((await import("./commands/methods.ts")).methods()),
  );
  withReadingFlags(add(program, "train [dir]", "train a method on a data folder"))
    .option("--method <name>", "as in joint, ensemble, ogm-ge; `dmil methods` lists all (default: dmil)")
    .option("--modalities <names>", "which and in which order, as in audio,face (default: all)")
    .option("--seed <n>", "same seed, same bits (default: 0)")
    .option("--out <run>", "the run's folder (default: runs/<data>-<method>-<seed>)")
    .option("--force", "replace the run that is there, also when a process is at work on it")
    .option("--config <file>", "settings as YAML; flags and --set go before it")
    .option("--set <path=value>", "one setting, as in epochs.whole=5; may be repeated", collect)
    .option("--epochs <n>", "of every stage; --set epochs.whole=5 is for one (default: the method's)")
    .option("--batch-size <n>", "samples a step (default: 64)")
    .option("--learning-rate <x>", "for all stages (default: the method's)")
    .option("--modality-dropout <x>", "share of a batch's samples that lose one modality (default: 0)")
    .option("--members <n>", "members of the method, trained one after the other and pooled (default: the method's)")
    .option("--label-smoothing <x>", "share of each target spread evenly in training (default: the method's)")
    .option("--teacher <run>", "a finished run on the same data, whose predictions are learnt too")
    .option("--teacher-weight <w>", "of the loss towards the teacher (default: 1)")
    .option("--threads <n>", "threads inside one operation (default: auto)")
    .option("--backend <name>", "auto, native, wasm (default: auto)")
    .option("--dry-run", "print all settings and stop")
    .option(...quiet)
    .action(async (dir, flags) => give((await import("./commands/train.ts")).train(dir, flags)));
  add(program, "resume <run>", "go on with an interrupted run, to the same bits")
    .option("--data <dir>", "where the data lies now, if it was moved")
    .option("--force", "also when another process is at work on it")
    .option(...quiet)
    .action(async (run, flags) => give((await import("./commands/resume.ts")).resume(run, flags)));
  add(program, "evaluate <run>", "accuracy and other figures on one split")
    .addOption(split())
    .option("--data <dir>", "other data of the same kind")
    .option("--missing", "also with modalities hidden: every pattern of them")
    .action(async (run, flags) => give((await import("./commands/evaluate.ts")).evaluate(run, flags)));
  add(program, "explain <run>", "what each component contributed, sample by sample")
    .addOption(split())
    .option("--data <dir>", "other data of the same kind")
    .option(
      "--out <file>",
      "a row a sample: .csv (with ' before what a spreadsheet would run), .jsonl or .parquet (default: a summary and three samples)",
    )
    .option("--probe", "also train fresh models on the frozen representations: what can be read where")
    .action(async (run, flags) => give((await import("./commands/explain.ts")).explain(run, flags)));
  add(program, "export <run>", "the model as one file, and a model card (.md) beside it")
    .requiredOption("--out <file>", ".onnx or .safetensors")
    .option("--missing", ".onnx: one input more, present [batch, modalities], 1 where a sample has the modality")
    .option("--no-card", "without the model card")
    .action(async (run, flags) => give((await import("./commands/export.ts")).exportModel(run, flags)));
  add(program, "recover", "does the decomposition tell the truth: methods on data whose truth is known")
    .option("--quick", "two data sets, one seed: under 3 minutes on two cores")
    .option("--out <dir>", "results, and what was done so far: a stopped suite goes on from there", "recovery")
    .option("--seeds <list>", "as in 0-2 or 0,3 (default: 0-2; quick: 0)")
    .option("--methods <names>", "of joint, ensemble, published, purified, dmil, i2moe (default: all)")
    .option("--cases <names>", "which data, names or starts of names, as in mixture-k2,quad (default: all)")
    .option("--digits <dir>", "the data set avdigits, for the cases made from real speech and handwriting")
    .option("--workers <n>", "processes at a time", "2")
    .option("--force", "also when another process is at work in the folder")
    .option("--markdown <file>", "also write the report as a page of documentation")
    .option(...quiet)
    .action(async (flags) => give((await import("./commands/recover.ts")).recover(flags)));
  program
    .command("recover-job", { hidden: true })
    .description("one job of `dmil recover`, as a child process")
    .action(async () => (await import("./commands/recover-job.ts")).recoverJob());
  withReadingFlags(
    add(
      program,
      "quantify <data>",
      "redundant, unique and synergistic information in data, before any model is chosen",
    ),
    "the column, or which of several labels or values, information is about",
  )
    .option(
      "--modalities <names>",
      "two sources, as in audio,face or text,audio+video (default: each against the rest)",
    )
    .option(
      "--measure <names>",
      "features: broja, pmin, lsmi, cvx (default: broja,pmin); values: mmi (default) or gaussian; a CSV: also imin, mmi, ccs, sx (default: broja)",
    )
    .option("--by <class>", "also means by class")
    .option("--samples <file>", "a row a sample: .csv (with ' before what a spreadsheet would run), .jsonl or .parquet")
    .option("--out <file>", "a page with figures: .html")
    .option("--folds <n>", "parts of the cross-fit, or own for the data's own split (default: 5)")
    .option("--nulls <n>", "fits to permuted labels (default: 1)")
    .option("--project", "lsmi: shift scores so that no mean is negative")
    .option("--seed <n>", "seed", "0")
    .option(...quiet)
    .action(async (data, flags) => give((await import("./commands/quantify.ts")).quantify(data, flags)));
  withReadingFlags(
    add(program, "bits [predictions]", "what each modality contributed to predictions of any model, of any tool"),
  )
    .option("--modalities <names>", "which there are, as in audio,face (default: all that have predictions)")
    .option("--logits", "predictions are logits, not probabilities")
    .option("--validation <rows>", "a table: what calibrates, a share or a column (default: split, else a cross-fit)")
    .option("--onnx <file>", "evaluate this model on --data, with modalities removed")
    .option("--data <dir>", "the data folder of --onnx: removed by train, calibrated on validation")
    .addOption(split())
    .option("--input <modality=name>", "the model's input that takes a modality; may be repeated", collect)
    .option("--output <name>", "the model's output that is the prediction (default: by its name)")
    .option("--remove <how>", "by draws of other samples, by training means, or by zeros (default: draws)")
    .option("--draws <n>", "draws a sample (default: 16)")
    .option("--folds <n>", "a table: parts of the cross-fit (default: 5)")
    .option("--seed <n>", "seed of folds, draws and intervals", "0")
    .option("--out <dir>", "bits.html, a page, and bits.csv and bits.jsonl, a row a sample")
    .option(...quiet)
    .action(async (predictions, flags) => give((await import("./commands/bits.ts")).bits(predictions, flags)));
  add(
    program,
    "pid <file>",
    "the same of a covariance matrix (.csv with names): jointly normal sources and target, exact",
  )
    .requiredOption("--first <names>", "columns of the first source, as in a,b; audio stands for audio_1, audio_2, ...")
    .requiredOption("--second <names>", "columns of the second source")
    .requiredOption("--target <names>", "columns that information is about")
    .action(async (file, flags) => give((await import("./commands/pid.ts")).pid(file, flags)));
  withReadingFlags(add(program, "sweep [data...]", "many runs under one protocol: data x methods x seeds"))
    .requiredOption("--out <dir>", "runs, sweep.json and manifest.jsonl, a line a run")
    .option("--methods <names>", "as in joint,ogm-ge,dmil, or all (default: all)")
    .option("--seeds <list>", "as in 0-4 or 0,3 (default: 0-4)")
    .option("--modalities <names>", "of all data that is named here (default: all)")
    .option(
      "--set <path=value>",
      "one setting of every run, as in epochs=5 or encoder.hidden=[32]; may be repeated",
      collect,
    )
    .option("--tune <n>", "trials for every method, its defaults among them; validation data chooses (default: none)")
    .option("--split-by <groups>", "own, share, or group: whole groups, anew for each seed (default: own)")
    .option("--folds <k>", "cross-validation over all samples, groups kept whole")
    .option("--classes-out <n>", "classes kept out of training, to be told apart by a probe")
    .option("--train-shares <list>", "shares of the training samples, as in 0.1,0.3,1 (default: 1)")
    .option("--config <file>", "an experiment as YAML; flags go before it")
    .option("--resume", "go on with the sweep that is there, or add to it")
    .option("--force", "also when another process is at work on it")
    .option("--workers <n>", "processes at a time", "2")
    .option("--dry-run", "list the runs and stop")
    .option(...quiet)
    .action(async (data, flags) => give((await import("./commands/sweep.ts")).sweep(data, flags)));
  program
    .command("sweep-job", { hidden: true })
    .description("one job of `dmil sweep`, as a child process")
    .action(async () => (await import("./commands/sweep-job.ts")).sweepJob());
  add(program, "compare <dir...>", "what the runs of a sweep say: methods side by side, with tests")
    .option("--against <method>", "all others are compared with it (default: joint)")
    .option(
      "--metric <name>",
      "what methods are ranked by, as in accuracy, macroF1, logLoss (default: the runs' first)",
    )
    .addOption(new Option("--split <name>", "which split").choices(["validation", "test"]).default("test"))
    .addOption(new Option("--by <what>", "a table for each").choices(["data", "method"]).default("data"))
    .option(
      "--out <files>",
      "report.html, .md, .tex, .json, or .csv (a row a run; a row a figure in .long.csv); may be repeated",
      collect,
    )
    .option("--markdown <file>", "the same as --out with a page of documentation")
    .action(async (directories, flags) => give((await import("./commands/compare.ts")).compare(directories, flags)));
  add(program, "completion", "the script that completes commands, flags and names of methods in a shell")
    .addArgument(new Argument("<shell>").choices(SHELLS))
    .action(async (shell: Shell) =>
      give(Promise.resolve({ text: SCRIPTS[shell], json: { shell, script: SCRIPTS[shell] } })),
    );
  program
    .command("complete", { hidden: true })
    .description("what may stand at the last word, for the scripts of `dmil completion`")
    .argument("[words...]")
    .action(async (words: string[]) => {
      const known = async () => (await import("../methods/index.ts")).methodNames;
      process.stdout.write((await candidates(program, words, known)).map((word) => `${word}\n`).join(""));
    });
  add(program, "doctor", "does training work on this machine, and how to get what is missing").action(async () =>
    give((await import("./commands/doctor.ts")).doctor()),
  );
  return program;
}

/** What users look for under another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "--epochs": "train takes --epochs 5, sweep --set epochs=5",
  "--lr": "did you mean --learning-rate?",
};

/** A mistake in the command itself, in our words. */
function usageError({ message }: CommanderError, help: string): Error {
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  const flag = /'(--[\w-]+)'/.exec(first)?.[1] ?? "";
  const advice = ELSEWHERE[flag] ?? more.join(" ").replace(/^\(D/, "d").replace(/\)$/, "");
  return configError(
    `${first.replace(/\.$/, "")}${advice === "" ? "" : `; ${advice}`}${advice.endsWith("?") ? "" : "."} See ${help} --help.`,
  );
}

/** The command that words name, as in `dmil data check`, as far as it exists. */
function commandOf(program: Command, words: readonly string[]): string {
  const inner = program.commands.find((own) => own.name() === words[0]);
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

/** Set when a stream for the user failed: then the command has not succeeded, whatever it did. */
let untold = false;

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has gone (`dmil explain ... | head`) is no error of ours.
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`RunError: standard output cannot be written: ${systemReason(error)}\n`);
  process.exit(1);
});
process.stderr.on("error", (error: NodeJS.ErrnoException) => {
  // Nobody can be told; the work goes on.
  if (error.code !== "EPIPE") untold = true;
});
process.on("uncaughtException", (error) => {
  process.exit(printError(error, process.argv.includes("--json")));
});
process.exitCode = await main(process.argv.slice(2));
process.once("exit", () => {
  if (untold) process.exitCode = 1;
});
