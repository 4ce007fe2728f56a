/**
 * @file MMIB: a variational bottleneck on each modality and on the fused vector. The unimodal predictions are the decoders of the single
 * modalities' bottlenecks.
 * Source: Mai, Zeng, Hu: Multimodal Information Bottleneck: Learning Minimal Sufficient Unimodal and Multimodal Representations,
 * IEEE Transactions on Multimedia 2022.
 * Differs: predictions are made from means (the authors draw samples at test time too, so that theirs are random). In `mmib-early` the
 * decoders of single modalities stay and read embeddings, so that it has unimodal predictions; in `mmib-late` the fused vector is
 * decoded without a bottleneck. Fusion is by concatenation.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, concat, exp, log, maximum, mean, mul, neg, relu, sub, unstack } from "../graph/ops/index.ts";
import { type Gaussian, klToStandard, sample } from "../nn/gaussian.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/module.ts";
import { wholeStage } from "./late-fusion.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  type MethodFactory,
  type Outputs,
  type Stage,
} from "./method.ts";
import { multiLossTerms } from "./multi-loss.ts";

/** Settings. */
export interface MmibOptions {
  /** E, the width of embeddings, of the fused vector and of all bottlenecks, 64 (the authors' is 50). */
  readonly embedding: number;
  /** Hidden units of a bottleneck, 256; the authors have 1024. */
  readonly hidden: number;
  /** Weight of every divergence, 1e-3 (published); 0 leaves them out. */
  readonly beta: number;
  /** Where bottlenecks are: on single modalities and the fused vector (C-MIB), the fused vector alone (E-MIB), single modalities alone (L-MIB). */
  readonly bottleneck: "complete" | "early" | "late";
}

const schema: z.ZodType<MmibOptions, Loose<MmibOptions>> = z.strictObject({
  embedding: embeddingOption,
  hidden: z.int().positive().default(256),
  beta: z.number().min(0).default(1e-3),
  bottleneck: z.enum(["complete", "early", "late"]).default("complete"),
});

export interface MmibOutputs extends Outputs {
  /** Divergence from N(0, I) of each modality's bottleneck, [M], and of the fused one, []: means over batch and dimension, in nats. */
  readonly kl: { readonly single?: Expr; readonly fused?: Expr };
}

/** log(1 + e^x), without overflow. */
const softplus = (x: Expr): Expr => add(relu(x), log(add(exp(neg(maximum(x, neg(x)))), 1)));

/**
 * q(t given x) for x [..., B, in]: one hidden layer, from it mean and deviation, each [..., B, E]. Deviations begin near
 * softplus(-5) = 0.007. Parameters: `hidden`, `mean`, `deviation`.
 */
export function bottleneck(scope: Scope, x: Expr, hidden: number, width: number): Gaussian {
  const inner = relu(linear(scope.child("hidden"), x, hidden));
  const deviation = softplus(sub(linear(scope.child("deviation"), inner, width), 5));
  const logVariance = mul(log(add(deviation, 1e-8)), 2);
  return { mean: linear(scope.child("mean"), inner, width), spread: { deviation, logVariance } };
}

/** MMIB. */
export const mmib: MethodFactory<Loose<MmibOptions>, MmibOutputs> = defineMethod({
  name: "mmib",
  summary: "information bottlenecks on each modality and on their fusion (TMM 2022)",
  schema,
  variants: { "mmib-early": { bottleneck: "early" }, "mmib-late": { bottleneck: "late" } },
  search: { beta: [1e-5, 1e-3, 1e-2, 1e-1] },
  build(input, encoders, { embedding, hidden, bottleneck: where }): MmibOutputs {
    const { scope, classes } = input;
    const names = Object.keys(encoders);
    const z = embed(input, encoders, embedding);
    const narrowed = (own: Scope, x: Expr, here: boolean): { readonly draw: Expr; readonly q?: Gaussian } => {
      if (!here) return { draw: x };
      const q = bottleneck(own, x, hidden, embedding);
      return { draw: sample(own, q), q };
    };
    const single = narrowed(scope.child("single"), z, where !== "early");
    const mixed = relu(linear(scope.child("fusion"), concat(unstack(single.draw), -1), embedding));
    const fused = narrowed(scope.child("fused"), mixed, where !== "late");
    const divergence = (q: Gaussian | undefined): Expr | undefined => q && klToStandard(q);
    const [klSingle, klFused] = [divergence(single.q), divergence(fused.q)];
    return {
      logits: linear(scope.child("head"), fused.draw, classes),
      unimodal: linear(scope.child("heads"), single.draw, classes),
      representations: { ...embeddings(z, names), ...embeddings(single.draw, names, "bottleneck"), fused: fused.draw },
      kl: {
        ...(klSingle !== undefined && { single: mean(klSingle, [1, 2]) }),
        ...(klFused !== undefined && { fused: mean(klFused) }),
      },
    };
  },
  stages: ({ beta }, modalities): readonly Stage<MmibOutputs>[] => [
    {
      ...wholeStage,
      terms(out, target) {
        const losses = multiLossTerms(out, target, modalities, 1);
        const { single, fused }: MmibOutputs["kl"] = beta === 0 ? {} : out.kl;
        const all = modalities.map(() => beta);
        return [
          // The prediction counts twice, as in the authors' code: once with the fused bottleneck, once more outside.
          { ...losses, weights: losses.weights.with(0, 2) },
          ...(single === undefined
            ? []
            : [{ names: modalities.map((name) => `kl.${name}`), value: single, weights: all }]),
          ...(fused === undefined ? [] : [{ names: ["kl.fused"], value: fused, weights: [beta] }]),
        ];
      },
    },
  ],
});
