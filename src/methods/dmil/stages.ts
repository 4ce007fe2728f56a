/** @file DMIL's three stages: what each trains, and its loss. Source: paper, section 3; coefficients of the reference code. */
import type { Expr } from "../../graph/expr.ts";
import {
  concat,
  exp,
  log,
  logSoftmax,
  maximum,
  mean,
  mul,
  slice,
  stack,
  sub,
  sum,
  transpose,
} from "../../graph/ops/index.ts";
import { crossEntropy, negativeLogLikelihood } from "../../nn/losses.ts";
import type { Stage, Terms } from "../method.ts";
import type { DmilOutputs } from "./model.ts";
import type { DmilOptions } from "./options.ts";

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
  const purified = options.synergy === "purified";
  /** Purified synergy is trained with the encoders from the start: features fit for single modalities alone lose what it needs. */
  const early = purified ? /^(encoders|intra|synergy)\./ : /^(encoders|intra)\./;
  const inFirst = (parameter: string): boolean => early.test(parameter);

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
                  weights: modalities.flatMap(() => [loss.lambda * loss.predictiveKl, loss.lambda * loss.residualKl]),
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
  const whole = (out: DmilOutputs) => ({ names: ["ce.prediction"], logits: stack([out.logits]), weight: 1 });
  const components = ({ components: { names, logits } }: DmilOutputs, weight: number) => ({
    names: names.map((name) => `ce.${name}`),
    logits,
    weight,
  });

  /** What the modalities alone leave unexplained: the term that trains the purified synergy. */
  const unexplained = ({ teaching }: DmilOutputs, target: Expr): Terms[] =>
    teaching === undefined
      ? []
      : [{ names: ["ce.residual"], value: negativeLogLikelihood(teaching.residual, target), weights: [loss.residual] }];

  /** Terms of the purified form: see teacher.ts. Responsible components are right, the others silent; the gate says which. */
  const taught = (out: DmilOutputs, target: Expr, weight: number, withSynergy: boolean): Terms[] => {
    const {
      teaching,
      logPrior,
      components: { names, logits, gate },
    } = out;
    if (teaching === undefined || logPrior === undefined) return [];
    const batch = target.shape[0]!;
    // The synergistic component is the last; it has nothing to learn where the synergy is frozen.
    const told = withSynergy ? names : names.slice(0, -1);
    const first = (value: Expr): Expr => slice(value, 0, 0, told.length);
    const logs = logSoftmax(logits); // [C, B, K]
    const { portions, shares } = teaching;
    const explained = sum(portions, 0, true); // [1, B]
    const right = mul(sum(mul(sum(mul(logs, target), -1), portions), -1), -1 / batch); // [C]
    const away = sum(mul(exp(logPrior), sub(logPrior, logs)), -1); // [C, B], KL(prior, p_c)
    const silent = mul(sum(mul(away, sub(explained, portions)), -1), 1 / batch); // [C]
    const taughtGate = sum(mul(transpose(log(maximum(gate, 1e-8)), [1, 0]), shares), 0, true); // [1, B]
    const agreement = mul(sum(mul(taughtGate, explained)), -1 / batch);
    return [
      { names: told.map((name) => `ce.${name}`), value: first(right), weights: repeat(told.length, weight) },
      {
        names: told.map((name) => `silence.${name}`),
        value: first(silent),
        weights: repeat(told.length, loss.silence),
      },
      { names: ["gate"], value: agreement, weights: [loss.teaching] },
    ];
  };

  const stages: Stage<DmilOutputs>[] = [
    {
      name: "intra",
      trains: inFirst,
      terms: (out, target) => [
        crossEntropies(target, [heads(out, 1)]),
        ...unexplained(out, target),
        ...intraTerms(out, loss.reconstruction),
      ],
      prediction: (out) => out.teaching?.residual ?? mean(out.unimodal, 0),
      epochs: purified ? 20 : 10,
      learningRate: purified ? 3e-3 : 1e-3,
      schedule: { kind: "plateau", factor: 0.2, patience: purified ? 6 : 2 },
    },
    {
      name: "components",
      trains: (parameter) => !inFirst(parameter),
      terms: (out, target) => [
        crossEntropies(target, [whole(out), ...(purified ? [] : [components(out, loss.components)])]),
        ...taught(out, target, loss.components, false),
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
        crossEntropies(target, [
          whole(out),
          heads(out, loss.intra),
          ...(purified ? [] : [components(out, loss.componentsWhole)]),
        ]),
        ...unexplained(out, target),
        ...taught(out, target, loss.componentsWhole, true),
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
