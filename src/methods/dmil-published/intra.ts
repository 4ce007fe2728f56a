/** @file Intra-modality decomposition (ID): splits each modality's embedding into a predictive part M and a residual N. */
import type { Expr } from "../../graph/expr.ts";
import { reshape, slice, square, sub } from "../../graph/ops/index.ts";
import { type Gaussian, gaussian, klToStandard, sample } from "../../nn/gaussian.ts";
import { linear } from "../../nn/linear.ts";
import { mlp2 } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";
import { meanOfPresent, zeroWhereMissing } from "../kit.ts";

export interface Intra {
  /** Means of M_m, [M, B, E]: the input of the consistency level. */
  readonly predictive: Expr;
  /** Samples of N_m, [M, B, E]: the input of the published synergy fusion. */
  readonly residual: Expr;
  /** Means of N_m, [M, B, E]: the input of the purified synergy. */
  readonly residualMean: Expr;
  /** Linear heads on samples of M_m, [M, B, K]. */
  readonly logits: Expr;
  /** KL to N(0, I) of M_m and N_m, [M, 2]; mean over batch and dimension. Absent when deterministic. */
  readonly kl?: Expr;
  /** Reconstruction error of Z_m from [M_m, N_m], [M]. */
  readonly reconstruction: Expr;
}

/**
 * Builds M and N from embeddings Z [M, B, E]. M and N of one modality share a layer, whose output is [mean M, mean N, log-variance M,
 * log-variance N]. If a modality is missing (`mask` [M, B, 1]), its M and N are 0 and the losses ignore it.
 */
export function intra(scope: Scope, z: Expr, classes: number, variational: boolean, mask?: Expr): Intra {
  const [modalities, batch, width] = z.shape as [number, number, number];
  const statistics = linear(scope.child("statistics"), z, (variational ? 4 : 2) * width);
  const both: Gaussian = variational ? gaussian(statistics) : { mean: statistics };
  const draw = sample(scope, both);
  const kl = klToStandard(both);
  return {
    predictive: zeroWhereMissing(slice(both.mean, -1, 0, width), mask),
    residual: zeroWhereMissing(slice(draw, -1, width, width), mask),
    residualMean: zeroWhereMissing(slice(both.mean, -1, width, width), mask),
    logits: linear(scope.child("heads"), slice(draw, -1, 0, width), classes),
    ...(kl !== undefined && {
      kl: meanOfPresent(
        reshape(kl, [modalities, batch, 2, width]),
        [1, 3],
        mask && reshape(mask, [modalities, batch, 1, 1]),
      ),
    }),
    reconstruction: meanOfPresent(
      square(sub(mlp2(scope.child("reconstruction"), draw, Math.ceil(width / 2), width), z)),
      [1, 2],
      mask,
    ),
  };
}
