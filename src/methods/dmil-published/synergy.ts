/** @file Synergy fusion: information that only several modalities together have, from the residuals N_m. */
import type { Expr } from "../../graph/expr.ts";
import { add, concat, matmul, mean, mul, reshape, sub, unstack } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import { mlp2 } from "../../nn/mlp.ts";
import type { Scope } from "../../nn/module.ts";
import { dropout, normalize } from "../../nn/norm.ts";
import { meanOfPresent, type Statistic, zeroWhereMissing } from "../kit.ts";

/** S [B, E] = linear([N_1 .. N_M, products of all pairs]) from residuals [M, B, E]. A product makes XOR linearly separable. */
export function synergy(scope: Scope, residual: Expr): Expr {
  const parts = unstack(residual);
  return linear(scope, concat([...parts, ...pairProducts(parts)], -1), residual.shape.at(-1)!);
}

/** Dropout rate of the products, chosen on validation data of the quad mixture. */
const DROPOUT = 0.1;

export interface PurifiedSynergy {
  /** [B, E], linear in products of centred features. */
  readonly representation: Expr;
  /** Features before centring, [M, B, H]: their mean over training samples (which have the modality) is the statistic `centre`. */
  readonly features: Statistic;
}

/**
 * Purified synergy: features a_m(N_m) of the residuals [M, B, E] are standardised per sample (so that products keep their scale while the
 * encoders train) and centred to mean zero. A linear layer without bias maps their products of pairs (and of triples if `order` is 3) to
 * [B, E].
 *
 * A product of centred features has no main effect: its mean over re-pairings of one modality is zero for all values of the others. It is
 * therefore the interaction term of the functional ANOVA (Hoeffding) decomposition, exactly and without extra cost. The alternative,
 * subtracting sampled means of an unconstrained network, is noisy and needs many forward passes. Sums of products of features can
 * approximate every interaction as H grows. In training the centre is the batch mean, in evaluation the mean over training samples. If a
 * modality is missing (`mask` [M, B, 1]), its centred features and their products are 0.
 * Source: this library, after EMAP (Hessel and Lee, EMNLP 2020).
 */
export function purifiedSynergy(scope: Scope, residual: Expr, order: 2 | 3, mask?: Expr): PurifiedSynergy {
  const [modalities, , width] = residual.shape as [number, number, number];
  const hidden = 2 * width;
  const features = normalize(mlp2(scope.child("features"), residual, hidden, hidden));
  const stored = scope.statistic("centre", [modalities, 1, hidden], 0);
  const centre = scope.training ? batchCentre(features, mask) : stored;
  const parts = unstack(zeroWhereMissing(sub(features, centre), mask));
  const triples =
    order < 3 ? [] : parts.flatMap((a, i) => pairProducts(parts.slice(i + 1)).map((product) => mul(a, product)));
  const products = dropout(scope.child("products"), concat([...pairProducts(parts), ...triples], -1), DROPOUT);
  const bound = 1 / Math.sqrt(products.shape.at(-1)!);
  const weight = scope.parameter("weight", [products.shape.at(-1)!, width], { kind: "uniform", bound });
  return {
    representation: matmul(products, weight),
    features: mask === undefined ? features : { value: features, weight: mask },
  };
}

/** Mean of features [M, B, H] over the batch, [M, 1, H]. */
export function batchCentre(features: Expr, mask: Expr | undefined): Expr {
  const [modalities, , hidden] = features.shape as [number, number, number];
  return mask === undefined
    ? mean(features, 1, true)
    : reshape(meanOfPresent(features, [1], mask), [modalities, 1, hidden]);
}

/** Logits [B, K] of the purified synergy: a linear layer without bias (`pure`) plus the prior [K]. */
export function synergyLogits(scope: Scope, representation: Expr, prior: Expr): { logits: Expr; pure: Expr } {
  const width = representation.shape.at(-1)!;
  const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  const pure = matmul(representation, scope.parameter("weight", [width, prior.shape[0]!], init));
  return { pure, logits: add(pure, prior) };
}

/** The products of all unordered pairs. */
function pairProducts(parts: readonly Expr[]): Expr[] {
  return parts.flatMap((a, i) => parts.slice(i + 1).map((b) => mul(a, b)));
}
