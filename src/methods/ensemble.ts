/**
 * @file Modality ensemble: one model per modality, each trained in a separate stage with its own best epoch. The prediction combines the
 * models of the present modalities. The unimodal predictions are those of the models.
 */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { type Loose, oneOf } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, at, mul, stack, sub, sum } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import {
  type BuildInput,
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  everyTarget,
  type MethodFactory,
  meanOfPresent,
  type Outputs,
  presence,
} from "./method.ts";

export interface EnsembleOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /**
   * Mean of the members' probabilities (for values: of their predictions), mean of their logits, or the product of their probabilities
   * divided by the prior to the power M - 1. The product is exact if modalities are independent given the class, and undefined for values.
   * Default probabilities.
   */
  readonly combine: "probabilities" | "logits" | "product";
}

const schema: z.ZodType<EnsembleOptions, Loose<EnsembleOptions>> = z.strictObject({
  embedding: embeddingOption,
  combine: oneOf("probabilities", "logits", "product").default("probabilities"),
});

/** Combines outputs of the members [M, B, K] to [B, K]. @throws ConfigError for a product of values. */
function combined(
  { task, prior: priorOf }: Pick<BuildInput, "task" | "prior">,
  unimodal: Expr,
  mask: Expr | undefined,
  combine: EnsembleOptions["combine"],
): Expr {
  if (combine === "logits") return meanOfPresent(unimodal, [0], mask);
  const members = task.logProbs(unimodal);
  if (combine === "product") {
    if (!task.probabilistic) {
      throw configError(
        `ensemble.combine: "product" multiplies probabilities, which values do not have; use "probabilities", which averages the predictions.`,
      );
    }
    const prior = priorOf();
    if (mask === undefined) return sub(sum(members, 0), mul(prior, unimodal.shape[0]! - 1));
    return add(sum(mul(sub(members, prior), mask), 0), prior);
  }
  return task.fromMean(meanOfPresent(task.mean(members), [0], mask));
}

export const ensemble: MethodFactory<Loose<EnsembleOptions>, Outputs> = defineMethod({
  name: "ensemble",
  summary: "one model per modality, mean of probabilities",
  schema,
  targets: everyTarget,
  variants: { "ensemble-logits": { combine: "logits" }, "ensemble-product": { combine: "product" } },
  build(input, encoders, { embedding, combine }) {
    const z = embed(input, encoders, embedding);
    const heads = input.scope.child("heads");
    const modalities = Object.keys(encoders);
    const unimodal = stack(modalities.map((name, m) => linear(heads.child(name), at(z, m), input.classes)));
    return {
      logits: combined(input, unimodal, presence(input, modalities), combine),
      unimodal,
      representations: embeddings(z, modalities),
    };
  },
  stages: (_, modalities) =>
    modalities.map((modality, m) => ({
      name: modality,
      trains: (parameter) =>
        parameter.startsWith(`encoders.${modality}.`) || parameter.startsWith(`heads.${modality}.`),
      terms: (out, target, { task }) => [
        { names: [`${task.term}.only.${modality}`], value: task.loss(at(out.unimodal, m), target), weights: [1] },
      ],
      prediction: (out) => at(out.unimodal, m),
      epochs: 40,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 10 },
    })),
});
