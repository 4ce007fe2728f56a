/** @file What a training run is asked to do: its options, checked against the method's stages. */

import { configError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, isRecord, type Keys, shown } from "../core/keys.ts";
import { ownValue } from "../core/record.ts";
import type { Method, Outputs, Stage } from "../methods/method.ts";
import { constant, cosine, type Optimiser, plateau, type Schedule, step as stepSchedule } from "../optim/index.ts";
import type { BackendName } from "../runtime/backend.ts";
import type { FitEvent } from "./events.ts";
import type { TeacherOptions } from "./teacher.ts";

export interface FitOptions {
  /** Decides initial weights, order and noise; the same seed gives the same bits on the same backend and thread count. */
  readonly seed: number;
  /** 64. */
  readonly batchSize?: number;
  /** Epochs, for all stages or by stage; the method's own where left out. */
  readonly epochs?: ByStage;
  /** Base learning rate, for all stages or by stage; the method's own where left out. */
  readonly learningRate?: ByStage;
  /** Adam; its own learning rate is overruled by the stage's. A new one starts with each stage. */
  readonly optimiser?: Optimiser;
  /** Clips gradients to this norm over all parameters; no clipping where left out. */
  readonly clipNorm?: number;
  /**
   * Share in [0, 1) of the samples of each batch that lose one modality, at random, so that the model learns to do without; 0. Samples
   * that have one modality keep it.
   */
  readonly modalityDropout?: number;
  /**
   * Share e in [0, 1) of each target that training spreads evenly: losses see (1 - e) y + e / K for classes, (1 - e) y + e / 2 for
   * labels; values have none. The method's own where left out, 0 for most. Accuracy is told against what is true.
   */
  readonly labelSmoothing?: number;
  /** A frozen model towards whose outputs is trained too. */
  readonly teacher?: TeacherOptions;
  /** Fit on the validation data, when training ends, how far probabilities are to be believed; true. */
  readonly calibrate?: boolean;
  /** Threads inside one operation; left out: 1 for small models, 2 for large ones. */
  readonly threads?: number;
  readonly backend?: BackendName;
  /** Where checkpoints, metrics and the model go; left out: nowhere. */
  readonly folder?: Folder;
  /** Go on from the folder's checkpoint if it has one. */
  readonly resume?: boolean;
  /** Seconds between checkpoints, 5; with 0 every step writes one. Every stage's end and an interrupt write one besides. */
  readonly checkpointSeconds?: number;
  /** Distinguishes runs whose settings are not all visible here; stored in checkpoints, compared on resume. */
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

/** The number given for a stage, or for the stage of every member of a pool; undefined where none is. */
export function ofStage(given: ByStage, { name, member }: Called): number | undefined {
  if (typeof given === "number") return given;
  return ownValue(given, name) ?? (member && ownValue(given, member.stage));
}

/** Names under which numbers may be given for stages: in a pool `whole` for every member, `member2.whole` for one. */
export function stageNames({ stages }: { readonly stages: readonly Called[] }): string[] {
  return [...new Set(stages.flatMap(({ member }) => member?.stage ?? [])), ...stages.map(({ name }) => name)];
}

/** A stage with the run's own epochs and rate. */
export interface PlannedStage {
  readonly stage: Stage<never>;
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
}

/** The stages with a run's own epochs and rates. @throws ConfigError for unknown stage names and impossible numbers. */
export function plan(method: Method, options: FitOptions): PlannedStage[] {
  checkOptions("fit", options, KNOWN);
  const { epochs = {}, learningRate = {}, seed, batchSize = 64 } = options;
  const names = stageNames(method);
  const checkNumber = (value: number, what: string, whole: boolean): void => {
    if (typeof value === "number" && value >= 0 && (!whole || Number.isInteger(value))) return;
    throw configError(`${what} is ${shown(value)}; a ${whole ? "whole number" : "number"} from 0 is needed.`);
  };
  const check = (given: ByStage, what: string, whole: boolean): void => {
    if (!isRecord(given)) {
      checkNumber(given as number, what, whole);
      return;
    }
    for (const [name, value] of Object.entries<number>(given)) {
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
