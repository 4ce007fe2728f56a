/**
 * @file Reports for kinds of target without bits: for each sample its prediction, those of components and modalities, and gate shares. There are no
 * bits: bits of several labels do not add up, and values are trained with squared errors, not probabilities.
 */
import type { Dataset, TargetKind } from "../data/dataset.ts";
import { hasMissing, patternName, presentAt, rowsByPattern } from "../data/presence.ts";
import { hasTarget } from "../data/target.ts";
import type { Fitted } from "../evaluation/model.ts";
import { type Predictions, type PredictOptions, predict } from "../evaluation/predict.ts";
import { type Metrics, score } from "../evaluation/score.ts";
import { targetTypes } from "../targets/index.ts";
import type { Calibrated, Source } from "../targets/target.ts";
import type { Cell } from "./report.ts";

/** By label: the probability of yes. By value: the prediction in the data's unit. */
export type Answers = Readonly<Record<string, number>>;

/** One sample. */
export interface TargetSample {
  readonly id: string;
  /** The true value by name: 0 or 1 for labels, a number for values; undefined where unknown. */
  readonly target: Readonly<Record<string, number | undefined>>;
  /** The modalities the sample has; left out where no sample of the data lacks any. */
  readonly present?: readonly string[];
  readonly prediction: Answers;
  /** The true class, undefined where unknown, and the predicted one; only for classes. */
  readonly label?: string | undefined;
  readonly predicted?: string;
  /** Shares by component name, summing to 1. Empty for methods without a gate. */
  readonly gate: Readonly<Record<string, number>>;
  /** What each component alone predicts. */
  readonly components: Readonly<Record<string, Answers>>;
  /** What each modality alone predicts. For a missing modality: the mean of the training data, or its share of yes. */
  readonly modalities: Readonly<Record<string, Answers>>;
}

/** Means over some samples. */
export interface TargetGroup {
  readonly samples: number;
  /** Mean gate share by component. */
  readonly gate: Readonly<Record<string, number>>;
}

export interface TargetReport {
  readonly kind: TargetKind;
  /** One entry per sample, in the order of the data set. */
  readonly samples: readonly TargetSample[];
  readonly summary: TargetGroup & {
    /** Metrics by name; absent where no sample has a target. */
    readonly scored?: Metrics;
    /** By the modalities that samples have, as in `audio+face`; left out where none is missing. */
    readonly patterns?: Readonly<Record<string, TargetGroup>>;
  };
}

/** Explains every sample of data with labels or values. @throws as `predict`, for data of another kind. */
export async function explainTarget(
  fitted: Fitted,
  dataset: Dataset,
  options: PredictOptions = {},
): Promise<TargetReport> {
  return targetReport(await predict(fitted, dataset, options), dataset, fitted);
}

/** The report of existing predictions of a model. */
export function targetReport(predictions: Predictions, dataset: Dataset, model: Calibrated): TargetReport {
  const { target, ids } = dataset;
  const { kind } = target;
  const type = targetTypes[kind];
  const modalities = Object.keys(predictions.unimodal);
  const missing = hasMissing(dataset, modalities);
  const reader = (outputs: Float32Array, of: Source): ((row: number) => Answers) => {
    const answer = type.answers(outputs, model, of);
    return (row) => answer(row).values;
  };
  const whole = type.answers(predictions.logits, model, "prediction");
  const parts = Object.entries(predictions.components).map(
    ([name, { gate, logits }]) => [name, { gate, answer: reader(logits, "component") }] as const,
  );
  const alone = Object.entries(predictions.unimodal).map(
    ([name, outputs]) => [name, reader(outputs, { modality: name })] as const,
  );
  const samples = ids.map((id, i): TargetSample => {
    const { label, values } = whole(i);
    const truth = type.truth(target, i);
    return {
      id,
      target: truth,
      ...(missing && { present: presentAt(dataset, i, modalities) }),
      prediction: values,
      ...(label !== undefined && { label: classIn(truth), predicted: label }),
      gate: Object.fromEntries(parts.map(([name, { gate }]) => [name, gate[i]!])),
      components: Object.fromEntries(parts.map(([name, { answer }]) => [name, answer(i)])),
      modalities: Object.fromEntries(alone.map(([name, answer]) => [name, answer(i)])),
    };
  });
  const patterns = [...rowsByPattern(dataset, modalities)].map(
    ([name, { rows }]) => [name, meansOf(rows.map((row) => samples[row]!))] as const,
  );
  const anyTarget = ids.some((_, row) => hasTarget(dataset, row));
  return {
    kind,
    samples,
    summary: {
      ...meansOf(samples),
      ...(anyTarget && { scored: score(predictions, dataset) }),
      ...(missing && { patterns: Object.fromEntries(patterns) }),
    },
  };
}

/** The name of the class that is true; undefined where unknown. */
function classIn(truth: TargetSample["target"]): string | undefined {
  return Object.keys(truth).find((name) => truth[name] === 1);
}

function meansOf(samples: readonly TargetSample[]): TargetGroup {
  const names = Object.keys(samples[0]?.gate ?? {});
  const mean = (name: string): number => samples.reduce((sum, { gate }) => sum + gate[name]!, 0) / samples.length;
  return { samples: samples.length, gate: Object.fromEntries(names.map((name) => [name, mean(name)])) };
}

/**
 * The stable columns of a table of samples: `id, target_<name> (classes: label, prediction), prediction_<name>, present` (where the data lacks modalities),
 * `gate_<component>, pred_<component>_<name>, pred_only_<modality>_<name>`. Predictions of labels are probabilities of yes.
 */
export function flattenTarget(sample: TargetSample): Record<string, Cell> {
  const row: Record<string, Cell> = { id: sample.id };
  if (sample.predicted !== undefined) {
    row.label = sample.label;
    row.prediction = sample.predicted;
  } else for (const [name, truth] of Object.entries(sample.target)) row[`target_${name}`] = truth;
  const put = (prefix: string, answers: Answers): void => {
    for (const [name, value] of Object.entries(answers)) row[`${prefix}_${name}`] = value;
  };
  put("prediction", sample.prediction);
  if (sample.present !== undefined) row.present = patternName(sample.present);
  put("gate", sample.gate);
  for (const [name, answers] of Object.entries(sample.components)) put(`pred_${name}`, answers);
  for (const [name, answers] of Object.entries(sample.modalities)) put(`pred_only_${name}`, answers);
  return row;
}
