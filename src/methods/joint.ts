/**
 * @file Joint learning: one linear head on the concatenated embeddings.
 * The unimodal predictions are slices of the head: u_m = z_m W_m + b / M, which sum to the logits exactly. A slice is trained
 * only through the sum, so it understates what a modality knows.
 */
import { z } from "zod";
import type { Loose } from "../core/options.ts";
import { add, concat, matmul, mul, reshape, split, stack, unstack } from "../graph/ops/index.ts";
import { crossEntropy } from "../nn/losses.ts";
import { defineMethod, embed, embeddingOption, embeddings, type MethodFactory, type Outputs } from "./method.ts";

/** Settings. */
export interface JointOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
}

const schema: z.ZodType<JointOptions, Loose<JointOptions>> = z.strictObject({ embedding: embeddingOption });

/** Joint learning. */
export const joint: MethodFactory<Loose<JointOptions>, Outputs> = defineMethod({
  name: "joint",
  summary: "one linear head on concatenated embeddings",
  schema,
  build(input, encoders, { embedding }) {
    const stacked = embed(input, encoders, embedding);
    const z = unstack(stacked);
    const width = z.length * embedding;
    const head = input.scope.child("head");
    const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
    const weight = head.parameter("weight", [width, input.classes], init);
    const bias = head.parameter("bias", [input.classes], init);
    const share = reshape(mul(bias, 1 / z.length), [1, input.classes]);
    const slices = split(
      weight,
      0,
      z.map(() => embedding),
    ).map((part, m) => add(matmul(z[m]!, part), share));
    return {
      logits: matmul(concat(z, -1), weight, { bias }),
      unimodal: stack(slices),
      representations: embeddings(stacked, Object.keys(encoders)),
    };
  },
  stages: () => [
    {
      name: "whole",
      trains: () => true,
      terms: (out, target) => [{ names: ["ce.prediction"], value: crossEntropy(out.logits, target), weights: [1] }],
      prediction: (out) => out.logits,
      epochs: 40,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 10 },
    },
  ],
});
