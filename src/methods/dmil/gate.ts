/** @file The gate: per sample, each component's share of the prediction. A share is not an amount of information. */
import type { Expr } from "../../graph/expr.ts";
import { mul, reshape, softmax, sum, transpose } from "../../graph/ops/index.ts";
import { twoLayer } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";
import { sideBySide } from "./consistency.ts";

/** Shares [B, C] of the components [C, B, E]: softmax of an MLP on all of them side by side. */
export function gate(scope: Scope, components: Expr): Expr {
  const [count, , width] = components.shape as [number, number, number];
  return softmax(twoLayer(scope, sideBySide(components), width, count));
}

/** sum_c g_c y_c: shares [B, C] and component logits [C, B, K] give logits [B, K]. */
export function aggregate(shares: Expr, logits: Expr): Expr {
  const [batch, count] = shares.shape as [number, number];
  return sum(mul(logits, reshape(transpose(shares, [1, 0]), [count, batch, 1])), 0);
}
