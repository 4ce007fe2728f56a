/** @file DMIL as one graph: encoders, the two levels of decomposition, synergy, heads, gate. Section numbers: docs/notation.md. */
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
  /** Absent under `levels: "cd"`. */
  readonly intra?: Intra;
  /** Absent under `levels: "id"`. */
  readonly consistency?: Consistency;
  /** Present with purified synergy, as is the prior [K]. */
  readonly teaching?: Teaching;
  readonly prior?: Expr;
  /** Of values, [1, B, K]: the purified synergy and nothing else. What S answers holds more. */
  readonly pure?: Expr;
}

/** Names of the components, in the order of every stack: redundant, unique_<modality>, synergistic. */
export function componentNames(modalities: readonly string[], levels: PublishedOptions["levels"]): string[] {
  const unique = modalities.map((name) => `unique_${name}`);
  return [...(levels === "id" ? [] : ["redundant"]), ...unique, "synergistic"];
}

/**
 * The model. With `levels: "id"` the predictive parts M_m themselves are the unique components and nothing is redundant; with
 * `levels: "cd"` the embeddings Z_m take the place of both M_m and N_m.
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
  const heard = first?.logits ?? linear(scope.child("intra").child("heads"), z, classes);
  const unimodal = priorWhereMissing(input, heard, mask);
  // R and the U_m, before S joins them as the last of the components.
  const lower = [...(second === undefined ? [] : [stack([second.redundant])]), second?.unique ?? predictive];
  const heads = scope.child("heads");
  const fused =
    options.synergy === "purified"
      ? purified(input, unimodal, first?.residualMean ?? z, options, second !== undefined, mask)
      : undefined;
  const s = fused?.representation ?? synergy(scope.child("synergy"), first?.residual ?? z);
  // Purified synergy has a head of its own, so the others read the lower components as one node.
  const lead = fused === undefined ? lower : [concat(lower, 0)];
  const parts = concat([...lead, stack([s])], 0);
  const answers =
    fused === undefined
      ? linear(heads, parts, classes)
      : concat([linear(heads, lead[0]!, classes), stack([fused.answer])], 0);
  const able = mask && possible(mask, second !== undefined);
  const logits = priorWhereMissing(input, answers, able);
  const shares = gate(scope.child("gate"), parts, able);
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
 * Which components a sample can have, [C, B, 1], by the modalities it has (`mask` [M, B, 1]): unique_m with m, synergy with two or
 * more. R answers always: with one modality it says what others would have said alike.
 */
function possible(mask: Expr, redundant: boolean): Expr {
  const several = greater(sum(mask, 0, true), 1.5); // [1, B, 1]
  const always = greater(sum(mask, 0, true), 0.5);
  return concat([...(redundant ? [always] : []), mask, several], 0);
}

/**
 * Purified synergy with its own head, on top of the prior, and what it teaches. Values are sums, so there S answers with the additive part
 * (held constant but for its weights) and the synergy: a gate that shares out answers could not add the two.
 */
function purified(
  { scope, task, prior: priorOf }: BuildInput,
  unimodal: Expr,
  residual: Expr,
  { order }: PublishedOptions,
  redundant: boolean,
  mask?: Expr,
) {
  const own = scope.child("synergy");
  const prior = priorOf();
  const fused = purifiedSynergy(own, residual, order, mask);
  const { pure, logits } = synergyLogits(own.child("head"), fused.representation, prior);
  const [modalities, , outputs] = unimodal.shape as [number, number, number];
  const additive =
    task.kind === "values"
      ? own.parameter("additive", [modalities, 1, outputs], { kind: "constant", value: 1 / modalities })
      : undefined;
  const teaching = teach(task, unimodal, pure, prior, { redundant, mask, additive });
  return { ...fused, logits, prior, teaching, answer: additive === undefined ? logits : teaching.residual };
}
