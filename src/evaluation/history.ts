/** @file The record of one epoch, which models and run folders keep. */
import type { EpochMetrics, PrimaryMetric } from "../targets/epoch-metrics.ts";

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
  readonly validation: EpochMetrics;
  /** The stage's best epoch so far, and its metric on validation data. */
  readonly best: PrimaryMetric & { readonly epoch: number };
}
