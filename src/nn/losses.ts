/** @file Losses: mean over the batch unless the name says otherwise. */
import type { Expr } from "../graph/expr.ts";
import { logSoftmax, mean, mul, square, sub, sum } from "../graph/ops/index.ts";

/**
 * Cross-entropy in nats, mean over the batch. logits [B, K] give []; a stack of predictions [S, B, K] gives [S].
 * `target` [B, K] has class probabilities: one-hot rows for hard labels.
 */
export function crossEntropy(logits: Expr, target: Expr): Expr {
  return negativeLogLikelihood(logSoftmax(logits), target);
}

/** As crossEntropy, from log-probabilities. */
export function negativeLogLikelihood(logProbabilities: Expr, target: Expr): Expr {
  const batch = target.shape[0]!;
  return mul(sum(mul(logProbabilities, target), [-2, -1]), -1 / batch);
}

/** Mean of the squared difference over `axes`. Default: all axes. */
export function meanSquaredError(a: Expr, b: Expr, axes?: readonly number[]): Expr {
  return mean(square(sub(a, b)), axes);
}
