/**
 * @file I2M2: a product of experts, one for each modality and one for all modalities, which has separate encoders. Each expert is trained alone
 * first, then all together with a tenth of the learning rate. The unimodal predictions are the experts of the single modalities.
 * Source: Madaan, Makino, Chopra, Cho: Jointly Modeling Inter- & Intra-Modality Dependencies for Multi-modal Learning, NeurIPS 2024.
 * Differs: the last stage also trains the unimodal experts, which then fit the product rather than the target alone. No copies of the experts
 * from before that stage are kept, because a stage cannot store parameters twice; train with 0 epochs of `together` to get them.
 */
import * as z from "zod";
import type { Loose } from "../core/options.ts";
import type { Expr } from "../graph/expr.ts";
import { add, at, stack, sum } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  lateFusion,
  type MethodFactory,
  type Outputs,
  presence,
  probabilisticTargets,
  type Stage,
  type Task,
  wholeStage,
  zeroWhereMissing,
} from "./kit.ts";

export interface I2m2Options {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
}

const schema: z.ZodType<I2m2Options, Loose<I2m2Options>> = z.strictObject({ embedding: embeddingOption });

export interface I2m2Outputs extends Outputs {
  /** Outputs of the expert for all modalities, [B, K]. */
  readonly joint: Expr;
  /** Sum of the experts' predictions, [B, K]: the product up to a constant. */
  readonly product: Expr;
}

/**
 * The product of experts as outputs [B, K], not normalised: the unimodal ones of present modalities (`mask` [M, B, 1]), outputs [M, B, K], and
 * the joint one, [B, K]. Log-probabilities of classes, and log-odds of labels, are summed.
 */
export function product(task: Task, single: Expr, joint: Expr, mask?: Expr): Expr {
  return add(task.logProbs(joint), sum(zeroWhereMissing(task.logProbs(single), mask), 0));
}

/** I2M2. Parameters: `encoders.<modality>...` and `heads.<modality>`, as in an ensemble; `joint....`, as in joint learning. */
export const i2m2: MethodFactory<Loose<I2m2Options>, I2m2Outputs> = defineMethod({
  name: "i2m2",
  summary:
    "Inter- and Intra-Modality Modeling: a product of an expert for each modality and one for all (NeurIPS 2024)",
  schema,
  targets: probabilisticTargets,
  limit: "a product of experts multiplies probabilities",
  build(input, encoders, { embedding }): I2m2Outputs {
    const names = Object.keys(encoders);
    const z = embed(input, encoders, embedding);
    const heads = input.scope.child("heads");
    const unimodal = stack(names.map((name, m) => linear(heads.child(name), at(z, m), input.classes)));
    const all = lateFusion({ ...input, scope: input.scope.child("joint") }, encoders, embedding);
    const whole = product(input.task, unimodal, all.logits, presence(input, names));
    return {
      logits: input.task.logProbs(whole),
      unimodal,
      representations: { ...embeddings(z, names), ...embeddings(all.stacked, names, "joint") },
      joint: all.logits,
      product: whole,
    };
  },
  stages: (_, modalities): readonly Stage<I2m2Outputs>[] => [
    ...modalities.map(
      (modality, m): Stage<I2m2Outputs> => ({
        ...wholeStage,
        name: modality,
        trains: (parameter) =>
          parameter.startsWith(`encoders.${modality}.`) || parameter.startsWith(`heads.${modality}.`),
        terms: (out, target, { task }) => [
          { names: [`${task.term}.only.${modality}`], value: task.loss(at(out.unimodal, m), target), weights: [1] },
        ],
        prediction: (out) => at(out.unimodal, m),
      }),
    ),
    {
      ...wholeStage,
      name: "joint",
      trains: (parameter) => parameter.startsWith("joint."),
      terms: (out, target, { task }) => [
        { names: [`${task.term}.joint`], value: task.loss(out.joint, target), weights: [1] },
      ],
      prediction: (out) => out.joint,
    },
    {
      ...wholeStage,
      name: "together",
      terms: (out, target, { task }) => [
        { names: [`${task.term}.prediction`], value: task.loss(out.product, target), weights: [1] },
      ],
      epochs: 20,
      learningRate: 1e-4,
    },
  ],
});
