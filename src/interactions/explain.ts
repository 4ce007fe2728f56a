/** @file Fitted model and data -> report: for each sample its prediction, those of components and modalities, gate shares and bits. */

import { ownValue } from "../core/record.ts";
import type { Dataset } from "../data/dataset.ts";
import { hasMissing, presentAt } from "../data/presence.ts";
import { classesOf, labelsOf, requireKind } from "../data/target.ts";
import { type Fitted, memberModels } from "../evaluation/model.ts";
import { type Predictions, type PredictOptions, predict } from "../evaluation/predict.ts";
import { type Calibration, calibrated, type EvidenceScaling, scaledPrediction } from "../targets/calibrate.ts";
import { argmaxRows, logSoftmaxRows } from "../targets/metrics.ts";
import { atomsAt, bitColumns, bitsOf } from "./bits.ts";
import type { SampleReport } from "./report.ts";
import { type MemberBits, type Summary, summarise } from "./summary.ts";
import { poolIntervals } from "./uncertainty.ts";

export interface Report {
  /** One entry per sample, in the order of the data set. */
  readonly samples: readonly SampleReport[];
  readonly summary: Summary;
}

/** Explains every sample of data with classes (`explainTarget`: of data with labels or values). @throws as `predict`, for data of another kind. */
export async function explain(fitted: Fitted, dataset: Dataset, options: PredictOptions = {}): Promise<Report> {
  const members: Predictions[] = [];
  for (const member of memberModels(fitted)) members.push(await predict(member, dataset, options));
  return report(await predict(fitted, dataset, options), dataset, fitted.calibration, members);
}

/** The report of existing predictions under the model's calibration. Predictions of a pool's `members` (`memberModels`) add intervals. */
export function report(
  predictions: Predictions,
  dataset: Dataset,
  calibration: Calibration,
  members: readonly Predictions[] = [],
): Report {
  requireKind(dataset, ["multiclass"], "explain", "explainTarget reports other kinds of target.");
  const classes = classesOf(dataset);
  const labels = labelsOf(dataset);
  const { ids, present } = dataset;
  const modalities = Object.keys(predictions.unimodal);
  const missing = hasMissing(dataset, modalities);
  const width = classes.length;
  const read = (logits: Float32Array, scaling?: EvidenceScaling) => ({
    best: argmaxRows(logits, width),
    logs: scaling === undefined ? logSoftmaxRows(logits, width) : calibrated(logits, calibration.logPrior, scaling),
  });
  const whole = {
    best: argmaxRows(predictions.logits, width),
    logs: scaledPrediction(predictions.logits, calibration),
  };
  const unimodal = Object.entries(predictions.unimodal).map(([name, logits]) => ({
    name,
    ...read(logits, ownValue(calibration.modalities, name)),
  }));
  const components = Object.entries(predictions.components).map(([name, { gate, logits }]) => ({
    name,
    gate,
    ...read(logits),
  }));
  const answer = ({ best, logs }: ReturnType<typeof read>, i: number) => ({
    prediction: classes[best[i]!]!,
    probability: Math.exp(logs[i * width + best[i]!]!),
  });
  const { labelFree, withLabel } = bitsOf(predictions, calibration, labels, present);
  const memberBits = members.length < 2 ? undefined : bitsOfMembers(members, calibration, dataset);
  const columns = bitColumns(labelFree);
  const intervals = Object.entries(memberBits ?? {}).map(([name, values]) => {
    const min = name === "synergistic" ? Number.NEGATIVE_INFINITY : 0; // the other atoms are never negative
    const { lower, upper } = poolIntervals(columns[name]!, values);
    return { name, lower: lower.map((value) => Math.max(value, min)), upper };
  });
  const samples = ids.map((id, i): SampleReport => {
    return {
      id,
      label: labels[i]! < 0 ? undefined : classes[labels[i]!],
      ...(missing && { present: presentAt(dataset, i, modalities) }),
      prediction: classes[whole.best[i]!]!,
      probabilities: Object.fromEntries(classes.map((name, k) => [name, Math.exp(whole.logs[i * width + k]!)])),
      gate: Object.fromEntries(components.map(({ name, gate }) => [name, gate[i]!])),
      bits: { ...atomsAt(labelFree, i), total: labelFree.total[i]! },
      ...(intervals.length > 0 && {
        intervals: Object.fromEntries(
          intervals.map(({ name, lower, upper }) => [name, { lower: lower[i]!, upper: upper[i]! }]),
        ),
      }),
      labelBits: undefinedForNaN({ ...atomsAt(withLabel, i), total: withLabel.total[i]! }),
      components: Object.fromEntries(components.map((component) => [component.name, answer(component, i)])),
      modalities: Object.fromEntries(unimodal.map((modality) => [modality.name, answer(modality, i)])),
    };
  });
  return { samples, summary: summarise(samples, predictions, dataset, memberBits) };
}

/** Label-free bits of a pool's members, by component and total, [S][N] each. */
function bitsOfMembers(members: readonly Predictions[], calibration: Calibration, dataset: Dataset): MemberBits {
  const labels = labelsOf(dataset);
  const { present } = dataset;
  const all = members.map((member) => bitColumns(bitsOf(member, calibration, labels, present).labelFree));
  return Object.fromEntries(Object.keys(all[0]!).map((name) => [name, all.map((columns) => columns[name]!)]));
}

/** Replaces NaN, which marks a missing label, by undefined. */
function undefinedForNaN(values: Record<string, number>): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isNaN(value) ? undefined : value]),
  );
}
