/** @file Metrics by pattern of present modalities: for the samples as they are, and simulated by hiding modalities. */

import { type Dataset, takeRows } from "../data/dataset.ts";
import { hasMissing, hideModalities, patternName, rowsByPattern } from "../data/presence.ts";
import { hasTarget } from "../data/target.ts";
import { targetTypes } from "../targets/index.ts";
import type { Fitted } from "./model.ts";
import { type Predictions, type PredictOptions, predict } from "./predict.ts";

/** A set of present modalities, and the number of samples with it. */
export interface Pattern {
  /** Names, in modality order. */
  readonly present: readonly string[];
  /** True if the others were hidden on samples that have all; false if the samples lack the others. */
  readonly simulated: boolean;
  /** Number of samples with a known target. */
  readonly samples: number;
}

/** Metrics of a model for a pattern. */
export interface PatternMetrics extends Pattern {
  /** By name, the primary one first (score.ts); log-losses of classes are of calibrated probabilities. */
  readonly values: Readonly<Record<string, number>>;
}

/** Up to this many modalities every pattern is simulated; with more: all, each left out, and each alone. */
const EVERY_PATTERN = 4;

/** Metrics for each pattern that labelled samples of the data have; patterns with more modalities come first. */
export function scorePatterns(
  { logits, calibration }: Pick<Predictions, "logits" | "calibration">,
  dataset: Dataset,
  modalities: readonly string[],
): PatternMetrics[] {
  const K = logits.length / dataset.size;
  return [...rowsByPattern(dataset, modalities).values()].flatMap(({ modalities: present, rows }) => {
    const known = rows.filter((row) => hasTarget(dataset, row));
    if (known.length === 0) return [];
    const knownLogits = new Float32Array(known.length * K);
    known.forEach((row, i) => {
      knownLogits.set(logits.subarray(row * K, (row + 1) * K), i * K);
    });
    const values = valuesOf({ logits: knownLogits, calibration }, takeRows(dataset, known));
    return [{ present, simulated: false, samples: known.length, values }];
  });
}

/**
 * Metrics for patterns of the model's modalities, simulated by hiding the others on samples that have all: every pattern for up to four
 * modalities; with more: all, each left out, each alone. Empty if no labelled sample has all modalities.
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
    const values = valuesOf(await predict(fitted, shown, options), complete);
    results.push({ present, simulated: true, samples: complete.size, values });
  }
  return results;
}

function valuesOf(
  { logits, calibration }: { readonly logits: Float32Array; readonly calibration?: Predictions["calibration"] },
  { target }: Dataset,
): Readonly<Record<string, number>> {
  return targetTypes[target.kind].metrics({ logits, unimodal: {}, calibration }, target);
}

/** Labelled samples that have all the modalities; undefined when there are none. */
function completeSamples(dataset: Dataset, modalities: readonly string[]): Dataset | undefined {
  const full = rowsByPattern(dataset, modalities).get(patternName(modalities))?.rows ?? [];
  const rows = full.filter((row) => hasTarget(dataset, row));
  if (rows.length === 0) return undefined;
  return rows.length === dataset.size && !hasMissing(dataset) ? dataset : takeRows(dataset, rows);
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
