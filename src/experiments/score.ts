/** @file The scores of a finished run for its manifest entry: all inputs of a comparison of methods. */

import { ownValue } from "../core/record.ts";
import { type DataSplits, type Dataset, mapSplits, SPLITS, type SplitName } from "../data/dataset.ts";
import { labelsOf } from "../data/target.ts";
import { figuresOf } from "../evaluation/figures.ts";
import type { Fitted } from "../evaluation/model.ts";
import { simulateFigures, simulatePatterns } from "../evaluation/patterns.ts";
import { type Predictions, type PredictOptions, predict } from "../evaluation/predict.ts";
import { synergyIndicator } from "../info/synergy-indicator.ts";
import { report } from "../interactions/explain.ts";
import { targetReport } from "../interactions/explain-target.ts";
import { linearProbe, ownRepresentation } from "../interactions/linear-probe.ts";
import { modelRepresentation } from "../interactions/probe.ts";
import { type SampleBits, sampleBits } from "../runs/sample-bits.ts";
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
  const [validation, test] = [
    figuresOf(predictions.validation, splits.validation),
    figuresOf(predictions.test, splits.test),
  ];
  const specific =
    fitted.target === undefined
      ? await ofClasses(fitted, splits, predictions, { ...options, reads })
      : await ofOthers(fitted, splits.test, predictions.test, engine);
  const scores: Scores = {
    samples: { train: splits.train.size, validation: validation.samples, test: test.samples },
    validation: validation.figures,
    test: test.figures,
    unimodal: Object.fromEntries(
      Object.entries(test.unimodal).filter(([name, value]) => reads.includes(name) && !Number.isNaN(value)),
    ),
    ...specific.scores,
    ...(unseen !== undefined && { probe: await probeUnseen(fitted, unseen, seed, engine) }),
  };
  return { scores, ...(specific.bits !== undefined && { bits: specific.bits }) };
}

interface SpecificScores extends Pick<Scored, "bits"> {
  readonly scores: Pick<Scores, "synergy" | "classes" | "missing" | "gate" | "bits" | "right">;
}

/** Scores that exist only for classes. */
async function ofClasses(
  fitted: Fitted,
  splits: DataSplits,
  predictions: BySplit,
  { seed, reads, unseen: _, ...engine }: ScoreOptions & { readonly reads: readonly string[] },
): Promise<SpecificScores> {
  const { samples, summary } = report(predictions.test, splits.test, fitted.calibration);
  const { gate, bits } = summary;
  const best = (logits: Float32Array): Int32Array => argmaxRows(logits, fitted.classes.length);
  const whole = best(predictions.test.logits);
  const unimodal = reads.map((name) => alone(splits.test, name, best(predictions.test.unimodal[name]!)));
  const probes = reads.length < 2 ? undefined : await probedSynergy(predictions, splits, whole, reads, seed);
  const scores: SpecificScores["scores"] = {
    ...(reads.length > 1 && {
      synergy: { slices: synergyOf(splits.test, whole, unimodal), ...(probes !== undefined && { probes }) },
    }),
    classes: byClass(whole, splits.test),
    missing: (await simulatePatterns(fitted, splits.test, engine)).map(({ present, samples, accuracy: reached }) => ({
      present,
      samples,
      accuracy: reached,
    })),
    ...(Object.keys(gate).length > 0 && { gate }),
    bits,
    right: [...whole]
      .flatMap((k, i) => (labelsOf(splits.test)[i]! < 0 ? [] : k === labelsOf(splits.test)[i] ? "1" : "0"))
      .join(""),
  };
  return { scores, ...(reads.length > 1 && samples.length > 0 && { bits: await sampleBits(samples) }) };
}

/** Scores for labels and values; with modalities hidden, the primary metric. */
async function ofOthers(
  fitted: Fitted,
  test: Dataset,
  predictions: Predictions,
  engine: PredictOptions,
): Promise<SpecificScores> {
  const { gate } = targetReport(predictions, test).summary;
  const patterns = await simulateFigures(fitted, test, engine);
  const missing = patterns.map(({ present, samples, figures }) => ({
    present,
    samples,
    accuracy: Object.values(figures)[0]!,
  }));
  return { scores: { missing, ...(Object.keys(gate).length > 0 && { gate }) } };
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
  { labels }: Dataset,
  whole: Int32Array,
  unimodal: readonly Int32Array[],
): { readonly rate: number; readonly chance: number } {
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
  const renamed = mapSplits((split) => ({ ...unseen[split], classes: fitted.classes }));
  const predictions = await predictAll(fitted, renamed, engine);
  const [train, validation, test] = SPLITS.map((split) => modelRepresentation(predictions[split]));
  const features = { train: train!, validation: validation!, test: test! };
  return accuracy(await linearProbe(features, unseen, { seed }), labelsOf(unseen.test));
}

/** Number of samples, recall and F1 of each class in the test split. */
function byClass(predicted: Int32Array, { labels, classes }: Dataset): NonNullable<Scores["classes"]> {
  return classes.flatMap((name, k) => {
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
