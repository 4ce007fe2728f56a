/** @file Scores during training: of each batch, of each epoch on validation data, and which epoch is best. */
import { type DmilError, type ErrorFields, runError } from "../core/errors.ts";
import type { TargetKind } from "../data/dataset.ts";
import type { Stage } from "../methods/method.ts";
import { calibratedLogLoss } from "../targets/calibrate.ts";
import type { EpochMetrics, PrimaryMetric } from "../targets/epoch-metrics.ts";
import { labelAccuracy, labelLogLoss } from "../targets/label-metrics.ts";
import { accuracy, argmaxRows, logLoss } from "../targets/metrics.ts";
import type { Samples } from "./rows.ts";

type Targets = Pick<Samples, "labels" | "target">;

/**
 * The sum of scores over a batch's predictions [count, K]: 1 for a correct class, the share of correct labels, 1 minus the squared error
 * of values (whose mean over samples is R2).
 */
export function batchScore(
  predicted: Float32Array,
  { labels, target }: Targets,
  kind: TargetKind,
  rows: Uint32Array,
): number {
  const K = predicted.length / rows.length;
  if (target === undefined) {
    return argmaxRows(predicted, K).reduce((n, label, i) => n + Number(label === labels[rows[i]!]), 0);
  }
  let total = 0;
  rows.forEach((row, i) => {
    let [score, known] = [0, 0];
    for (let k = 0; k < K; k++) {
      const truth = target.data[row * K + k]!;
      if (Number.isNaN(truth)) continue;
      const value = predicted[i * K + k]!;
      score += kind === "multilabel" ? Number(value > 0 === truth > 0.5) : 1 - (value - truth) ** 2;
      known++;
    }
    total += known === 0 ? 0 : score / known;
  });
  return total;
}

/** Metrics of predictions [N, K] that the choice of the best epoch needs. Values are in standard deviations of the training data. */
export function validationMetrics(
  predicted: Float32Array,
  { labels, target }: Targets,
  kind: TargetKind,
  best?: Stage<never>["best"],
): EpochMetrics {
  if (target === undefined) {
    const K = predicted.length / labels.length;
    return {
      accuracy: accuracy(argmaxRows(predicted, K), labels),
      logLoss: logLoss(predicted, labels, K),
      ...(best === "calibrated" && { calibrated: calibratedLogLoss(predicted, labels, K) }),
    };
  }
  if (kind === "multilabel") {
    return { accuracy: labelAccuracy(predicted, target.data), logLoss: labelLogLoss(predicted, target.data) };
  }
  let [squared, known] = [0, 0];
  target.data.forEach((truth, i) => {
    if (Number.isNaN(truth)) return;
    squared += (predicted[i]! - truth) ** 2;
    known++;
  });
  return { r2: 1 - squared / known, squaredError: squared / known };
}

/** The RunError for a loss or metric that is not finite; `fields.diverged` is true. */
export function diverged(what: string, learningRate: number, fields: ErrorFields): DmilError {
  const lower = learningRate > 1 ? 0.001 : Number((learningRate / 10).toPrecision(2));
  return runError(
    `${what} Lower the learning rate (${learningRate} here; try ${lower}) or set clipNorm, for example to 1.`,
    { ...fields, diverged: true },
  );
}

/** Names of an epoch's metrics that are not finite. */
export function notFinite(figures: EpochMetrics): string[] {
  return Object.entries(figures).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [`${name} ${value}`]));
}

/** Whether an epoch is better than the best one before it. */
export function isBetter(
  now: EpochMetrics,
  before: EpochMetrics | undefined,
  best: Stage<never>["best"],
  kind: TargetKind,
): boolean {
  if (before === undefined || best === "last") return true;
  if (kind !== "multiclass" || best === "logLoss" || best === "calibrated")
    return monitoredValue(now, best, kind) > monitoredValue(before, best, kind);
  if (now.accuracy !== before.accuracy) return now.accuracy! > before.accuracy!;
  return now.logLoss! < before.logLoss!;
}

/** The value that schedules and the choice of the best epoch monitor; larger is better. */
export function monitoredValue(
  { accuracy: right, logLoss: loss, calibrated, squaredError }: EpochMetrics,
  best: Stage<never>["best"],
  kind: TargetKind,
): number {
  if (kind === "regression") return -squaredError!;
  if (kind === "multilabel" || best === "logLoss") return -loss!;
  return best === "calibrated" ? -calibrated! : right!;
}

/** The metric that progress shows. */
export function primaryMetric({ accuracy: right, r2 }: EpochMetrics): PrimaryMetric {
  return right === undefined ? { r2: r2! } : { accuracy: right };
}

/** A mean of `batchScore` under the name of its metric. */
export function primaryMetricOf(value: number, kind: TargetKind): PrimaryMetric {
  return kind === "regression" ? { r2: value } : { accuracy: value };
}
