/** @file DMIL as published, as one graph: encoders, the two levels of decomposition, gate; synergy and heads are in published.ts and purified.ts. Symbols: docs/notation.md. */
import type { Expr } from "../../graph/expr.ts";
import { concat, greater, stack, sum } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import {
  type BuildInput,
  type Encoders,
  embed,
  embeddings,
  gatedComponents,
  type Outputs,
  presence,
  priorWhereMissing,
} from "../kit.ts";
import { type Consistency, consistency } from "./consistency.ts";
import { aggregate, gate } from "./gate.ts";
import { type Intra, intra } from "./intra.ts";
import type { PublishedOptions } from "./options.ts";

export interface PublishedOutputs extends Outputs {
  readonly components: NonNullable<Outputs["components"]>;
  /** Absent with `levels: "cd"`. */
  readonly intra?: Intra;
  /** Absent with `levels: "id"`. */
  readonly consistency?: Consistency;
}

/** Names of the components, in the order of all stacks: redundant, unique_<modality>, synergistic. */
export function componentNames(modalities: readonly string[], levels: PublishedOptions["levels"]): string[] {
  const unique = modalities.map((name) => `unique_${name}`);
  return [...(levels === "id" ? [] : ["redundant"]), ...unique, "synergistic"];
}

/** The levels of decomposition, and what they are computed from. */
export interface Decomposition {
  readonly names: readonly string[];
  /** Names of the components. */
  readonly components: readonly string[];
  /** Mask [M, B, 1]; absent if nothing is missing. */
  readonly mask: Expr | undefined;
  /** Z_m, [M, B, E]. */
  readonly embeddings: Expr;
  readonly intra: Intra | undefined;
  readonly consistency: Consistency | undefined;
  /** Unimodal predictions, [M, B, K]. */
  readonly unimodal: Expr;
  /** Representations of R and the U_m, stacks [.., B, E]; the synergistic one follows. */
  readonly lower: readonly Expr[];
}

/**
 * Decomposes the embeddings. With `levels: "id"` the predictive parts M_m are the unique components and there is no redundant one; with
 * `levels: "cd"` the embeddings Z_m are used instead of both M_m and N_m.
 */
export function decompose(input: BuildInput, encoders: Encoders, options: PublishedOptions): Decomposition {
  const { scope, classes } = input;
  const { levels, variational, embedding } = options;
  const names = Object.keys(encoders);
  const z = embed(input, encoders, embedding);
  const mask = presence(input, names);
  const first = levels === "cd" ? undefined : intra(scope.child("intra"), z, classes, variational, mask);
  const predictive = first?.predictive ?? z;
  const second = levels === "id" ? undefined : consistency(scope.child("consistency"), predictive, variational, mask);
  const unimodalLogits = first?.logits ?? linear(scope.child("intra").child("heads"), z, classes);
  return {
    names,
    components: componentNames(names, levels),
    mask,
    embeddings: z,
    intra: first,
    consistency: second,
    unimodal: priorWhereMissing(input, unimodalLogits, mask),
    lower: [...(second === undefined ? [] : [stack([second.redundant])]), second?.unique ?? predictive],
  };
}

/** The outputs of the model from the representations [C, B, E] and the predictions [C, B, K] of all components, weighted by the gate. */
export function mixture(
  input: BuildInput,
  { names, components, mask, intra: first, consistency: second, unimodal }: Decomposition,
  parts: Expr,
  predictions: Expr,
  synergistic: Expr,
): PublishedOutputs {
  const available = mask && possible(mask, second !== undefined);
  const logits = priorWhereMissing(input, predictions, available);
  const shares = gate(input.scope.child("gate"), parts, available);
  return {
    logits: aggregate(shares, logits),
    unimodal,
    components: gatedComponents(components, logits, shares, input.prior()),
    ...(first !== undefined && { intra: first }),
    ...(second !== undefined && { consistency: second }),
    representations: {
      ...(first !== undefined && {
        ...embeddings(first.predictive, names, "predictive"),
        ...embeddings(first.residualMean, names, "residual"),
      }),
      ...(second !== undefined && { redundant: second.redundant, ...embeddings(second.unique, names, "unique") }),
      synergistic,
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
