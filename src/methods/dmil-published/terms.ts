/** @file Loss terms of both forms of DMIL as published. Source: paper, section 3; coefficients of the reference code. */
import type { Expr } from "../../graph/expr.ts";
import { concat, stack } from "../../graph/ops/index.ts";
import type { Task, Terms } from "../kit.ts";
import type { PublishedOutputs } from "./model.ts";
import type { PublishedLoss } from "./options.ts";

export const repeat = (n: number, value: number): number[] => new Array<number>(n).fill(value);

/** A stack of predictions [S, B, K] whose losses have one weight. */
export interface LossGroup {
  readonly names: readonly string[];
  readonly logits: Expr;
  readonly weight: number;
}

/** The prediction of the model. */
export const whole = (out: PublishedOutputs): LossGroup => ({
  names: ["prediction"],
  logits: stack([out.logits]),
  weight: 1,
});

/** The unimodal predictions. */
export const heads = (out: PublishedOutputs, modalities: readonly string[], weight: number): LossGroup => ({
  names: modalities.map((modality) => `only.${modality}`),
  logits: out.unimodal,
  weight,
});

/** The predictions of the components. */
export const components = ({ components }: PublishedOutputs, weight: number): LossGroup => ({
  names: components.names,
  logits: components.logits,
  weight,
});

/** Losses of several stacks of predictions as one vector of terms; the name of the loss is the prefix of their names. */
export function losses(task: Task, target: Expr, groups: readonly LossGroup[]): Terms {
  return {
    names: groups.flatMap((group) => group.names.map((name) => `${task.term}.${name}`)),
    value: task.loss(
      concat(
        groups.map((group) => group.logits),
        0,
      ),
      target,
    ),
    weights: groups.flatMap((group) => repeat(group.names.length, group.weight)),
  };
}

/** KL and reconstruction terms of the intra level; `reconstruction` is a coefficient. */
export function intraTerms(
  { intra }: PublishedOutputs,
  modalities: readonly string[],
  { lambda, predictiveKl, residualKl }: PublishedLoss,
  reconstruction: number,
): Terms[] {
  if (intra === undefined) return [];
  const divergences: Terms[] =
    intra.kl === undefined
      ? []
      : [
          {
            names: modalities.flatMap((name) => [`kl.predictive.${name}`, `kl.residual.${name}`]),
            value: intra.kl,
            weights: modalities.flatMap(() => [lambda * predictiveKl, lambda * residualKl]),
          },
        ];
  return [
    ...divergences,
    {
      names: modalities.map((name) => `reconstruction.embedding.${name}`),
      value: intra.reconstruction,
      weights: repeat(modalities.length, lambda * reconstruction),
    },
  ];
}

/** KL, alignment and reconstruction terms of the consistency level; `reconstruction` is a coefficient. */
export function consistencyTerms(
  { consistency }: PublishedOutputs,
  modalities: readonly string[],
  loss: PublishedLoss,
  reconstruction: number,
): Terms[] {
  if (consistency === undefined) return [];
  const { kl, alignment } = consistency;
  const byModality = (name: string, value: Expr, weight: number): Terms => ({
    names: modalities.map((modality) => `${name}.${modality}`),
    value,
    weights: repeat(modalities.length, loss.lambda * weight),
  });
  return [
    ...(kl === undefined
      ? []
      : [
          { names: ["kl.redundant"], value: kl.redundant, weights: [loss.lambda * loss.redundantKl] },
          byModality("kl.unique", kl.unique, loss.uniqueKl),
        ]),
    byModality("alignment", alignment, loss.alignment),
    byModality("reconstruction.predictive", consistency.reconstruction, reconstruction),
  ];
}
