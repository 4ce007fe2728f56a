/** @file The options of a training run, checked against the method's stages. */

import { configError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, isRecord, type Keys, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import type { Frozen } from "../features/frozen.ts";
import type { Method, Outputs, Stage } from "../methods/method.ts";
import type { NormalizeSetting } from "../modalities/modality.ts";
import { constant, cosine, type Optimiser, plateau, type Schedule, step as stepSchedule } from "../optim/index.ts";
import type { BackendName } from "../runtime/backend.ts";
import { defaults } from "./defaults.ts";
import type { FitEvent } from "./events.ts";
import type { Monitor } from "./monitor.ts";
import type { TeacherOptions } from "./teacher.ts";

export interface FitOptions {
  /** Seed of initial weights, sample order and noise. The same seed gives the same bits with the same backend and thread count. */
  readonly seed: number;
  /** Samples per step. Default 64. */
  readonly batchSize?: number;
  /** Epochs, for all stages or by stage. Default: those of the method. */
  readonly epochs?: ByStage;
  /** Base learning rate, for all stages or by stage. Default: the optimiser's if it was given one, else that of the method. */
  readonly learningRate?: ByStage;
  /** Linear warm-up of the learning rate at the beginning of each stage. Default: none. */
  readonly warmup?: Warmup;
  /**
   * Early stopping: a stage ends after this many epochs without improvement of the metric that selects its best epoch; for all stages or by
   * stage. A stage that keeps its last epoch instead of its best stops early only with `monitor`. Default: that of the method, none for most.
   */
  readonly patience?: ByStage;
  /**
   * The validation metric that selects the best epoch of every stage and that `patience` watches: "accuracy", "logLoss" or "calibrated" (the
   * log-loss at the best temperature) for classes, "accuracy" or "logLoss" for labels, "r2" or "squaredError" for values. Default: that of
   * the stage.
   */
  readonly monitor?: Monitor;
  /**
   * Weights of the classes in losses: by name of the class, 1 where none is given, or "balanced" for N / (K n_c) as in scikit-learn. Losses
   * are means over the batch of weight times loss, as in Keras (PyTorch divides by the sum of weights). Terms that do not compare a prediction
   * with the target (KL, reconstruction, contrasts, a teacher's) and metrics are not weighted. Needs a target of classes. Default: all 1.
   */
  readonly classWeights?: ClassWeights;
  /** Weights [N] of the training samples in losses, like class weights, with which they are multiplied. Default: all 1. */
  readonly sampleWeights?: ArrayLike<number>;
  /** Default Adam. Each stage starts with a new optimiser state. */
  readonly optimiser?: Optimiser;
  /** Clips the global norm of all gradients to this value. Default: no clipping. */
  readonly clipNorm?: number;
  /**
   * Share in [0, 1) of the samples of each batch from which one random modality is removed, so that the model learns to work without it.
   * Samples with a single modality keep it. Default 0.
   */
  readonly modalityDropout?: number;
  /**
   * Label smoothing e in [0, 1): losses use the target (1 - e) y + e / K for classes and (1 - e) y + e / 2 for labels; values have none.
   * Accuracy uses the unsmoothed target. Default: that of the method, 0 for most.
   */
  readonly labelSmoothing?: number;
  /** Normalisation of all modalities, or by modality: `standard` (default) or `none`. The model stores it. */
  readonly normalize?: NormalizeSetting;
  /** A frozen model whose outputs are an additional training target (distillation). */
  readonly teacher?: TeacherOptions;
  /** The files of frozen encoders (`readEncoders`); their features are computed before training starts. */
  readonly frozen?: Frozen;
  /** Calibrate probabilities on the validation data when training ends. Default true. */
  readonly calibrate?: boolean;
  /** Threads inside one operation. Default: 1 for small models, 2 for large ones. */
  readonly threads?: number;
  readonly backend?: BackendName;
  /**
   * Compute convolutions as direct products, without Winograd's rounding: errors of 1e-6 instead of 1e-5 of the largest value, up to two
   * times slower. Default false.
   */
  readonly exact?: boolean;
  /** Folder for checkpoints, metrics and the model. Default: none are written. */
  readonly folder?: Folder;
  /** Resume from the folder's checkpoint if it has one. */
  readonly resume?: boolean;
  /** Seconds between checkpoints; with 0 every step writes one. The end of a stage and an interrupt write one too. Default 5. */
  readonly checkpointSeconds?: number;
  /** Identifies settings and data that are not part of these options; stored in checkpoints and compared on resume. */
  readonly identity?: string;
  readonly onEvent?: (event: FitEvent) => void;
  /**
   * Aborting saves a checkpoint and ends with a RunError named AbortError, before work starts if the signal is already aborted. Its
   * `fields.interrupted` is true; `fields.fitted` has the best model so far, not calibrated, if an epoch has finished.
   */
  readonly signal?: AbortSignal;
}

const KNOWN: Keys<FitOptions> = {
  seed: true,
  batchSize: true,
  epochs: true,
  learningRate: true,
  warmup: true,
  patience: true,
  monitor: true,
  classWeights: true,
  sampleWeights: true,
  optimiser: true,
  clipNorm: true,
  modalityDropout: true,
  labelSmoothing: true,
  normalize: true,
  teacher: true,
  frozen: true,
  calibrate: true,
  threads: true,
  backend: true,
  exact: true,
  folder: true,
  resume: true,
  checkpointSeconds: true,
  identity: true,
  onEvent: true,
  signal: true,
};

/** A number for all stages, or numbers by stage. */
export type ByStage = number | Readonly<Record<string, number>>;

/** Length of the warm-up in epochs (also a part of one) or in steps. */
export type Warmup =
  | { readonly epochs: number; readonly steps?: never }
  | { readonly steps: number; readonly epochs?: never };

/** Weights by name of the class, or weights that give every class the same total. */
export type ClassWeights = "balanced" | Readonly<Record<string, number>>;

type Called = Pick<Stage<never>, "name" | "member">;

/** The number set for a stage, or for this stage in every member of a pool; undefined if none is set. */
export function ofStage(settings: ByStage, { name, member }: Called): number | undefined {
  if (typeof settings === "number") return settings;
  return ownValue(settings, name) ?? (member && ownValue(settings, member.stage));
}

/** Names that may be used for stages: in a pool, `whole` sets the stage of every member and `member2.whole` that of one. */
export function stageNames({ stages }: { readonly stages: readonly Called[] }): string[] {
  return [...new Set(stages.flatMap(({ member }) => member?.stage ?? [])), ...stages.map(({ name }) => name)];
}

/** A stage with the settings of a run. */
export interface PlannedStage {
  /** With the patience of the run. */
  readonly stage: Stage<never>;
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly warmup: Warmup | undefined;
}

/** The stages with the settings of a run. @throws ConfigError for unknown stage names and invalid numbers. */
export function plan(method: Method, options: FitOptions): PlannedStage[] {
  checkOptions("fit", options, KNOWN);
  const { epochs = {}, learningRate = {}, patience = {}, warmup, seed, batchSize = defaults.batchSize } = options;
  if (!Number.isInteger(seed) || seed < 0)
    throw configError(`seed is ${shown(seed)}; a whole number from 0 is needed.`);
  if (!Number.isInteger(batchSize) || batchSize < 2)
    throw configError(
      `batchSize is ${batchSize}; a whole number from 2 is needed: several methods learn by comparing the samples of a batch.`,
    );
  checkByStage(method, "epochs", epochs, 0, true);
  checkByStage(method, "learningRate", learningRate, 0, false);
  checkByStage(method, "patience", patience, 1, true);
  if (warmup !== undefined && !isWarmup(warmup)) {
    throw configError(`warmup is ${shown(warmup)}; give { epochs: 2 } or { steps: 500 }, above 0.`);
  }
  const given = options.optimiser?.learningRate;
  requireOneRate(given, learningRate);
  const planned = method.stages.flatMap((stage): PlannedStage[] => {
    const count = ofStage(epochs, stage) ?? stage.epochs;
    if (count === 0) return [];
    const patient = ofStage(patience, stage);
    return [
      {
        stage: (patient === undefined ? stage : { ...stage, patience: patient }) as Stage<never>,
        epochs: count,
        learningRate: ofStage(learningRate, stage) ?? given ?? stage.learningRate,
        schedule: scheduleOf(stage, count),
        warmup,
      },
    ];
  });
  if (planned.length === 0) throw configError("every stage has 0 epochs; nothing would be trained.");
  return planned;
}

/** @throws ConfigError for an unknown stage, or a number below `min`. */
function checkByStage(method: Method, what: string, settings: ByStage, min: number, whole: boolean): void {
  const checkNumber = (value: number, name: string): void => {
    if (typeof value === "number" && value >= min && (!whole || Number.isInteger(value))) return;
    throw configError(`${name} is ${shown(value)}; a ${whole ? "whole number" : "number"} from ${min} is needed.`);
  };
  if (!isRecord(settings)) {
    checkNumber(settings, what);
    return;
  }
  const names = stageNames(method);
  for (const [name, value] of Object.entries(settings)) {
    if (!names.includes(name)) {
      throw configError(`${what}.${name}: ${method.name} has no such stage. Its stages: ${names.join(", ")}.`);
    }
    checkNumber(value, `${what}.${name}`);
  }
}

/** Whether a value is a warm-up: a positive number of epochs, or a positive whole number of steps. */
export function isWarmup(value: unknown): value is Warmup {
  const [[unit, length] = [], ...more] = isRecord(value) ? Object.entries(value) : [];
  if (more.length > 0 || typeof length !== "number" || !Number.isFinite(length) || length <= 0) return false;
  return unit === "epochs" || (unit === "steps" && Number.isInteger(length));
}

/**
 * A learning rate that is given in two places must be the same in both.
 * @throws ConfigError if the optimiser was given another rate than a stage.
 */
export function requireOneRate(optimiser: number | undefined, settings: ByStage): void {
  if (optimiser === undefined) return;
  const rates = typeof settings === "number" ? { "": settings } : settings;
  const other = Object.entries(rates).find(([, rate]) => rate !== optimiser);
  if (other === undefined) return;
  const [stage, rate] = other;
  const message = `${optimiser} is the optimiser's, but learningRate${stage === "" ? "" : `.${stage}`} is ${rate}. Give one of the two.`;
  throw configError(`optimiser.learningRate: ${message}`, { issues: [{ path: ["learningRate"], message }] });
}

function scheduleOf({ schedule }: Stage<Outputs>, epochs: number): Schedule {
  if (schedule.kind === "step") return stepSchedule({ every: schedule.every, factor: schedule.factor });
  if (schedule.kind === "cosine")
    return cosine({ epochs, ...(schedule.minimum !== undefined && { minimum: schedule.minimum }) });
  if (schedule.kind === "constant") return constant();
  const { factor, patience, threshold = 1e-4, minimum = 0 } = schedule;
  return plateau({ mode: "max", factor, patience, threshold, minimum });
}
