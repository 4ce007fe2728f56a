/**
 * @file Modality ensemble: one model per modality, each trained apart (a stage of its own, with its own best epoch); the
 * prediction is the mean of their probabilities.
 */
import { z } from "zod";
import type { Loose } from "../core/options.ts";
import { at, log, maximum, mean, softmax, stack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import { crossEntropy } from "../nn/losses.ts";
import { defineMethod, embed, embeddingOption, embeddings, type MethodFactory, type Outputs } from "./method.ts";

/** Settings. */
export interface EnsembleOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
}

const schema: z.ZodType<EnsembleOptions, Loose<EnsembleOptions>> = z.strictObject({ embedding: embeddingOption });

/** Modality ensemble. The unimodal predictions are its members. */
export const ensemble: MethodFactory<Loose<EnsembleOptions>, Outputs> = defineMethod({
  name: "ensemble",
  summary: "one model per modality, mean of probabilities",
  schema,
  build(input, encoders, { embedding }) {
    const z = embed(input, encoders, embedding);
    const heads = input.scope.child("heads");
    const unimodal = stack(Object.keys(encoders).map((name, m) => linear(heads.child(name), at(z, m), input.classes)));
    // A probability may underflow to 0; its logarithm must not be infinite.
    return {
      logits: log(maximum(mean(softmax(unimodal), 0), 1e-30)),
      unimodal,
      representations: embeddings(z, Object.keys(encoders)),
    };
  },
  stages: (_, modalities) =>
    modalities.map((modality, m) => ({
      name: modality,
      trains: (parameter) =>
        parameter.startsWith(`encoders.${modality}.`) || parameter.startsWith(`heads.${modality}.`),
      terms: (out, target) => [
        { names: [`ce.only.${modality}`], value: crossEntropy(at(out.unimodal, m), target), weights: [1] },
      ],
      prediction: (out) => at(out.unimodal, m),
      epochs: 40,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 10 },
    })),
});
