/** @file Fitted model and data -> report: for each sample its prediction, those of components and modalities, gate shares and bits. */

import type { Dataset } from "../data/dataset.ts";
import type { TargetKind } from "../data/kinds.ts";
import { hasMissing, presentAt } from "../data/presence.ts";
import { labelsOf } from "../data/target.ts";
import { type Fitted, memberModels } from "../evaluation/model.ts";
import { type Predictions, type PredictOptions, predict } from "../evaluation/predict.ts";
import { requireSameTarget } from "../evaluation/score.ts";
import { targetTypes } from "../targets/index.ts";
import type { AnswerReader, Calibrated, Source } from "../targets/target.ts";
import { bitColumns, bitsAt, bitsOf } from "./bits.ts";
import type { ReportedPrediction, SampleReport } from "./report.ts";
import { type MemberBits, type Summary, summarise } from "./summary.ts";
import { poolIntervals } from "./uncertainty.ts";

export interface Report {
  readonly kind: TargetKind;
  /** One entry per sample, in the order of the data set. */
  readonly samples: readonly SampleReport[];
  readonly summary: Summary;
}

/** Explains every sample of a data set. @throws as `predict`, and DataError for data with another target than the model's. */
export async function explain(fitted: Fitted, dataset: Dataset, options: PredictOptions = {}): Promise<Report> {
  const members: Predictions[] = [];
  if (targetTypes[fitted.target.kind].hasBits) {
    for (const member of memberModels(fitted)) members.push(await predict(member, dataset, options));
  }
  return report(await predict(fitted, dataset, options), dataset, fitted, members);
}

/**
 * The report of existing predictions of a model. Predictions of a pool's `members` (`memberModels`) add intervals of bits.
 * @throws DataError for data with another target than the model's.
 */
export function report(
  predictions: Predictions,
  dataset: Dataset,
  model: Calibrated,
  members: readonly Predictions[] = [],
): Report {
  requireSameTarget(model, dataset);
  const { target, ids } = dataset;
  const type = targetTypes[target.kind];
  const modalities = Object.keys(predictions.unimodal);
  const missing = hasMissing(dataset, modalities);
  const reader = (outputs: Float32Array, of: Source): AnswerReader => type.answers(outputs, model, of);
  const whole = reader(predictions.logits, "prediction");
  const components = Object.entries(predictions.components).map(
    ([name, { gate, logits }]) => [name, { gate, read: reader(logits, "component") }] as const,
  );
  const unimodal = Object.entries(predictions.unimodal).map(
    ([name, outputs]) => [name, reader(outputs, { modality: name })] as const,
  );
  const information = type.hasBits ? informationOf(predictions, dataset, model, members) : NO_INFORMATION;
  const samples = ids.map((id, i): SampleReport => {
    return {
      id,
      ...type.truth(target, i),
      ...(missing && { present: presentAt(dataset, i, modalities) }),
      ...predictionAt(whole, i),
      probabilities: whole.best === undefined ? {} : whole.values(i),
      gate: Object.fromEntries(components.map(([name, { gate }]) => [name, gate[i]!])),
      ...information.at(i),
      components: Object.fromEntries(components.map(([name, { read }]) => [name, predictionAt(read, i)])),
      modalities: Object.fromEntries(unimodal.map(([name, read]) => [name, predictionAt(read, i)])),
    };
  });
  return { kind: target.kind, samples, summary: summarise(samples, predictions, dataset, information.members) };
}

/** The class that is predicted for a sample with its probability; for labels and values the numbers by name. */
function predictionAt({ best, values }: AnswerReader, row: number): ReportedPrediction {
  return best === undefined ? { values: values(row) } : best(row);
}

/** What bits say of samples. */
interface Information {
  at(row: number): Pick<SampleReport, "bits" | "intervals" | "labelBits">;
  /** Of a pool's members. */
  readonly members?: MemberBits;
}

const NO_INFORMATION: Information = { at: () => ({ bits: {}, labelBits: {} }) };

function informationOf(
  predictions: Predictions,
  dataset: Dataset,
  { calibration }: Calibrated,
  members: readonly Predictions[],
): Information {
  const labels = labelsOf(dataset);
  const { labelFree, withLabel } = bitsOf(predictions, calibration, labels, dataset.present);
  const [columns, labelColumns] = [bitColumns(labelFree), bitColumns(withLabel)];
  if (members.length < 2) {
    return { at: (row) => ({ bits: bitsAt(columns, row), labelBits: undefinedForNaN(bitsAt(labelColumns, row)) }) };
  }
  const each = members.map((member) => bitColumns(bitsOf(member, calibration, labels, dataset.present).labelFree));
  const memberBits = Object.fromEntries(
    Object.keys(columns).map((name) => [name, each.map((member) => member[name]!)]),
  );
  const intervals = Object.entries(memberBits).map(([name, values]) => {
    const min = name === "synergistic" ? Number.NEGATIVE_INFINITY : 0; // the other atoms are never negative
    const { lower, upper } = poolIntervals(columns[name]!, values);
    return { name, lower: lower.map((value) => Math.max(value, min)), upper };
  });
  return {
    at: (row) => ({
      bits: bitsAt(columns, row),
      intervals: Object.fromEntries(
        intervals.map(({ name, lower, upper }) => [name, { lower: lower[row]!, upper: upper[row]! }]),
      ),
      labelBits: undefinedForNaN(bitsAt(labelColumns, row)),
    }),
    members: memberBits,
  };
}

/** Replaces NaN, which marks a missing label, by undefined. */
function undefinedForNaN(values: Record<string, number>): Record<string, number | undefined> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, Number.isNaN(value) ? undefined : value]),
  );
}
