/** @file Figures of merit for one predicted number: predictions and truths [N] in the data's unit, NaN where unknown, which counts nowhere. */

/** Pairs of which the truth is known. */
function pairsOf(predicted: ArrayLike<number>, truths: ArrayLike<number>): (readonly [number, number])[] {
  return Array.from(truths, (truth, i) => [predicted[i]!, truth] as const).filter(([, truth]) => !Number.isNaN(truth));
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Regression figures by name. */
export interface ValueFigures {
  /** 1 - squared error over the variance of the truths: 0 for their mean, and below for worse; NaN where they do not vary. */
  readonly r2: number;
  /** Pearson; NaN where either does not vary. */
  readonly correlation: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Root of the mean squared error. */
  readonly rmse: number;
}

/** Regression figures of one value. */
export function valueFigures(predicted: ArrayLike<number>, truths: ArrayLike<number>): ValueFigures {
  const pairs = pairsOf(predicted, truths);
  const [p, t] = [meanOf(pairs.map(([said]) => said)), meanOf(pairs.map(([, truth]) => truth))];
  const squared = meanOf(pairs.map(([said, truth]) => (said - truth) ** 2));
  const variance = meanOf(pairs.map(([, truth]) => (truth - t) ** 2));
  const spread = meanOf(pairs.map(([said]) => (said - p) ** 2));
  const shared = meanOf(pairs.map(([said, truth]) => (said - p) * (truth - t)));
  return {
    r2: variance > 0 ? 1 - squared / variance : Number.NaN,
    correlation: variance > 0 && spread > 0 ? shared / Math.sqrt(variance * spread) : Number.NaN,
    mae: meanOf(pairs.map(([said, truth]) => Math.abs(said - truth))),
    rmse: Math.sqrt(squared),
  };
}

/** Figures of sentiment in [-3, 3], shares in [0, 1]. */
export interface SentimentFigures {
  /** Negative against the rest: neutral (0) counts as not negative. */
  readonly accuracyHas0: number;
  /** Of the same two classes, F1 of each weighted by its true samples. */
  readonly f1Has0: number;
  /** Negative against positive; samples whose truth is 0 are left out. NaN where all are 0. */
  readonly accuracyNon0: number;
  readonly f1Non0: number;
  /** Prediction and truth round to the same of -3, .., 3; halves to the even neighbour. */
  readonly accuracy7: number;
}

/** Is this a sentiment as in MOSI and MOSEI: called so, with every known number in [-3, 3]? */
export function isSentiment(name: string, truths: ArrayLike<number>): boolean {
  return /^sentiment/i.test(name) && Array.from(truths).every((truth) => Number.isNaN(truth) || Math.abs(truth) <= 3);
}

/** Conventions for CMU-MOSEI. Source: Mao et al., M-SENA (the MMSA framework), ACL 2022. */
export function sentimentFigures(predicted: ArrayLike<number>, truths: ArrayLike<number>): SentimentFigures {
  const pairs = pairsOf(predicted, truths);
  const has0 = pairs.map(([said, truth]) => [said >= 0, truth >= 0] as const);
  const non0 = pairs.filter(([, truth]) => truth !== 0).map(([said, truth]) => [said > 0, truth > 0] as const);
  const seven = pairs.map(([said, truth]) => [rounded(said), rounded(truth)] as const);
  const right = (all: readonly (readonly [unknown, unknown])[]): number =>
    all.filter(([said, truth]) => said === truth).length / all.length;
  return {
    accuracyHas0: right(has0),
    f1Has0: weightedF1(has0),
    accuracyNon0: right(non0),
    f1Non0: weightedF1(non0),
    accuracy7: right(seven),
  };
}

/** To the nearest whole number in [-3, 3], halves to the even one. */
function rounded(value: number): number {
  const cut = Math.max(-3, Math.min(3, value));
  const low = Math.floor(cut);
  const rest = cut - low;
  if (rest !== 0.5) return (rest < 0.5 ? low : low + 1) + 0;
  return (low % 2 === 0 ? low : low + 1) + 0;
}

/** F1 of both classes, weighted by how many samples truly are of each. */
function weightedF1(pairs: readonly (readonly [boolean, boolean])[]): number {
  return [true, false].reduce((total, side) => {
    const both = pairs.filter(([said, truth]) => said === side && truth === side).length;
    const said = pairs.filter(([own]) => own === side).length;
    const yes = pairs.filter(([, truth]) => truth === side).length;
    return total + (yes === 0 ? 0 : ((2 * both) / (said + yes)) * (yes / pairs.length));
  }, 0);
}
