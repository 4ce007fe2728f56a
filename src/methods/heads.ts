/**
 * @file Fusion heads of joint learning besides the linear one; a head computes one prediction from all embeddings. All but the sum are deep:
 * their logits are not a sum over modalities, so the unimodal prediction of a modality is that of the head with the embeddings of the others
 * replaced by their training mean (a stored statistic).
 * Sources: sum, gated, film: the fusion baselines of Peng et al., CVPR 2022 (film: Perez et al., AAAI 2018; gated: Kiela et al.,
 * AAAI 2018); bilinear: Kim et al., Hadamard Product for Low-rank Bilinear Pooling, ICLR 2017.
 * Differs: with more than two modalities the first gates, or modulates, the sum of the others. Bilinear: factors have biases, so the product
 * also has terms of single modalities, and there is no tanh.
 */
import type { Expr } from "../graph/expr.ts";
import { add, concat, mul, relu, sigmoid, split, stack, sum, unstack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import type { Module, Scope } from "../nn/module.ts";
import { embed, embeddings, expandAs } from "./embed.ts";
import type { BuildInput, Outputs } from "./method.ts";

/** Logits [B, K] from embeddings Z_m [B, E] each, in order. */
export type Fuse = (scope: Scope, z: readonly Expr[], classes: number) => Expr;

/** Linear layers [B, in] to [B, out], with ReLU after each of the `hidden` widths; without any, one linear layer. */
export function perceptron(scope: Scope, x: Expr, hidden: readonly number[], out: number): Expr {
  const inner = hidden.reduce((below, width, i) => relu(linear(scope.child(String(i)), below, width)), x);
  return linear(hidden.length === 0 ? scope : scope.child(String(hidden.length)), inner, out);
}

const widthOf = (z: readonly Expr[]): number => z[0]!.shape[1]!;

/** The deep heads; their hidden layers have width E. */
export const deepHeads: Readonly<Record<"mlp" | "gated" | "film" | "bilinear", Fuse>> = {
  /** An MLP with one hidden layer on the concatenated embeddings. */
  mlp: (scope, z, classes) => perceptron(scope, concat(z, -1), [widthOf(z)], classes),

  /** sigmoid(A z_1) (B z_2 + ...), then a linear layer. */
  gated(scope, z, classes) {
    const [first, ...others] = unstack(linear(scope.child("inner"), stack(z), widthOf(z)));
    return linear(scope.child("outer"), mul(sigmoid(first!), others.reduce(add)), classes);
  },

  /** scale(z_1) (z_2 + ...) + shift(z_1), then a linear layer. */
  film(scope, z, classes) {
    const [first, ...others] = z;
    const width = widthOf(z);
    const [scale, shift] = split(linear(scope.child("modulation"), first!, 2 * width), 1, [width, width]);
    return linear(scope.child("outer"), add(mul(scale!, others.reduce(add)), shift!), classes);
  },

  /** The product of all A_m z_m + a_m, of rank E, then a linear layer. */
  bilinear(scope, z, classes) {
    const factors = unstack(linear(scope.child("factors"), stack(z), widthOf(z)));
    return linear(scope.child("outer"), factors.reduce(mul), classes);
  },
};

/** Joint learning with a deep head: parameters `head....`, and the statistic `head.mean` [M, 1, E]. */
export function deepFusion(
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  embedding: number,
  fuse: Fuse,
): Outputs {
  const { scope, classes } = input;
  const stacked = embed(input, encoders, embedding);
  const head = scope.child("head");
  const z = unstack(stacked);
  const means = unstack(head.statistic("mean", [z.length, 1, embedding], 0));
  const muted = z.map((values, m) => expandAs(means[m]!, values));
  const alone = z.map((values, m) => muted.with(m, values));
  return {
    logits: fuse(head, z, classes),
    unimodal: stack(alone.map((features) => fuse(head.eval(), features, classes))),
    statistics: { "head.mean": stacked },
    representations: embeddings(stacked, Object.keys(encoders)),
  };
}

/** The sum of one linear head per modality: late fusion with a different initialisation. The unimodal predictions are its terms. */
export function sumFusion(input: BuildInput, encoders: Readonly<Record<string, Module>>, embedding: number): Outputs {
  const stacked = embed(input, encoders, embedding);
  const unimodal = linear(input.scope.child("head"), stacked, input.classes);
  return { logits: sum(unimodal, 0), unimodal, representations: embeddings(stacked, Object.keys(encoders)) };
}
