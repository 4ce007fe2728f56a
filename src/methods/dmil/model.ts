/** @file DMIL as one graph: encoders, the two levels of decomposition, synergy, heads, gate. Section numbers: docs/notation.md. */
import type { Expr } from "../../graph/expr.ts";
import { concat, stack } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import type { Module } from "../../nn/module.ts";
import { type BuildInput, embed, embeddings, type Outputs } from "../method.ts";
import { type Consistency, consistency } from "./consistency.ts";
import { aggregate, gate } from "./gate.ts";
import { type Intra, intra } from "./intra.ts";
import type { DmilOptions } from "./options.ts";
import { purifiedSynergy, synergy, synergyLogits } from "./synergy.ts";
import { type Teaching, teach } from "./teacher.ts";

export interface DmilOutputs extends Outputs {
  readonly components: NonNullable<Outputs["components"]>;
  /** Absent under `levels: "cd"`. */
  readonly intra?: Intra;
  /** Absent under `levels: "id"`. */
  readonly consistency?: Consistency;
  /** Present with purified synergy. */
  readonly teaching?: Teaching;
  readonly logPrior?: Expr;
}

/** Names of the components, in the order of every stack: redundant, unique_<modality>, synergistic. */
export function componentNames(modalities: readonly string[], levels: DmilOptions["levels"]): string[] {
  const unique = modalities.map((name) => `unique_${name}`);
  return [...(levels === "id" ? [] : ["redundant"]), ...unique, "synergistic"];
}

/**
 * The model. With `levels: "id"` the predictive parts M_m themselves are the unique components and nothing is redundant; with
 * `levels: "cd"` the embeddings Z_m take the place of both M_m and N_m.
 */
export function buildDmil(
  input: BuildInput,
  encoders: Readonly<Record<string, Module>>,
  options: DmilOptions,
): DmilOutputs {
  const { scope, classes } = input;
  const { levels, variational, embedding } = options;
  const z = embed(input, encoders, embedding);
  const first = levels === "cd" ? undefined : intra(scope.child("intra"), z, classes, variational);
  const predictive = first?.predictive ?? z;
  const second = levels === "id" ? undefined : consistency(scope.child("consistency"), predictive, variational);
  const unimodal = first?.logits ?? linear(scope.child("intra").child("heads"), z, classes);
  // R and the U_m, before S joins them as the last of the components.
  const lower = [...(second === undefined ? [] : [stack([second.redundant])]), second?.unique ?? predictive];
  const heads = scope.child("heads");
  const fused = options.synergy === "purified" ? purified(input, first?.residualMean ?? z, options) : undefined;
  const s = fused?.representation ?? synergy(scope.child("synergy"), first?.residual ?? z);
  // Purified synergy has a head of its own, so the others read the lower components as one node.
  const lead = fused === undefined ? lower : [concat(lower, 0)];
  const parts = concat([...lead, stack([s])], 0);
  const logits =
    fused === undefined
      ? linear(heads, parts, classes)
      : concat([linear(heads, lead[0]!, classes), stack([fused.logits])], 0);
  const shares = gate(scope.child("gate"), parts);
  const names = Object.keys(encoders);
  return {
    logits: aggregate(shares, logits),
    unimodal,
    components: { names: componentNames(names, levels), logits, gate: shares },
    ...(first !== undefined && { intra: first }),
    ...(second !== undefined && { consistency: second }),
    ...(fused !== undefined && {
      teaching: teach(unimodal, fused.pure, fused.logPrior, second !== undefined),
      logPrior: fused.logPrior,
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

/** Purified synergy with its own head, on top of the class prior. */
function purified({ scope, logPrior: priorOf }: BuildInput, residual: Expr, { order }: DmilOptions) {
  const own = scope.child("synergy");
  const logPrior = priorOf();
  const fused = purifiedSynergy(own, residual, order);
  return { ...fused, ...synergyLogits(own.child("head"), fused.representation, logPrior), logPrior };
}
