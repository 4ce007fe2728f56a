/**
 * @file Multimodal competition regulariser: modalities as players, each raising its own effect on the prediction, measured by how much the
 * prediction changes when the modality is dealt to other samples. The unimodal predictions are linear heads of their own.
 * Source: Kontras, Strypsteen, Chatzichristos, Liang, Blaschko, De Vos: Balancing Multimodal Training Through Game-Theoretic
 * Regularization, NeurIPS 2025 (arXiv 2411.07335).
 * Differs: the formula is the paper's; the public code for two modalities computes the regulariser and leaves it out of the loss.
 * Samples are dealt by rolling the batch (whose order is random), so none keeps its own. Encoders are trained alone first in one stage
 * together: their losses have nothing in common but the best epoch and the schedule.
 */
import * as z from "zod";
import { type Loose, oneOf } from "../../core/options.ts";
import type { Expr } from "../../graph/expr.ts";
import { concat, matmul, mean, relu, stopGradient, unstack } from "../../graph/ops/index.ts";
import { crossEntropy, meanSquaredError } from "../../nn/losses.ts";
import type { Scope } from "../../nn/module.ts";
import { type LateFusion, stillFusion } from "../late-fusion.ts";
import {
  defineMethod,
  embeddingOption,
  type MethodFactory,
  type Outputs,
  type Stage,
  type StepContext,
  type Terms,
} from "../method.ts";
import { multiLossFusion, multiLossStage, multiLossTerms } from "../multi-loss.ts";
import { competition, type Strategy } from "./competition.ts";
import { contrastive } from "./contrastive.ts";

/** Settings. */
export interface McrOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
  /**
   * How players play: "greedy" ones raise their own effect and lower that of the others, "independent" ones raise their own,
   * "collaborative" ones raise every effect together. Greedy (authors).
   */
  readonly strategy: Strategy;
  /** Deals per step, fewer in a batch too small for them; 8. The authors use 4 to 32. */
  readonly deals: number;
  /** Weight of the competition, 0.1 (authors: 0.01 to 1). */
  readonly competition: number;
  /** Weight of each unimodal cross-entropy, 1 (authors: 0.01 to 1). */
  readonly unimodal: number;
  /** Weight of the contrastive term, 1 (authors). */
  readonly contrastive: number;
  /** Weight of the conditional entropy bottleneck, 0 (authors: 0 or 1). */
  readonly bottleneck: number;
  /** Encoders are trained alone first, in a stage of its own; true (authors). */
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
  /** The same in evaluation form: its parts are what is dealt. */
  readonly still: LateFusion;
  /** What the prediction alone tells of the embeddings side by side, [B, M E]; where the bottleneck is used. */
  readonly told?: Expr;
}

/** What the prediction [B, K], held constant, tells of the embeddings: two layers without biases, [B, K] to [B, E] to [B, out]. */
function toldBy(scope: Scope, logits: Expr, width: number, out: number): Expr {
  const layer = (name: string, x: Expr, to: number): Expr => {
    const from = x.shape[1]!;
    return matmul(x, scope.parameter(name, [from, to], { kind: "uniform", bound: 1 / Math.sqrt(from) }));
  };
  return layer("1", relu(layer("0", stopGradient(logits), width)), out);
}

/** Encoders and their own heads, before they meet. */
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

/** MCR. */
export const mcr: MethodFactory<Loose<McrOptions>, McrOutputs> = defineMethod({
  name: "mcr",
  summary: "joint and unimodal losses, and modalities that compete for effect on the prediction (NeurIPS 2025)",
  schema,
  search: { competition: [0.01, 0.1, 1], unimodal: [0.1, 1], contrastive: [0, 1] },
  most: 4,
  build(input, encoders, { embedding, bottleneck }): McrOutputs {
    const fusion = multiLossFusion(input, encoders, embedding);
    const out = fusion.parts.length * embedding;
    return {
      ...fusion,
      still: stillFusion(fusion, input, encoders, embedding),
      ...(bottleneck > 0 && { told: toldBy(input.scope.child("told"), fusion.logits, embedding, out) }),
    };
  },
  stages(options, modalities): readonly Stage<McrOutputs>[] {
    const { strategy, deals, unimodal } = options;
    const terms = (out: McrOutputs, target: Expr, { plain }: StepContext): Terms[] => {
      const term = (name: "competition" | "contrastive" | "bottleneck", value: () => Expr): Terms[] =>
        options[name] === 0 ? [] : [{ names: [name], value: value(), weights: [options[name]] }];
      return [
        multiLossTerms(out, target, modalities, unimodal),
        ...term("competition", () => competition(out.still, strategy, deals)),
        ...term("contrastive", () => contrastive(out.stacked, plain)),
        ...term("bottleneck", () => meanSquaredError(out.told!, concat(unstack(out.stacked), -1))),
      ];
    };
    return [...(options.pretrain ? [aloneStage(modalities)] : []), { ...multiLossStage(modalities, unimodal), terms }];
  },
});
