/** @file One of several classes: outputs are logits [.., B, K], the loss is cross-entropy. */

import { ownValue } from "../core/record.ts";
import type { Target } from "../data/dataset.ts";
import { classIndices } from "../data/target.ts";
import { exp, logSoftmax, mul, sub, sum } from "../graph/ops/index.ts";
import { negativeLogLikelihood } from "../nn/losses.ts";
import {
  type Calibration,
  calibrated,
  calibratedLogLoss,
  type EvidenceScaling,
  fitPrediction,
  fitScaling,
  fitWeight,
  fitWeights,
  logPriorOf,
  scaledPrediction,
  weightedSum,
} from "./calibrate.ts";
import { exportClasses } from "./export-classes.ts";
import { accuracy, argmaxRows, calibrationError, logLoss, logSoftmaxRows, macroF1, synergyRate } from "./metrics.ts";
import { classTruth } from "./rows.ts";
import type { Calibrated, EncodedTarget, Source, TargetPredictions, TargetType } from "./target.ts";
import { logOf, spread } from "./task.ts";

/** One-hot rows. */
function fill(out: Float32Array, { data }: EncodedTarget, order: ArrayLike<number>, from: number, count: number): void {
  const classes = out.length / count;
  out.fill(0);
  for (let i = 0; i < count; i++) out[i * classes + data[order[from + i]!]!] = 1;
}

/** Log-probabilities [N, K] of predictions: calibrated for the prediction and modalities, of its own softmax for a component. */
function logProbsOf(outputs: Float32Array, { calibration }: Pick<Calibrated, "calibration">, of: Source): Float64Array {
  if (of === "prediction") return scaledPrediction(outputs, calibration);
  const scaling = of === "component" ? undefined : ownValue(calibration.modalities, of.modality);
  const { logPrior } = calibration;
  return scaling === undefined ? logSoftmaxRows(outputs, logPrior.length) : calibrated(outputs, logPrior, scaling);
}

function metrics(
  { logits, unimodal, calibration }: Parameters<TargetType["metrics"]>[0],
  { names, values }: Target,
  present: Readonly<Record<string, Uint8Array>> = {},
): Record<string, number> {
  const K = names.length;
  const labels = classIndices(values.data);
  const predicted = argmaxRows(logits, K);
  // Calibrated for every method: without, probabilities of DMIL are underconfident by construction, and those of others overconfident.
  const logProbs = calibration === undefined ? logits : scaledPrediction(logits, calibration);
  const alone = Object.entries(unimodal).map(([name, outputs]) =>
    argmaxRows(outputs, K).map((k, row) => (ownValue(present, name)?.[row] === 0 ? -1 : k)),
  );
  return {
    accuracy: accuracy(predicted, labels),
    macroF1: macroF1(predicted, labels, K),
    logLoss: logLoss(logProbs, labels, K),
    calibrationError: calibrationError(logProbs, labels, K),
    ...(alone.length > 0 && { synergyRate: synergyRate(predicted, alone, labels) }),
  };
}

function calibrate(
  { calibration: { logPrior } }: Calibrated,
  { logits, unimodal, components }: TargetPredictions,
  target: Target,
): Calibration {
  const labels = classIndices(target.values.data);
  const scaling = (outputs: Float32Array | Float64Array): EvidenceScaling => fitScaling(outputs, labels, logPrior);
  const modalities = Object.fromEntries(Object.entries(unimodal).map(([name, outputs]) => [name, scaling(outputs)]));
  const whole = scaling(logits);
  const calibration: Calibration = {
    logPrior,
    prediction: fitPrediction(logits, labels, logPrior.length),
    all: whole,
    modalities,
  };
  const parts = Object.values(components);
  if (parts.length === 0) return calibration;
  const weights = fitWeights(parts, whole.scale, labels, logPrior);
  return {
    ...calibration,
    all: scaling(weightedSum(parts, weights, logPrior)),
    components: Object.fromEntries(Object.keys(components).map((name, c) => [name, weights[c]!])),
  };
}

export const multiclass: TargetType = {
  kind: "multiclass",
  probabilistic: true,
  linearInTarget: true,
  uniformPrior: (classes) => -Math.log(classes),
  term: "ce",
  logProbs: logSoftmax,
  loss: (outputs, target) => negativeLogLikelihood(logSoftmax(outputs), target),
  lossPerSample: (prediction, target) => mul(sum(mul(prediction, target), -1), -1),
  mean: exp,
  fromMean: logOf,
  evidence: (prediction, prior) => sum(mul(exp(prediction), sub(prediction, prior)), -1, true),
  information: (prediction, prior) => sum(mul(exp(prediction), sub(prediction, prior)), -1),
  priorKl: (prediction, prior) => sum(mul(exp(prior), sub(prior, prediction)), -1),
  normalizedEntropy: (prediction) =>
    mul(sum(mul(exp(prediction), prediction), -1), -1 / Math.log(prediction.shape.at(-1)!)),
  maxInformation: Math.log,
  smoothed: (target, share) => spread(target, share, target.shape.at(-1)!),

  outputs: (names) => names.length,
  fit: ({ kind, names }) => ({ kind, names }),
  prior: ({ names, values }) => logPriorOf(classIndices(values.data), names.length),
  encode: ({ names, values }) => ({ outputs: names.length, data: values.data, width: 1 }),
  fill,
  progress: "accuracy",
  directions: { accuracy: 1, logLoss: -1, calibrated: -1 },
  batchScore: (predicted, { data, outputs }, rows) =>
    argmaxRows(predicted, outputs).reduce((n, k, i) => n + Number(k === data[rows[i]!]), 0),
  epochMetrics(predicted, { data, outputs }, best) {
    const labels = classIndices(data);
    return {
      accuracy: accuracy(argmaxRows(predicted, outputs), labels),
      logLoss: logLoss(predicted, labels, outputs),
      ...(best === "calibrated" && { calibrated: calibratedLogLoss(predicted, labels, outputs) }),
    };
  },
  monitored(now, best) {
    if (best === "logLoss") return -now.logLoss!;
    return best === "calibrated" ? -now.calibrated! : now.accuracy!;
  },
  metrics,
  calibrate,
  fitWeight: (logits, contribution, { names, values }) =>
    fitWeight(logits, contribution, classIndices(values.data), names.length),
  softTargets: (outputs, model, of) =>
    Float32Array.from(
      of === "prediction"
        ? scaledPrediction(outputs, model.calibration)
        : logSoftmaxRows(outputs, model.target.names.length),
      Math.exp,
    ),
  answers(outputs, model, of) {
    const { names } = model.target;
    const best = argmaxRows(outputs, names.length);
    const logs = logProbsOf(outputs, model, of);
    const p = (row: number, k: number): number => Math.exp(logs[row * names.length + k]!);
    return {
      best: (row) => ({ prediction: names[best[row]!]!, probability: p(row, best[row]!) }),
      values: (row) => Object.fromEntries(names.map((name, k) => [name, p(row, k)])),
    };
  },
  truth: classTruth,
  hasBits: true,
  summary: (names) => `one of ${names.length} classes`,
  exports: exportClasses,
};
