/**
 * @file Late fusion: what joint learning and the methods that balance it share. Encoders, embeddings, one linear head on all of them
 * side by side, cut into a slice for each modality.
 */
import { asLeaf, type Expr, topological } from "../graph/expr.ts";
import { add, concat, matmul, mul, reshape, split, stack, unstack } from "../graph/ops/index.ts";
import type { Module } from "../nn/module.ts";
import { type BuildInput, embed, embeddings, type Outputs, type Stage } from "./method.ts";

/** What late fusion gives. */
export interface LateFusion extends Outputs {
  /** Z_m, [M, B, E]. */
  readonly stacked: Expr;
  /** z_m W_m, [B, K] each: the logits are their sum and the bias. */
  readonly parts: readonly Expr[];
  /** Of the head: [M E, K] and [K]. */
  readonly weight: Expr;
  readonly bias: Expr;
}

/**
 * Logits [B, K] of one linear head on concatenated embeddings. The unimodal predictions are its slices u_m = z_m W_m + b / M,
 * which sum to the logits exactly. A slice is trained only through the sum, so it understates what a modality knows.
 * Parameters: `encoders.<modality>...`, `head.weight` [M E, K] (rows of a modality together, in order), `head.bias` [K].
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
  ).map((own, m) => matmul(z[m]!, own));
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
 * The same in evaluation form, inside a training graph, gradients on: itself where nothing is drawn, so that nothing is computed
 * twice.
 */
export function stillFusion(
  fusion: LateFusion,
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  embedding: number,
): LateFusion {
  const drawn = topological([fusion.stacked]).some((node) => asLeaf(node)?.kind === "noise");
  return drawn ? lateFusion({ ...input, scope: input.scope.still() }, encoders, embedding) : fusion;
}

/** One stage that trains everything on the loss of the prediction; what a method adds to it is spread over it. */
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
