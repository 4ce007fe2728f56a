/** @file The settings of a run as options of training. */
import type { FitOptions } from "../train/plan.ts";
import type { RunConfig } from "./plan.ts";
import { optimiserOf } from "./settings.ts";

/** The options that settings decide; without folder, teacher and frozen encoders, which the caller opens. */
export function fitOptionsOf(config: RunConfig): FitOptions {
  return {
    seed: config.seed,
    batchSize: config.batchSize,
    epochs: config.epochs,
    learningRate: config.learningRate,
    optimiser: optimiserOf(config.optimiser),
    ...(config.warmup !== undefined && { warmup: config.warmup }),
    ...(config.patience !== undefined && { patience: config.patience }),
    ...(config.monitor !== undefined && { monitor: config.monitor }),
    ...(config.classWeights !== undefined && { classWeights: config.classWeights }),
    ...(config.clipNorm !== undefined && { clipNorm: config.clipNorm }),
    ...(config.modalityDropout !== undefined && { modalityDropout: config.modalityDropout }),
    ...(config.labelSmoothing !== undefined && { labelSmoothing: config.labelSmoothing }),
    ...(config.normalize !== undefined && { normalize: config.normalize }),
    backend: config.backend,
    ...(config.exact !== undefined && { exact: config.exact }),
    ...(config.threads !== "auto" && { threads: config.threads }),
  };
}
