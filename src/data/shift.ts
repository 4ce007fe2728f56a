/**
 * @file Is the validation split like the test split? Epochs, settings and calibration are chosen on validation data, so where the two differ
 * what was chosen may not suit the test data. Told from the numbers of each feature and from the shares of classes; no model is needed.
 */
import { type DataSplits, type Dataset, featureCount } from "./dataset.ts";

/** So many samples of a split, evenly spaced, and features of a modality are looked at: enough for differences that matter. */
const MOST_SAMPLES = 2000;
const MOST_FEATURES = 256;

/** Two distributions differ by so much in distance (of Kolmogorov and Smirnov, of shares of classes) before anything is said. */
const LEAST_DISTANCE = 0.25;

/** Probability that equal distributions give one false warning, over all features of the data. */
const FALSE_ALARM = 1e-3;

/** What differs between the validation and the test split. */
export function shiftWarnings({ validation, test }: Pick<DataSplits, "validation" | "test">, where: string): string[] {
  const names = Object.keys(validation.modalities);
  const looked = names.map((name) => Math.min(MOST_FEATURES, featureCount(validation.modalities[name]!)));
  const tests = looked.reduce((sum, count) => sum + count, 1);
  const found = names.flatMap((name, m) => {
    const width = featureCount(validation.modalities[name]!);
    let [distance, feature] = [0, -1];
    for (let i = 0; i < looked[m]!; i++) {
      const own = Math.floor((i * width) / looked[m]!);
      const [here, there] = [columnOf(validation, name, own, width), columnOf(test, name, own, width)];
      const between = kolmogorovSmirnov(here, there);
      if (between > distance && between > limit(here.length, there.length, tests)) [distance, feature] = [between, own];
    }
    if (distance < LEAST_DISTANCE) return [];
    return [`${name}${width === 1 ? "" : ` (feature ${feature} of ${width})`} by ${distance.toFixed(2)}`];
  });
  const classes = classDistance(validation, test, tests);
  if (classes !== undefined) found.push(`shares of classes by ${classes.toFixed(2)}`);
  if (found.length === 0) return [];
  return [
    `${where}: the validation split is unlike the test split: ${found.join(", ")} (distance of the distributions: 0 is alike, 1 is apart). Epochs and settings chosen on it may not suit the test data, and differences between methods are less sure. If samples of one source (a recording, a day) stand together, give each split several of them: --split-seed with --group, or sweep --folds.`,
  ];
}

/** Values of a feature, of samples that have the modality. */
function columnOf(
  { modalities, present, labels }: Dataset,
  name: string,
  feature: number,
  width: number,
): Float64Array {
  const { data } = modalities[name]!;
  const mask = present?.[name];
  const step = Math.max(1, labels.length / MOST_SAMPLES);
  const values: number[] = [];
  for (let at = 0; at < labels.length; at += step) {
    const row = Math.floor(at);
    if (mask?.[row] !== 0) values.push(data[row * width + feature]!);
  }
  return Float64Array.from(values).sort();
}

/** The largest difference between the distribution functions of two sorted samples, in [0, 1]; 0 where one is empty. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  let [i, j, most] = [0, 0, 0];
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i]!, b[j]!);
    while (a[i] === value) i++;
    while (b[j] === value) j++;
    most = Math.max(most, Math.abs(i / a.length - j / b.length));
  }
  return most;
}

/** The distance that two samples of one distribution pass with probability FALSE_ALARM / tests: the two-sample Kolmogorov-Smirnov test for large n. */
function limit(n: number, m: number, tests: number): number {
  return Math.sqrt((Math.log((2 * tests) / FALSE_ALARM) / 2) * (1 / n + 1 / m));
}

/** Total variation distance between the shares of classes, where it passes what chance explains. */
function classDistance(validation: Dataset, test: Dataset, tests: number): number | undefined {
  if (validation.target !== undefined) return undefined;
  const sharesOf = ({ labels }: Dataset): number[] => {
    const known = labels.filter((label) => label >= 0);
    return validation.classes.map((_, k) => known.filter((label) => label === k).length / Math.max(1, known.length));
  };
  const [here, there] = [sharesOf(validation), sharesOf(test)];
  const distance = here.reduce((sum, share, k) => sum + Math.abs(share - there[k]!), 0) / 2;
  const classes = validation.classes.length;
  // Total variation of K shares is the largest difference over 2^K sets of classes.
  const chance = limit(validation.labels.length, test.labels.length, tests * 2 ** Math.min(classes, 30));
  return distance >= Math.max(LEAST_DISTANCE, chance) ? distance : undefined;
}
