/**
 * @file The contract of a kind of target: all that training, evaluation, reports and export need to know about it. Read this first; then
 * multiclass.ts, ordinal.ts, multilabel.ts and regression.ts, one record each, and index.ts, which lists them.
 */
import type { Target } from "../data/dataset.ts";
import type { Presence } from "../data/presence.ts";
import type { Calibration } from "./calibrate.ts";
import type { EpochMetrics, Selection } from "./epoch-metrics.ts";
import type { ExportOutput, ExportSource } from "./export.ts";
import type { Task } from "./task.ts";
import type { FittedTarget } from "./units.ts";

/** A target as training reads it. */
export interface EncodedTarget {
  /** K, the number of outputs. */
  readonly outputs: number;
  /** [N, width]: class indices (width 1), labels, or standardised values; NaN is unknown. */
  readonly data: Float32Array;
  readonly width: number;
}

/** What answers are read with. */
export interface Calibrated {
  readonly target: FittedTarget;
  readonly calibration: Calibration;
}

/** Predictions [N, K] of a model, in the data's units. */
export interface TargetPredictions {
  readonly logits: Float32Array;
  readonly unimodal: Readonly<Record<string, Float32Array>>;
  readonly components: Readonly<Record<string, { readonly contribution: Float32Array }>>;
}

/** Whose outputs are read: calibration differs. */
export type Source = "prediction" | "component" | { readonly modality: string };

/** A prediction in the data's own words. */
export interface Answer {
  /** The class; absent for labels and values. */
  readonly label?: string;
  /** By name: the probability of each class, the probability of yes of each label, each value in the data's unit. */
  readonly values: Readonly<Record<string, number>>;
}

/** Reads the predictions of samples in the data's own words, by row. */
export interface AnswerReader {
  /** The predicted class and its calibrated probability; kinds without classes have none. */
  readonly best?: (row: number) => { readonly prediction: string; readonly probability: number };
  /** `Answer.values`. */
  readonly values: (row: number) => Answer["values"];
}

/** What is true of a sample: its class, or its labels or values by name; undefined where unknown. */
export interface Truth {
  readonly label?: string | undefined;
  /** 0 or 1 for labels, numbers for values; absent for classes. */
  readonly target?: Readonly<Record<string, number | undefined>>;
}

/** A kind of target. */
export interface TargetType extends Task {
  /** The number of outputs K for the target's names. */
  outputs(names: readonly string[]): number;
  /** Names and, for values, mean and deviation, from training data. */
  fit(target: Target): FittedTarget;
  /** The prior [K] in the space of the outputs: log-frequencies of classes, log-odds, 0 for standardised values. */
  prior(target: Target): number[];
  encode(target: Target, fitted: FittedTarget): EncodedTarget;
  /** Writes the rows [count, K] of the samples `order[from .. from + count)` that losses read. */
  fill(out: Float32Array, target: EncodedTarget, order: ArrayLike<number>, from: number, count: number): void;

  /** The name of the mean of `batchScore` over samples, which progress shows. */
  readonly progress: "accuracy" | "r2";
  /** The metrics of an epoch that a run may select epochs by: 1 if larger values are better, else -1. */
  readonly directions: Readonly<Partial<Record<keyof EpochMetrics, 1 | -1>>>;
  /** The sum of scores over a batch's predictions [count, K] of the samples `rows`. */
  batchScore(predicted: Float32Array, target: EncodedTarget, rows: ArrayLike<number>): number;
  /** Metrics of predictions [N, K] that the choice of the best epoch needs; values are in standard deviations of the training data. */
  epochMetrics(predicted: Float32Array, target: EncodedTarget, best: Selection): EpochMetrics;
  /** The value that schedules and the choice of the best epoch monitor; larger is better. */
  monitored(metrics: EpochMetrics, best: Selection): number;

  /** Metrics by name; models are ranked by the first, and larger is better for it. Unknown entries of the target are left out. */
  metrics(
    predictions: Pick<TargetPredictions, "logits" | "unimodal"> & { readonly calibration?: Calibration | undefined },
    target: Target,
    present?: Presence,
  ): Readonly<Record<string, number>>;
  /** Metrics of each label or value. */
  readonly perOutput?: (predicted: Float32Array, target: Target) => Record<string, Record<string, number>>;

  /** Fits the calibration on validation data. */
  calibrate(model: Calibrated, predictions: TargetPredictions, target: Target): Calibration;
  /** The factor of one component that minimises the log-loss (`Method.weights`); kinds without it keep 1. */
  readonly fitWeight?: (logits: Float32Array, contribution: Float32Array, target: Target) => number;
  /** Predictions [N, K] as targets of losses, for a student of the model. */
  softTargets(outputs: Float32Array, model: Calibrated, of: Source): Float32Array;
  /** Reads predictions [N, K] in the data's own words. */
  answers(outputs: Float32Array, model: Calibrated, of: Source): AnswerReader;
  truth(target: Target, row: number): Truth;
  /** Whether information in bits is defined for its predictions (interactions/bits.ts). */
  readonly hasBits: boolean;
  /** What is predicted, in words: `one of 3 classes`. */
  summary(names: readonly string[]): string;
  /** The outputs of an exported file; the prediction comes first. */
  exports(source: ExportSource): ExportOutput[];
}
