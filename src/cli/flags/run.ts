/** @file Commands that read a finished run: evaluate, predict, explain and export. */
import { add, type Define, split } from "./shared.ts";

export const evaluate: Define = (program, give) => {
  add(program, "evaluate <run>", "metrics on one split")
    .addOption(split())
    .option("--data <dir>", "another data folder with the same modalities and target")
    .option("--missing", "also evaluate with modalities hidden, for every combination of modalities")
    .action(async (run, flags) => give((await import("../commands/evaluate.ts")).evaluate(run, flags)));
};

export const predict: Define = (program, give) => {
  add(program, "predict <run> <data>", "predictions for new samples; the data needs no target, no ids and no splits")
    .option("--out <file>", "table with one row per sample: .csv, .jsonl or .parquet (default: print the first ten)")
    .addOption(split("which split, if the data has splits"))
    .action(async (run, data, flags) => give((await import("../commands/predict.ts")).predict(run, data, flags)));
};

export const explain: Define = (program, give) => {
  add(program, "explain <run>", "what each component contributed, sample by sample")
    .addOption(split())
    .option("--data <dir>", "another data folder with the same modalities and target")
    .option(
      "--out <file>",
      "table with one row per sample: .csv (with ' before cells that a spreadsheet would run as formulas), .jsonl or .parquet (default: print a summary and three samples)",
    )
    .option("--probe", "also train probes on the frozen representations: which information each one contains")
    .action(async (run, flags) => give((await import("../commands/explain.ts")).explain(run, flags)));
};

export const exportModel: Define = (program, give) => {
  add(program, "export <run>", "write the model to one file, with a model card (.md) beside it")
    .requiredOption("--out <file>", ".onnx or .safetensors")
    .option("--missing", ".onnx: add the input present [batch, modalities], 1 where a sample has the modality")
    .option("--no-card", "write no model card")
    .option("--weights-of <modality>", "write only the weights of its encoder, under published names (.safetensors)")
    .option("--names <library>", "whose names: torchvision, timm or huggingface (default: the first of the encoder)")
    .option("--member <n>", "of a pool: the member whose encoder is written")
    .action(async (run, flags) => give((await import("../commands/export.ts")).exportModel(run, flags)));
};
