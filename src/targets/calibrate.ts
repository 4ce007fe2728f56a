/** @file Calibration: two numbers per predictor, fitted on validation data, that turn its logits into probabilities. */
import { goldenSection } from "../core/minimise.ts";
import { logSoftmaxRows } from "./metrics.ts";
import type { OutputScale } from "./units.ts";

/**
 * The calibration of a predictor: its log-probabilities minus the class prior's are multiplied by scale * d / (d + doubt), where d is
 * KL(p, prior) in nats. `doubt` 0 is temperature scaling with temperature 1 / scale. A larger `doubt` shrinks weak evidence more than strong
 * evidence. Without evidence a network is still slightly confident, which would be counted as unique information; one temperature
 * cannot suppress that and keep strong evidence.
 */
export interface EvidenceScaling {
  readonly scale: number;
  readonly doubt: number;
}

/** No calibration: the predictor's own probabilities. */
export const UNSCALED: EvidenceScaling = { scale: 1, doubt: 0 };

/** The calibration of a model: of `multiclass` targets for probabilities and for bits, of other kinds the factors `outputs`. */
export interface Calibration {
  /** Log-probabilities of the classes in the training data, [K]; log-odds of labels, 0 for values. */
  readonly logPrior: readonly number[];
  /** Of the prediction, with a uniform prior (`scaledPrediction`), so that the predicted class does not change. */
  readonly prediction: EvidenceScaling;
  /** For bits: of the prediction from all modalities, and of each unimodal prediction. */
  readonly all: EvidenceScaling;
  readonly modalities: Readonly<Record<string, EvidenceScaling>>;
  /** The weight of each component's contribution, where the method has components; `all` scales their weighted sum. */
  readonly components?: Readonly<Record<string, number>>;
  /** Of kinds other than `multiclass`: factors of the outputs. Predictions contain them already, and the scalings above are the identity. */
  readonly outputs?: OutputScale;
}

type Logits = Float32Array | Float64Array;

/** Log-frequencies of the classes, [K]. Half a sample is added to each class, so none is minus infinity. Missing labels are left out. */
export function logPriorOf(labels: Int32Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0.5);
  let total = classes / 2;
  for (const label of labels) {
    if (label < 0) continue;
    counts[label]!++;
    total++;
  }
  return counts.map((count) => Math.log(count / total));
}

/** Search range of scales. A scale at either end means that the predictor cannot be calibrated. */
const SCALES = [0.05, 20] as const;
/** Search range of doubts, in nats. */
const DOUBTS = [1e-4, 4] as const;
/** A doubt is used only if it raises the log-likelihood by more than this many nats, the AIC penalty of one parameter (Akaike 1974). */
const PRICE = 1;

/** Upper end of the search range of component weights. */
const MAX_WEIGHT = 4;
const SWEEPS = 3;

/** Evidence [N, K], the log-probabilities minus the log-prior, and KL(p, prior) [N], in nats. */
interface Evidence {
  readonly values: Float64Array;
  readonly divergence: Float64Array;
}

function evidenceOf(logits: Logits, logPrior: readonly number[]): Evidence {
  const K = logPrior.length;
  const values = logSoftmaxRows(logits, K);
  const divergence = new Float64Array(values.length / K);
  for (let i = 0; i < values.length; i++) {
    const p = Math.exp(values[i]!);
    values[i]! -= logPrior[i % K]!;
    divergence[Math.floor(i / K)]! += p * values[i]!;
  }
  return { values, divergence };
}

/** The factor that multiplies the evidence of a sample with divergence d. */
function evidenceFactor({ scale, doubt }: EvidenceScaling, d: number): number {
  return doubt === 0 ? scale : (scale * d) / (Math.max(d, 0) + doubt);
}

/**
 * The log-loss of prior + factor_i * evidence_i, in nats, summed over labelled samples. One pseudo-sample has the prior as its label:
 * otherwise the scale would grow without bound where every validation sample is predicted correctly. Source: Platt 1999.
 */
function lossOf(
  values: Float64Array,
  factor: (i: number) => number,
  labels: Int32Array,
  logPrior: readonly number[],
): number {
  const K = logPrior.length;
  const prior = logPrior.map(Math.exp);
  const labelled = labels.reduce((n, label) => n + Number(label >= 0), 0);
  const pseudoShare = 1 / (labelled + 1);
  let total = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label < 0) continue;
    const f = factor(i);
    let max = Number.NEGATIVE_INFINITY;
    let expected = 0;
    for (let k = 0; k < K; k++) {
      const value = logPrior[k]! + f * values[i * K + k]!;
      max = Math.max(max, value);
      expected += (pseudoShare * prior[k]! + (k === label ? 1 - pseudoShare : 0)) * value;
    }
    let sum = 0;
    for (let k = 0; k < K; k++) sum += Math.exp(logPrior[k]! + f * values[i * K + k]! - max);
    total += max + Math.log(sum) - expected;
  }
  return total;
}

/**
 * The scaling that minimises the log-loss of logits [N, K] on labelled samples; `UNSCALED` without any. The loss is convex in the
 * scale: a golden-section search finds the scale, and an outer one the doubt. Source: temperature scaling (Guo et al., ICML 2017); the
 * doubt is an addition of this library.
 */
export function fitScaling(logits: Logits, labels: Int32Array, logPrior: readonly number[]): EvidenceScaling {
  if (labels.every((label) => label < 0)) return UNSCALED;
  const { values, divergence } = evidenceOf(logits, logPrior);
  const loss = (scaling: EvidenceScaling): number =>
    lossOf(values, (i) => evidenceFactor(scaling, divergence[i]!), labels, logPrior);
  const bestAt = (doubt: number): EvidenceScaling => ({ scale: bestScale((scale) => loss({ scale, doubt })), doubt });
  const withoutDoubt = bestAt(0);
  const [min, max] = DOUBTS.map(Math.log) as [number, number];
  const withDoubt = bestAt(Math.exp(goldenSection((log) => loss(bestAt(Math.exp(log))), min, max, 15)));
  return loss(withoutDoubt) - loss(withDoubt) > PRICE ? withDoubt : withoutDoubt;
}

/** The scale that minimises a loss that is convex in it. */
function bestScale(loss: (scale: number) => number): number {
  const [low, high] = SCALES.map(Math.log) as [number, number];
  return Math.exp(goldenSection((log) => loss(Math.exp(log)), low, high, 30));
}

/**
 * Warnings for unimodal predictions whose calibration hit its upper limit, which happens where validation data has almost no errors. The
 * prediction from all modalities has no warning: components that output the prior on many samples make its scale large by construction.
 */
export function calibrationWarnings({ logPrior, modalities }: Calibration): string[] {
  return Object.entries(modalities).flatMap(([name, scaling]) =>
    evidenceFactor(scaling, Math.log(logPrior.length)) < 0.9 * SCALES[1]
      ? []
      : [
          `${name}: calibration hit its upper limit (scale ${SCALES[1]}). The prediction from ${name} makes almost no errors on validation data, so its probabilities and bits may be too high on other data. Use more validation data.`,
        ],
  );
}

/**
 * Mean log-loss in nats of logits [N, K] on labelled samples at the best temperature, so that confidence has no influence. The plain
 * log-loss of an overconfident network gets worse long before its ranking of classes does. NaN without labelled samples.
 */
export function calibratedLogLoss(logits: Logits, labels: Int32Array, classes: number): number {
  const even = evenly(classes);
  const { values } = evidenceOf(logits, even);
  const loss = (scale: number): number => lossOf(values, () => scale, labels, even);
  return loss(bestScale(loss)) / labels.reduce((n, label) => n + Number(label >= 0), 0);
}

/** The scaling of the prediction, fitted by `fitScaling` with a uniform prior. */
export function fitPrediction(logits: Logits, labels: Int32Array, classes: number): EvidenceScaling {
  return fitScaling(logits, labels, evenly(classes));
}

/** Calibrated log-probabilities [N, K] of the prediction, in nats. The order of the classes is that of the logits. */
export function scaledPrediction(logits: Logits, { logPrior, prediction }: Calibration): Float64Array {
  return calibrated(logits, evenly(logPrior.length), prediction);
}

function evenly(classes: number): number[] {
  return new Array<number>(classes).fill(-Math.log(classes));
}

/** What a component adds to the prediction, [N, K]. */
export interface Contribution {
  readonly contribution: Float32Array;
}

/** logPrior + sum_c w_c contribution_c, [N, K]: the prediction if all weights are 1. */
export function weightedSum(
  parts: readonly Contribution[],
  weights: readonly number[],
  logPrior: readonly number[],
): Float64Array {
  const K = logPrior.length;
  return Float64Array.from({ length: parts[0]!.contribution.length }, (_, i) => {
    const prior = logPrior[i % K]!;
    return parts.reduce((sum, { contribution }, c) => sum + weights[c]! * contribution[i]!, prior);
  });
}

/**
 * A weight for each component in the prediction from all modalities, with one scale for all: components can differ in confidence. All
 * weights are 1 unless others raise the log-likelihood by more than their penalty (`PRICE` each). The loss is convex; coordinate descent.
 */
export function fitWeights(
  parts: readonly Contribution[],
  scale: number,
  labels: Int32Array,
  logPrior: readonly number[],
): number[] {
  const even = parts.map(() => 1);
  if (parts.length < 2 || labels.every((label) => label < 0)) return even;
  const K = logPrior.length;
  const loss = (weights: readonly number[]): number =>
    lossOf(
      weightedSum(parts, weights, logPrior).map((value, i) => value - logPrior[i % K]!),
      () => scale,
      labels,
      logPrior,
    );
  const weights = [...even];
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const c of weights.keys()) {
      weights[c] = goldenSection((w) => loss(weights.with(c, w)), 0, MAX_WEIGHT, 20);
    }
  }
  return loss(even) - loss(weights) > PRICE * (parts.length - 1) ? weights : even;
}

/**
 * The factor in [0, MAX_WEIGHT] for one component's contribution to logits [N, K] that minimises the log-loss at the best temperature. It is
 * 1 unless the gain exceeds the BIC penalty of one parameter: half the logarithm of the number of samples, in nats (Schwarz 1978).
 */
export function fitWeight(
  logits: Float32Array,
  contribution: Float32Array,
  labels: Int32Array,
  classes: number,
): number {
  const labelled = labels.reduce((n, label) => n + Number(label >= 0), 0);
  if (labelled === 0) return 1;
  const loss = (weight: number): number =>
    calibratedLogLoss(
      logits.map((value, i) => value + (weight - 1) * contribution[i]!),
      labels,
      classes,
    );
  const weight = goldenSection(loss, 0, MAX_WEIGHT, 20);
  return labelled * (loss(1) - loss(weight)) > Math.log(labelled) / 2 ? weight : 1;
}

/** Log-probabilities [N, K] in nats of logits under a scaling. */
export function calibrated(logits: Logits, logPrior: readonly number[], scaling: EvidenceScaling): Float64Array {
  const K = logPrior.length;
  const { values, divergence } = evidenceOf(logits, logPrior);
  return logSoftmaxRows(
    values.map((value, i) => logPrior[i % K]! + evidenceFactor(scaling, divergence[Math.floor(i / K)]!) * value),
    K,
  );
}

/** Log-probabilities [N, K] in nats of the prediction from all modalities; its components are weighted if the calibration has weights. */
export function calibratedWhole(
  {
    logits,
    components,
  }: { readonly logits: Float32Array; readonly components: Readonly<Record<string, Contribution>> },
  { logPrior, all, components: weights }: Calibration,
): Float64Array {
  if (weights === undefined) return calibrated(logits, logPrior, all);
  const names = Object.keys(weights);
  const parts = names.map((name) => components[name]!);
  return calibrated(weightedSum(parts, Object.values(weights), logPrior), logPrior, all);
}
