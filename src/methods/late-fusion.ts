/**
 * @file Late fusion, the model of joint learning and of the methods that balance it: encoders, embeddings, and one linear head on the
 * concatenated embeddings, which has a slice for each modality.
 */
import { asLeaf, type Expr, topological } from "../graph/expr.ts";
import { add, concat, matmul, mul, reshape, split, stack, unstack } from "../graph/ops/index.ts";
import type { Module } from "../nn/module.ts";
import { embed, embeddings } from "./embed.ts";
import type { BuildInput, Outputs, Stage } from "./method.ts";

/** Outputs of late fusion. */
export interface LateFusion extends Outputs {
  /** Z_m, [M, B, E]. */
  readonly stacked: Expr;
  /** z_m W_m, [B, K] each: the logits are their sum plus the bias. */
  readonly parts: readonly Expr[];
  /** Weight [M E, K] and bias [K] of the head. */
  readonly weight: Expr;
  readonly bias: Expr;
}

/**
 * Logits [B, K] of one linear head on concatenated embeddings. The unimodal predictions are its slices u_m = z_m W_m + b / M,
 * whose sum equals the logits. A slice is trained only through the sum, so it underestimates the information of its modality.
 * Parameters: `encoders.<modality>...`, `head.weight` [M E, K] (the rows of each modality are contiguous, in order), `head.bias` [K].
 */
export function lateFusion(
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  embedding: number,
): LateFusion {
  const stacked = embed(input, encoders, embedding);
  const z = unstack(stacked);
  const width = z.length * embedding;
  const head = input.scope.child("head");
  const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  const weight = head.parameter("weight", [width, input.classes], init);
  const bias = head.parameter("bias", [input.classes], init);
  const share = reshape(mul(bias, 1 / z.length), [1, input.classes]);
  const parts = split(
    weight,
    0,
    z.map(() => embedding),
  ).map((slice, m) => matmul(z[m]!, slice));
  return {
    logits: matmul(concat(z, -1), weight, { bias }),
    unimodal: stack(parts.map((part) => add(part, share))),
    representations: embeddings(stacked, Object.keys(encoders)),
    stacked,
    parts,
    weight,
    bias,
  };
}

/**
 * Late fusion in evaluation mode inside a training graph, with gradients. If the training graph has no noise, it is returned itself, so
 * that nothing is computed twice.
 */
export function evalFusion(
  fusion: LateFusion,
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  embedding: number,
): LateFusion {
  const drawn = topological([fusion.stacked]).some((node) => asLeaf(node)?.kind === "noise");
  return drawn ? lateFusion({ ...input, scope: input.scope.eval() }, encoders, embedding) : fusion;
}

/** One stage that trains all parameters on the loss of the prediction. Methods extend it by object spread. */
export const wholeStage: Stage<Outputs> = {
  name: "whole",
  trains: () => true,
  terms: (out, target, { task }) => [
    { names: [`${task.term}.prediction`], value: task.loss(out.logits, target), weights: [1] },
  ],
  prediction: (out) => out.logits,
  epochs: 40,
  learningRate: 1e-3,
  schedule: { kind: "plateau", factor: 0.1, patience: 10 },
};
