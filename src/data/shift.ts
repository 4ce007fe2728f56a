/**
 * @file Tests for distribution shift between the validation and test splits. Epochs, hyperparameters and calibration are selected on
 * validation data and may not suit shifted test data. Compares each feature and the class frequencies; no model is needed.
 */

import { type DataSplits, type Dataset, featureCount } from "./dataset.ts";
import { isClassKind } from "./kinds.ts";
import { classesOf, labelsOf } from "./target.ts";

/** Maximum samples per split and features per modality, evenly spaced, that are compared: enough to detect relevant differences. */
const MOST_SAMPLES = 2000;
const MOST_FEATURES = 256;

/** Minimum distance (Kolmogorov-Smirnov, or total variation of class frequencies) for a warning. */
const LEAST_DISTANCE = 0.25;

/** Familywise probability of a false warning for equal distributions, over all features. */
const FALSE_ALARM = 1e-3;

/** A warning that lists differences between the validation and test splits; empty when there are none. */
export function shiftWarnings({ validation, test }: Pick<DataSplits, "validation" | "test">, where: string): string[] {
  const names = Object.keys(validation.modalities);
  const looked = names.map((name) => Math.min(MOST_FEATURES, featureCount(validation.modalities[name]!)));
  const tests = looked.reduce((sum, count) => sum + count, 1);
  const differences = names.flatMap((name, m) => {
    const width = featureCount(validation.modalities[name]!);
    let [distance, feature] = [0, -1];
    for (let i = 0; i < looked[m]!; i++) {
      const index = Math.floor((i * width) / looked[m]!);
      const [here, there] = [columnOf(validation, name, index, width), columnOf(test, name, index, width)];
      const between = kolmogorovSmirnov(here, there);
      if (between > distance && between > limit(here.length, there.length, tests))
        [distance, feature] = [between, index];
    }
    if (distance < LEAST_DISTANCE) return [];
    return [`${name}${width === 1 ? "" : ` (feature ${feature} of ${width})`} by ${distance.toFixed(2)}`];
  });
  const classes = classDistance(validation, test, tests);
  if (classes !== undefined) differences.push(`shares of classes by ${classes.toFixed(2)}`);
  if (differences.length === 0) return [];
  return [
    `${where}: the validation split differs from the test split: ${differences.join(", ")} (distance of the distributions: 0 is equal, 1 is disjoint). Epochs and settings selected on it may not suit the test data, and differences between methods are less certain. If samples of one source (a recording, a day) are kept together, give each split several of them: --split-seed with --group, or sweep --folds.`,
  ];
}

/** Sorted values of a feature over the samples that have the modality. */
function columnOf({ modalities, present, size }: Dataset, name: string, feature: number, width: number): Float64Array {
  const { data } = modalities[name]!;
  const mask = present?.[name];
  const step = Math.max(1, size / MOST_SAMPLES);
  const values: number[] = [];
  for (let at = 0; at < size; at += step) {
    const row = Math.floor(at);
    const value = data[row * width + feature]!;
    // NaN is after the end of a sequence.
    if (mask?.[row] !== 0 && !Number.isNaN(value)) values.push(value);
  }
  return Float64Array.from(values).sort();
}

/** Kolmogorov-Smirnov statistic of two sorted samples, in [0, 1]; 0 when one is empty. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  let [i, j, max] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    max = Math.max(max, Math.abs(i / a.length - j / b.length));
  }
  return max;
}

/** The critical value of the two-sample Kolmogorov-Smirnov test at level FALSE_ALARM / tests (Bonferroni), for large n. */
function limit(n: number, m: number, tests: number): number {
  return Math.sqrt((Math.log((2 * tests) / FALSE_ALARM) / 2) * (1 / n + 1 / m));
}

/** Total variation distance between the class frequencies of the labelled samples; undefined when it is not significant. */
function classDistance(validation: Dataset, test: Dataset, tests: number): number | undefined {
  if (!isClassKind(validation.target.kind)) return undefined;
  const labelled = (split: Dataset): Int32Array => labelsOf(split).filter((label) => label >= 0);
  const [here, there] = [labelled(validation), labelled(test)];
  if (here.length === 0 || there.length === 0) return undefined;
  const share = (labels: Int32Array, k: number): number => labels.filter((label) => label === k).length / labels.length;
  const classes = classesOf(validation);
  const distance = classes.reduce((sum, _, k) => sum + Math.abs(share(here, k) - share(there, k)), 0) / 2;
  // Total variation of K shares is the largest difference over 2^K sets of classes.
  const chance = limit(here.length, there.length, tests * 2 ** Math.min(classes.length, 30));
  return distance >= Math.max(LEAST_DISTANCE, chance) ? distance : undefined;
}
