/**
 * @file Modality ensemble: one model per modality, each trained apart (a stage of its own, with its own best epoch); the
 * prediction combines their decisions. The unimodal predictions are its members.
 */
import { z } from "zod";
import { type Loose, oneOf } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { at, log, logSoftmax, maximum, mean, mul, softmax, stack, sub, sum } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import { crossEntropy } from "../nn/losses.ts";
import { defineMethod, embed, embeddingOption, embeddings, type MethodFactory, type Outputs } from "./method.ts";

/** Settings. */
export interface EnsembleOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
  /**
   * Mean of the members' probabilities, mean of their logits, or the product of their probabilities over the class prior to the
   * M - 1, which is right where modalities are independent given the class: probabilities.
   */
  readonly combine: "probabilities" | "logits" | "product";
}

const schema: z.ZodType<EnsembleOptions, Loose<EnsembleOptions>> = z.strictObject({
  embedding: embeddingOption,
  combine: oneOf("probabilities", "logits", "product").default("probabilities"),
});

/** Logits [B, K] from those of the members, [M, B, K]. */
function combined(unimodal: Expr, combine: EnsembleOptions["combine"], logPrior: () => Expr): Expr {
  if (combine === "logits") return mean(unimodal, 0);
  if (combine === "product") return sub(sum(logSoftmax(unimodal), 0), mul(logPrior(), unimodal.shape[0]! - 1));
  // A probability may underflow to 0; its logarithm must not be infinite.
  return log(maximum(mean(softmax(unimodal), 0), 1e-30));
}

/** Modality ensemble. */
export const ensemble: MethodFactory<Loose<EnsembleOptions>, Outputs> = defineMethod({
  name: "ensemble",
  summary: "one model per modality, mean of probabilities",
  schema,
  variants: { "ensemble-logits": { combine: "logits" }, "ensemble-product": { combine: "product" } },
  build(input, encoders, { embedding, combine }) {
    const z = embed(input, encoders, embedding);
    const heads = input.scope.child("heads");
    const unimodal = stack(Object.keys(encoders).map((name, m) => linear(heads.child(name), at(z, m), input.classes)));
    return {
      logits: combined(unimodal, combine, input.logPrior),
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
