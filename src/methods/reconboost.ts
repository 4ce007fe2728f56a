/**
 * @file ReconBoost: trains modalities in turns. In its turn a modality is trained on the residual errors of the others, then all are trained
 * together. The prediction is a scaled sum of the modalities' logits from one shared head. The unimodal predictions are those logits.
 * Source: Hua, Xu, Bao, Yang, Huang: ReconBoost: Boosting Can Achieve Modality Reconcilement, ICML 2024.
 * Differs: training starts from random weights, not from unimodal networks. A turn keeps the last epoch of its first stage and the best epoch
 * of the joint stage (the authors select the best turn on test data). Memory consolidation has a gradient here; in the authors' code both of
 * its sides are detached, so that it has no effect; it is off by default, as in their results.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { at, logSoftmax, mean, mul, softmax, stack, stopGradient, sub, sum, unstack } from "../graph/ops/index.ts";
import { crossEntropy, meanSquaredError } from "../nn/losses.ts";
import { mlp2 } from "../nn/mlp.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  type MethodFactory,
  type Outputs,
  presence,
  type Stage,
  wholeStage,
  zeroWhereMissing,
} from "./kit.ts";

export interface ReconboostOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Hidden units of the shared head. Default 256 (published). */
  readonly hidden: number;
  /** Number of turns of each modality. Default 3; the authors use up to 1000 turns. */
  readonly rounds: number;
  /** Epochs of a turn: `boosting` of the modality alone, then `rectifying` of all together. Default 4 each (published). */
  readonly boosting: number;
  readonly rectifying: number;
  /** w_1: weight of a sample that the others do not predict. Default 5 (published). */
  readonly weight: number;
  /** w_2: reduction of the weight per probability of the correct class under the others. Default 1 (published). */
  readonly discount: number;
  /** alpha of memory consolidation: weight of the squared difference from the previous modality's probabilities. Default 0. */
  readonly consolidation: number;
}

const schema: z.ZodType<ReconboostOptions, Loose<ReconboostOptions>> = z
  .strictObject({
    embedding: embeddingOption,
    hidden: z.int().positive().default(256),
    rounds: z.int().positive().default(3),
    boosting: z.int().positive().default(4),
    rectifying: z.int().positive().default(4),
    weight: z.number().positive().default(5),
    discount: z.number().min(0).default(1),
    consolidation: z.number().min(0).default(0),
  })
  .refine(({ weight, discount }) => discount < weight, {
    path: ["discount"],
    message: "must be less than weight, or samples would count against the right class; 1 of 5 is the default.",
  });

export interface ReconboostOutputs extends Outputs {
  /** b, [1]: factor of the sum of logits. */
  readonly scale: Expr;
}

/**
 * Residual cross-entropy of modality m, [], in nats divided by K. Each sample has the weight `weight` minus `discount` times the probability of
 * the correct class under the sum of the others (`plain`, one-hot; `target` may be smoothed). Logits are [M, B, K].
 */
export function residualCrossEntropy(
  { unimodal, scale }: ReconboostOutputs,
  target: Expr,
  m: number,
  { weight, discount }: Pick<ReconboostOptions, "weight" | "discount">,
  plain: Expr = target,
): Expr {
  const others = sub(sum(unimodal, 0), at(unimodal, m));
  const othersCorrect = stopGradient(sum(mul(softmax(mul(others, scale)), plain), -1)); // [B]
  const logLikelihood = sum(mul(logSoftmax(at(unimodal, m)), target), -1); // [B]
  const classes = target.shape[1]!;
  return mul(mean(mul(logLikelihood, sub(weight, mul(othersCorrect, discount)))), -1 / classes);
}

/** ReconBoost. Parameters: `encoders.<modality>...`, `head.0` and `head.1` for all modalities, `scale` [1]. */
export const reconboost: MethodFactory<Loose<ReconboostOptions>, ReconboostOutputs> = defineMethod({
  name: "reconboost",
  summary: "ReconBoost: modalities take turns to fit the residual errors of the others (ICML 2024)",
  schema,
  limit: "it weights samples by the probability of the correct class",
  search: { weight: [3, 5], rounds: [1, 3, 5] },
  build(input, encoders, { embedding, hidden }): ReconboostOutputs {
    const names = Object.keys(encoders);
    const stacked = embed(input, encoders, embedding);
    const head = input.scope.child("head");
    const unimodal = stack(unstack(stacked).map((z) => mlp2(head, z, hidden, input.classes)));
    const scale = input.scope.parameter("scale", [1], { kind: "constant", value: 1 });
    return {
      logits: mul(sum(zeroWhereMissing(unimodal, presence(input, names)), 0), scale),
      unimodal,
      representations: embeddings(stacked, names),
      scale,
    };
  },
  stages: (options, modalities) =>
    Array.from({ length: options.rounds }, (_, round) =>
      modalities.flatMap((_, m) => turn(options, modalities, round, m)),
    ).flat(),
});

/** Learning rate of all stages, chosen on validation data: turns are never reverted, so a larger rate overfits. */
const RATE = 3e-4;

/** The two stages of one turn. */
function turn(
  options: ReconboostOptions,
  modalities: readonly string[],
  round: number,
  m: number,
): readonly Stage<ReconboostOutputs>[] {
  const modality = modalities[m]!;
  const before = (m + modalities.length - 1) % modalities.length;
  const consolidates = options.consolidation > 0 && round + m > 0;
  return [
    {
      ...wholeStage,
      name: `boost_${round + 1}_${modality}`,
      trains: (parameter) => parameter.startsWith(`encoders.${modality}.`) || parameter.startsWith("head."),
      terms(out, target, { plain }) {
        const residual = residualCrossEntropy(out, target, m, options, plain);
        const residualTerm = { names: [`ce.residual.${modality}`], value: residual, weights: [1] };
        if (!consolidates) return [residualTerm];
        const previousProbs = stopGradient(softmax(at(out.unimodal, before)));
        const distance = meanSquaredError(softmax(at(out.unimodal, m)), previousProbs);
        return [
          residualTerm,
          { names: [`consolidation.${modality}`], value: distance, weights: [options.consolidation] },
        ];
      },
      best: "last",
      epochs: options.boosting,
      learningRate: RATE,
      schedule: { kind: "constant" },
    },
    {
      ...wholeStage,
      name: `rectify_${round + 1}_${modality}`,
      terms: (out, target) => [{ names: ["ce.prediction"], value: crossEntropy(out.logits, target), weights: [1] }],
      epochs: options.rectifying,
      learningRate: RATE,
      schedule: { kind: "constant" },
    },
  ];
}
