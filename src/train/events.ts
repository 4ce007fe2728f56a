/** @file What a training run tells while it goes. Plain data: it can be printed, stored and sent. */

/** What progress shows: accuracy (of labels the mean over labels), or, of values, the share of variance explained, at most 1. */
export type PrimaryMetric =
  | { readonly accuracy: number; readonly r2?: never }
  | { readonly accuracy?: never; readonly r2: number };

/**
 * Figures on validation data: accuracy and log-loss in nats, and, where the stage chooses by it, log-loss at the best temperature; of
 * values r2 and the mean squared error in variances of the training data.
 */
export interface EpochFigures {
  readonly accuracy?: number;
  readonly logLoss?: number;
  readonly calibrated?: number;
  readonly r2?: number;
  readonly squaredError?: number;
}

/** Figures of one finished epoch. Losses in nats, accuracies as shares. */
export interface EpochRecord {
  readonly stage: string;
  /** Counts from 1. */
  readonly epoch: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly train: PrimaryMetric & {
    readonly loss: number;
    /** Each loss term, unweighted, mean over the samples of the epoch. */
    readonly terms: Readonly<Record<string, number>>;
  };
  readonly validation: EpochFigures;
  /** The stage's best epoch so far, and its figure on validation data. */
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
      /** True when the run goes on from a checkpoint. */
      readonly resumed: boolean;
    }
  | { readonly kind: "note"; readonly message: string }
  | {
      readonly kind: "stage";
      readonly stage: string;
      readonly epochs: number;
      readonly steps: number;
      readonly trainedParameters: number;
      /** Numbers in features of frozen parts that are computed once. */
      readonly keptFeatures: number;
    }
  | (PrimaryMetric & {
      readonly kind: "step";
      readonly stage: string;
      readonly epoch: number;
      readonly epochs: number;
      /** Steps done in this epoch, and in all. */
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
