/**
 * @file On-the-fly gradient modulation: reduces the gradients of the encoder whose modality is ahead on the batch; OGM-GE adds noise to restore
 * the gradient's variance. The unimodal predictions are slices of the head.
 * Source: Peng, Wei, Deng, Wang, Hu: Balanced Multimodal Learning via On-the-fly Gradient Modulation, CVPR 2022.
 * Differs: the ratio of a modality is the mean of its ratios to the others, so any number of modalities works (for two it is the published
 * ratio with 1e-5 added to the denominator). Noise is added only in the window of epochs, also with alpha 0; its deviation is that of the
 * gradient divided by N, where the authors' code divides by N - 1.
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
import {
  defineMethod,
  embeddingOption,
  type LateFusion,
  lateFusion,
  type MethodFactory,
  type StepContext,
  wholeStage,
} from "./kit.ts";

export interface OgmOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Strength of the modulation. Default 1, for Adam, which cancels constant factors; the authors use 0.1 to 1 with SGD and 2.6 with AdamW. 0 is joint learning. */
  readonly alpha: number;
  /** OGM-GE: add Gaussian noise with each gradient's standard deviation. Default false. */
  readonly noise: boolean;
  /** First epoch of modulation. Default 1. */
  readonly from: number;
  /** Last epoch of modulation. Default: the last epoch of training. */
  readonly to?: number | undefined;
}

const schema: z.ZodType<OgmOptions, Loose<OgmOptions>> = z.strictObject({
  embedding: embeddingOption,
  alpha: z.number().min(0).default(1),
  noise: z.boolean().default(false),
  from: z.int().min(1).default(1),
  to: z.int().min(1).optional(),
});

/** Summed probability of the correct class by modality, [] each, from unimodal logits [M, B, K]; only their ratios are used. */
function confidences(unimodal: Expr, target: Expr): Expr[] {
  return unstack(sum(mul(softmax(unimodal), target), [1, 2]));
}

/** 1 - tanh(alpha rho_m) if rho_m = mean over others of s_m / s_j is above 1, else 1; [] each. */
export function coefficients(scores: readonly Expr[], alpha: number): Expr[] {
  return scores.map((score, m) => {
    const ratios = scores.flatMap((other, j) => (j === m ? [] : [div(score, add(other, 1e-5))]));
    const rho = mul(ratios.reduce(add), 1 / ratios.length);
    return where(greater(rho, 1), sub(1, tanh(mul(rho, alpha))), 1);
  });
}

/** Noise with the standard deviation of a gradient's entries, times `size`, []. */
function noiseLike(gradient: Expr, name: string, size: Expr, context: StepContext): Expr {
  const deviation = sqrt(mean(square(sub(gradient, mean(gradient)))));
  return mul(context.noise(name, gradient.shape), mul(add(deviation, 1e-8), size));
}

export const ogm: MethodFactory<Loose<OgmOptions>, LateFusion> = defineMethod({
  name: "ogm",
  summary: "On-the-fly Gradient Modulation: reduces the gradients of the encoder whose modality is ahead (CVPR 2022)",
  schema,
  limit: "it compares modalities by the probability of the correct class",
  variants: { "ogm-ge": { noise: true } },
  search: { alpha: [0.3, 0.8, 1.5, 3] },
  build: (input, encoders, { embedding }) => lateFusion(input, encoders, embedding),
  stages: ({ alpha, noise, from, to }, modalities) => [
    {
      ...wholeStage,
      modulate(gradients, out, target, context) {
        if (alpha === 0 && !noise) return {};
        const started = greater(context.epoch, from - 0.5);
        const inside = to === undefined ? started : mul(started, greater(to + 0.5, context.epoch));
        const scales = coefficients(confidences(out.unimodal, target), alpha).map((scale) => where(inside, scale, 1));
        const changed = [...gradients].flatMap(([name, gradient]) => {
          const m = modalities.findIndex((modality) => name.startsWith(`encoders.${modality}.`));
          // As published, only weights are modulated, not biases and scales.
          if (m < 0 || gradient.shape.length < 2) return [];
          const scaled = mul(gradient, scales[m]!);
          return [[name, noise ? add(scaled, noiseLike(gradient, name, inside, context)) : scaled] as const];
        });
        return Object.fromEntries(changed);
      },
    },
  ],
});
