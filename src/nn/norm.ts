/** @file Layer normalisation and dropout. */
import type { Expr } from "../graph/expr.ts";
import { add, div, mean, mul, sqrt, square, sub } from "../graph/ops/index.ts";
import { checkRate, type Scope } from "./module.ts";

/**
 * Layer normalisation over the last axis, with a learned scale and shift of that width: [..., F] to [..., F].
 * Variance is biased, epsilon 1e-5, as in PyTorch. Source: Ba, Kiros, Hinton 2016.
 */
export function layerNorm(scope: Scope, x: Expr): Expr {
  const width = x.shape.at(-1)!;
  const scale = scope.parameter("scale", [width], { kind: "constant", value: 1 });
  const shift = scope.parameter("shift", [width], { kind: "constant", value: 0 });
  return add(mul(normalize(x), scale), shift);
}

/** Standardises to mean 0 and standard deviation 1 over the last axis, without parameters: [..., F] to [..., F]. Variance is biased, epsilon 1e-5. */
export function normalize(x: Expr): Expr {
  const centred = sub(x, mean(x, -1, true));
  return div(centred, sqrt(add(mean(square(centred), -1, true), 1e-5)));
}

/** Dropout: sets a share `rate` of elements to 0 and scales the rest by 1 / (1 - rate); the identity in evaluation mode and in frozen parts. */
export function dropout(scope: Scope, x: Expr, rate: number): Expr {
  checkRate(rate, `${scope.path}: dropout`);
  return rate === 0 || !scope.training || scope.frozen ? x : mul(x, scope.noise("mask", x.shape, "dropout", rate));
}
