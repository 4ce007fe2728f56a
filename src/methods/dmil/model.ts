/** @file DMIL as one graph: encoders, the two levels of decomposition, synergy, heads, gate. Section numbers: docs/notation.md. */
import type { Expr } from "../../graph/expr.ts";
import { concat, reshape } from "../../graph/ops/index.ts";
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
  const raw = first?.residual ?? z;
  const representations = (synergistic: Expr): Record<string, Expr> => {
    const names = Object.keys(encoders);
    return {
      ...(first !== undefined && {
        ...embeddings(first.predictive, names, "predictive"),
        ...embeddings(first.residualMean, names, "residual"),
      }),
      ...(second !== undefined && { redundant: second.redundant, ...embeddings(second.unique, names, "unique") }),
      synergistic,
    };
  };
  if (options.synergy === "purified") {
    const logPrior = input.logPrior();
    const pure = purifiedSynergy(scope.child("synergy"), first?.residualMean ?? z, options.order);
    const { logits: own, pure: pureLogits } = synergyLogits(
      scope.child("synergy").child("head"),
      pure.representation,
      logPrior,
    );
    const lead = concat([...(second === undefined ? [] : [oneOf(second.redundant)]), second?.unique ?? predictive], 0);
    const parts = concat([lead, oneOf(pure.representation)], 0);
    const logits = concat([linear(scope.child("heads"), lead, classes), oneOf(own)], 0);
    const shares = gate(scope.child("gate"), parts);
    return {
      logits: aggregate(shares, logits),
      unimodal,
      components: { names: componentNames(Object.keys(encoders), levels), logits, gate: shares },
      ...(first !== undefined && { intra: first }),
      ...(second !== undefined && { consistency: second }),
      teaching: teach(unimodal, pureLogits, logPrior, second !== undefined),
      logPrior,
      representations: representations(pure.representation),
      statistics: { "synergy.centre": pure.features },
    };
  }
  const s = synergy(scope.child("synergy"), raw);

  const one = (x: Expr): Expr => reshape(x, [1, ...x.shape]);
  const unique = second?.unique ?? predictive;
  const parts = concat([...(second === undefined ? [] : [one(second.redundant)]), unique, one(s)], 0);
  const logits = linear(scope.child("heads"), parts, classes);
  const shares = gate(scope.child("gate"), parts);
  return {
    logits: aggregate(shares, logits),
    unimodal,
    components: { names: componentNames(Object.keys(encoders), levels), logits, gate: shares },
    ...(first !== undefined && { intra: first }),
    ...(second !== undefined && { consistency: second }),
    representations: representations(s),
  };
}

function oneOf(x: Expr): Expr {
  return reshape(x, [1, ...x.shape]);
}
