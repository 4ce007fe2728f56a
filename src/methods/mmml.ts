/**
 * @file Multi-loss fusion network: a perceptron on all embeddings side by side (fusion "cc"), with a loss of every modality beside the
 * joint one. The unimodal predictions are linear heads of their own.
 * Source: Wu, Gong, Koo, Hirschberg: Multimodal Multi-loss Fusion Network for Sentiment Analysis, NAACL 2024.
 * Differs: the optimiser is not made anew in every epoch; what is dropped of an embedding is dropped for both its heads. Fusion by cross-attention needs sequences and is left out. Its loss is that of
 * MLB without modulation: what is its own is the fusion network.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import { concat, unstack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import { dropout } from "../nn/norm.ts";
import { perceptron } from "./heads.ts";
import { defineMethod, embed, embeddingOption, embeddings, type MethodFactory, type Outputs } from "./method.ts";
import { multiLossStage } from "./multi-loss.ts";

/** Settings. */
export interface MmmlOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
  /** Hidden widths of the fusion network: E, E and E / 2 if left out, as published (1024, 1024, 512). [] is a linear head. */
  readonly hidden?: readonly number[] | undefined;
  /** Share of embedding elements dropped before the heads, 0.3 (authors). */
  readonly dropout: number;
  /** Weight of each unimodal cross-entropy, 1 (authors); with 0 the heads, and so the unimodal predictions, stay as they start. */
  readonly unimodal: number;
}

const schema: z.ZodType<MmmlOptions, Loose<MmmlOptions>> = z.strictObject({
  embedding: embeddingOption,
  hidden: z.array(z.int().positive()).optional(),
  dropout: z.number().min(0).lt(1).default(0.3),
  unimodal: z.number().min(0).default(1),
});

/** MMML with fusion "cc". */
export const mmml: MethodFactory<Loose<MmmlOptions>, Outputs> = defineMethod({
  name: "mmml",
  summary: "perceptron on concatenated embeddings, joint and unimodal losses (NAACL 2024)",
  schema,
  search: { dropout: [0, 0.3, 0.5], unimodal: [0.3, 1] },
  build(input, encoders, { embedding, hidden = [embedding, embedding, Math.ceil(embedding / 2)], dropout: rate }) {
    const { scope, classes } = input;
    const stacked = embed(input, encoders, embedding);
    const dropped = dropout(scope.child("heads"), stacked, rate);
    return {
      logits: perceptron(scope.child("head"), concat(unstack(dropped), -1), hidden, classes),
      unimodal: linear(scope.child("heads"), dropped, classes),
      representations: embeddings(stacked, Object.keys(encoders)),
    };
  },
  stages: ({ unimodal }, modalities) => [multiLossStage(modalities, unimodal)],
});
