/**
 * @file Modality ensemble: one model per modality, each trained apart (a stage of its own, with its own best epoch); the
 * prediction combines the decisions of those whose modality is there. The unimodal predictions are its members.
 */
import { z } from "zod";
import { type Loose, oneOf } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, at, log, logSoftmax, maximum, mul, softmax, stack, sub, sum } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import { crossEntropy } from "../nn/losses.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  type MethodFactory,
  meanOfPresent,
  type Outputs,
  presence,
} from "./method.ts";

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
function combined(
  unimodal: Expr,
  mask: Expr | undefined,
  combine: EnsembleOptions["combine"],
  logPrior: () => Expr,
): Expr {
  if (combine === "logits") return meanOfPresent(unimodal, [0], mask);
  if (combine === "product") {
    const logs = logSoftmax(unimodal);
    const prior = logPrior();
    if (mask === undefined) return sub(sum(logs, 0), mul(prior, unimodal.shape[0]! - 1));
    return add(sum(mul(sub(logs, prior), mask), 0), prior);
  }
  // A probability may underflow to 0; its logarithm must not be infinite.
  return log(maximum(meanOfPresent(softmax(unimodal), [0], mask), 1e-30));
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
    const modalities = Object.keys(encoders);
    const unimodal = stack(modalities.map((name, m) => linear(heads.child(name), at(z, m), input.classes)));
    return {
      logits: combined(unimodal, presence(input, modalities), combine, input.logPrior),
      unimodal,
      representations: embeddings(z, modalities),
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
