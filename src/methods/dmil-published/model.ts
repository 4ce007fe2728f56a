/** @file DMIL as published, as one graph: encoders, the two levels of decomposition, synergy, heads, gate. Symbols: docs/notation.md. */
import type { Expr } from "../../graph/expr.ts";
import { concat, greater, stack, sum } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import type { Module } from "../../nn/module.ts";
import {
  type BuildInput,
  embed,
  embeddings,
  gatedComponents,
  type Outputs,
  presence,
  priorWhereMissing,
} from "../method.ts";
import { type Consistency, consistency } from "./consistency.ts";
import { aggregate, gate } from "./gate.ts";
import { type Intra, intra } from "./intra.ts";
import type { PublishedOptions } from "./options.ts";
import { purifiedSynergy, synergy, synergyLogits } from "./synergy.ts";
import { type Teaching, teach } from "./teacher.ts";

export interface PublishedOutputs extends Outputs {
  readonly components: NonNullable<Outputs["components"]>;
  /** Absent with `levels: "cd"`. */
  readonly intra?: Intra;
  /** Absent with `levels: "id"`. */
  readonly consistency?: Consistency;
  /** Present with purified synergy, like the prior [K]. */
  readonly teaching?: Teaching;
  readonly prior?: Expr;
  /** For values, [1, B, K]: only the purified synergy. The prediction of S also has the additive part. */
  readonly pure?: Expr;
}

/** Names of the components, in the order of all stacks: redundant, unique_<modality>, synergistic. */
export function componentNames(modalities: readonly string[], levels: PublishedOptions["levels"]): string[] {
  const unique = modalities.map((name) => `unique_${name}`);
  return [...(levels === "id" ? [] : ["redundant"]), ...unique, "synergistic"];
}

/**
 * Builds the model. With `levels: "id"` the predictive parts M_m are the unique components and there is no redundant one; with
 * `levels: "cd"` the embeddings Z_m are used instead of both M_m and N_m.
 */
export function buildPublished(
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  options: PublishedOptions,
): PublishedOutputs {
  const { scope, classes } = input;
  const { levels, variational, embedding } = options;
  const names = Object.keys(encoders);
  const z = embed(input, encoders, embedding);
  const mask = presence(input, names);
  const first = levels === "cd" ? undefined : intra(scope.child("intra"), z, classes, variational, mask);
  const predictive = first?.predictive ?? z;
  const second = levels === "id" ? undefined : consistency(scope.child("consistency"), predictive, variational, mask);
  const unimodalLogits = first?.logits ?? linear(scope.child("intra").child("heads"), z, classes);
  const unimodal = priorWhereMissing(input, unimodalLogits, mask);
  // R and the U_m; S is the last component.
  const lower = [...(second === undefined ? [] : [stack([second.redundant])]), second?.unique ?? predictive];
  const heads = scope.child("heads");
  const fused =
    options.synergy === "purified"
      ? purified(input, unimodal, first?.residualMean ?? z, options, second !== undefined, mask)
      : undefined;
  const s = fused?.representation ?? synergy(scope.child("synergy"), first?.residual ?? z);
  // Purified synergy has a separate head, so the other heads read the lower components as one node.
  const lowerParts = fused === undefined ? lower : [concat(lower, 0)];
  const parts = concat([...lowerParts, stack([s])], 0);
  const predictions =
    fused === undefined
      ? linear(heads, parts, classes)
      : concat([linear(heads, lowerParts[0]!, classes), stack([fused.answer])], 0);
  const available = mask && possible(mask, second !== undefined);
  const logits = priorWhereMissing(input, predictions, available);
  const shares = gate(scope.child("gate"), parts, available);
  return {
    logits: aggregate(shares, logits),
    unimodal,
    components: gatedComponents(componentNames(names, levels), logits, shares, input.prior()),
    ...(first !== undefined && { intra: first }),
    ...(second !== undefined && { consistency: second }),
    ...(fused !== undefined && {
      teaching: fused.teaching,
      prior: fused.prior,
      ...(fused.answer !== fused.logits && { pure: stack([fused.logits]) }),
      statistics: { "synergy.centre": fused.features },
    }),
    representations: {
      ...(first !== undefined && {
        ...embeddings(first.predictive, names, "predictive"),
        ...embeddings(first.residualMean, names, "residual"),
      }),
      ...(second !== undefined && { redundant: second.redundant, ...embeddings(second.unique, names, "unique") }),
      synergistic: s,
    },
  };
}

/**
 * Mask [C, B, 1] of the components that a sample can have, from its modalities (`mask` [M, B, 1]): unique_m needs m, synergy needs at
 * least two. R needs at least one: with a single modality it predicts what other modalities would also predict.
 */
function possible(mask: Expr, redundant: boolean): Expr {
  const several = greater(sum(mask, 0, true), 1.5); // [1, B, 1]
  const always = greater(sum(mask, 0, true), 0.5);
  return concat([...(redundant ? [always] : []), mask, several], 0);
}

/**
 * Purified synergy with its head, added to the prior, and the training targets of the components. For values, the prediction of S is the sum
 * of the additive part (detached except for its weights) and the synergy, because a gate that averages predictions could not add the two.
 */
function purified(
  { scope, task, prior: priorOf }: BuildInput,
  unimodal: Expr,
  residual: Expr,
  { order }: PublishedOptions,
  redundant: boolean,
  mask?: Expr,
) {
  const synergyScope = scope.child("synergy");
  const prior = priorOf();
  const fused = purifiedSynergy(synergyScope, residual, order, mask);
  const { pure, logits } = synergyLogits(synergyScope.child("head"), fused.representation, prior);
  const [modalities, , outputs] = unimodal.shape as [number, number, number];
  const additive = task.probabilistic
    ? undefined
    : synergyScope.parameter("additive", [modalities, 1, outputs], { kind: "constant", value: 1 / modalities });
  const teaching = teach(task, unimodal, pure, prior, { redundant, mask, additive });
  return { ...fused, logits, prior, teaching, answer: additive === undefined ? logits : teaching.residual };
}
