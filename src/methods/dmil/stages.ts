/** @file DMIL's three stages: what each trains, and its loss. Source: paper, section 3; coefficients of the reference code. */
import type { Expr } from "../../graph/expr.ts";
import { concat, mean, reshape } from "../../graph/ops/index.ts";
import { crossEntropy } from "../../nn/losses.ts";
import type { Stage, Terms } from "../method.ts";
import type { DmilOutputs } from "./model.ts";
import type { DmilOptions } from "./options.ts";

const one = (x: Expr): Expr => reshape(x, [1, ...x.shape]);
const repeat = (n: number, value: number): number[] => new Array<number>(n).fill(value);

/** Cross-entropies of several stacks of predictions as one vector of terms. */
function crossEntropies(
  target: Expr,
  groups: readonly { readonly names: readonly string[]; readonly logits: Expr; readonly weight: number }[],
): Terms {
  return {
    names: groups.flatMap((group) => group.names),
    value: crossEntropy(
      concat(
        groups.map((group) => group.logits),
        0,
      ),
      target,
    ),
    weights: groups.flatMap((group) => repeat(group.names.length, group.weight)),
  };
}

/** Stage 1 trains encoders and ID; stage 2 the rest, with stage 1 frozen; stage 3 everything. */
export function dmilStages(options: DmilOptions, modalities: readonly string[]): readonly Stage<DmilOutputs>[] {
  const { loss } = options;
  const byModality = (name: string): string[] => modalities.map((modality) => `${name}.${modality}`);
  const inFirst = (parameter: string): boolean => /^(encoders|intra)\./.test(parameter);

  /** KL and reconstruction of the intra level, and of the consistency level, with the reconstruction's coefficient. */
  const intraTerms = ({ intra }: DmilOutputs, reconstruction: number): Terms[] =>
    intra === undefined
      ? []
      : [
          ...(intra.kl === undefined
            ? []
            : [
                {
                  names: modalities.flatMap((m) => [`kl.predictive.${m}`, `kl.residual.${m}`]),
                  value: intra.kl,
                  weights: repeat(2 * modalities.length, loss.lambda * loss.intraKl),
                },
              ]),
          {
            names: byModality("reconstruction.embedding"),
            value: intra.reconstruction,
            weights: repeat(modalities.length, loss.lambda * reconstruction),
          },
        ];
  const consistencyTerms = ({ consistency }: DmilOutputs, reconstruction: number): Terms[] => {
    if (consistency === undefined) return [];
    const { kl, alignment } = consistency;
    const all = (value: number): number[] => repeat(modalities.length, loss.lambda * value);
    return [
      ...(kl === undefined
        ? []
        : [
            { names: ["kl.redundant"], value: kl.redundant, weights: [loss.lambda * loss.redundantKl] },
            { names: byModality("kl.unique"), value: kl.unique, weights: all(loss.uniqueKl) },
          ]),
      { names: byModality("alignment"), value: alignment, weights: all(loss.alignment) },
      {
        names: byModality("reconstruction.predictive"),
        value: consistency.reconstruction,
        weights: all(reconstruction),
      },
    ];
  };
  const heads = (out: DmilOutputs, weight: number) => ({ names: byModality("ce.only"), logits: out.unimodal, weight });
  const whole = (out: DmilOutputs) => ({ names: ["ce.prediction"], logits: one(out.logits), weight: 1 });
  const components = ({ components: { names, logits } }: DmilOutputs, weight: number) => ({
    names: names.map((name) => `ce.${name}`),
    logits,
    weight,
  });

  const stages: Stage<DmilOutputs>[] = [
    {
      name: "intra",
      trains: inFirst,
      terms: (out, target) => [crossEntropies(target, [heads(out, 1)]), ...intraTerms(out, loss.reconstruction)],
      prediction: (out) => mean(out.unimodal, 0),
      epochs: 10,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.2, patience: 2 },
    },
    {
      name: "components",
      trains: (parameter) => !inFirst(parameter),
      terms: (out, target) => [
        crossEntropies(target, [whole(out), components(out, loss.components)]),
        ...consistencyTerms(out, loss.reconstruction),
      ],
      prediction: (out) => out.logits,
      epochs: 5,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 1 },
    },
    {
      name: "whole",
      trains: () => true,
      terms: (out, target) => [
        crossEntropies(target, [whole(out), heads(out, loss.intra), components(out, loss.componentsWhole)]),
        ...intraTerms(out, loss.reconstructionWhole),
        ...consistencyTerms(out, loss.reconstructionWhole),
      ],
      prediction: (out) => out.logits,
      epochs: 30,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.1, patience: 10 },
    },
  ];
  return stages;
}
