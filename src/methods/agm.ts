/**
 * @file Adaptive gradient modulation: splits the logits into Shapley values of the modalities and scales the gradient through each value. The
 * factor compares how far the modality is ahead now with its running mean. The unimodal predictions are slices of the head.
 * Source: Li, Li, Hu, Lei, Li, Zhou: Boosting Multi-modal Model Performance with Adaptive Gradient Modulation, ICCV 2023; the form of
 * the loss, the sign of the modulation and the running means are those of the authors' code.
 * Differs: with the linear head of late fusion the Shapley values have a closed form for any number of modalities, and a muted modality costs
 * one sample of zeros instead of a forward pass of the batch. The caps do not depend on the number of modalities. Gradients are not clipped here.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  constant,
  div,
  exp,
  logSoftmax,
  maximum,
  mean,
  minimum,
  mul,
  reshape,
  stopGradient,
  sub,
  sum,
} from "../graph/ops/index.ts";
import { crossEntropy } from "../nn/losses.ts";
import {
  defineMethod,
  embeddingOption,
  evalFusion,
  type LateFusion,
  lateFusion,
  type MethodFactory,
  wholeStage,
} from "./kit.ts";

export interface AgmOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Strength of the modulation. Default 1; the authors use 1.5 to 4 with SGD. 0 is joint learning. */
  readonly alpha: number;
}

const schema: z.ZodType<AgmOptions, Loose<AgmOptions>> = z.strictObject({
  embedding: embeddingOption,
  alpha: z.number().min(0).default(1),
});

export interface AgmOutputs extends LateFusion {
  /** Shapley values of the modalities, [M, B, K]; they sum to the logits. */
  readonly shares: Expr;
}

/** Lower bound of probabilities, and upper bound of tau - r (authors' code). */
const MIN_PROBABILITY = 1e-8;
const MAX_DIFFERENCE = 10;

/**
 * Shapley values [M, B, K] of late fusion. The slice of a muted modality is the output for an input of zeros (`muted`, [M, 1, K]); the
 * empty set has the value 0. Sets with a muted modality are computed in evaluation mode (`still`). With the slices u_m, and c_m those of
 * `muted`, share_m = u_m - c_m + mean_j c_j. For a sum of slices this equals the general formula over all subsets (see the tests). The set
 * of all modalities is computed in training mode; its difference from evaluation mode is added to every share with weight 1 / M.
 */
function shapley(whole: LateFusion, still: LateFusion, muted: Expr): Expr {
  const shares = sub(still.unimodal, sub(muted, mean(muted, 0, true)));
  if (whole === still) return shares;
  return add(shares, mul(sub(whole.logits, still.logits), 1 / muted.shape[0]!));
}

/** Mean log-loss S_m = mean of -log p_m(y) over samples, [M], from shares [M, B, K]; small for a modality that is ahead. */
export function surprise(shares: Expr, target: Expr): Expr {
  const logProbs = sum(mul(logSoftmax(stopGradient(shares)), target), -1); // [M, B]
  return mul(mean(maximum(logProbs, Math.log(MIN_PROBABILITY)), 1), -1);
}

/** exp((mean_j S_j - S_m) M / (M - 1)), [M]: above 1 for a modality that is ahead; for two exp(S_other - S_own). */
function lead(surprises: Expr): Expr {
  const [modalities] = surprises.shape as [number];
  return exp(mul(sub(mean(surprises, 0, true), surprises), modalities / (modalities - 1)));
}

/** kappa_m = exp(alpha min(tau_m - r_m, 10)), [M], from S of the batch and the mean of S over earlier steps; below 1 if m is further ahead than on average. */
export function modulation(now: Expr, before: Expr, alpha: number): Expr {
  return exp(mul(minimum(sub(lead(before), lead(now)), MAX_DIFFERENCE), alpha));
}

export const agm: MethodFactory<Loose<AgmOptions>, AgmOutputs> = defineMethod({
  name: "agm",
  summary: "Adaptive Gradient Modulation: scales gradients through the Shapley values of the modalities (ICCV 2023)",
  schema,
  limit: "it compares modalities by the log-probability of the correct class",
  search: { alpha: [0.3, 1, 2, 4] },
  build(input, encoders, { embedding }) {
    const whole = lateFusion(input, encoders, embedding);
    const zeros = Object.fromEntries(
      Object.entries(input.inputs).map(([name, { shape }]) => [name, constant(0, [1, ...shape.slice(1)])]),
    );
    const mutedInput = { ...input, scope: input.scope.eval(), inputs: zeros };
    const muted = lateFusion(mutedInput, encoders, embedding).unimodal;
    return { ...whole, shares: shapley(whole, evalFusion(whole, input, encoders, embedding), muted) };
  },
  stages({ alpha }, modalities) {
    if (alpha === 0) return [wholeStage];
    return [
      {
        ...wholeStage,
        memory: { surprise: { shape: [modalities.length], value: 0 }, steps: { shape: [], value: 0 } },
        terms({ shares }, target, { memory, plain }) {
          const kappa = modulation(surprise(shares, plain), memory.surprise!, alpha);
          const scaled = sum(mul(shares, reshape(kappa, [modalities.length, 1, 1])), 0);
          // The value is that of the logits; the gradient is that of the scaled shares.
          const logits = add(stopGradient(sum(shares, 0)), sub(scaled, stopGradient(scaled)));
          return [{ names: ["ce.prediction"], value: crossEntropy(logits, target), weights: [1] }];
        },
        updateMemory({ shares }, target, { memory }) {
          const steps = add(memory.steps!, 1);
          const difference = sub(surprise(shares, target), memory.surprise!);
          return { steps, surprise: add(memory.surprise!, div(difference, steps)) };
        },
      },
    ];
  },
});
