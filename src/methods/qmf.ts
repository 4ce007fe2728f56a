/**
 * @file QMF: late fusion that weights each modality by its confidence for the sample. A ranking loss trains confidences to be lower for samples
 * with larger past losses. The unimodal predictions are the heads of the modalities.
 * Source: Zhang, Wu, Zhang, Hu, Fu, Zhou, Peng: Provable Dynamic Fusion for Low-Quality Multimodal Data, ICML 2023.
 * Differs: confidences are detached in the sum, as in one of the authors' two programs. Past losses are scaled by their minimum and maximum at
 * the beginning of the epoch, when all samples have been seen equally often; the authors' bounds change during the epoch.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  concat,
  div,
  exp,
  log,
  logSoftmax,
  max,
  maximum,
  mean,
  mul,
  neg,
  relu,
  reshape,
  sign,
  slice,
  stopGradient,
  sub,
  sum,
  transpose,
} from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  type MethodFactory,
  multiLossTerms,
  type Outputs,
  presence,
  type SampleMemory,
  type Stage,
  type StepContext,
  wholeStage,
  zeroWhereMissing,
} from "./kit.ts";

export interface QmfOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Weight of the ranking losses. Default 0.1 (published for images with depth; 1 for texts with images). With 0 there are none. */
  readonly lambda: number;
  /** Temperature: a confidence is the log-sum-exp of logits divided by it. Default 10 (published). */
  readonly temperature: number;
  /** Use of the difference of two samples' past losses: "slack", as in the authors' code, is the violation that is allowed; "strict" is the margin that is required. Default slack. */
  readonly margin: "slack" | "strict";
}

const schema: z.ZodType<QmfOptions, Loose<QmfOptions>> = z.strictObject({
  embedding: embeddingOption,
  lambda: z.number().min(0).default(0.1),
  temperature: z.number().positive().default(10),
  margin: z.enum(["slack", "strict"]).default("slack"),
});

export interface QmfOutputs extends Outputs {
  /** Confidence of each modality for a sample, [M, B, 1]: not a share, and unbounded. */
  readonly confidences: Expr;
}

/** log(sum_k e^(logit_k)) / temperature of logits [M, B, K]: [M, B, 1]. */
export function confidences(logits: Expr, temperature: number): Expr {
  const top = stopGradient(max(logits, -1, true));
  return div(add(log(sum(exp(sub(logits, top)), -1, true)), top), temperature);
}

/** Past losses [M, B, 1], scaled from 0 for the minimum to 1 for the maximum over all training samples; 0 if all are equal. */
export function scaledHistory({ values, min: least, max: largest }: SampleMemory): Expr {
  const [batch, modalities] = values.shape as [number, number];
  const scaled = div(sub(values, least), maximum(sub(largest, least), 1e-12));
  return reshape(transpose(scaled, [1, 0]), [modalities, batch, 1]);
}

/**
 * Ranking loss of each modality, [M], from confidences and scaled histories [M, B, 1]. Each sample is compared with the next of the batch
 * (the last with the first): the one with the larger past losses should have the lower confidence.
 */
export function ranking(confidence: Expr, history: Expr, margin: QmfOptions["margin"]): Expr {
  const next = (x: Expr): Expr => concat([slice(x, 1, 1, x.shape[1]! - 1), slice(x, 1, 0, 1)], 1);
  const gap = sub(history, next(history));
  const order = sign(gap);
  const size = mul(gap, order);
  const wrong = mul(order, sub(confidence, next(confidence)));
  return mean(relu(margin === "slack" ? sub(wrong, size) : add(wrong, size)), [1, 2]);
}

export const qmf: MethodFactory<Loose<QmfOptions>, QmfOutputs> = defineMethod({
  name: "qmf",
  summary:
    "Quality-aware Multimodal Fusion: late fusion weighted by the confidence of each modality per sample (ICML 2023)",
  schema,
  limit: "a confidence is the log-sum-exp of class logits",
  search: { lambda: [0.01, 0.1, 1] },
  build(input, encoders, { embedding, temperature }): QmfOutputs {
    const stacked = embed(input, encoders, embedding);
    const unimodal = linear(input.scope.child("heads"), stacked, input.classes);
    const mask = presence(input, Object.keys(encoders));
    const confidence = confidences(unimodal, temperature);
    return {
      logits: sum(zeroWhereMissing(mul(unimodal, stopGradient(confidence)), mask), 0),
      unimodal,
      representations: embeddings(stacked, Object.keys(encoders)),
      confidences: confidence,
    };
  },
  stages: ({ lambda, margin }, modalities): readonly Stage<QmfOutputs>[] => [
    {
      ...wholeStage,
      ...(lambda > 0 && {
        sampleMemory: { losses: { width: modalities.length, value: 0 } },
        updateMemory(out: QmfOutputs, target: Expr, { samples }: StepContext) {
          const now = neg(sum(mul(logSoftmax(out.unimodal), target), -1)); // [M, B]
          return { losses: add(samples.losses!.values, transpose(now, [1, 0])) };
        },
      }),
      terms: (out, target, { task, samples }) => [
        multiLossTerms(task, out, target, modalities, 1),
        ...(lambda === 0
          ? []
          : [
              {
                names: modalities.map((modality) => `ranking.${modality}`),
                value: ranking(out.confidences, scaledHistory(samples.losses!), margin),
                weights: modalities.map(() => lambda),
              },
            ]),
      ],
    },
  ],
});
