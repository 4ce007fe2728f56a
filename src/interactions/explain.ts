/** @file Fitted model and data -> report: per sample what was predicted, by which component, with which gate. */
import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import { hasMissing, presentAt } from "../data/presence.ts";
import { requireClassLabels } from "../data/target.ts";
import { type Calibration, calibrated, type Scaling, scaledPrediction } from "../train/calibrate.ts";
import { argmaxRows, logSoftmaxRows } from "../train/metrics.ts";
import type { Fitted } from "../train/model.ts";
import { type Predictions, type PredictOptions, predict } from "../train/predict.ts";
import { atomsAt, bitsOf } from "./bits.ts";
import type { SampleReport } from "./report.ts";
import { type Summary, summarise } from "./summary.ts";

export interface Report {
  /** One entry per sample, in the order of the data set. */
  readonly samples: readonly SampleReport[];
  readonly summary: Summary;
}

/** Explains every sample of data with classes (`explainTarget`: with labels or values). @throws what `predict` throws for data of another kind. */
export async function explain(fitted: Fitted, dataset: Dataset, options: PredictOptions = {}): Promise<Report> {
  return report(await predict(fitted, dataset, options), dataset, fitted.calibration);
}

/** The report of predictions that were made before, under the model's calibration. */
export function report(predictions: Predictions, dataset: Dataset, calibration: Calibration): Report {
  requireClassLabels(dataset, "explain", "explainTarget reports labels and values.");
  const { classes, ids, labels, present } = dataset;
  const modalities = Object.keys(predictions.unimodal);
  const missing = hasMissing(dataset, modalities);
  const width = classes.length;
  const read = (logits: Float32Array, scaling?: Scaling) => ({
    best: argmaxRows(logits, width),
    logs: scaling === undefined ? logSoftmaxRows(logits, width) : calibrated(logits, calibration.logPrior, scaling),
  });
  const whole = {
    best: argmaxRows(predictions.logits, width),
    logs: scaledPrediction(predictions.logits, calibration),
  };
  const alone = Object.entries(predictions.unimodal).map(([name, logits]) => ({
    name,
    ...read(logits, ownValue(calibration.modalities, name)),
  }));
  const components = Object.entries(predictions.components).map(([name, own]) => ({
    name,
    gate: own.gate,
    ...read(own.logits),
  }));
  const answer = ({ best, logs }: ReturnType<typeof read>, i: number) => ({
    prediction: classes[best[i]!]!,
    probability: Math.exp(logs[i * width + best[i]!]!),
  });
  const { labelFree, withLabel } = bitsOf(predictions, calibration, labels, present);
  const samples = ids.map((id, i): SampleReport => {
    return {
      id,
      label: labels[i]! < 0 ? undefined : classes[labels[i]!],
      ...(missing && { present: presentAt(dataset, i, modalities) }),
      prediction: classes[whole.best[i]!]!,
      probabilities: Object.fromEntries(classes.map((name, k) => [name, Math.exp(whole.logs[i * width + k]!)])),
      gate: Object.fromEntries(components.map(({ name, gate }) => [name, gate[i]!])),
      bits: { ...atomsAt(labelFree, i), total: labelFree.total[i]! },
      labelBits: known({ ...atomsAt(withLabel, i), total: withLabel.total[i]! }),
      components: Object.fromEntries(components.map((own) => [own.name, answer(own, i)])),
      modalities: Object.fromEntries(alone.map((own) => [own.name, answer(own, i)])),
    };
  });
  return { samples, summary: summarise(samples, predictions, dataset) };
}

/** NaN, the mark of a missing label, as no value. */
function known(values: Record<string, number>): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isNaN(value) ? undefined : value]),
  );
}
