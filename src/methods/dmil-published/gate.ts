/** @file The gate: per sample, each component's share of the prediction. A share is not an amount of information. */
import type { Expr } from "../../graph/expr.ts";
import { mul, reshape, softmax, sum, transpose, where } from "../../graph/ops/index.ts";
import { twoLayer } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";
import { sideBySide } from "./consistency.ts";

/**
 * Shares [B, C] of the components [C, B, E]: softmax of an MLP on all of them side by side. A component that a sample cannot have for
 * lack of modalities (`able` [C, B, 1] is 0) has no share.
 */
export function gate(scope: Scope, components: Expr, able?: Expr): Expr {
  const [count, batch, width] = components.shape as [number, number, number];
  const scores = twoLayer(scope, sideBySide(components), width, count);
  if (able === undefined) return softmax(scores);
  return softmax(where(transpose(reshape(able, [count, batch]), [1, 0]), scores, NO_SHARE));
}

/** A score whose exponential is 0 beside any other. */
const NO_SHARE = -1e4;

/** sum_c g_c y_c: shares [B, C] and component logits [C, B, K] give logits [B, K]. */
export function aggregate(shares: Expr, logits: Expr): Expr {
  const [batch, count] = shares.shape as [number, number];
  return sum(mul(logits, reshape(transpose(shares, [1, 0]), [count, batch, 1])), 0);
}
