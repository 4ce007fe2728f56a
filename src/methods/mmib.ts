/**
 * @file MMIB: a variational bottleneck on each modality and on the fused vector. The unimodal predictions are the decoders of the single
 * modalities' bottlenecks.
 * Source: Mai, Zeng, Hu: Multimodal Information Bottleneck: Learning Minimal Sufficient Unimodal and Multimodal Representations,
 * IEEE Transactions on Multimedia 2022.
 * Differs: predictions use means (the authors also sample at test time, so that their predictions are random). In `mmib-early` the decoders
 * of single modalities read embeddings, so that it has unimodal predictions; in `mmib-late` the fused vector is decoded without a
 * bottleneck. Fusion is by concatenation.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, concat, exp, log, maximum, mean, mul, neg, relu, sub, unstack } from "../graph/ops/index.ts";
import { type Gaussian, klToStandard, sample } from "../nn/gaussian.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/module.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  everyTarget,
  type MethodFactory,
  multiLossTerms,
  type Outputs,
  type Stage,
  wholeStage,
} from "./kit.ts";

export interface MmibOptions {
  /** Width E of embeddings, of the fused vector and of all bottlenecks. Default 64 (authors: 50). */
  readonly embedding: number;
  /** Hidden units of a bottleneck. Default 256; the authors use 1024. */
  readonly hidden: number;
  /** Weight of every KL divergence. Default 1e-3 (published); with 0 there are none. */
  readonly beta: number;
  /** Position of bottlenecks: "complete" on single modalities and the fused vector (C-MIB), "early" on the fused vector only (E-MIB), "late" on single modalities only (L-MIB). Default complete. */
  readonly bottleneck: "complete" | "early" | "late";
}

const schema: z.ZodType<MmibOptions, Loose<MmibOptions>> = z.strictObject({
  embedding: embeddingOption,
  hidden: z.int().positive().default(256),
  beta: z.number().min(0).default(1e-3),
  bottleneck: z.enum(["complete", "early", "late"]).default("complete"),
});

export interface MmibOutputs extends Outputs {
  /** KL to N(0, I) of each modality's bottleneck, [M], and of the fused one, []: means over batch and dimension, in nats. */
  readonly kl: { readonly single?: Expr; readonly fused?: Expr };
}

/** log(1 + e^x), without overflow. */
const softplus = (x: Expr): Expr => add(relu(x), log(add(exp(neg(maximum(x, neg(x)))), 1)));

/**
 * q(t given x) for x [..., B, in]: one hidden layer, from which mean and standard deviation are computed, each [..., B, E]. Initial deviations
 * are near softplus(-5) = 0.007. Parameters: `hidden`, `mean`, `deviation`.
 */
export function bottleneck(scope: Scope, x: Expr, hidden: number, width: number): Gaussian {
  const inner = relu(linear(scope.child("hidden"), x, hidden));
  const deviation = softplus(sub(linear(scope.child("deviation"), inner, width), 5));
  const logVariance = mul(log(add(deviation, 1e-8)), 2);
  return { mean: linear(scope.child("mean"), inner, width), spread: { deviation, logVariance } };
}

export const mmib: MethodFactory<Loose<MmibOptions>, MmibOutputs> = defineMethod({
  name: "mmib",
  summary: "Multimodal Information Bottleneck: bottlenecks on each modality and on the fused vector (TMM 2022)",
  schema,
  targets: everyTarget,
  variants: { "mmib-early": { bottleneck: "early" }, "mmib-late": { bottleneck: "late" } },
  search: { beta: [1e-5, 1e-3, 1e-2, 1e-1] },
  build(input, encoders, { embedding, hidden, bottleneck: where }): MmibOutputs {
    const { scope, classes } = input;
    const names = Object.keys(encoders);
    const z = embed(input, encoders, embedding);
    const narrowed = (
      scope: Scope,
      x: Expr,
      hasBottleneck: boolean,
    ): { readonly draw: Expr; readonly q?: Gaussian } => {
      if (!hasBottleneck) return { draw: x };
      const q = bottleneck(scope, x, hidden, embedding);
      return { draw: sample(scope, q), q };
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
      terms(out, target, { task }) {
        const losses = multiLossTerms(task, out, target, modalities, 1);
        const { single, fused }: MmibOutputs["kl"] = beta === 0 ? {} : out.kl;
        const all = modalities.map(() => beta);
        return [
          // The loss of the prediction has weight 2, as in the authors' code, which adds it with the fused bottleneck and once more.
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
