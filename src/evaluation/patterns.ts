/** @file Metrics by pattern of present modalities: for the samples as they are, and simulated by hiding modalities. */
import { type Dataset, takeRows } from "../data/dataset.ts";
import { hasMissing, hideModalities, patternName, rowsByPattern } from "../data/presence.ts";
import { hasTarget, requireClassLabels } from "../data/target.ts";
import { accuracy, argmaxRows, logLoss, macroF1 } from "../targets/metrics.ts";
import { figuresOf } from "./figures.ts";
import type { Fitted } from "./model.ts";
import { type Predictions, type PredictOptions, predict, scaled } from "./predict.ts";

/** A set of present modalities, and the number of samples with it. */
export interface Pattern {
  /** Names, in modality order. */
  readonly present: readonly string[];
  /** True if the others were hidden on samples that have all; false if the samples lack the others. */
  readonly simulated: boolean;
  /** Number of samples with a known target. */
  readonly samples: number;
}

/** Metrics of a model of classes for a pattern: shares in [0, 1], log-loss of calibrated probabilities in nats. */
export interface PatternMetrics extends Pattern {
  readonly accuracy: number;
  readonly macroF1: number;
  readonly logLoss: number;
}

/** Metrics of a model of labels or values for a pattern, by name (figures.ts). */
export interface PatternFigures extends Pattern {
  readonly figures: Readonly<Record<string, number>>;
}

/** Up to this many modalities every pattern is simulated; with more: all, each left out, and each alone. */
const EVERY_PATTERN = 4;

/** Metrics for each pattern that labelled samples of the data have; patterns with more modalities come first. */
export function scorePatterns(
  predictions: Pick<Predictions, "logits" | "calibration">,
  dataset: Dataset,
  modalities: readonly string[],
): PatternMetrics[] {
  return observedPatterns(predictions, dataset, modalities, metricsOf);
}

/** `scorePatterns` for labels and values. */
export function figurePatterns(
  predictions: Pick<Predictions, "logits">,
  dataset: Dataset,
  modalities: readonly string[],
): PatternFigures[] {
  return observedPatterns(predictions, dataset, modalities, namedFigures);
}

/**
 * Metrics for patterns of the model's modalities, simulated by hiding the others on samples that have all: every pattern for up to four
 * modalities; with more: all, each left out, each alone. Empty if no labelled sample has all modalities.
 */
export function simulatePatterns(
  fitted: Fitted,
  dataset: Dataset,
  options: PredictOptions = {},
): Promise<PatternMetrics[]> {
  return hiddenPatterns(fitted, dataset, options, metricsOf);
}

/** `simulatePatterns` for labels and values. */
export function simulateFigures(
  fitted: Fitted,
  dataset: Dataset,
  options: PredictOptions = {},
): Promise<PatternFigures[]> {
  return hiddenPatterns(fitted, dataset, options, namedFigures);
}

/** Computes the metrics of predictions for samples that are all labelled. */
type Scorer<T> = (predictions: Pick<Predictions, "logits" | "calibration">, dataset: Dataset) => T;

function observedPatterns<T>(
  { logits, ...rest }: Pick<Predictions, "logits" | "calibration">,
  dataset: Dataset,
  modalities: readonly string[],
  scorer: Scorer<T>,
): (Pattern & T)[] {
  const K = logits.length / dataset.labels.length;
  return [...rowsByPattern(dataset, modalities).values()].flatMap(({ modalities: present, rows }) => {
    const labelled = rows.filter((row) => hasTarget(dataset, row));
    if (labelled.length === 0) return [];
    const labelledLogits = new Float32Array(labelled.length * K);
    labelled.forEach((row, i) => {
      labelledLogits.set(logits.subarray(row * K, (row + 1) * K), i * K);
    });
    const figures = scorer({ ...rest, logits: labelledLogits }, takeRows(dataset, labelled));
    return [{ present, simulated: false, samples: labelled.length, ...figures }];
  });
}

async function hiddenPatterns<T>(
  fitted: Fitted,
  dataset: Dataset,
  options: PredictOptions,
  scorer: Scorer<T>,
): Promise<(Pattern & T)[]> {
  const { modalities } = fitted.method;
  const complete = completeSamples(dataset, modalities);
  if (complete === undefined) return [];
  const results: (Pattern & T)[] = [];
  for (const present of patternsOf(modalities)) {
    const hidden = modalities.filter((name) => !present.includes(name));
    const shown = hidden.length === 0 ? complete : hideModalities(complete, hidden);
    const figures = scorer(await predict(fitted, shown, options), complete);
    results.push({ present, simulated: true, samples: complete.labels.length, ...figures });
  }
  return results;
}

/** Labelled samples that have all the modalities; undefined when there are none. */
function completeSamples(dataset: Dataset, modalities: readonly string[]): Dataset | undefined {
  const full = rowsByPattern(dataset, modalities).get(patternName(modalities))?.rows ?? [];
  const rows = full.filter((row) => hasTarget(dataset, row));
  if (rows.length === 0) return undefined;
  return rows.length === dataset.labels.length && !hasMissing(dataset) ? dataset : takeRows(dataset, rows);
}

/** The patterns to simulate, larger ones first, each in modality order. */
export function patternsOf(modalities: readonly string[]): readonly (readonly string[])[] {
  if (modalities.length > EVERY_PATTERN) {
    const without = modalities.map((name) => modalities.filter((other) => other !== name));
    return [modalities, ...without, ...modalities.map((name) => [name])];
  }
  const ofSize = (size: number, from: number): string[][] =>
    size === 0
      ? [[]]
      : modalities.slice(from).flatMap((name, i) => ofSize(size - 1, from + i + 1).map((rest) => [name, ...rest]));
  return modalities.flatMap((_, i) => ofSize(modalities.length - i, 0));
}

function metricsOf(
  { logits, calibration }: Pick<Predictions, "logits" | "calibration">,
  dataset: Dataset,
): Omit<PatternMetrics, keyof Pattern> {
  requireClassLabels(dataset, "scorePatterns", "figurePatterns scores labels and values.");
  const { labels, classes } = dataset;
  const predicted = argmaxRows(logits, classes.length);
  return {
    accuracy: accuracy(predicted, labels),
    macroF1: macroF1(predicted, labels, classes.length),
    logLoss: logLoss(scaled(logits, calibration), labels, classes.length),
  };
}

function namedFigures({ logits }: Pick<Predictions, "logits">, dataset: Dataset): Omit<PatternFigures, keyof Pattern> {
  return { figures: figuresOf({ logits, unimodal: {}, components: {} }, dataset).figures };
}
