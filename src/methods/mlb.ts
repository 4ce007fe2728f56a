/**
 * @file Multi-loss balancing: adds unimodal losses to the joint one, reduces gradients of modalities that are ahead and increases those of
 * modalities that lag; the effect vanishes as modalities become equal. The unimodal predictions are separate linear heads.
 * Source: Kontras, Chatzichristos, Blaschko, De Vos: Improving Multimodal Learning with Multi-Loss Gradient Modulation, BMVC 2024.
 * Differs: no known difference.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, div, greater, maximum, mul, reshape, softmax, split, sub, sum, tanh, where } from "../graph/ops/index.ts";
import {
  defineMethod,
  embeddingOption,
  type LateFusion,
  type MethodFactory,
  multiLossFusion,
  multiLossStage,
} from "./kit.ts";

export interface MlbOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Strength of the modulation; the authors use 0.5 to 5. With 0 there is none. Default 0.5. */
  readonly alpha: number;
  /** Largest factor for a modality that lags; the authors use 0.5 (no increase) to 10. Default 10. */
  readonly beta: number;
  /** Weight of each unimodal cross-entropy. Default 1 (authors); it must be above 0, because the heads measure which modality is ahead. */
  readonly unimodal: number;
}

const schema: z.ZodType<MlbOptions, Loose<MlbOptions>> = z.strictObject({
  embedding: embeddingOption,
  alpha: z.number().min(0).default(0.5),
  beta: z.number().positive().default(10),
  unimodal: z.number().positive().default(1),
});

/**
 * Factors k_m, [M], from the summed probability s_m of the correct class by modality, [M]. With rho_m the mean of s_j / s_m over the others:
 * 1 + tanh(alpha (rho - 1)) up to rho = 1, 1 + (beta - 1) tanh(alpha (rho - 1)) above it.
 */
export function boosts(scores: Expr, alpha: number, beta: number): Expr {
  const [modalities] = scores.shape as [number];
  const rho = mul(sub(div(sum(scores, 0, true), maximum(scores, 1e-12)), 1), 1 / (modalities - 1));
  const lag = sub(rho, 1);
  return add(mul(tanh(mul(lag, alpha)), where(greater(lag, 0), beta - 1, 1)), 1);
}

export const mlb: MethodFactory<Loose<MlbOptions>, LateFusion> = defineMethod({
  name: "mlb",
  summary: "Multi-Loss Balancing: joint and unimodal losses, gradients balanced between modalities (BMVC 2024)",
  schema,
  limit: "it compares modalities by the probability of the correct class",
  search: { alpha: [0.5, 1, 2], beta: [1, 2, 10] },
  build: (input, encoders, { embedding }) => multiLossFusion(input, encoders, embedding),
  stages: ({ alpha, beta, unimodal }, modalities) => [
    {
      ...multiLossStage(modalities, unimodal),
      /** Scales all gradients of a modality: of its encoder, its unimodal head, and its rows of the joint head. */
      ...(alpha > 0 && {
        modulate(gradients, out, target) {
          const factors = boosts(sum(mul(softmax(out.unimodal), target), [1, 2]), alpha, beta);
          const each = split(
            factors,
            0,
            modalities.map(() => 1),
          );
          const stacked = reshape(factors, [modalities.length, 1, 1]);
          const scaled = [...gradients].flatMap(([name, gradient]) => {
            const m = modalities.findIndex((modality) => name.startsWith(`encoders.${modality}.`));
            if (m >= 0) return [[name, mul(gradient, each[m]!)]];
            if (name.startsWith("heads.")) return [[name, mul(gradient, stacked)]];
            if (name !== "head.weight") return [];
            const [rows, classes] = gradient.shape as [number, number];
            const byModality = reshape(gradient, [modalities.length, rows / modalities.length, classes]);
            return [[name, reshape(mul(byModality, stacked), [rows, classes])]];
          });
          return Object.fromEntries(scaled);
        },
      }),
    },
  ],
});
