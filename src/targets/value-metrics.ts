/** @file Metrics for one predicted value: predictions and truths [N] in the data's unit. A truth is NaN if unknown; such samples are ignored. */

/** Pairs of prediction and truth, for known truths. */
function pairsOf(predicted: ArrayLike<number>, truths: ArrayLike<number>): (readonly [number, number])[] {
  return Array.from(truths, (truth, i) => [predicted[i]!, truth] as const).filter(([, truth]) => !Number.isNaN(truth));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Regression metrics by name. */
export interface ValueFigures {
  /** R2 = 1 - mean squared error / variance of the truths; NaN if the truths do not vary. */
  readonly r2: number;
  /** Pearson correlation; NaN if predictions or truths do not vary. */
  readonly correlation: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
}

/** Regression metrics of one value. */
export function regressionMetrics(predicted: ArrayLike<number>, truths: ArrayLike<number>): ValueFigures {
  const pairs = pairsOf(predicted, truths);
  const [p, t] = [meanOf(pairs.map(([output]) => output)), meanOf(pairs.map(([, truth]) => truth))];
  const squared = meanOf(pairs.map(([output, truth]) => (output - truth) ** 2));
  const variance = meanOf(pairs.map(([, truth]) => (truth - t) ** 2));
  const spread = meanOf(pairs.map(([output]) => (output - p) ** 2));
  const shared = meanOf(pairs.map(([output, truth]) => (output - p) * (truth - t)));
  return {
    r2: variance > 0 ? 1 - squared / variance : Number.NaN,
    correlation: variance > 0 && spread > 0 ? shared / Math.sqrt(variance * spread) : Number.NaN,
    mae: meanOf(pairs.map(([output, truth]) => Math.abs(output - truth))),
    rmse: Math.sqrt(squared),
  };
}

/** Metrics for a sentiment in [-3, 3]; all are shares in [0, 1]. */
export interface SentimentFigures {
  /** Accuracy of negative against non-negative; neutral (0) is non-negative. */
  readonly accuracyHas0: number;
  /** F1 of the same two classes, weighted by their numbers of true samples. */
  readonly f1Has0: number;
  /** Accuracy of negative against positive, without samples whose truth is 0; NaN if all are 0. */
  readonly accuracyNon0: number;
  readonly f1Non0: number;
  /** Share of samples whose prediction and truth round to the same of -3, .., 3; halves round to even. */
  readonly accuracy7: number;
}

/** Whether a value is a sentiment as in MOSI and MOSEI: its name begins with "sentiment" and all known truths are in [-3, 3]. */
export function isSentiment(name: string, truths: ArrayLike<number>): boolean {
  return /^sentiment/i.test(name) && Array.from(truths).every((truth) => Number.isNaN(truth) || Math.abs(truth) <= 3);
}

/** Metrics by the conventions for CMU-MOSEI. Source: Mao et al., M-SENA (the MMSA framework), ACL 2022. */
export function sentimentMetrics(predicted: ArrayLike<number>, truths: ArrayLike<number>): SentimentFigures {
  const pairs = pairsOf(predicted, truths);
  const withNeutral = pairs.map(([output, truth]) => [output >= 0, truth >= 0] as const);
  const withoutNeutral = pairs
    .filter(([, truth]) => truth !== 0)
    .map(([output, truth]) => [output > 0, truth > 0] as const);
  const rounded7 = pairs.map(([output, truth]) => [rounded(output), rounded(truth)] as const);
  const agreement = (all: readonly (readonly [unknown, unknown])[]): number =>
    all.filter(([output, truth]) => output === truth).length / all.length;
  return {
    accuracyHas0: agreement(withNeutral),
    f1Has0: weightedF1(withNeutral),
    accuracyNon0: agreement(withoutNeutral),
    f1Non0: weightedF1(withoutNeutral),
    accuracy7: agreement(rounded7),
  };
}

/** Clips to [-3, 3] and rounds to the nearest integer; halves round to even. */
function rounded(value: number): number {
  const cut = Math.max(-3, Math.min(3, value));
  const low = Math.floor(cut);
  const rest = cut - low;
  if (rest !== 0.5) return (rest < 0.5 ? low : low + 1) + 0;
  return (low % 2 === 0 ? low : low + 1) + 0;
}

/** F1 of both classes, weighted by their numbers of true samples. */
function weightedF1(pairs: readonly (readonly [boolean, boolean])[]): number {
  return [true, false].reduce((total, label) => {
    const truePositives = pairs.filter(([output, truth]) => output === label && truth === label).length;
    const predicted = pairs.filter(([output]) => output === label).length;
    const positives = pairs.filter(([, truth]) => truth === label).length;
    return total + (positives === 0 ? 0 : ((2 * truePositives) / (predicted + positives)) * (positives / pairs.length));
  }, 0);
}
