/**
 * @file Losses and measures of predictions as expressions of a graph: the half of a kind of target that methods read, and what kinds share.
 *
 * Outputs [.., B, K] are logits of K classes, conditional log-odds of K + 1 ordered classes, log-odds of K labels, or K values standardised
 * over the training data. `logProbs` turns outputs into predictions, which the other functions read. Unknown entries of a target are NaN and
 * are left out of every sum.
 */
import type { TargetKind } from "../data/dataset.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  concat,
  div,
  greater,
  log,
  logSoftmax,
  maximum,
  mean,
  mul,
  reshape,
  slice,
  where,
} from "../graph/ops/index.ts";

/** The name of the statistic of a model that holds the prior. */
export const PRIOR = "prior";

/** One kind of target. Losses and information are in nats (labels: mean over labels), or in squared standard deviations (values: mean over values). */
export interface Task {
  readonly kind: TargetKind;
  /** The value of each entry of the prior before training sets it: log 1/K for classes, else 0. */
  uniformPrior(outputs: number): number;
  /** Whether a prediction is a distribution; predictions of values are numbers without one. */
  readonly probabilistic: boolean;
  /** Whether the loss is linear in the target's probabilities, so that a weighted target is a weighted loss. */
  readonly linearInTarget: boolean;
  /** Prefix of the names of loss terms: cross-entropy, binary cross-entropy, squared error. */
  readonly term: "ce" | "bce" | "se";
  /** Predictions [.., B, K] from outputs: log-probabilities of classes (log-softmax); of other kinds the outputs themselves. */
  logProbs(outputs: Expr): Expr;
  /** The mean over the batch of `lossPerSample`, [..], from outputs [.., B, K]. */
  loss(outputs: Expr, target: Expr): Expr;
  /** -log p(target) in nats, or squared error, [.., B]; scaled so that the mean over the batch is the mean over known entries. */
  lossPerSample(prediction: Expr, target: Expr): Expr;
  /** Probabilities or values, which can be averaged over predictions. */
  mean(prediction: Expr): Expr;
  /** The inverse of `mean`: outputs from averaged probabilities or values. */
  fromMean(mean: Expr): Expr;
  /** KL(p, prior) in nats by entry, [.., B, 1] for classes, else [.., B, K]; for values the squared difference from the mean. `prior` is [K]. */
  evidence(prediction: Expr, prior: Expr): Expr;
  /** `evidence` per sample, [.., B]: for labels and values the mean over them. */
  information(prediction: Expr, prior: Expr): Expr;
  /** KL(prior, p) in nats, [.., B]: the excess loss of the prediction if targets follow the prior; for values the squared difference from the mean. */
  priorKl(prediction: Expr, prior: Expr): Expr;
  /** Entropy of a prediction [B, K] over `maxInformation`, [B], in [0, 1]; 1 for values, whose predictions have no entropy. */
  normalizedEntropy(prediction: Expr): Expr;
  /** The largest mean `information` of K outputs: log K for classes. */
  maxInformation(outputs: number): number;
  /** The target [B, K] under label smoothing; unknown entries stay unknown. Absent for values. */
  readonly smoothed?: (target: Expr, share: number) => Expr;
}

/** Lower bound of probabilities, so that logarithms stay finite. */
const MIN_PROBABILITY = 1e-30;
export const logOf = (p: Expr): Expr => log(maximum(p, MIN_PROBABILITY));

/** The mask of known entries [B, K], and the target with zeros in unknown ones. A comparison with NaN is false. */
export function knownOf(target: Expr): { known: Expr; clean: Expr } {
  const known = greater(target, -1e30);
  return { known, clean: where(known, target, 0) };
}

/** The mean of errors [.., B, K] over entries, [.., B], divided by the share of the batch that is known. */
export function bySample(errors: Expr, known: Expr): Expr {
  const [batch, count] = known.shape as [number, number];
  return div(mean(mul(errors, known), [-1]), maximum(mean(known), 1 / (batch * count)));
}

/** (1 - share) target + share / answers. */
export function spread(target: Expr, share: number, answers: number): Expr {
  return add(mul(target, 1 - share), share / answers);
}

/** log p and log(1 - p) from log-odds, by a softmax of two classes, so that gradients are smooth. */
export function logsOf(odds: Expr): { yes: Expr; no: Expr } {
  const one = reshape(odds, [...odds.shape, 1]);
  const pair = logSoftmax(concat([one, mul(one, 0)], -1));
  const at = (index: number): Expr => reshape(slice(pair, -1, index, 1), odds.shape);
  return { yes: at(0), no: at(1) };
}
