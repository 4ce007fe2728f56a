/**
 * @file Multi-loss fusion network: an MLP on concatenated embeddings (fusion "cc"), with a loss for every modality in addition to the joint
 * one. The unimodal predictions are separate linear heads.
 * Source: Wu, Gong, Koo, Hirschberg: Multimodal Multi-loss Fusion Network for Sentiment Analysis, NAACL 2024.
 * Differs: the optimiser is not reset in every epoch; both heads of an embedding share the dropout mask. Fusion by cross-attention needs
 * sequences and is not implemented. The loss is that of MLB without modulation.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import { concat, unstack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import { dropout } from "../nn/norm.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  everyTarget,
  type MethodFactory,
  multiLossStage,
  type Outputs,
  perceptron,
} from "./kit.ts";

export interface MmmlOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Hidden widths of the fusion network. Default E, E and E / 2, as published (1024, 1024, 512). [] is a linear head. */
  readonly hidden?: readonly number[] | undefined;
  /** Dropout rate of embeddings before the heads. Default 0.3 (authors). */
  readonly dropout: number;
  /** Weight of each unimodal loss. Default 1 (authors); with 0 the unimodal heads are not trained. */
  readonly unimodal: number;
}

const schema: z.ZodType<MmmlOptions, Loose<MmmlOptions>> = z.strictObject({
  embedding: embeddingOption,
  hidden: z.array(z.int().positive()).optional(),
  dropout: z.number().min(0).lt(1).default(0.3),
  unimodal: z.number().min(0).default(1),
});

export const mmml: MethodFactory<Loose<MmmlOptions>, Outputs> = defineMethod({
  name: "mmml",
  summary:
    "Multimodal Multi-loss Fusion Network: MLP on concatenated embeddings, joint and unimodal losses (NAACL 2024)",
  schema,
  targets: everyTarget,
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
