/**
 * @file Multimodal competition regulariser: modalities are players that maximise their effect on the prediction. An effect is how much the
 * prediction changes when the modality is permuted between samples. The unimodal predictions are separate linear heads.
 * Source: Kontras, Strypsteen, Chatzichristos, Liang, Blaschko, De Vos: Balancing Multimodal Training Through Game-Theoretic
 * Regularization, NeurIPS 2025 (arXiv 2411.07335).
 * Differs: the formula is that of the paper; the public code for two modalities computes the regulariser but does not add it to the loss.
 * Samples are permuted by rolling the batch (whose order is random), so no sample keeps its own part. Encoders are pretrained in one common
 * stage: their losses are independent, but they share the best epoch and the schedule.
 */
import * as z from "zod";
import { type Loose, oneOf } from "../../core/options.ts";
import type { Expr } from "../../graph/expr.ts";
import { concat, matmul, mean, relu, stopGradient, unstack } from "../../graph/ops/index.ts";
import { crossEntropy, meanSquaredError } from "../../nn/losses.ts";
import type { Scope } from "../../nn/module.ts";
import {
  defineMethod,
  embeddingOption,
  evalFusion,
  type LateFusion,
  type MethodFactory,
  multiLossFusion,
  multiLossStage,
  multiLossTerms,
  type Outputs,
  type Stage,
  type StepContext,
  type Terms,
} from "../kit.ts";
import { competition, type Strategy } from "./competition.ts";
import { contrastive } from "./contrastive.ts";

export interface McrOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /**
   * The objective of each player: "greedy" maximises its own effect and minimises those of the others, "independent" maximises its own,
   * "collaborative" maximises all effects. Default greedy (authors).
   */
  readonly strategy: Strategy;
  /** Permutations per step; at most the batch size minus 1. Default 8. The authors use 4 to 32. */
  readonly deals: number;
  /** Weight of the competition, 0.1 (authors: 0.01 to 1). */
  readonly competition: number;
  /** Weight of each unimodal cross-entropy, 1 (authors: 0.01 to 1). */
  readonly unimodal: number;
  /** Weight of the contrastive term, 1 (authors). */
  readonly contrastive: number;
  /** Weight of the conditional entropy bottleneck, 0 (authors: 0 or 1). */
  readonly bottleneck: number;
  /** Train encoders with unimodal losses first, in a separate stage. Default true (authors). */
  readonly pretrain: boolean;
}

const schema: z.ZodType<McrOptions, Loose<McrOptions>> = z.strictObject({
  embedding: embeddingOption,
  strategy: oneOf("greedy", "independent", "collaborative").default("greedy"),
  deals: z.int().positive().default(8),
  competition: z.number().min(0).default(0.1),
  unimodal: z.number().positive().default(1),
  contrastive: z.number().min(0).default(1),
  bottleneck: z.number().min(0).default(0),
  pretrain: z.boolean().default(true),
});

export interface McrOutputs extends LateFusion {
  /** Late fusion in evaluation mode; its parts are permuted. */
  readonly still: LateFusion;
  /** Reconstruction of the concatenated embeddings from the prediction, [B, M E]; present if the bottleneck is used. */
  readonly reconstruction?: Expr;
}

/** Reconstructs embeddings from the detached prediction [B, K]: two layers without biases, [B, K] to [B, E] to [B, out]. */
function reconstructed(scope: Scope, logits: Expr, width: number, out: number): Expr {
  const layer = (name: string, x: Expr, to: number): Expr => {
    const from = x.shape[1]!;
    return matmul(x, scope.parameter(name, [from, to], { kind: "uniform", bound: 1 / Math.sqrt(from) }));
  };
  return layer("1", relu(layer("0", stopGradient(logits), width)), out);
}

/** The stage that pretrains encoders and their unimodal heads. */
function aloneStage(modalities: readonly string[]): Stage<Outputs> {
  return {
    ...multiLossStage(modalities, 1),
    name: "alone",
    trains: (parameter) => /^(encoders|heads)\./.test(parameter),
    terms: (out, target) => [
      {
        names: modalities.map((name) => `ce.only.${name}`),
        value: crossEntropy(out.unimodal, target),
        weights: modalities.map(() => 1),
      },
    ],
    prediction: (out) => mean(out.unimodal, 0),
    epochs: 20,
  };
}

export const mcr: MethodFactory<Loose<McrOptions>, McrOutputs> = defineMethod({
  name: "mcr",
  summary: "Multimodal Competition Regularizer: modalities compete for their effect on the prediction (NeurIPS 2025)",
  schema,
  limit: "it measures effects by divergences of class probabilities and contrasts classes",
  search: { competition: [0.01, 0.1, 1], unimodal: [0.1, 1], contrastive: [0, 1] },
  maxModalities: 4,
  build(input, encoders, { embedding, bottleneck }): McrOutputs {
    const fusion = multiLossFusion(input, encoders, embedding);
    const out = fusion.parts.length * embedding;
    return {
      ...fusion,
      still: evalFusion(fusion, input, encoders, embedding),
      ...(bottleneck > 0 && {
        // The name of the parameters is that of earlier versions, whose models are still read.
        reconstruction: reconstructed(input.scope.child("told"), fusion.logits, embedding, out),
      }),
    };
  },
  stages(options, modalities): readonly Stage<McrOutputs>[] {
    const { strategy, deals, unimodal } = options;
    const terms = (out: McrOutputs, target: Expr, { task, plain }: StepContext): Terms[] => {
      const term = (name: "competition" | "contrastive" | "bottleneck", value: () => Expr): Terms[] =>
        options[name] === 0 ? [] : [{ names: [name], value: value(), weights: [options[name]] }];
      return [
        multiLossTerms(task, out, target, modalities, unimodal),
        ...term("competition", () => competition(out.still, strategy, deals)),
        ...term("contrastive", () => contrastive(out.stacked, plain)),
        ...term("bottleneck", () => meanSquaredError(out.reconstruction!, concat(unstack(out.stacked), -1))),
      ];
    };
    return [...(options.pretrain ? [aloneStage(modalities)] : []), { ...multiLossStage(modalities, unimodal), terms }];
  },
});
