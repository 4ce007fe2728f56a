/** @file What a finished run reached, for its line of the manifest: everything that a comparison of methods reads. */
import { ownValue } from "../../core/record.ts";
import type { DataSplits, Dataset } from "../../data/dataset.ts";
import { mapSplits, SPLITS, type SplitName } from "../../data/dataset.ts";
import { synergyIndicator } from "../../info/synergy-indicator.ts";
import { report } from "../../interactions/explain.ts";
import { targetReport } from "../../interactions/explain-target.ts";
import { linearProbe, ownRepresentation } from "../../interactions/linear-probe.ts";
import { modelRepresentation } from "../../interactions/probe.ts";
import { figuresOf } from "../../train/figures.ts";
import { accuracy, argmaxRows } from "../../train/metrics.ts";
import type { Fitted } from "../../train/model.ts";
import { simulateFigures, simulatePatterns } from "../../train/patterns.ts";
import { type Predictions, type PredictOptions, predict } from "../../train/predict.ts";
import { type SampleBits, sampleBits } from "../sample-bits.ts";
import type { Scores } from "./entry.ts";

export interface ScoreOptions extends Pick<PredictOptions, "backend" | "threads"> {
  /** Of the probes. */
  readonly seed: number;
  /** The modalities that the method trains on; all if left out. The others' own predictions and synergy tell nothing of it. */
  readonly reads?: readonly string[];
  /** Data of classes that training has not seen: its first two splits train a probe, the third judges it. */
  readonly unseen?: DataSplits;
}

/** What a run reached, and what its model says of each test sample: of classes, where it reads several modalities. */
export interface Scored {
  readonly scores: Scores;
  readonly bits?: SampleBits;
}

/** Scores a model on its splits. Test samples of which something is known alone count. */
export async function scoreRun(fitted: Fitted, splits: DataSplits, options: ScoreOptions): Promise<Scored> {
  const { unseen, seed, reads = fitted.method.modalities, ...place } = options;
  const predictions = await predictAll(fitted, splits, place);
  const [validation, test] = [
    figuresOf(predictions.validation, splits.validation),
    figuresOf(predictions.test, splits.test),
  ];
  const told =
    fitted.target === undefined
      ? await ofClasses(fitted, splits, predictions, { ...options, reads })
      : await ofOthers(fitted, splits.test, predictions.test, place);
  const scores: Scores = {
    samples: { train: splits.train.labels.length, validation: validation.samples, test: test.samples },
    validation: validation.figures,
    test: test.figures,
    unimodal: Object.fromEntries(
      Object.entries(test.unimodal).filter(([name, value]) => reads.includes(name) && !Number.isNaN(value)),
    ),
    ...told.scores,
    ...(unseen !== undefined && { probe: await probeUnseen(fitted, unseen, seed, place) }),
  };
  return { scores, ...(told.bits !== undefined && { bits: told.bits }) };
}

interface Told extends Pick<Scored, "bits"> {
  readonly scores: Pick<Scores, "synergy" | "classes" | "missing" | "gate" | "bits" | "right">;
}

/** What only class labels can tell. */
async function ofClasses(
  fitted: Fitted,
  splits: DataSplits,
  predictions: BySplit,
  { seed, reads, unseen: _, ...place }: ScoreOptions & { readonly reads: readonly string[] },
): Promise<Told> {
  const { samples, summary } = report(predictions.test, splits.test, fitted.calibration);
  const { gate, bits } = summary;
  const best = (logits: Float32Array): Int32Array => argmaxRows(logits, fitted.classes.length);
  const whole = best(predictions.test.logits);
  const own = reads.map((name) => alone(splits.test, name, best(predictions.test.unimodal[name]!)));
  const probes = reads.length < 2 ? undefined : await probedSynergy(predictions, splits, whole, reads, seed);
  const scores: Told["scores"] = {
    ...(reads.length > 1 && {
      synergy: { slices: synergyOf(splits.test, whole, own), ...(probes !== undefined && { probes }) },
    }),
    classes: byClass(whole, splits.test),
    missing: (await simulatePatterns(fitted, splits.test, place)).map(({ present, samples, accuracy: reached }) => ({
      present,
      samples,
      accuracy: reached,
    })),
    ...(Object.keys(gate).length > 0 && { gate }),
    bits,
    right: [...whole]
      .flatMap((k, i) => (splits.test.labels[i]! < 0 ? [] : k === splits.test.labels[i] ? "1" : "0"))
      .join(""),
  };
  return { scores, ...(reads.length > 1 && samples.length > 0 && { bits: await sampleBits(samples) }) };
}

/** What is told of labels and values; with modalities hidden the figure that methods are ranked by. */
async function ofOthers(fitted: Fitted, test: Dataset, predictions: Predictions, place: PredictOptions): Promise<Told> {
  const { gate } = targetReport(predictions, test).summary;
  const patterns = await simulateFigures(fitted, test, place);
  const missing = patterns.map(({ present, samples, figures }) => ({
    present,
    samples,
    accuracy: Object.values(figures)[0]!,
  }));
  return { scores: { missing, ...(Object.keys(gate).length > 0 && { gate }) } };
}

type BySplit = Readonly<Record<SplitName, Predictions>>;

async function predictAll(fitted: Fitted, splits: DataSplits, place: PredictOptions): Promise<BySplit> {
  const found: Partial<Record<SplitName, Predictions>> = {};
  for (const split of SPLITS) found[split] = await predict(fitted, splits[split], { ...place, representations: true });
  return found as BySplit;
}

/** Predicted classes of a modality alone; -2, which is never right, where it is missing. */
function alone(dataset: Dataset, modality: string, predicted: Int32Array): Int32Array {
  const mask = ownValue(dataset.present, modality);
  return mask === undefined ? predicted : predicted.map((k, row) => (mask[row] === 0 ? -2 : k));
}

/** The rate and its chance level, over labelled samples. */
function synergyOf(
  { labels }: Dataset,
  whole: Int32Array,
  unimodal: readonly Int32Array[],
): { readonly rate: number; readonly chance: number } {
  const labelled = (values: Int32Array): Int32Array => values.filter((_, row) => labels[row]! >= 0);
  const given = { labels: labelled(labels), joint: labelled(whole), unimodal: unimodal.map(labelled) };
  const { synergy, chance } = synergyIndicator(given, { seed: 0, rounds: 1 });
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

/** Accuracy on unseen classes of a linear probe on what the frozen model makes of their samples. */
async function probeUnseen(fitted: Fitted, unseen: DataSplits, seed: number, place: PredictOptions): Promise<number> {
  // The model knows other classes; only its representations are read, so theirs stand in for them.
  const asSeen = mapSplits((split) => ({ ...unseen[split], classes: fitted.classes }));
  const predictions = await predictAll(fitted, asSeen, place);
  const [train, validation, test] = SPLITS.map((split) => modelRepresentation(predictions[split]));
  const features = { train: train!, validation: validation!, test: test! };
  return accuracy(await linearProbe(features, unseen, { seed }), unseen.test.labels);
}

/** Of each class that the test split has: its samples, the share of them found, and F1. */
function byClass(predicted: Int32Array, { labels, classes }: Dataset): NonNullable<Scores["classes"]> {
  return classes.flatMap((name, k) => {
    let [own, found, claimed] = [0, 0, 0];
    labels.forEach((label, row) => {
      if (label < 0) return;
      if (label === k) own++;
      if (predicted[row] === k) claimed++;
      if (label === k && predicted[row] === k) found++;
    });
    if (own === 0) return [];
    return [{ name, samples: own, accuracy: found / own, f1: (2 * found) / (own + claimed) }];
  });
}
