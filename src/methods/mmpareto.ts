/**
 * @file MMPareto: joint learning with unimodal losses beside it, whose gradients on an encoder are summed where they agree and combined to
 * the shortest common descent direction where they do not, and then lengthened. The unimodal predictions are heads of their own.
 * Source: Wei, Hu: MMPareto: Boosting Multimodal Learning with Innocent Unimodal Assistance, ICML 2024; what is compared (all parameters of
 * an encoder), what is lengthened (each parameter by itself) and gamma are those of the authors' code.
 * Differs: more than two modalities work, each with its own pair of losses. Adam, the default here, cancels a constant gamma.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import { type Expr, topological } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import { add, div, greater, maximum, mul, sqrt, square, sub, sum, where } from "../graph/ops/index.ts";
import { crossEntropy } from "../nn/losses.ts";
import type { LateFusion } from "./late-fusion.ts";
import { defineMethod, embeddingOption, type MethodFactory } from "./method.ts";
import { multiLossFusion, multiLossStage } from "./multi-loss.ts";

/** Settings. */
export interface MmparetoOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
  /** How much the combined gradient is lengthened, 1.5 (the authors' code). */
  readonly gamma: number;
}

const schema: z.ZodType<MmparetoOptions, Loose<MmparetoOptions>> = z.strictObject({
  embedding: embeddingOption,
  gamma: z.number().positive().default(1.5),
});

/** Squared lengths below it are taken as it, so that a gradient of zeros divides by no zero. */
const SMALLEST = 1e-30;

/** Sum over parameters of the products of two gradients, []. */
function inner(a: readonly Expr[], b: readonly Expr[]): Expr {
  return a.map((own, i) => sum(mul(own, b[i]!))).reduce(add);
}

/**
 * The gradients of an encoder that the optimiser sees, in order, from those of the joint loss and of the unimodal loss: 2 a joint_i +
 * 2 (1 - a) unimodal_i, where a = 1/2 if the two point the same way and otherwise minimises the length of a joint + (1 - a) unimodal.
 * Each is then as long as joint_i + unimodal_i at least, times gamma.
 */
export function innocent(joint: readonly Expr[], unimodal: readonly Expr[], gamma: number): Expr[] {
  const agreement = inner(joint, unimodal);
  const [joints, unimodals] = [inner(joint, joint), inner(unimodal, unimodal)];
  const apart = maximum(sub(add(joints, unimodals), mul(agreement, 2)), SMALLEST);
  const a = where(greater(agreement, 0), 0.5, div(sub(unimodals, agreement), apart));
  return joint.map((own, i) => {
    const combined = mul(add(mul(a, own), mul(sub(1, a), unimodal[i]!)), 2);
    const uniform = sum(square(add(own, unimodal[i]!)));
    const length = maximum(sum(square(combined)), SMALLEST);
    return mul(combined, mul(maximum(sqrt(div(uniform, length)), 1), gamma));
  });
}

/** MMPareto. */
export const mmpareto: MethodFactory<Loose<MmparetoOptions>, LateFusion> = defineMethod({
  name: "mmpareto",
  summary: "unimodal losses whose gradients never work against the joint loss (ICML 2024)",
  schema,
  search: { gamma: [1, 1.5, 2] },
  build: (input, encoders, { embedding }) => multiLossFusion(input, encoders, embedding),
  stages: ({ gamma }, modalities) => [
    {
      ...multiLossStage(modalities, 1),
      modulate(gradients, out, _, { smoothed, nameOf }) {
        const parameters = topological([out.logits]).flatMap((node) => {
          const name = nameOf(node);
          return name.startsWith("encoders.") && gradients.has(name) ? [{ name, node }] : [];
        });
        const joint = grad(
          [{ value: crossEntropy(out.logits, smoothed), weights: [1] }],
          parameters.map(({ node }) => node),
        );
        const changed = modalities.flatMap((modality) => {
          const own = [...parameters.keys()].filter((i) => parameters[i]!.name.startsWith(`encoders.${modality}.`));
          const joints = own.map((i) => joint[i]!);
          // What the losses give in all, less the joint loss: the other modalities' losses do not reach this encoder.
          const unimodal = own.map((i, j) => sub(gradients.get(parameters[i]!.name)!, joints[j]!));
          return innocent(joints, unimodal, gamma).map((value, j) => [parameters[own[j]!]!.name, value] as const);
        });
        return Object.fromEntries(changed);
      },
    },
  ],
});
