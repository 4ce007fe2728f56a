/** @file Intra-modality decomposition (ID): each modality's embedding into a predictive part M and a residual N. */
import type { Expr } from "../../graph/expr.ts";
import { mean, reshape, slice } from "../../graph/ops/index.ts";
import { type Gaussian, gaussian, klToStandard, sample } from "../../nn/gaussian.ts";
import { linear } from "../../nn/linear.ts";
import { meanSquaredError } from "../../nn/losses.ts";
import { twoLayer } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";

export interface Intra {
  /** Means of M_m, [M, B, E]: what the consistency level reads. */
  readonly predictive: Expr;
  /** Samples of N_m, [M, B, E]: what the published synergy fusion reads. */
  readonly residual: Expr;
  /** Means of N_m, [M, B, E]: what the purified synergy reads. */
  readonly residualMean: Expr;
  /** Linear heads on samples of M_m, [M, B, K]. */
  readonly logits: Expr;
  /** KL to N(0, I) of M_m and N_m, [M, 2]; mean over batch and dimension. Absent when deterministic. */
  readonly kl?: Expr;
  /** Reconstruction error of Z_m from [M_m, N_m], [M]. */
  readonly reconstruction: Expr;
}

/** From embeddings Z [M, B, E]. M and N of one modality share a layer: its output is [mean M, mean N, log-variance M, log-variance N]. */
export function intra(scope: Scope, z: Expr, classes: number, variational: boolean): Intra {
  const [modalities, batch, width] = z.shape as [number, number, number];
  const statistics = linear(scope.child("statistics"), z, (variational ? 4 : 2) * width);
  const both: Gaussian = variational ? gaussian(statistics) : { mean: statistics };
  const draw = sample(scope, both);
  const kl = klToStandard(both);
  return {
    predictive: slice(both.mean, -1, 0, width),
    residual: slice(draw, -1, width, width),
    residualMean: slice(both.mean, -1, width, width),
    logits: linear(scope.child("heads"), slice(draw, -1, 0, width), classes),
    ...(kl !== undefined && { kl: mean(reshape(kl, [modalities, batch, 2, width]), [1, 3]) }),
    reconstruction: meanSquaredError(
      twoLayer(scope.child("reconstruction"), draw, Math.ceil(width / 2), width),
      z,
      [1, 2],
    ),
  };
}
