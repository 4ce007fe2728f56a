/**
 * @file Prototypical modal rebalance: scores each modality by the distances of its embeddings to class prototypes, and pulls the embeddings of
 * slower modalities towards their prototypes. The unimodal predictions are slices of the head.
 * Source: Fan, Xu, Wang, Wang, Guo: PMR: Prototypical Modal Rebalance for Multimodal Learning, CVPR 2023. `form: "code"` follows the
 * authors' code; `"paper"` has the paper's coefficients and, if `entropy` is above 0, its entropy term (PER), which is in no public code.
 * Differs: any number of modalities (each but the best is pulled, in the paper's form by how far the best is ahead; for two modalities it
 * is the published rule). Prototypes are means over up to 2048 training samples, evenly spaced, instead of a tenth of the batches; the
 * prototype of a class without such samples is the mean of all embeddings.
 */
import * as z from "zod";
import { type Loose, oneOf } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  div,
  exp,
  greater,
  logSoftmax,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  reshape,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  unstack,
  where,
} from "../graph/ops/index.ts";
import { negativeLogLikelihood } from "../nn/losses.ts";
import {
  defineMethod,
  embeddingOption,
  type LateFusion,
  lateFusion,
  type MethodFactory,
  type Stage,
  type Terms,
  wholeStage,
} from "./kit.ts";

export interface PmrOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Weight of the prototype loss. Default 1; the authors use 0.1 to 3. 0 is joint learning. */
  readonly alpha: number;
  /** Coefficients of the prototype loss: "code" is 1 for every modality except the best, "paper" depends on how far the best is ahead. Default code. */
  readonly form: "code" | "paper";
  /** Momentum: share of the old prototypes in the new ones. Default 0 (authors' scripts; the default of their code is 0.2). */
  readonly momentum: number;
  /** Weight of the entropy term of the paper. Default 0; the authors' value is not public. */
  readonly entropy: number;
  /** Last epoch of the entropy term. Default 15 (BalanceBenchmark). */
  readonly entropyTo: number;
  /** Last epoch of the prototype loss. Default: the last epoch of training (authors: 70 of 100 to 150). */
  readonly to?: number | undefined;
}

const schema: z.ZodType<PmrOptions, Loose<PmrOptions>> = z.strictObject({
  embedding: embeddingOption,
  alpha: z.number().min(0).default(1),
  form: oneOf("code", "paper").default("code"),
  momentum: z.number().min(0).lt(1).default(0),
  entropy: z.number().min(0).default(0),
  entropyTo: z.int().min(1).default(15),
  to: z.int().min(1).optional(),
});

export interface PmrOutputs extends LateFusion {
  /** Distances of embeddings to the class prototypes of their modality, [M, B, K]. */
  readonly distances: Expr;
  /** Statistics: means of embeddings times one-hot classes, [M, K, E], and of one-hot classes, [K]. Prototypes are their ratios. */
  readonly sums: Expr;
  readonly shares: Expr;
}

/** Class prototypes [M, K, E]; a class without samples gets the mean of all. Detached. */
export function prototypes(sums: Expr, shares: Expr): Expr {
  const share = reshape(shares, [1, shares.shape[0]!, 1]);
  return stopGradient(where(greater(share, 0), div(sums, maximum(share, 1e-9)), sum(sums, 1, true)));
}

/** Euclidean distances [M, B, K] of embeddings [M, B, E] to prototypes [M, K, E]. */
export function distancesTo(stacked: Expr, centres: Expr): Expr {
  const [modalities, classes] = centres.shape as [number, number];
  const norms = sum(square(stacked), -1, true); // [M, B, 1]
  const centreNorms = reshape(sum(square(centres), -1), [modalities, 1, classes]);
  const squared = sub(add(norms, centreNorms), mul(matmul(stacked, centres, { transposeB: true }), 2));
  // The gradient of the square root is infinite at 0, and rounding errors can make the argument negative.
  return sqrt(add(maximum(squared, 0), 1e-12));
}

/** Coefficients of the prototype loss, [M], and by how much the best modality is ahead of the mean of the others, [M], from scores s_m [M]. Detached. */
export function coefficients(scores: Expr, form: PmrOptions["form"]): { readonly pull: Expr; readonly ahead: Expr } {
  const each = unstack(scores);
  const best = each.reduce((a, b) => maximum(a, b));
  const behind = maximum(sub(div(best, maximum(scores, 1e-9)), 1), 0);
  const clipped = minimum(behind, 1);
  const isBest = sub(1, greater(sub(best, scores), 0));
  const ahead = mul(isBest, mul(sum(clipped, 0, true), 1 / (each.length - 1)));
  return { pull: stopGradient(form === "paper" ? clipped : greater(sub(best, scores), 0)), ahead: stopGradient(ahead) };
}

export const pmr: MethodFactory<Loose<PmrOptions>, PmrOutputs> = defineMethod({
  name: "pmr",
  summary:
    "Prototypical Modal Rebalance: pulls the embeddings of slower modalities towards class prototypes (CVPR 2023)",
  schema,
  limit: "it has a prototype for each class",
  variants: { "pmr-paper": { form: "paper" } },
  search: { alpha: [0.1, 0.5, 1, 2], momentum: [0, 0.2] },
  build(input, encoders, { embedding }): PmrOutputs {
    const fusion = lateFusion(input, encoders, embedding);
    const { scope, classes } = input;
    const prototypeScope = scope.child("prototypes");
    const sums = prototypeScope.statistic("sums", [fusion.parts.length, classes, embedding], 0);
    const shares = prototypeScope.statistic("shares", [classes], 0);
    return { ...fusion, distances: distancesTo(fusion.stacked, prototypes(sums, shares)), sums, shares };
  },
  stages({ alpha, form, momentum, entropy, entropyTo, to }, modalities): readonly Stage<PmrOutputs>[] {
    if (alpha === 0 && entropy === 0) return [wholeStage];
    return [
      {
        ...wholeStage,
        statistics({ stacked, sums, shares }, target) {
          const [count, batch, width] = stacked.shape as [number, number, number];
          const classes = target.shape[1]!;
          const placed = mul(reshape(stacked, [count, batch, 1, width]), reshape(target, [1, batch, classes, 1]));
          const current = reshape(placed, [count, batch, classes * width]);
          // Shares are 0 before the first update, which does not use the momentum.
          const kept = mul(greater(sum(shares), 0.5), momentum);
          const old = reshape(sums, [count, 1, classes * width]);
          return {
            "prototypes.sums": momentum === 0 ? current : add(mul(current, sub(1, kept)), mul(old, kept)),
            "prototypes.shares": target,
          };
        },
        terms(out, target, context) {
          const logs = logSoftmax(neg(out.distances)); // log q_m, [M, B, K]
          const q = exp(logs);
          const { pull, ahead } = coefficients(sum(mul(q, context.plain), [1, 2]), form);
          const until = (value: Expr, epoch: number | undefined): Expr =>
            epoch === undefined ? value : mul(value, greater(epoch + 0.5, context.epoch));
          const term = (name: string, value: Expr, weight: number): Terms[] =>
            weight === 0
              ? []
              : [{ names: modalities.map((m) => `${name}.${m}`), value, weights: modalities.map(() => weight) }];
          const negativeEntropy = mul(sum(mul(q, logs), [1, 2]), 1 / target.shape[0]!); // -H(q_m)
          return [
            ...wholeStage.terms(out, target, context),
            ...term("prototype", until(mul(negativeLogLikelihood(logs, target), pull), to), alpha),
            ...term("entropy", until(mul(negativeEntropy, ahead), entropyTo), entropy),
          ];
        },
      },
    ];
  },
});
