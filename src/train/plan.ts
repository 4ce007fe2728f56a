/** @file The options of a training run, checked against the method's stages. */

import { configError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, isRecord, type Keys, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import type { Method, Outputs, Stage } from "../methods/method.ts";
import type { NormalizeSetting } from "../modalities/modality.ts";
import { constant, cosine, type Optimiser, plateau, type Schedule, step as stepSchedule } from "../optim/index.ts";
import type { BackendName } from "../runtime/backend.ts";
import type { FitEvent } from "./events.ts";
import type { TeacherOptions } from "./teacher.ts";

export interface FitOptions {
  /** Seed of initial weights, sample order and noise. The same seed gives the same bits with the same backend and thread count. */
  readonly seed: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Epochs, for all stages or by stage. Default: those of the method. */
  readonly epochs?: ByStage;
  /** Base learning rate, for all stages or by stage. Default: that of the method. */
  readonly learningRate?: ByStage;
  /** Default Adam. The stage's learning rate overrides the optimiser's. Each stage starts with a new optimiser state. */
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
  /** Calibrate probabilities on the validation data when training ends. Default true. */
  readonly calibrate?: boolean;
  /** Threads inside one operation. Default: 1 for small models, 2 for large ones. */
  readonly threads?: number;
  readonly backend?: BackendName;
  /** Folder for checkpoints, metrics and the model. Default: none are written. */
  readonly folder?: Folder;
  /** Resume from the folder's checkpoint if it has one. */
  readonly resume?: boolean;
  /** Seconds between checkpoints; with 0 every step writes one. The end of a stage and an interrupt write one too. Default 5. */
  readonly checkpointSeconds?: number;
  /** Identifies settings and data that are not part of these options; stored in checkpoints and compared on resume. */
  readonly identity?: string;
  readonly onEvent?: (event: FitEvent) => void;
  /** Aborting saves a checkpoint and ends with a RunError whose `fields.interrupted` is true. */
  readonly signal?: AbortSignal;
}

const KNOWN: Keys<FitOptions> = {
  seed: true,
  batchSize: true,
  epochs: true,
  learningRate: true,
  optimiser: true,
  clipNorm: true,
  modalityDropout: true,
  labelSmoothing: true,
  normalize: true,
  teacher: true,
  calibrate: true,
  threads: true,
  backend: true,
  folder: true,
  resume: true,
  checkpointSeconds: true,
  identity: true,
  onEvent: true,
  signal: true,
};

/** A number for all stages, or numbers by stage. */
export type ByStage = number | Readonly<Record<string, number>>;

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

/** A stage with the epochs and the learning rate of a run. */
export interface PlannedStage {
  readonly stage: Stage<never>;
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
}

/** The stages with the epochs and learning rates of a run. @throws ConfigError for unknown stage names and invalid numbers. */
export function plan(method: Method, options: FitOptions): PlannedStage[] {
  checkOptions("fit", options, KNOWN);
  const { epochs = {}, learningRate = {}, seed, batchSize = 64 } = options;
  const names = stageNames(method);
  const checkNumber = (value: number, what: string, whole: boolean): void => {
    if (typeof value === "number" && value >= 0 && (!whole || Number.isInteger(value))) return;
    throw configError(`${what} is ${shown(value)}; a ${whole ? "whole number" : "number"} from 0 is needed.`);
  };
  const check = (settings: ByStage, what: string, whole: boolean): void => {
    if (!isRecord(settings)) {
      checkNumber(settings as number, what, whole);
      return;
    }
    for (const [name, value] of Object.entries<number>(settings)) {
      if (!names.includes(name)) {
        throw configError(`${what}.${name}: ${method.name} has no such stage. Its stages: ${names.join(", ")}.`);
      }
      checkNumber(value, `${what}.${name}`, whole);
    }
  };
  if (!Number.isInteger(seed) || seed < 0)
    throw configError(`seed is ${shown(seed)}; a whole number from 0 is needed.`);
  if (!Number.isInteger(batchSize) || batchSize < 2)
    throw configError(
      `batchSize is ${batchSize}; a whole number from 2 is needed: several methods learn by comparing the samples of a batch.`,
    );
  check(epochs, "epochs", true);
  check(learningRate, "learningRate", false);
  const planned = method.stages.flatMap((stage): PlannedStage[] => {
    const count = ofStage(epochs, stage) ?? stage.epochs;
    const rate = ofStage(learningRate, stage) ?? stage.learningRate;
    if (count === 0) return [];
    return [{ stage: stage as Stage<never>, epochs: count, learningRate: rate, schedule: scheduleOf(stage, count) }];
  });
  if (planned.length === 0) throw configError("every stage has 0 epochs; nothing would be trained.");
  return planned;
}

function scheduleOf({ schedule }: Stage<Outputs>, epochs: number): Schedule {
  if (schedule.kind === "step") return stepSchedule({ every: schedule.every, factor: schedule.factor });
  if (schedule.kind === "cosine")
    return cosine({ epochs, ...(schedule.minimum !== undefined && { minimum: schedule.minimum }) });
  if (schedule.kind === "constant") return constant();
  const { factor, patience, threshold = 1e-4, minimum = 0 } = schedule;
  return plateau({ mode: "max", factor, patience, threshold, minimum });
}
