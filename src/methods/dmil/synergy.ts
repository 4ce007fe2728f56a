/** @file Synergy fusion: what only several modalities together give, from the residuals N_m. */
import type { Expr } from "../../graph/expr.ts";
import { at, concat, mul } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/module.ts";

/** S [B, E] = linear([N_1 .. N_M, products of all pairs]) from residuals [M, B, E]. A product makes XOR linearly separable. */
export function synergy(scope: Scope, residual: Expr): Expr {
  const [modalities, , width] = residual.shape as [number, number, number];
  const parts = Array.from({ length: modalities }, (_, m) => at(residual, m));
  const products = parts.flatMap((a, i) => parts.slice(i + 1).map((b) => mul(a, b)));
  return linear(scope, concat([...parts, ...products], -1), width);
}
