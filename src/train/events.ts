/** @file Events of a training run. They are plain data, which can be printed, stored and sent. */

/** The metric that progress shows: accuracy for classes, mean accuracy over labels, R2 for values. */
export type PrimaryMetric =
  | { readonly accuracy: number; readonly r2?: never }
  | { readonly accuracy?: never; readonly r2: number };

/**
 * Metrics on validation data: accuracy and log-loss in nats, and `calibrated`, the log-loss at the best temperature, if the stage selects
 * its best epoch by it. For values: R2, and the mean squared error in units of the training data's variance.
 */
export interface EpochFigures {
  readonly accuracy?: number;
  readonly logLoss?: number;
  readonly calibrated?: number;
  readonly r2?: number;
  readonly squaredError?: number;
}

/** Metrics of one finished epoch. Losses are in nats, accuracies in [0, 1]. */
export interface EpochRecord {
  readonly stage: string;
  /** Counts from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly train: PrimaryMetric & {
    readonly loss: number;
    /** Each loss term without its weight, mean over the samples of the epoch. */
    readonly terms: Readonly<Record<string, number>>;
  };
  readonly validation: EpochFigures;
  /** The stage's best epoch so far, and its metric on validation data. */
  readonly best: PrimaryMetric & { readonly epoch: number };
}

export type FitEvent =
  | {
      readonly kind: "started";
      readonly method: string;
      readonly parameters: number;
      readonly backend: string;
      readonly threads: number;
      readonly stages: readonly { readonly name: string; readonly epochs: number }[];
      /** True if the run resumes from a checkpoint. */
      readonly resumed: boolean;
    }
  | { readonly kind: "note"; readonly message: string }
  | {
      readonly kind: "stage";
      readonly stage: string;
      readonly epochs: number;
      readonly steps: number;
      readonly trainedParameters: number;
      /** Size of the features of frozen parts that are computed once and cached, in numbers. */
      readonly keptFeatures: number;
    }
  | (PrimaryMetric & {
      readonly kind: "step";
      readonly stage: string;
      readonly epoch: number;
      readonly epochs: number;
      /** Steps done in this epoch, and steps per epoch. */
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
    })
  | ({ readonly kind: "epoch"; readonly seconds: number; readonly secondsLeft: number } & EpochRecord)
  | { readonly kind: "checkpoint"; readonly stage: string; readonly epoch: number; readonly step: number }
  | {
      readonly kind: "finished";
      readonly seconds: number;
      readonly best: PrimaryMetric & { readonly stage: string };
    };
