/**
 * @file I2MoE: a mixture of interaction experts, one for what each modality gives alone, one for synergy, one for redundancy, and a gate that
 * weighs them sample by sample. What an expert stands for is taught by taking modalities away: its output should change when, and only when,
 * what it stands for goes. The components are the experts; the unimodal predictions are the whole with the other embeddings at their means.
 * Source: Xin, Yun, Peng, Choi, Ballard, Chen, Long: I2MoE: Interpretable Multimodal Interaction-aware Mixture-of-Experts, ICML 2025; the losses
 * are those of the authors' code.
 * Differs: encoders here give vectors, so an expert is a perceptron on the embeddings side by side (published: transformers and sparse
 * mixtures); experts share their encoders, as published, and have the width of the embeddings, as has the gate, without dropout of their own.
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
import { perceptron } from "./heads.ts";
import { wholeStage } from "./late-fusion.ts";
import {
  type BuildInput,
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  gatedComponents,
  type MethodFactory,
  type Outputs,
} from "./method.ts";

/** Settings. */
export interface I2moeOptions {
  /** E, the width of embeddings, experts and gate, 64. */
  readonly embedding: number;
  /** Weight of the mean interaction loss, 0.1; the authors' program has 0.01, their scripts try 0.1 to 0.5. 0: experts are told nothing. */
  readonly interaction: number;
  /** The gate's softmax divides by it, 1 (published). */
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
  /** Outputs [C, N, K] of the experts, in the order of the components, on embeddings side by side, [C, N, M E]. */
  experts(features: Expr): Expr;
}

/** The margin of the triplet loss, and what keeps lengths from zero (the authors' code and its library's defaults). */
const MARGIN = 1;
const EPSILON = 1e-7;
const SHORTEST = 1e-12;

/** Mean over the batch of max(|a - p| - |a - n| + 1, 0), []: outputs [B, K] of an anchor, one that should be near it and one that should not. */
export function triplet(anchor: Expr, near: Expr, far: Expr): Expr {
  const distance = (other: Expr): Expr => sqrt(sum(square(add(sub(anchor, other), EPSILON)), -1));
  return mean(relu(add(sub(distance(near), distance(far)), MARGIN)));
}

/** Mean over the batch of the cosine between outputs [B, K], []. */
export function cosine(a: Expr, b: Expr): Expr {
  const length = (x: Expr): Expr => maximum(sqrt(add(sum(square(x), -1), SHORTEST ** 2)), SHORTEST);
  return mean(div(sum(mul(a, b), -1), mul(length(a), length(b))));
}

/**
 * The interaction losses, [C], from each expert's outputs: whole [C, B, K] and with modality m replaced [C, M, B, K]. A unique expert is to
 * change more when its own modality goes than when another does (triplet loss, mean over the others); synergy is to change whichever goes (its
 * cosine falls); redundancy is not to change (1 - cosine).
 */
export function interactionLosses(whole: Expr, replaced: Expr): Expr {
  const anchors = unstack(whole);
  const variants = unstack(replaced).map((own) => unstack(own));
  const last = anchors.length - 1;
  const average = (values: readonly Expr[]): Expr => mul(values.reduce(add), 1 / values.length);
  const alike = (c: number): Expr => average(variants[c]!.map((own) => cosine(anchors[c]!, own)));
  const unique = anchors.slice(1, last).map((anchor, m) => {
    const far = variants[m + 1]![m]!;
    return average(variants[m + 1]!.flatMap((near, j) => (j === m ? [] : [triplet(anchor, near, far)])));
  });
  return stack([sub(1, alike(0)), ...unique, alike(last)]);
}

/** Embeddings side by side for each expert, with modality m replaced by noise: [C, M B, M E], the replaced modality outermost, from Z [M, B, E]. */
export function replacing(stacked: Expr, noise: Expr): Expr {
  const [, batch, width] = stacked.shape as [number, number, number];
  const [experts] = noise.shape as [number];
  const z = unstack(stacked).map((own) => broadcastTo(reshape(own, [1, batch, width]), [experts, batch, width]));
  const variants = z.map((_, m) => {
    const drawn = reshape(slice(noise, 1, m, 1), [experts, batch, width]);
    return concat(z.with(m, drawn), -1);
  });
  return concat(variants, 1);
}

/**
 * Experts and gate on embeddings. Parameters: `encoders.<modality>...`, `experts.inner.weight` [C, M E, E], `experts.inner.bias` [C, 1, E],
 * `experts.outer.weight` [C, E, K], `experts.outer.bias` [C, 1, K], `gate.0...`, `gate.1...`, and the stored means `mean` [M, 1, E].
 */
function mixture(input: BuildInput, width: number, names: readonly string[], temperature: number) {
  const { scope, classes } = input;
  const own = scope.child("experts");
  const experts = (features: Expr): Expr =>
    linear(own.child("outer"), relu(linear(own.child("inner"), features, width)), classes);
  const answer = (z: readonly Expr[]) => {
    const features = concat(z, -1);
    const gate = softmax(mul(perceptron(scope.child("gate"), features, [width], names.length), 1 / temperature)); // [B, C]
    const logits = experts(stack(names.map(() => features))); // [C, B, K]
    const shares = reshape(transpose(gate, [1, 0]), [names.length, gate.shape[0]!, 1]);
    return { logits: sum(mul(logits, shares), 0), components: gatedComponents(names, logits, gate, input.prior()) };
  };
  return { experts, answer };
}

/** I2MoE. */
export const i2moe: MethodFactory<Loose<I2moeOptions>, I2moeOutputs> = defineMethod({
  name: "i2moe",
  summary: "a mixture of experts for unique, synergistic and redundant information (ICML 2025)",
  schema,
  search: { interaction: [0.01, 0.1, 0.5] },
  build(input, encoders, { embedding, temperature }) {
    const modalities = Object.keys(encoders);
    const names = ["redundant", ...modalities.map((name) => `unique_${name}`), "synergistic"];
    const stacked = embed(input, encoders, embedding);
    const z = unstack(stacked);
    const means = unstack(input.scope.statistic("mean", [z.length, 1, embedding], 0));
    // A row for each sample, also where no sample has a say.
    const muted = z.map((own, m) => add(mul(own, 0), means[m]!));
    const { experts, answer } = mixture(input, embedding, names, temperature);
    return {
      ...answer(z),
      unimodal: stack(z.map((own, m) => answer(muted.with(m, own)).logits)),
      statistics: { mean: stacked },
      representations: embeddings(stacked, modalities),
      stacked,
      experts,
    };
  },
  stages: ({ interaction }) => [
    {
      ...wholeStage,
      terms(out, target, context) {
        const { task } = context;
        const { stacked, components, experts } = out as I2moeOutputs;
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
