/** @file Accuracies attainable on a table: Bayes rules of one source and of both, their ensembles, additive models. */
import { type MaxentOptions, maxent, maxentOf } from "./maxent.ts";
import { checkKeys, NATS_PER_BIT } from "./options.ts";
import { type Sources, sources } from "./sources.ts";
import { Sum } from "./sum.ts";
import type { TableInput } from "./table.ts";

/** Scores this close are tied; tied classes share the sample evenly. */
const TIE = 1e-12;

/** Exact accuracies, shares of 1. */
export interface BayesAccuracy {
  /** Accuracy of always predicting the most frequent class. */
  readonly prior: number;
  /** Bayes rules of x1 alone and of x2 alone. */
  readonly x1: number;
  readonly x2: number;
  /** Bayes rule of both sources: the upper bound of every classifier. */
  readonly joint: number;
  /** The class with the largest mean of p(y | x1) and p(y | x2). */
  readonly ensembleAverage: number;
  /** The class with the largest p(y | x1) p(y | x2) / p(y). */
  readonly ensembleProduct: number;
}

/**
 * Exact accuracies on a table [x1, x2, y], ties shared evenly. Source: textbook; the tie rule is ours.
 * @throws ShapeError, DataError for a table that jointTable rejects.
 * @example bayesAccuracy(xor)  // { prior: .5, x1: .5, x2: .5, joint: 1, ensembleAverage: .5, ensembleProduct: .5 }
 */
export function bayesAccuracy(input: TableInput): BayesAccuracy {
  const marginals = sources(input, "bayesAccuracy");
  const { table, n1, n2, ny, p1, p2, py, p1y, p2y } = marginals;
  const average = (x1: number, x2: number, y: number): number =>
    (p1y[x1 * ny + y]! / p1[x1]! + p2y[x2 * ny + y]! / p2[x2]!) / 2;
  const product = (x1: number, x2: number, y: number): number =>
    py[y] === 0 ? 0 : ((p1y[x1 * ny + y]! / p1[x1]!) * (p2y[x2 * ny + y]! / p2[x2]!)) / py[y]!;
  return {
    prior: Math.max(...py),
    x1: bestByRow(p1y, n1, ny),
    x2: bestByRow(p2y, n2, ny),
    joint: bestByRow(table.p, n1 * n2, ny),
    ensembleAverage: accuracyOf(marginals, average),
    ensembleProduct: accuracyOf(marginals, product),
  };
}

/** Metrics of the model with logits f1(x1, y) + f2(x2, y) and minimal cross-entropy. */
export interface AdditiveOptimum {
  /** Its accuracy, ties shared evenly. */
  readonly accuracy: number;
  /** Its cross-entropy, in bits: H(Y | X1, X2) + connectedInformation. */
  readonly crossEntropy: number;
  /** Excess of that cross-entropy over the Bayes rule of both sources, in bits: exactly D3. */
  readonly connectedInformation: number;
  /** Bracket of H(q*) in bits, and whether it is at most `tol` wide. */
  readonly lower: number;
  readonly upper: number;
  readonly gap: number;
  readonly converged: boolean;
}

/**
 * The additive model of a table [x1, x2, y] trained to its cross-entropy optimum (bits): it is q*(y | x1, x2) of the maximum
 * entropy law, so its excess over the Bayes rule is exactly the connected information. Source: log-linear models (Csiszár
 * 1975).
 *
 * @throws ShapeError, DataError for a table that jointTable rejects; ConfigError for unknown options.
 * @example additiveOptimum(xor).accuracy  // 0.5: a sum of unimodal logits cannot learn xor
 */
export function additiveOptimum(input: TableInput, options: MaxentOptions = {}): AdditiveOptimum {
  const marginals = sources(input, "additiveOptimum");
  checkKeys("additiveOptimum", options, ["tol", "maxIter"]);
  const { law, lower, upper, gap, converged, connectedInformation } = maxentOf(marginals, options);
  const { n2, ny, p12, table } = marginals;
  // The pair margin of q* is that of p, which keeps ties exact where q* has rounding.
  const score = (x1: number, x2: number, y: number): number => {
    const pair = x1 * n2 + x2;
    return law.p[pair * ny + y]! / p12[pair]!;
  };
  const conditional = new Sum();
  for (let pair = 0; pair < p12.length; pair++) {
    for (let y = 0; y < ny; y++) {
      const p = table.p[pair * ny + y]!;
      if (p > 0) conditional.add(p * Math.log(p12[pair]! / p));
    }
  }
  return {
    accuracy: accuracyOf(marginals, score),
    crossEntropy: conditional.value / NATS_PER_BIT + connectedInformation,
    connectedInformation,
    lower,
    upper,
    gap,
    converged,
  };
}

/**
 * D3 = H(q*) - H(p) in bits: the information of a table [x1, x2, y] beyond its three pair margins, 0 or more.
 * See maxent for its certificate. Source: Amari 2001; Schneidman et al. 2003.
 * @example connectedInformation(xor)  // 1
 */
export function connectedInformation(input: TableInput, options: MaxentOptions = {}): number {
  return maxent(input, options).connectedInformation;
}

/** Expected accuracy of the rule that picks the largest score; ties are shared. */
function accuracyOf(marginals: Sources, score: (x1: number, x2: number, y: number) => number): number {
  const { table, n1, n2, ny, p12 } = marginals;
  const sum = new Sum();
  const scores = new Float64Array(ny);
  for (let x1 = 0; x1 < n1; x1++) {
    for (let x2 = 0; x2 < n2; x2++) {
      const pair = x1 * n2 + x2;
      if (p12[pair] === 0) continue;
      let top = Number.NEGATIVE_INFINITY;
      for (let y = 0; y < ny; y++) {
        scores[y] = score(x1, x2, y);
        if (scores[y]! > top) top = scores[y]!;
      }
      let tied = 0;
      let right = 0;
      for (let y = 0; y < ny; y++) {
        if (scores[y]! < top - TIE) continue;
        tied++;
        right += table.p[pair * ny + y]!;
      }
      sum.add(right / tied);
    }
  }
  return sum.value;
}

function bestByRow(joint: Float64Array, rows: number, ny: number): number {
  const sum = new Sum();
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let y = 0; y < ny; y++) best = Math.max(best, joint[row * ny + y]!);
    sum.add(best);
  }
  return sum.value;
}
