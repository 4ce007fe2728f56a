/** @file Consistency decomposition (CD): splits the predictive parts M_m into one redundant part R and one unique part U_m for each modality. */
import type { Expr } from "../../graph/expr.ts";
import { concat, mean, reshape, slice, square, stack, sub, transpose } from "../../graph/ops/index.ts";
import { type Gaussian, gaussian, kl, klToStandard, sample } from "../../nn/gaussian.ts";
import { linear } from "../../nn/linear.ts";
import { mlp2 } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";
import { meanOfPresent, zeroWhereMissing } from "../kit.ts";

export interface Consistency {
  /** Sample of R, [B, E]. */
  readonly redundant: Expr;
  /** Samples of U_m, [M, B, E]. */
  readonly unique: Expr;
  /** KL to N(0, I) of R, [], and of U_m, [M]; absent when deterministic. */
  readonly kl?: { readonly redundant: Expr; readonly unique: Expr };
  /** KL(q(R given all M), v_m(R given M_m)), [M]: from the shared posterior of R to that of each modality. */
  readonly alignment: Expr;
  /** Reconstruction error of M_m from [R, U_m], [M]. */
  readonly reconstruction: Expr;
}

/** Concatenates a stack [S, B, E] to [B, S * E]. */
export function sideBySide(x: Expr): Expr {
  const [s, batch, width] = x.shape as [number, number, number];
  return reshape(transpose(x, [1, 0, 2]), [batch, s * width]);
}

/**
 * Builds R and U_m from the means of M_m, [M, B, E]. U_m and v_m(R) share a layer, whose output is [statistics of U_m, statistics of v_m].
 * If a modality is missing (`mask` [M, B, 1]), its U_m is 0 and the losses ignore it.
 */
export function consistency(scope: Scope, predictive: Expr, variational: boolean, mask?: Expr): Consistency {
  const [modalities, , width] = predictive.shape as [number, number, number];
  const size = (variational ? 2 : 1) * width;
  const distribution = (statistics: Expr): Gaussian => (variational ? gaussian(statistics) : { mean: statistics });

  const shared = distribution(linear(scope.child("redundant"), sideBySide(predictive), size));
  const perModality = linear(scope.child("own"), predictive, 2 * size);
  const unique = distribution(slice(perModality, -1, 0, size));
  const view = distribution(slice(perModality, -1, size, size));

  const r = sample(scope.child("redundant"), shared);
  const u = zeroWhereMissing(sample(scope.child("own"), unique), mask);
  const both = concat([stack(Array.from({ length: modalities }, () => r)), u], -1);
  const [klR, klU] = [klToStandard(shared), klToStandard(unique)];
  return {
    redundant: r,
    unique: u,
    ...(klR !== undefined &&
      klU !== undefined && { kl: { redundant: mean(klR), unique: meanOfPresent(klU, [1, 2], mask) } }),
    alignment: meanOfPresent(kl(shared, view), [1, 2], mask),
    reconstruction: meanOfPresent(
      square(sub(mlp2(scope.child("reconstruction"), both, Math.ceil(width / 2), width), predictive)),
      [1, 2],
      mask,
    ),
  };
}
