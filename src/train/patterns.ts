/** @file Figures of merit by which modalities are there: in the samples as they are, and simulated by hiding. */
import { type Dataset, takeRows } from "../data/dataset.ts";
import { hasMissing, hideModalities, patternName, rowsByPattern } from "../data/presence.ts";
import { accuracy, argmaxRows, logLoss, macroF1 } from "./metrics.ts";
import type { Fitted } from "./model.ts";
import { type Predictions, type PredictOptions, predict, scaled } from "./predict.ts";

/** What a model reaches on samples that have some of the modalities: shares in [0, 1], log-loss of calibrated probabilities in nats. */
export interface PatternMetrics {
  /** Names, in modality order. */
  readonly present: readonly string[];
  /** The others were hidden on samples that have them all; false: these samples have no others. */
  readonly simulated: boolean;
  /** With a label. */
  readonly samples: number;
  readonly accuracy: number;
  readonly macroF1: number;
  readonly logLoss: number;
}

/** Up to so many modalities every pattern is simulated; of more, all, each alone, and each left out. */
const EVERY_PATTERN = 4;

/** Figures for each pattern that labelled samples of the data have, more modalities first. */
export function scorePatterns(
  { logits, calibration }: Pick<Predictions, "logits" | "calibration">,
  dataset: Dataset,
  modalities: readonly string[],
): PatternMetrics[] {
  const K = dataset.classes.length;
  const said = scaled(logits, calibration);
  return [...rowsByPattern(dataset, modalities).values()].flatMap(({ modalities: present, rows }) => {
    const labelled = rows.filter((row) => dataset.labels[row]! >= 0);
    if (labelled.length === 0) return [];
    const own = new Float64Array(labelled.length * K);
    labelled.forEach((row, i) => {
      own.set(said.subarray(row * K, (row + 1) * K), i * K);
    });
    return [
      figures(
        own,
        Int32Array.from(labelled, (row) => dataset.labels[row]!),
        K,
        present,
        false,
      ),
    ];
  });
}

/**
 * Figures for each pattern of the model's modalities, simulated by hiding the others on the samples that have them all; every
 * pattern of up to four modalities, of more: all, each left out, each alone. Empty where no labelled sample has all.
 */
export async function simulatePatterns(
  fitted: Fitted,
  dataset: Dataset,
  options: PredictOptions = {},
): Promise<PatternMetrics[]> {
  const { modalities } = fitted.method;
  const complete = completeSamples(dataset, modalities);
  if (complete === undefined) return [];
  const results: PatternMetrics[] = [];
  for (const present of patternsOf(modalities)) {
    const hidden = modalities.filter((name) => !present.includes(name));
    const shown = hidden.length === 0 ? complete : hideModalities(complete, hidden);
    const { logits, calibration } = await predict(fitted, shown, options);
    results.push(figures(scaled(logits, calibration), complete.labels, complete.classes.length, present, true));
  }
  return results;
}

/** Labelled samples that have all the modalities; undefined when there are none. */
function completeSamples(dataset: Dataset, modalities: readonly string[]): Dataset | undefined {
  const full = rowsByPattern(dataset, modalities).get(patternName(modalities))?.rows ?? [];
  const rows = full.filter((row) => dataset.labels[row]! >= 0);
  if (rows.length === 0) return undefined;
  return rows.length === dataset.labels.length && !hasMissing(dataset) ? dataset : takeRows(dataset, rows);
}

/** Patterns to simulate, larger ones first, each in modality order. */
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

function figures(
  logits: Float32Array | Float64Array,
  labels: Int32Array,
  classes: number,
  present: readonly string[],
  simulated: boolean,
): PatternMetrics {
  const predicted = argmaxRows(logits, classes);
  return {
    present,
    simulated,
    samples: labels.length,
    accuracy: accuracy(predicted, labels),
    macroF1: macroF1(predicted, labels, classes),
    logLoss: logLoss(logits, labels, classes),
  };
}
