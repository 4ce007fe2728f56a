/** @file Temperatures: one number per predictor, fitted on validation data, so that its probabilities can be read as such. */
import { goldenSection } from "../core/minimise.ts";
import { logSoftmaxRows } from "./metrics.ts";

/** What turns a model's logits into probabilities that can be read as such, and information be read off. */
export interface Calibration {
  /** Log-probabilities of the classes in the training data, [K]. */
  readonly logPrior: readonly number[];
  /** Temperature of the whole prediction and of each modality's own. */
  readonly all: number;
  readonly modalities: Readonly<Record<string, number>>;
}

/** Log-frequencies of the classes, [K], half a sample added to each: never minus infinity. Missing labels are left out. */
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

/** Temperatures are sought in this range; both ends mean that the predictor is hopeless. */
const RANGE = [0.05, 20] as const;

/**
 * The temperature T > 0 that minimises the log-loss of logits / T, [N, K], on labelled samples. 1 when there are none.
 * The loss is convex in 1 / T, so a golden-section search over log T finds the minimum. Source: Guo et al., ICML 2017.
 */
export function fitTemperature(logits: Float32Array, labels: Int32Array, classes: number): number {
  const rows = [...labels.keys()].filter((i) => labels[i]! >= 0);
  if (rows.length === 0) return 1;
  const loss = (logT: number): number => {
    const beta = Math.exp(-logT);
    let total = 0;
    for (const i of rows) {
      let top = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) top = Math.max(top, logits[i * classes + k]! * beta);
      let sum = 0;
      for (let k = 0; k < classes; k++) sum += Math.exp(logits[i * classes + k]! * beta - top);
      total += top + Math.log(sum) - logits[i * classes + labels[i]!]! * beta;
    }
    return total;
  };
  return Math.exp(goldenSection(loss, Math.log(RANGE[0]), Math.log(RANGE[1]), 40));
}

/** Log-probabilities [N, K] in nats of logits at a temperature. */
export function calibrated(logits: Float32Array, classes: number, temperature: number): Float64Array {
  return logSoftmaxRows(
    logits.map((v) => v / temperature),
    classes,
  );
}
