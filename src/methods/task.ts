/**
 * @file What methods do with a target, whatever it is: the loss, the mean of several decisions, how much a prediction says. One record
 * for each kind of target.
 *
 * Outputs [.., B, K] are logits of K classes, log-odds of K labels, or K values standardised over the training data; `spoken` turns
 * them into what the other functions read. Unknown entries of a target are NaN: they count nowhere.
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
  /** Does a prediction tell how sure it is? Those of values do not. */
  readonly doubts: boolean;
  /** First part of the names of its loss terms: cross-entropy, binary cross-entropy, squared error. */
  readonly term: "ce" | "bce" | "se";
  /** Outputs [.., B, K] as log-probabilities of classes; others as they are. */
  spoken(outputs: Expr): Expr;
  /** Mean over the batch of `errors` of outputs [.., B, K]: [..]. */
  loss(outputs: Expr, target: Expr): Expr;
  /** -log p(target), or squared error, of what is spoken: [.., B]. Counted so that their mean over the batch is the mean over what is known. */
  errors(spoken: Expr, target: Expr): Expr;
  /** Probabilities, or values, of which several may be averaged. */
  mean(spoken: Expr): Expr;
  /** From such a mean back to outputs. */
  fromMean(mean: Expr): Expr;
  /** How far a prediction is from the prior [K], [.., B, 1] for classes, else [.., B, K]: KL(p, prior); of values the squared departure from the mean, by which squared error falls where the prediction is right on average. */
  evidence(spoken: Expr, prior: Expr): Expr;
  /** The same as one amount a sample, [.., B]. */
  information(spoken: Expr, prior: Expr): Expr;
  /** What it costs to say this where the prior is right, [.., B]: KL(prior, p), or the squared departure from the mean. */
  noise(spoken: Expr, prior: Expr): Expr;
  /** What a prediction [B, K] leaves open, as a portion of `most`: entropy, [B]. Squared error knows no doubt: 1 for values. */
  open(spoken: Expr): Expr;
  /** The most that can be known of a sample, on average, for outputs of K. */
  most(outputs: number): number;
  /** The target [B, K] with a share of it spread evenly over the answers there are; unknown entries stay so. Values have no such answers. */
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
  doubts: true,
  term: "ce",
  spoken: logSoftmax,
  loss: (outputs, target) => negativeLogLikelihood(logSoftmax(outputs), target),
  errors: (spoken, target) => mul(sum(mul(spoken, target), -1), -1),
  mean: exp,
  fromMean: logOf,
  evidence: (spoken, prior) => sum(mul(exp(spoken), sub(spoken, prior)), -1, true),
  information: (spoken, prior) => sum(mul(exp(spoken), sub(spoken, prior)), -1),
  noise: (spoken, prior) => sum(mul(exp(prior), sub(prior, spoken)), -1),
  open: (spoken) => mul(sum(mul(exp(spoken), spoken), -1), -1 / Math.log(spoken.shape.at(-1)!)),
  most: Math.log,
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
  doubts: true,
  term: "bce",
  spoken: (outputs) => outputs,
  loss: (outputs, target) => mean(labels.errors(outputs, target), [-1]),
  errors(spoken, target) {
    const { known, clean } = knownOf(target);
    const { yes, no } = logsOf(spoken);
    const right = add(mul(yes, clean), mul(no, sub(1, clean)));
    return bySample(mul(right, -1), known);
  },
  mean: sigmoid,
  fromMean: (p) => sub(logOf(p), logOf(sub(1, p))),
  evidence: labelDivergence,
  information: (spoken, prior) => mean(labelDivergence(spoken, prior), [-1]),
  noise: (spoken, prior) => mean(labelDivergence(prior, spoken), [-1]),
  open(spoken) {
    const { yes, no } = logsOf(spoken);
    return mul(mean(add(mul(exp(yes), yes), mul(exp(no), no)), [-1]), -1 / Math.LN2);
  },
  most: () => Math.LN2,
  smoothed: (target, share) => spread(target, share, 2),
};

const values: Task = {
  kind: "values",
  doubts: false,
  term: "se",
  spoken: (outputs) => outputs,
  loss: (outputs, target) => mean(values.errors(outputs, target), [-1]),
  errors(spoken, target) {
    const { known, clean } = knownOf(target);
    return bySample(square(sub(spoken, clean)), known);
  },
  mean: (spoken) => spoken,
  fromMean: (value) => value,
  evidence: (spoken, prior) => square(sub(spoken, prior)),
  information: (spoken, prior) => mean(square(sub(spoken, prior)), [-1]),
  noise: (spoken, prior) => mean(square(sub(spoken, prior)), [-1]),
  open: (spoken) => add(mul(mean(spoken, [-1]), 0), 1),
  most: () => 1,
};

/** The record of each kind. */
export const tasks: Readonly<Record<TargetKind, Task>> = { classes, labels, values };
