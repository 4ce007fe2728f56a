/** @file The gate: each component's share of the prediction, per sample. A share is not an amount of information. */
import type { Expr } from "../../graph/expr.ts";
import { mul, reshape, softmax, sum, transpose, where } from "../../graph/ops/index.ts";
import { mlp2 } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";
import { sideBySide } from "./consistency.ts";

/**
 * Shares [B, C] of the components [C, B, E]: the softmax of an MLP on their concatenation. A component that a sample cannot have because
 * modalities are missing (`possible` [C, B, 1] is 0) gets the share 0.
 */
export function gate(scope: Scope, components: Expr, possible?: Expr): Expr {
  const [count, batch, width] = components.shape as [number, number, number];
  const scores = mlp2(scope, sideBySide(components), width, count);
  if (possible === undefined) return softmax(scores);
  return softmax(where(transpose(reshape(possible, [count, batch]), [1, 0]), scores, NO_SHARE));
}

/** A score so low that its share is 0 after the softmax. */
const NO_SHARE = -1e4;

/** Logits [B, K] as sum_c g_c y_c, from shares [B, C] and component logits [C, B, K]. */
export function aggregate(shares: Expr, logits: Expr): Expr {
  const [batch, count] = shares.shape as [number, number];
  return sum(mul(logits, reshape(transpose(shares, [1, 0]), [count, batch, 1])), 0);
}
