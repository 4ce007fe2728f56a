/**
 * @file Functional-entropy regularisation: makes the prediction depend on every modality by maximising a functional Fisher information of
 * each. The unimodal predictions are slices of the head.
 * Source: Gat, Schwartz, Schwing, Hazan: Removing Bias in Multi-modal Classifiers: Regularization by Maximizing Functional Entropies,
 * NeurIPS 2020.
 * Differs: embeddings are perturbed instead of inputs, so second derivatives involve only the head. The information is computed per sample;
 * the authors' code takes gradients of a batch mean and so depends on the batch size. Therefore lambda has another scale. The unperturbed
 * prediction is detached. Deviations divide by N, where the authors' code divides by N - 1. 1 / I is replaced by 1 / (I + 0.001), so that the loss of an ignored modality is finite.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import {
  add,
  concat,
  div,
  exp,
  log,
  matmul,
  maximum,
  mean,
  mul,
  neg,
  relu,
  reshape,
  sign,
  softmax,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  unstack,
} from "../graph/ops/index.ts";
import { defineMethod, embeddingOption, type LateFusion, lateFusion, type MethodFactory, wholeStage } from "./kit.ts";

export interface FeOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Weight of the regulariser; 0 is joint learning. */
  readonly lambda: number;
  /** Number of perturbed copies of a sample. Default 3 (the authors use 3 or 10). */
  readonly copies: number;
  /** Use the functional variance instead of the entropy: the information is not divided by the loss. Default false. */
  readonly variance: boolean;
}

const schema: z.ZodType<FeOptions, Loose<FeOptions>> = z.strictObject({
  embedding: embeddingOption,
  lambda: z.number().min(0).default(1e-3),
  copies: z.int().positive().default(3),
  variance: z.boolean().default(false),
});

/** Lower bound of a loss used as a divisor, and the constant that is added to the information. */
const MIN_LOSS = 1e-6;
const MIN_INFORMATION = 1e-3;

/** Elementwise binary cross-entropy in nats of logits x and probabilities t: log(1 + e^x) - x t, without overflow. */
function binaryCrossEntropy(logits: Expr, shares: Expr): Expr {
  const size = mul(logits, sign(logits));
  return sub(add(relu(logits), log(add(exp(neg(size)), 1))), mul(logits, shares));
}

/**
 * Functional Fisher information of each modality, [M]: the squared gradient of the loss f (binary cross-entropy against the unperturbed
 * prediction, mean over classes) with respect to a sample's embedding, divided by f, mean over samples and copies. `noise` is
 * [n, B, M E], standard normal; it is scaled by each element's standard deviation over the batch.
 */
export function information(
  { stacked, logits, weight, bias }: Pick<LateFusion, "stacked" | "logits" | "weight" | "bias">,
  noise: Expr,
  variance: boolean,
): Expr {
  const [modalities, , width] = stacked.shape as [number, number, number];
  const [copies, batch, all] = noise.shape as [number, number, number];
  const z = concat(unstack(stacked), -1); // [B, M E]
  const deviation = stopGradient(sqrt(add(mean(square(sub(z, mean(z, 0, true))), 0), 1e-12)));
  const perturbed = reshape(add(z, mul(noise, deviation)), [copies * batch, all]);
  const moved = reshape(matmul(perturbed, weight, { bias }), [copies, batch, logits.shape[1]!]);
  const f = mean(binaryCrossEntropy(moved, stopGradient(softmax(logits))), -1); // [n, B]
  const [gradient] = grad([{ value: f, weights: new Array<number>(copies * batch).fill(1) }], [perturbed]);
  const sizes = sum(square(reshape(gradient!, [copies, batch, modalities, width])), -1); // [n, B, M]
  return mean(variance ? sizes : div(sizes, reshape(maximum(f, MIN_LOSS), [copies, batch, 1])), [0, 1]);
}

/** R = || (1 / I_m)_m ||, []. */
export function regulariser(informations: Expr): Expr {
  return sqrt(sum(square(div(1, add(informations, MIN_INFORMATION)))));
}

export const fe: MethodFactory<Loose<FeOptions>, LateFusion> = defineMethod({
  name: "fe",
  summary: "Functional Entropy regularisation: keeps the prediction sensitive to every modality (NeurIPS 2020)",
  schema,
  limit: "it perturbs class probabilities",
  search: { lambda: [1e-4, 1e-3, 1e-2] },
  build: (input, encoders, { embedding }) => lateFusion(input, encoders, embedding),
  stages: ({ lambda, copies, variance }) => [
    {
      ...wholeStage,
      terms(out, target, context) {
        const plain = wholeStage.terms(out, target, context);
        if (lambda === 0) return plain;
        const [modalities, batch, width] = out.stacked.shape as [number, number, number];
        const noise = context.noise("perturbation", [copies, batch, modalities * width]);
        const value = regulariser(information(out, noise, variance));
        return [...plain, { names: ["entropy"], value, weights: [lambda] }];
      },
    },
  ],
});
