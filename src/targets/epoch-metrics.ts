/** @file Metrics of an epoch, and which epoch is best. */

/** What a stage selects its best epoch by (methods/method.ts). */
export type Selection = "accuracy" | "logLoss" | "calibrated" | "last" | undefined;

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

/** Whether an epoch is better than the best one before it. Of equally accurate epochs, the one with the smaller log-loss is. */
export function isBetter(
  type: { monitored(metrics: EpochMetrics, best: Selection): number },
  now: EpochMetrics,
  before: EpochMetrics | undefined,
  best: Selection,
): boolean {
  if (before === undefined || best === "last") return true;
  const [value, other] = [type.monitored(now, best), type.monitored(before, best)];
  if (value !== other || value !== now.accuracy) return value > other;
  return now.logLoss! < before.logLoss!;
}

/** The metric that progress shows. */
export function primaryMetric({ accuracy, r2 }: EpochMetrics): PrimaryMetric {
  return accuracy === undefined ? { r2: r2! } : { accuracy };
}

/** A mean of `batchScore` under the name of its metric. */
export function primaryMetricOf(value: number, { progress }: { readonly progress: "accuracy" | "r2" }): PrimaryMetric {
  return progress === "r2" ? { r2: value } : { accuracy: value };
}
