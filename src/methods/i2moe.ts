/**
 * @file I2MoE: a mixture of interaction experts, one for the unique information of each modality, one for synergy, one for redundancy, with a
 * gate that weights them for each sample. Experts specialise by losses on inputs with a modality replaced: an output should change if and only
 * if the expert's information is removed. The components are the experts; a unimodal prediction has the other embeddings at their means.
 * Source: Xin, Yun, Peng, Choi, Ballard, Chen, Long: I2MoE: Interpretable Multimodal Interaction-aware Mixture-of-Experts, ICML 2025; the losses
 * are those of the authors' code.
 * Differs: encoders here return vectors, so an expert is an MLP on the concatenated embeddings (published: transformers and sparse mixtures).
 * Experts share their encoders, as published. Experts and gate have the width of the embeddings and no dropout.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  broadcastTo,
  concat,
  div,
  maximum,
  mean,
  mul,
  relu,
  reshape,
  slice,
  softmax,
  sqrt,
  square,
  stack,
  sub,
  sum,
  transpose,
  unstack,
} from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import {
  type BuildInput,
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  expandAs,
  gatedComponents,
  type MethodFactory,
  type Outputs,
  perceptron,
  type Stage,
  wholeStage,
} from "./kit.ts";

export interface I2moeOptions {
  /** Width E of embeddings, experts and gate. Default 64. */
  readonly embedding: number;
  /** Weight of the mean interaction loss. Default 0.1; the authors' program uses 0.01, their scripts 0.1 to 0.5. With 0 experts do not specialise. */
  readonly interaction: number;
  /** Temperature of the gate's softmax. Default 1 (published). */
  readonly temperature: number;
}

const schema: z.ZodType<I2moeOptions, Loose<I2moeOptions>> = z.strictObject({
  embedding: embeddingOption,
  interaction: z.number().min(0).default(0.1),
  temperature: z.number().positive().default(1),
});

export interface I2moeOutputs extends Outputs {
  /** Z_m, [M, B, E]. */
  readonly stacked: Expr;
  readonly components: NonNullable<Outputs["components"]>;
  /** Outputs [C, N, K] of the experts, in the order of the components, for concatenated embeddings [C, N, M E]. */
  experts(features: Expr): Expr;
}

/** The margin of the triplet loss, and lower bounds of norms (defaults of the authors' code and of its library). */
const MARGIN = 1;
const EPSILON = 1e-7;
const SHORTEST = 1e-12;

/** Mean over the batch of max(|a - p| - |a - n| + 1, 0), [], from outputs [B, K]: the anchor a, p, which should be near it, and n, which should not. */
export function triplet(anchor: Expr, near: Expr, far: Expr): Expr {
  const distance = (other: Expr): Expr => sqrt(sum(square(add(sub(anchor, other), EPSILON)), -1));
  return mean(relu(add(sub(distance(near), distance(far)), MARGIN)));
}

/** Mean cosine similarity of outputs [B, K] over the batch, []. */
export function cosine(a: Expr, b: Expr): Expr {
  const length = (x: Expr): Expr => maximum(sqrt(add(sum(square(x), -1), SHORTEST ** 2)), SHORTEST);
  return mean(div(sum(mul(a, b), -1), mul(length(a), length(b))));
}

/**
 * The interaction losses, [C], from each expert's outputs: for the complete input [C, B, K], and with modality m replaced [C, M, B, K]. A unique
 * expert should change more if its own modality is replaced than if another one is (triplet loss, mean over the others); synergy should change
 * for every modality (the cosine is minimised); redundancy should not change (1 - cosine).
 */
export function interactionLosses(whole: Expr, replaced: Expr): Expr {
  const anchors = unstack(whole);
  const variants = unstack(replaced).map((outputs) => unstack(outputs));
  const last = anchors.length - 1;
  const average = (values: readonly Expr[]): Expr => mul(values.reduce(add), 1 / values.length);
  const alike = (c: number): Expr => average(variants[c]!.map((variant) => cosine(anchors[c]!, variant)));
  const unique = anchors.slice(1, last).map((anchor, m) => {
    const far = variants[m + 1]![m]!;
    return average(variants[m + 1]!.flatMap((near, j) => (j === m ? [] : [triplet(anchor, near, far)])));
  });
  return stack([sub(1, alike(0)), ...unique, alike(last)]);
}

/** Concatenated embeddings for each expert with one modality replaced by noise, from Z [M, B, E]: [C, M B, M E], ordered by the replaced modality first. */
export function replacing(stacked: Expr, noise: Expr): Expr {
  const [, batch, width] = stacked.shape as [number, number, number];
  const [experts] = noise.shape as [number];
  const z = unstack(stacked).map((values) => broadcastTo(reshape(values, [1, batch, width]), [experts, batch, width]));
  const variants = z.map((_, m) => {
    const drawn = reshape(slice(noise, 1, m, 1), [experts, batch, width]);
    return concat(z.with(m, drawn), -1);
  });
  return concat(variants, 1);
}

/**
 * Builds the experts and the gate. Parameters: `encoders.<modality>...`, `experts.inner.weight` [C, M E, E], `experts.inner.bias` [C, 1, E],
 * `experts.outer.weight` [C, E, K], `experts.outer.bias` [C, 1, K], `gate.0...`, `gate.1...`, and the statistic `mean` [M, 1, E].
 */
function mixture(input: BuildInput, width: number, names: readonly string[], temperature: number) {
  const { scope, classes } = input;
  const expertScope = scope.child("experts");
  const experts = (features: Expr): Expr =>
    linear(expertScope.child("outer"), relu(linear(expertScope.child("inner"), features, width)), classes);
  const answer = (z: readonly Expr[]) => {
    const features = concat(z, -1);
    const gate = softmax(mul(perceptron(scope.child("gate"), features, [width], names.length), 1 / temperature)); // [B, C]
    const logits = experts(stack(names.map(() => features))); // [C, B, K]
    const shares = reshape(transpose(gate, [1, 0]), [names.length, gate.shape[0]!, 1]);
    return { logits: sum(mul(logits, shares), 0), components: gatedComponents(names, logits, gate, input.prior()) };
  };
  return { experts, answer };
}

export const i2moe: MethodFactory<Loose<I2moeOptions>, I2moeOutputs> = defineMethod({
  name: "i2moe",
  summary:
    "Interpretable Multimodal Interaction-aware Mixture of Experts: one for each kind of information (ICML 2025)",
  schema,
  limit: "it compares class logits by their directions, which single values do not have",
  search: { interaction: [0.01, 0.1, 0.5] },
  build(input, encoders, { embedding, temperature }) {
    const modalities = Object.keys(encoders);
    const names = ["redundant", ...modalities.map((name) => `unique_${name}`), "synergistic"];
    const stacked = embed(input, encoders, embedding);
    const z = unstack(stacked);
    const means = unstack(input.scope.statistic("mean", [z.length, 1, embedding], 0));
    const muted = z.map((values, m) => expandAs(means[m]!, values));
    const { experts, answer } = mixture(input, embedding, names, temperature);
    return {
      ...answer(z),
      unimodal: stack(z.map((values, m) => answer(muted.with(m, values)).logits)),
      statistics: { mean: stacked },
      representations: embeddings(stacked, modalities),
      stacked,
      experts,
    };
  },
  stages: ({ interaction }): readonly Stage<I2moeOutputs>[] => [
    {
      ...wholeStage,
      terms(out, target, context) {
        const { task } = context;
        const { stacked, components, experts } = out;
        const prediction = { names: [`${task.term}.prediction`], value: task.loss(out.logits, target), weights: [1] };
        if (interaction === 0) return [prediction];
        const [modalities, batch, width] = stacked.shape as [number, number, number];
        const count = components.names.length;
        const noise = context.noise("replacement", [count, modalities, batch, width]);
        const outputs = experts(replacing(stacked, noise)); // [C, M B, K]
        const replaced = reshape(outputs, [count, modalities, batch, target.shape[1]!]);
        return [
          prediction,
          {
            names: components.names.map((name) => `interaction.${name}`),
            value: interactionLosses(components.logits, replaced),
            weights: components.names.map(() => interaction / count),
          },
        ];
      },
    },
  ],
});
