/** @file Mutual information from a classifier's held-out predictions: a lower bound in expectation. */
import { type Interval, type IntervalOptions, meanIntervals } from "./intervals.ts";
import { checkKeys } from "./options.ts";
import { pointwiseInformation } from "./samplewise.ts";

/** An estimate with its terms. */
export interface ClassifierEstimate extends Interval {
  /** log2 p(y | x) - log2 p(y) of each row, [N], bits; negative where the prediction is misleading. */
  readonly local: Float64Array;
}

/**
 * I(X; Y) >= H(Y) - cross-entropy: the mean over held-out rows of log2 p(y | x) - log2 p(y), bits, with a 95 % interval from
 * resampled rows. `logs` [N, K] and `logPrior` [K] are log-probabilities in nats. On rows the classifier was fitted to it is no
 * bound. Source: Barber and Agakov 2003.
 *
 * @throws ShapeError when the sizes do not fit; DataError for a NaN or positive log-probability; ConfigError for bad options.
 * @example miClassifier(heldOutLogs, labels, logPrior, { seed: 0, folds })  // { value: 0.71, se: 0.02, lower, upper, local }
 */
export function miClassifier(
  logs: ArrayLike<number>,
  labels: ArrayLike<number>,
  logPrior: ArrayLike<number>,
  options: IntervalOptions,
): ClassifierEstimate {
  checkKeys("miClassifier", options, ["seed", "rounds", "groups", "folds"]);
  const local = pointwiseInformation(logs, labels, logPrior);
  return { ...meanIntervals([local], options)[0]!, local };
}
