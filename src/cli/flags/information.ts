/** @file Commands about information in data and in predictions: quantify, bits and pid. */
import { withReadingFlags } from "../reading-flags.ts";
import { add, collect, type Define, quiet, split } from "./shared.ts";

export const quantify: Define = (program, give) => {
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
    .action(async (data, flags) => give((await import("../commands/quantify.ts")).quantify(data, flags)));
};

export const bits: Define = (program, give) => {
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
    .action(async (predictions, flags) => give((await import("../commands/bits.ts")).bits(predictions, flags)));
};

export const pid: Define = (program, give) => {
  add(
    program,
    "pid <file>",
    "exact partial information decomposition from a covariance matrix (.csv with names) of jointly normal sources and target",
  )
    .requiredOption("--first <names>", "columns of the first source, as in a,b; audio stands for audio_1, audio_2, ...")
    .requiredOption("--second <names>", "columns of the second source")
    .requiredOption("--target <names>", "columns of the target")
    .action(async (file, flags) => give((await import("../commands/pid.ts")).pid(file, flags)));
};
