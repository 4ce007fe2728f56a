/** @file Events of a training run. They are plain data, which can be printed, stored and sent. */
import type { EpochRecord } from "../evaluation/history.ts";
import type { EncodingProgress } from "../features/frozen.ts";
import type { PrimaryMetric } from "../targets/epoch-metrics.ts";

/** What a stage costs; see estimate.ts. */
export interface StageCost {
  readonly stage: string;
  readonly epochs: number;
  /** Steps of an epoch. */
  readonly steps: number;
  /** Measured on real steps. */
  readonly secondsAStep: number;
  /** Floating-point operations for each sample: of a prediction, and of a training step. */
  readonly flops: { readonly forward: number; readonly step: number };
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
  /** Features of frozen encoders that are computed before training. */
  | ({ readonly kind: "encoding" } & EncodingProgress)
  | {
      readonly kind: "stage";
      readonly stage: string;
      readonly epochs: number;
      readonly steps: number;
      readonly trainedParameters: number;
      /** Size of the features of frozen parts that are computed once and cached, in numbers. */
      readonly keptFeatures: number;
    }
  /** The cost of a stage, measured on its first steps. */
  | ({ readonly kind: "estimate" } & StageCost)
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
