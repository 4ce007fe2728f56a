/**
 * @file On-the-fly gradient modulation: slows the encoder of whichever modality is ahead on the batch; OGM-GE adds noise for the
 * gradient's lost variance. The unimodal predictions are slices of the head.
 * Source: Peng, Wei, Deng, Wang, Hu: Balanced Multimodal Learning via On-the-fly Gradient Modulation, CVPR 2022.
 * Differs: a modality is compared with the mean of its ratios to the others, so more than two modalities work (for two it is the
 * published ratio). Noise is drawn inside the window only, with alpha 0 too.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  div,
  greater,
  mean,
  mul,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  tanh,
  unstack,
  where,
} from "../graph/ops/index.ts";
import { type LateFusion, lateFusion, wholeStage } from "./late-fusion.ts";
import { defineMethod, embeddingOption, type MethodFactory, type StepContext } from "./method.ts";

/** Settings. */
export interface OgmOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
  /** Strength, 1: for Adam, which cancels constant factors; the authors use 0.1 to 1 with SGD and 2.6 with AdamW. 0 is joint learning. */
  readonly alpha: number;
  /** OGM-GE: Gaussian noise with each gradient's standard deviation; false. */
  readonly noise: boolean;
  /** First and last epoch of modulation, both included: all epochs. */
  readonly from: number;
  readonly to: number;
}

const schema: z.ZodType<OgmOptions, Loose<OgmOptions>> = z.strictObject({
  embedding: embeddingOption,
  alpha: z.number().min(0).default(1),
  noise: z.boolean().default(false),
  from: z.int().min(1).default(1),
  to: z.int().min(1).default(1_000_000),
});

/** Summed probability of the right class by modality, [] each: only ratios count. From unimodal logits [M, B, K]. */
export function confidences(unimodal: Expr, target: Expr): Expr[] {
  return unstack(sum(mul(softmax(unimodal), target), [1, 2]));
}

/** 1 - tanh(alpha rho_m) where rho_m = mean over others of s_m / s_j is above 1, else 1; [] each. */
export function coefficients(scores: readonly Expr[], alpha: number): Expr[] {
  return scores.map((own, m) => {
    const ratios = scores.flatMap((other, j) => (j === m ? [] : [div(own, add(other, 1e-5))]));
    const rho = mul(ratios.reduce(add), 1 / ratios.length);
    return where(greater(rho, 1), sub(1, tanh(mul(rho, alpha))), 1);
  });
}

/** Noise with the standard deviation that a gradient has over all entries, times `size`, []. */
function noiseLike(gradient: Expr, name: string, size: Expr, context: StepContext): Expr {
  const deviation = sqrt(mean(square(sub(gradient, mean(gradient)))));
  return mul(context.noise(name, gradient.shape), mul(add(deviation, 1e-8), size));
}

/** OGM and OGM-GE. */
export const ogm: MethodFactory<Loose<OgmOptions>, LateFusion> = defineMethod({
  name: "ogm",
  summary: "joint learning that slows the encoder of the modality ahead (CVPR 2022)",
  schema,
  variants: { "ogm-ge": { noise: true } },
  search: { alpha: [0.3, 0.8, 1.5, 3] },
  build: (input, encoders, { embedding }) => lateFusion(input, encoders, embedding),
  stages: ({ alpha, noise, from, to }, modalities) => [
    {
      ...wholeStage,
      modulate(gradients, out, target, context) {
        if (alpha === 0 && !noise) return {};
        const inside = mul(greater(context.epoch, from - 0.5), greater(to + 0.5, context.epoch));
        const scales = coefficients(confidences(out.unimodal, target), alpha).map((own) => where(inside, own, 1));
        const changed = [...gradients].flatMap(([name, gradient]) => {
          const m = modalities.findIndex((modality) => name.startsWith(`encoders.${modality}.`));
          // Weights only, as published: biases and scales go their own pace.
          if (m < 0 || gradient.shape.length < 2) return [];
          const scaled = mul(gradient, scales[m]!);
          return [[name, noise ? add(scaled, noiseLike(gradient, name, inside, context)) : scaled] as const];
        });
        return Object.fromEntries(changed);
      },
    },
  ],
});
