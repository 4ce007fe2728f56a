/**
 * @file Modality ensemble: one model per modality, each trained apart (a stage of its own, with its own best epoch); the
 * prediction is the mean of their probabilities, of those whose modality is there.
 */
import { z } from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { at, div, log, maximum, mean, mul, softmax, stack, sum } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import { crossEntropy } from "../nn/losses.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  type MethodFactory,
  type Outputs,
  presence,
} from "./method.ts";

/** Settings. */
export interface EnsembleOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
}

const schema: z.ZodType<EnsembleOptions, Loose<EnsembleOptions>> = z.strictObject({ embedding: embeddingOption });

/** Mean [B, K] of the members [M, B, K] whose modality is there (`mask` [M, B, 1]). */
function meanOfPresent(members: Expr, mask: Expr | undefined): Expr {
  return mask === undefined ? mean(members, 0) : div(sum(mul(members, mask), 0), sum(mask, 0));
}

/** Modality ensemble. The unimodal predictions are its members. */
export const ensemble: MethodFactory<Loose<EnsembleOptions>, Outputs> = defineMethod({
  name: "ensemble",
  summary: "one model per modality, mean of probabilities",
  schema,
  build(input, encoders, { embedding }) {
    const z = embed(input, encoders, embedding);
    const heads = input.scope.child("heads");
    const modalities = Object.keys(encoders);
    const unimodal = stack(modalities.map((name, m) => linear(heads.child(name), at(z, m), input.classes)));
    // A probability may underflow to 0; its logarithm must not be infinite.
    return {
      logits: log(maximum(meanOfPresent(softmax(unimodal), presence(input, modalities)), 1e-30)),
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
