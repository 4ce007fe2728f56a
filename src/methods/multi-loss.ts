/**
 * @file Late fusion with an additional linear head for every modality, shared by MLB, MMML and MCR. The unimodal predictions are those
 * heads. Parameters: those of late fusion, `heads.weight` [M, E, K] and `heads.bias` [M, 1, K].
 */
import type { Expr } from "../graph/expr.ts";
import { concat, stack } from "../graph/ops/index.ts";
import { linear } from "../nn/linear.ts";
import type { Module } from "../nn/module.ts";
import type { Task } from "../targets/task.ts";
import { type LateFusion, lateFusion, wholeStage } from "./late-fusion.ts";
import type { BuildInput, Outputs, Stage, Terms } from "./method.ts";

/** Late fusion whose unimodal predictions are separate heads. */
export function multiLossFusion(
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  embedding: number,
): LateFusion {
  const fusion = lateFusion(input, encoders, embedding);
  return { ...fusion, unimodal: linear(input.scope.child("heads"), fusion.stacked, input.classes) };
}

/** Losses of the prediction, weight 1, and of the unimodal predictions, `weight` each (none if it is 0). */
export function multiLossTerms(
  task: Task,
  { logits, unimodal }: Outputs,
  target: Expr,
  modalities: readonly string[],
  weight: number,
): Terms {
  const whole = stack([logits]);
  return {
    names: ["prediction", ...(weight === 0 ? [] : modalities.map((name) => `only.${name}`))].map(
      (name) => `${task.term}.${name}`,
    ),
    value: task.loss(weight === 0 ? whole : concat([whole, unimodal], 0), target),
    weights: [1, ...(weight === 0 ? [] : modalities.map(() => weight))],
  };
}

/** One stage that trains all parameters on these losses. */
export function multiLossStage(modalities: readonly string[], weight: number): Stage<Outputs> {
  return { ...wholeStage, terms: (out, target, { task }) => [multiLossTerms(task, out, target, modalities, weight)] };
}
