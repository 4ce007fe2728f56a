/** @file Commands that train one run: train and resume. */
import { defaults } from "../../train/defaults.ts";
import { withReadingFlags } from "../reading-flags.ts";
import { add, collect, type Define, quiet } from "./shared.ts";

export const train: Define = (program, give) => {
  withReadingFlags(add(program, "train [dir]", "train a method on a data folder"))
    .option("--method <name>", "for example joint, ensemble or ogm-ge; `dmil methods` lists all (default: dmil)")
    .option("--modalities <names>", "modalities to use, in this order, for example audio,face (default: all)")
    .option("--seed <n>", "random seed; the same seed gives bit-identical results (default: 0)")
    .option("--out <run>", "folder of the run (default: runs/<data>-<method>-<seed>)")
    .option("--force", "replace the run in the folder, even if another process is using it")
    .option("--config <file>", "settings as YAML; flags and --set override them")
    .option("--set <path=value>", "one setting, for example epochs.whole=5; can be repeated", collect)
    .option("--epochs <n>", "epochs of every stage; --set epochs.whole=5 sets one stage (default: the method's)")
    .option("--batch-size <n>", `samples per step (default: ${defaults.batchSize})`)
    .option("--learning-rate <x>", "learning rate of all stages (default: the method's)")
    .option(
      "--encoder <kind>",
      "mlp or pool (sequences), of all modalities or of one, with settings behind, for example audio=pool,width=32, or a file, kind:FILE; can be repeated (default: mlp)",
      collect,
    )
    .option(
      "--normalize <how>",
      "standard or none, of all modalities or of one, for example audio=none; can be repeated (default: standard)",
      collect,
    )
    .option("--modality-dropout <x>", "share of the samples of a batch in which one modality is hidden (default: 0)")
    .option("--members <n>", "number of models of the ensemble; their logits are averaged (default: the method's)")
    .option("--label-smoothing <x>", "share of each training target that is spread evenly (default: the method's)")
    .option("--teacher <run>", "a finished run on the same data; its predictions are distilled into the model")
    .option("--teacher-weight <w>", "weight of the distillation loss (default: 1)")
    .option("--threads <n>", "threads within one operation (default: auto)")
    .option("--backend <name>", "auto, native or wasm (default: auto)")
    .option("--dry-run", "print all settings without training")
    .option(...quiet)
    .action(async (dir, flags) => give((await import("../commands/train.ts")).train(dir, flags)));
};

export const resume: Define = (program, give) => {
  add(program, "resume <run>", "continue an interrupted run; the result is bit-identical to a run without interruption")
    .option("--data <dir>", "folder of the data, if it was moved")
    .option("--force", "continue even if another process is using the run")
    .option(...quiet)
    .action(async (run, flags) => give((await import("../commands/resume.ts")).resume(run, flags)));
};
