/**
 * @file What methods need of a target, one record a kind: its loss, the average of several predictions, the information in a prediction.
 *
 * Outputs [.., B, K] are logits of K classes, log-odds of K labels, or K values standardised over the training data. `logProbs` turns
 * outputs into predictions, which the other functions read. Unknown entries of a target are NaN and are left out of every sum.
 */
import type { TargetKind } from "../data/dataset.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  concat,
  div,
  exp,
  greater,
  log,
  logSoftmax,
  maximum,
  mean,
  mul,
  reshape,
  sigmoid,
  slice,
  square,
  sub,
  sum,
  where,
} from "../graph/ops/index.ts";
import { negativeLogLikelihood } from "../nn/losses.ts";

/** One kind of target. Amounts are in nats, of labels a mean over labels; of values in squared standard deviations, a mean over values. */
export interface Task {
  readonly kind: TargetKind;
  /** Whether a prediction is a distribution; predictions of values are numbers without one. */
  readonly probabilistic: boolean;
  /** First part of the names of its loss terms: cross-entropy, binary cross-entropy, squared error. */
  readonly term: "ce" | "bce" | "se";
  /** Predictions [.., B, K] from outputs: log-probabilities of classes (log-softmax); of other kinds the outputs themselves. */
  logProbs(outputs: Expr): Expr;
  /** The mean over the batch of `lossPerSample`, [..], from outputs [.., B, K]. */
  loss(outputs: Expr, target: Expr): Expr;
  /** -log p(target) in nats, or squared error, [.., B]; scaled so that the mean over the batch is the mean over known entries. */
  lossPerSample(prediction: Expr, target: Expr): Expr;
  /** Probabilities, or values: what may be averaged over several predictions. */
  mean(prediction: Expr): Expr;
  /** The inverse of `mean`: outputs from averaged probabilities or values. */
  fromMean(mean: Expr): Expr;
  /** KL(p, prior) in nats by entry, [.., B, 1] for classes, else [.., B, K]; of values the squared difference from the mean. `prior` is [K]. */
  evidence(prediction: Expr, prior: Expr): Expr;
  /** `evidence` as one amount a sample, [.., B]. */
  information(prediction: Expr, prior: Expr): Expr;
  /** KL(prior, p) in nats, [.., B]: the excess loss of the prediction where the prior is right; of values the squared difference from the mean. */
  priorKl(prediction: Expr, prior: Expr): Expr;
  /** Entropy of a prediction [B, K] over `maxInformation`, [B], in [0, 1]; 1 for values, whose predictions have no entropy. */
  normalizedEntropy(prediction: Expr): Expr;
  /** The largest mean `information` of K outputs: log K for classes. */
  maxInformation(outputs: number): number;
  /** The target [B, K] under label smoothing; unknown entries stay unknown. Left out for values. */
  readonly smoothed?: (target: Expr, share: number) => Expr;
}

/** A probability may underflow to 0; its logarithm must not be infinite. */
const LEAST = 1e-30;
const logOf = (p: Expr): Expr => log(maximum(p, LEAST));

/** Which entries [B, K] are known, as 1 and 0, and the target with zeros elsewhere. No number is greater than NaN, nor less. */
function knownOf(target: Expr): { known: Expr; clean: Expr } {
  const known = greater(target, -1e30);
  return { known, clean: where(known, target, 0) };
}

/** Errors of entries [.., B, K] to those of samples [.., B], over the share of the batch that is known. */
function bySample(errors: Expr, known: Expr): Expr {
  const [batch, count] = known.shape as [number, number];
  return div(mean(mul(errors, known), [-1]), maximum(mean(known), 1 / (batch * count)));
}

/** (1 - share) target + share / answers. */
function spread(target: Expr, share: number, answers: number): Expr {
  return add(mul(target, 1 - share), share / answers);
}

const classes: Task = {
  kind: "classes",
  probabilistic: true,
  term: "ce",
  logProbs: logSoftmax,
  loss: (outputs, target) => negativeLogLikelihood(logSoftmax(outputs), target),
  lossPerSample: (prediction, target) => mul(sum(mul(prediction, target), -1), -1),
  mean: exp,
  fromMean: logOf,
  evidence: (prediction, prior) => sum(mul(exp(prediction), sub(prediction, prior)), -1, true),
  information: (prediction, prior) => sum(mul(exp(prediction), sub(prediction, prior)), -1),
  priorKl: (prediction, prior) => sum(mul(exp(prior), sub(prior, prediction)), -1),
  normalizedEntropy: (prediction) =>
    mul(sum(mul(exp(prediction), prediction), -1), -1 / Math.log(prediction.shape.at(-1)!)),
  maxInformation: Math.log,
  smoothed: (target, share) => spread(target, share, target.shape.at(-1)!),
};

/** log p and log(1 - p) of log-odds: two classes each, so that no gradient has a kink. */
function logsOf(odds: Expr): { yes: Expr; no: Expr } {
  const one = reshape(odds, [...odds.shape, 1]);
  const pair = logSoftmax(concat([one, mul(one, 0)], -1));
  const at = (place: number): Expr => reshape(slice(pair, -1, place, 1), odds.shape);
  return { yes: at(0), no: at(1) };
}

/** KL(p, q) of labels by their log-odds, entry by entry. */
function labelDivergence(p: Expr, q: Expr): Expr {
  const [left, right] = [logsOf(p), logsOf(q)];
  return add(mul(exp(left.yes), sub(left.yes, right.yes)), mul(exp(left.no), sub(left.no, right.no)));
}

const labels: Task = {
  kind: "labels",
  probabilistic: true,
  term: "bce",
  logProbs: (outputs) => outputs,
  loss: (outputs, target) => mean(labels.lossPerSample(outputs, target), [-1]),
  lossPerSample(prediction, target) {
    const { known, clean } = knownOf(target);
    const { yes, no } = logsOf(prediction);
    const right = add(mul(yes, clean), mul(no, sub(1, clean)));
    return bySample(mul(right, -1), known);
  },
  mean: sigmoid,
  fromMean: (p) => sub(logOf(p), logOf(sub(1, p))),
  evidence: labelDivergence,
  information: (prediction, prior) => mean(labelDivergence(prediction, prior), [-1]),
  priorKl: (prediction, prior) => mean(labelDivergence(prior, prediction), [-1]),
  normalizedEntropy(prediction) {
    const { yes, no } = logsOf(prediction);
    return mul(mean(add(mul(exp(yes), yes), mul(exp(no), no)), [-1]), -1 / Math.LN2);
  },
  maxInformation: () => Math.LN2,
  smoothed: (target, share) => spread(target, share, 2),
};

const values: Task = {
  kind: "values",
  probabilistic: false,
  term: "se",
  logProbs: (outputs) => outputs,
  loss: (outputs, target) => mean(values.lossPerSample(outputs, target), [-1]),
  lossPerSample(prediction, target) {
    const { known, clean } = knownOf(target);
    return bySample(square(sub(prediction, clean)), known);
  },
  mean: (prediction) => prediction,
  fromMean: (value) => value,
  evidence: (prediction, prior) => square(sub(prediction, prior)),
  information: (prediction, prior) => mean(square(sub(prediction, prior)), [-1]),
  priorKl: (prediction, prior) => mean(square(sub(prediction, prior)), [-1]),
  normalizedEntropy: (prediction) => add(mul(mean(prediction, [-1]), 0), 1),
  maxInformation: () => 1,
};

/** The record of each kind. */
export const tasks: Readonly<Record<TargetKind, Task>> = { classes, labels, values };
