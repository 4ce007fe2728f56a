/**
 * @file Additive evidence: splits a prediction into a main effect of each modality and an interaction. Branches are embeddings gated by
 * all modalities; their functional ANOVA (main effects and interactions) has a closed form.
 */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  broadcastTo,
  concat,
  constant,
  div,
  matmul,
  mul,
  reshape,
  stopGradient,
  sub,
  sum,
  tanh,
} from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import type { Module } from "../../nn/module.ts";
import { batchCentre } from "../dmil-published/synergy.ts";
import { type BuildInput, embed, priorWhereMissing, type Statistic } from "../kit.ts";

/** Predictions of the branches, and their decomposition. */
export interface Branches {
  /** Z_m, [M, B, E]. */
  readonly embeddings: Expr;
  /** Unimodal predictions from linear heads on Z_m, [M, B, K]; the prior if the modality is missing. */
  readonly alone: Expr;
  /** Predictions of the branches b_m, [M, B, K]; the prior if the modality is missing. */
  readonly branches: Expr;
  /** Main effects f_m on the mean of the branches, [M, B, K]; 0 if m is missing. The mean is prior + sum f + interaction. */
  readonly effects: Expr;
  /** Interaction of the modalities, [B, K]. Its mean over re-pairings of one modality is 0. */
  readonly interaction: Expr;
  readonly statistics: Readonly<Record<string, Statistic>>;
}

/**
 * Branch b_m = W_m (z_m * (1 + sum_n t_mn / (M - 1))) + c_m with gates t_mn = tanh(V_mn z_n + d_mn), one for each branch and modality.
 * With means zbar, tbar over training samples it is P_m + sum_n Q_mn + sum_n I_mn over n other than m: the main effect of m,
 * P_m = W_m (z_m * (1 + (t_mm + sum_n tbar_mn) / (M - 1))) + c_m, that of n, Q_mn = W_m (zbar_m * (t_mn - tbar_mn)) / (M - 1), and the
 * interaction I_mn = W_m ((z_m - zbar_m) * (t_mn - tbar_mn)) / (M - 1).
 * Source: gates after MMTM (Vaezi Joze et al., CVPR 2020), which gates by one summary of all modalities; the decomposition is an addition of this library.
 */
export function branches(
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  width: number,
  mask: Expr | undefined,
): Branches {
  const { scope, classes } = input;
  const names = Object.keys(encoders);
  const M = names.length;
  const z = embed(input, encoders, width);
  const batch = z.shape[1]!;
  const prior = input.prior();
  const alone = priorWhereMissing(input, linear(scope.child("alone"), z, classes), mask);

  // Gates, ordered by branch, then by the modality that gates it: [M M, B, E].
  const copies = (values: Expr): Expr =>
    concat(
      names.map(() => values),
      0,
    );
  const byPair = (values: Expr): Expr => reshape(values, [M, M, ...values.shape.slice(1)]);
  const gates = tanh(linear(scope.child("gates"), copies(z), width));
  const gateMask = mask && copies(mask);
  const zbar = centre(scope, "centre", z, mask);
  const tbar = centre(scope, "gates.centre", gates, gateMask);
  const other = constant(
    Float32Array.from({ length: M * M }, (_, i) => (i % (M + 1) === 0 ? 0 : 1 / (M - 1))),
    [M * M, 1, 1],
  );
  const gateDeviations = mul(sub(gates, tbar.value), gateMask === undefined ? other : mul(gateMask, other));
  const deviation = sum(byPair(gateDeviations), 1); // [M, B, E]
  const gateMean = mul(sum(byPair(gates), 1), 1 / (M - 1));

  const heads = scope.child("heads");
  const bound = 1 / Math.sqrt(width);
  const weight = heads.parameter("weight", [M, width, classes], { kind: "uniform", bound });
  const bias = heads.parameter("bias", [M, 1, classes], { kind: "uniform", bound });
  const main = matmul(mul(z, add(sub(gateMean, deviation), 1)), weight, { bias });
  const weightedMeans = reshape(mul(reshape(zbar.value, [M, width, 1]), weight), [M, 1, width, classes]);
  const byBranch = broadcastTo(weightedMeans, [M, M, width, classes]);
  const crossEffects = byPair(matmul(gateDeviations, reshape(byBranch, [M * M, width, classes])));
  const interactions = matmul(mul(sub(z, zbar.value), deviation), weight);
  const predictions = add(add(main, sum(crossEffects, 1)), interactions);

  // The mean over the branches whose modality is present.
  const portion = mask === undefined ? 1 / M : div(mask, sum(mask, 0, true));
  const shared =
    typeof portion === "number" ? mul(crossEffects, portion) : mul(crossEffects, reshape(portion, [M, 1, batch, 1]));
  return {
    embeddings: z,
    alone,
    branches: priorWhereMissing(input, predictions, mask),
    effects: add(mul(sub(main, prior), portion), sum(shared, 0)),
    interaction: sum(mul(interactions, portion), 0),
    statistics: { ...zbar.statistic, ...tbar.statistic },
  };
}

/** Mean of values [S, B, E] over the batch in training, over training samples in evaluation: [S, 1, E], constant for gradients. */
function centre(scope: BuildInput["scope"], name: string, values: Expr, mask: Expr | undefined) {
  const [count, , width] = values.shape as [number, number, number];
  const stored = scope.statistic(name, [count, 1, width], 0);
  const value = scope.training ? stopGradient(batchCentre(values, mask)) : stored;
  const statistic: Statistic = mask === undefined ? values : { value: values, weight: mask };
  return { value, statistic: { [name]: statistic } };
}
