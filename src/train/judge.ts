/** @file How training is judged while it goes: a figure for each batch, figures of an epoch on validation data, which epoch is best. */
import { type DmilError, type ErrorFields, runError } from "../core/errors.ts";
import type { TargetKind } from "../data/dataset.ts";
import type { Stage } from "../methods/method.ts";
import { calibratedLogLoss } from "./calibrate.ts";
import type { EpochFigures, Headline } from "./events.ts";
import { labelAccuracy, labelLogLoss } from "./label-metrics.ts";
import { accuracy, argmaxRows, logLoss } from "./metrics.ts";
import type { Samples } from "./stage.ts";

type Judged = Pick<Samples, "labels" | "target">;

/**
 * Summed over a batch's predictions [count, K]: classes that are right; of labels each sample's share that is right; of values 1 minus
 * the squared error, so that the mean over samples is the share of variance explained.
 */
export function credit(
  predicted: Float32Array,
  { labels, target }: Judged,
  kind: TargetKind,
  rows: Uint32Array,
): number {
  const K = predicted.length / rows.length;
  if (target === undefined) {
    return argmaxRows(predicted, K).reduce((n, label, i) => n + Number(label === labels[rows[i]!]), 0);
  }
  let total = 0;
  rows.forEach((row, i) => {
    let [own, known] = [0, 0];
    for (let k = 0; k < K; k++) {
      const truth = target.data[row * K + k]!;
      if (Number.isNaN(truth)) continue;
      const said = predicted[i * K + k]!;
      own += kind === "labels" ? Number(said > 0 === truth > 0.5) : 1 - (said - truth) ** 2;
      known++;
    }
    total += known === 0 ? 0 : own / known;
  });
  return total;
}

/** Figures of predictions [N, K] that `best` reads; of values in standard deviations of the training data, so that 1 is the error of its mean. */
export function judge(
  predicted: Float32Array,
  { labels, target }: Judged,
  kind: TargetKind,
  best?: Stage<never>["best"],
): EpochFigures {
  if (target === undefined) {
    const K = predicted.length / labels.length;
    return {
      accuracy: accuracy(argmaxRows(predicted, K), labels),
      logLoss: logLoss(predicted, labels, K),
      ...(best === "calibrated" && { calibrated: calibratedLogLoss(predicted, labels, K) }),
    };
  }
  if (kind === "labels") {
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

/** The error of numbers that are not finite, which more training would not mend; `fields.diverged` is true. */
export function diverged(what: string, learningRate: number, fields: ErrorFields): DmilError {
  const lower = learningRate > 1 ? 0.001 : Number((learningRate / 10).toPrecision(2));
  return runError(
    `${what} Lower the learning rate (${learningRate} here; try ${lower}) or set clipNorm, for example to 1.`,
    { ...fields, diverged: true },
  );
}

/** Names of an epoch's figures that are not finite. */
export function notFinite(figures: EpochFigures): string[] {
  return Object.entries(figures).flatMap(([name, value]) => (Number.isFinite(value) ? [] : [`${name} ${value}`]));
}

/** Is an epoch better than the best before it? */
export function isBetter(
  now: EpochFigures,
  before: EpochFigures | undefined,
  best: Stage<never>["best"],
  kind: TargetKind,
): boolean {
  if (before === undefined || best === "last") return true;
  if (kind !== "classes" || best === "logLoss" || best === "calibrated")
    return merit(now, best, kind) > merit(before, best, kind);
  if (now.accuracy !== before.accuracy) return now.accuracy! > before.accuracy!;
  return now.logLoss! < before.logLoss!;
}

/** What a schedule watches; more is better. */
export function merit(
  { accuracy: right, logLoss: loss, calibrated, squaredError }: EpochFigures,
  best: Stage<never>["best"],
  kind: TargetKind,
): number {
  if (kind === "values") return -squaredError!;
  if (kind === "labels" || best === "logLoss") return -loss!;
  return best === "calibrated" ? -calibrated! : right!;
}

/** The figure that progress shows. */
export function headline({ accuracy: right, r2 }: EpochFigures): Headline {
  return right === undefined ? { r2: r2! } : { accuracy: right };
}

/** A mean of `credit` under its name. */
export function headlineOf(value: number, kind: TargetKind): Headline {
  return kind === "values" ? { r2: value } : { accuracy: value };
}
