/** @file Metrics of an epoch. */

/** The metric that progress shows: accuracy for classes, mean accuracy over labels, R2 for values. */
export type PrimaryMetric =
  | { readonly accuracy: number; readonly r2?: never }
  | { readonly accuracy?: never; readonly r2: number };

/**
 * Metrics on validation data: accuracy and log-loss in nats, and `calibrated`, the log-loss at the best temperature, if the stage selects
 * its best epoch by it. For values: R2, and the mean squared error in units of the training data's variance.
 */
export interface EpochMetrics {
  readonly accuracy?: number;
  readonly logLoss?: number;
  readonly calibrated?: number;
  readonly r2?: number;
  readonly squaredError?: number;
}
