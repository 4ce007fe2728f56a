/**
 * @file MMPareto: joint learning with additional unimodal losses. The two gradients of an encoder are summed if they agree and otherwise combined
 * to the shortest common descent direction, and then scaled up. The unimodal predictions are separate heads.
 * Source: Wei, Hu: MMPareto: Boosting Multimodal Learning with Innocent Unimodal Assistance, ICML 2024; that directions are compared over
 * all parameters of an encoder, that each parameter is scaled separately, and gamma follow the authors' code.
 * Differs: any number of modalities, each with a pair of losses. Adam, the default here, cancels a constant gamma.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import { type Expr, topological } from "../graph/expr.ts";
import { grad } from "../graph/grad.ts";
import { add, div, greater, maximum, mul, sqrt, square, sub, sum, where } from "../graph/ops/index.ts";
import {
  defineMethod,
  embeddingOption,
  everyTarget,
  type LateFusion,
  type MethodFactory,
  multiLossFusion,
  multiLossStage,
} from "./kit.ts";

export interface MmparetoOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Factor of the combined gradient. Default 1.5 (the authors' code). */
  readonly gamma: number;
}

const schema: z.ZodType<MmparetoOptions, Loose<MmparetoOptions>> = z.strictObject({
  embedding: embeddingOption,
  gamma: z.number().positive().default(1.5),
});

/** Lower bound of squared norms, which are divisors. */
const MIN_SQUARED_NORM = 1e-30;

/** Inner product of two gradients over all parameters, []. */
function inner(a: readonly Expr[], b: readonly Expr[]): Expr {
  return a.map((gradient, i) => sum(mul(gradient, b[i]!))).reduce(add);
}

/**
 * The modulated gradients of an encoder, in order, from those of the joint and the unimodal loss: 2 a joint_i + 2 (1 - a) unimodal_i, where
 * a = 1/2 if the inner product of the two is positive, and otherwise minimises the norm of a joint + (1 - a) unimodal. Each is then scaled
 * to at least the norm of joint_i + unimodal_i, and multiplied by gamma.
 */
export function innocent(joint: readonly Expr[], unimodal: readonly Expr[], gamma: number): Expr[] {
  const agreement = inner(joint, unimodal);
  const [joints, unimodals] = [inner(joint, joint), inner(unimodal, unimodal)];
  const apart = maximum(sub(add(joints, unimodals), mul(agreement, 2)), MIN_SQUARED_NORM);
  const a = where(greater(agreement, 0), 0.5, div(sub(unimodals, agreement), apart));
  return joint.map((gradient, i) => {
    const combined = mul(add(mul(a, gradient), mul(sub(1, a), unimodal[i]!)), 2);
    const uniform = sum(square(add(gradient, unimodal[i]!)));
    const length = maximum(sum(square(combined)), MIN_SQUARED_NORM);
    return mul(combined, mul(maximum(sqrt(div(uniform, length)), 1), gamma));
  });
}

export const mmpareto: MethodFactory<Loose<MmparetoOptions>, LateFusion> = defineMethod({
  name: "mmpareto",
  summary:
    "MMPareto: combines the gradients of joint and unimodal losses so that neither opposes the other (ICML 2024)",
  schema,
  targets: everyTarget,
  search: { gamma: [1, 1.5, 2] },
  build: (input, encoders, { embedding }) => multiLossFusion(input, encoders, embedding),
  stages: ({ gamma }, modalities) => [
    {
      ...multiLossStage(modalities, 1),
      modulate(gradients, out, _, { task, smoothed, nameOf }) {
        const parameters = topological([out.logits]).flatMap((node) => {
          const name = nameOf(node);
          return name.startsWith("encoders.") && gradients.has(name) ? [{ name, node }] : [];
        });
        const joint = grad(
          [{ value: task.loss(out.logits, smoothed), weights: [1] }],
          parameters.map(({ node }) => node),
        );
        const changed = modalities.flatMap((modality) => {
          const indexes = [...parameters.keys()].filter((i) => parameters[i]!.name.startsWith(`encoders.${modality}.`));
          const joints = indexes.map((i) => joint[i]!);
          // The total gradient minus that of the joint loss; the losses of other modalities do not depend on this encoder.
          const unimodal = indexes.map((i, j) => sub(gradients.get(parameters[i]!.name)!, joints[j]!));
          return innocent(joints, unimodal, gamma).map((value, j) => [parameters[indexes[j]!]!.name, value] as const);
        });
        return Object.fromEntries(changed);
      },
    },
  ],
});
