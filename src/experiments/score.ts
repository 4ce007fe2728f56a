/** @file The scores of a finished run for its manifest entry: all inputs of a comparison of methods. */

import { ownValue } from "../core/record.ts";
import { type DataSplits, type Dataset, mapSplits, SPLITS, type SplitName } from "../data/dataset.ts";
import { classesOf, labelsOf } from "../data/target.ts";
import type { Fitted } from "../evaluation/model.ts";
import { simulatePatterns } from "../evaluation/patterns.ts";
import { type Predictions, type PredictOptions, predict } from "../evaluation/predict.ts";
import { score } from "../evaluation/score.ts";
import { synergyIndicator } from "../info/synergy-indicator.ts";
import { report } from "../interactions/explain.ts";
import { linearProbe, ownRepresentation } from "../interactions/linear-probe.ts";
import { modelRepresentation } from "../interactions/probe.ts";
import { type SampleBits, sampleBits } from "../runs/sample-bits.ts";
import { targetTypes } from "../targets/index.ts";
import { accuracy, argmaxRows } from "../targets/metrics.ts";
import type { Scores } from "./entry.ts";

export interface ScoreOptions extends Pick<PredictOptions, "backend" | "threads"> {
  /** Seed of the probes. */
  readonly seed: number;
  /** The modalities that the method trains on; default: all. Unimodal scores and synergy of the others are ignored. */
  readonly reads?: readonly string[];
  /** Data of classes that training has not seen: train and validation fit a probe, test evaluates it. */
  readonly unseen?: DataSplits;
}

/** The scores of a run, and the bits of its test samples (only for classes and two or more modalities). */
export interface Scored {
  readonly scores: Scores;
  readonly bits?: SampleBits;
}

/** Evaluates a model on its splits. Only labelled test samples are scored. */
export async function scoreRun(fitted: Fitted, splits: DataSplits, options: ScoreOptions): Promise<Scored> {
  const { unseen, seed, reads = fitted.method.modalities, ...engine } = options;
  const predictions = await predictAll(fitted, splits, engine);
  const [validation, test] = [score(predictions.validation, splits.validation), score(predictions.test, splits.test)];
  const components = Object.entries(predictions.test.components);
  const gate = Object.fromEntries(components.map(([name, { gate: shares }]) => [name, meanOf(shares)]));
  const missing = (await simulatePatterns(fitted, splits.test, engine)).map(({ present, samples, values }) => ({
    present,
    samples,
    metric: test.primary,
    value: values[test.primary]!,
  }));
  const { hasBits } = targetTypes[fitted.target.kind];
  const specific = hasBits ? await ofClasses(fitted, splits, predictions, { ...options, reads }) : { scores: {} };
  const scores: Scores = {
    samples: { train: splits.train.size, validation: validation.samples, test: test.samples },
    validation: validation.values,
    test: test.values,
    unimodal: Object.fromEntries(
      Object.entries(test.unimodal).filter(([name, value]) => reads.includes(name) && !Number.isNaN(value)),
    ),
    missing,
    ...(components.length > 0 && { gate }),
    ...specific.scores,
    ...(unseen !== undefined && { probe: await probeUnseen(fitted, unseen, seed, engine) }),
  };
  return { scores, ...(specific.bits !== undefined && { bits: specific.bits }) };
}

interface SpecificScores extends Pick<Scored, "bits"> {
  readonly scores: Pick<Scores, "synergy" | "classes" | "bits" | "correct">;
}

/** Scores that exist only for classes, whose predictions are right or wrong and hold bits. */
async function ofClasses(
  fitted: Fitted,
  splits: DataSplits,
  predictions: BySplit,
  { seed, reads }: ScoreOptions & { readonly reads: readonly string[] },
): Promise<SpecificScores> {
  const { samples, summary } = report(predictions.test, splits.test, fitted);
  const { bits } = summary;
  const labels = labelsOf(splits.test);
  const { names } = fitted.target;
  const best = (logits: Float32Array): Int32Array => argmaxRows(logits, names.length);
  const whole = best(predictions.test.logits);
  const unimodal = reads.map((name) => alone(splits.test, name, best(predictions.test.unimodal[name]!)));
  const probes = reads.length < 2 ? undefined : await probedSynergy(predictions, splits, whole, reads, seed);
  const scores: SpecificScores["scores"] = {
    ...(reads.length > 1 && {
      synergy: { slices: synergyOf(splits.test, whole, unimodal), ...(probes !== undefined && { probes }) },
    }),
    classes: byClass(whole, splits.test),
    bits,
    correct: [...whole].flatMap((k, i) => (labels[i]! < 0 ? [] : k === labels[i] ? "1" : "0")).join(""),
  };
  return { scores, ...(reads.length > 1 && samples.length > 0 && { bits: await sampleBits(samples) }) };
}

type BySplit = Readonly<Record<SplitName, Predictions>>;

async function predictAll(fitted: Fitted, splits: DataSplits, engine: PredictOptions): Promise<BySplit> {
  const predictions: Partial<Record<SplitName, Predictions>> = {};
  for (const split of SPLITS)
    predictions[split] = await predict(fitted, splits[split], { ...engine, representations: true });
  return predictions as BySplit;
}

/** Predicted classes of a modality alone; -2, which is never correct, if the modality is missing. */
function alone(dataset: Dataset, modality: string, predicted: Int32Array): Int32Array {
  const mask = ownValue(dataset.present, modality);
  return mask === undefined ? predicted : predicted.map((k, row) => (mask[row] === 0 ? -2 : k));
}

/** The synergy rate and its chance level over labelled samples. */
function synergyOf(
  dataset: Dataset,
  whole: Int32Array,
  unimodal: readonly Int32Array[],
): { readonly rate: number; readonly chance: number } {
  const labels = labelsOf(dataset);
  const labelled = (values: Int32Array): Int32Array => values.filter((_, row) => labels[row]! >= 0);
  const labelledOnly = { labels: labelled(labels), joint: labelled(whole), unimodal: unimodal.map(labelled) };
  const { synergy, chance } = synergyIndicator(labelledOnly, { seed: 0, rounds: 1 });
  return { rate: synergy, chance };
}

async function probedSynergy(
  predictions: BySplit,
  splits: DataSplits,
  whole: Int32Array,
  modalities: readonly string[],
  seed: number,
): Promise<{ readonly rate: number; readonly chance: number } | undefined> {
  const unimodal: Int32Array[] = [];
  for (const name of modalities) {
    const [train, validation, test] = SPLITS.map((split) => ownRepresentation(predictions[split], name));
    if (train === undefined || validation === undefined || test === undefined) return undefined;
    unimodal.push(alone(splits.test, name, await linearProbe({ train, validation, test }, splits, { seed })));
  }
  return synergyOf(splits.test, whole, unimodal);
}

/** Accuracy of a linear probe for unseen classes on the representations of the frozen model. */
async function probeUnseen(fitted: Fitted, unseen: DataSplits, seed: number, engine: PredictOptions): Promise<number> {
  // The class names of the model replace the unseen ones, because only representations are used.
  const renamed = mapSplits((split) => ({
    ...unseen[split],
    target: { ...unseen[split].target, names: fitted.target.names },
  }));
  const predictions = await predictAll(fitted, renamed, engine);
  const [train, validation, test] = SPLITS.map((split) => modelRepresentation(predictions[split]));
  const features = { train: train!, validation: validation!, test: test! };
  return accuracy(await linearProbe(features, unseen, { seed }), labelsOf(unseen.test));
}

/** Number of samples, recall and F1 of each class in the test split. */
function byClass(predicted: Int32Array, dataset: Dataset): NonNullable<Scores["classes"]> {
  const labels = labelsOf(dataset);
  return classesOf(dataset).flatMap((name, k) => {
    let [count, correct, predictedAs] = [0, 0, 0];
    labels.forEach((label, row) => {
      if (label < 0) return;
      if (label === k) count++;
      if (predicted[row] === k) predictedAs++;
      if (label === k && predicted[row] === k) correct++;
    });
    if (count === 0) return [];
    return [{ name, samples: count, accuracy: correct / count, f1: (2 * correct) / (count + predictedAs) }];
  });
}

function meanOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
