/** @file DMIL's three stages: what each trains, and its loss. Source: paper, section 3; coefficients of the reference code. */
import type { Expr } from "../../graph/expr.ts";
import {
  concat,
  div,
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
import { crossEntropy } from "../../nn/losses.ts";
import type { Stage, Terms } from "../method.ts";
import { componentNames, type DmilOutputs } from "./model.ts";
import type { DmilOptions } from "./options.ts";
import type { Teaching } from "./teacher.ts";

/** The mean over samples of what is left open counts as no less than this. */
const LEAST_OPEN = 0.05;

/**
 * Cross-entropy of the residual prediction, in nats, [], each sample counted by what single modalities leave open of it. A plain mean
 * would grow fainter the fewer samples hold synergy (at 10 % it was found by luck), and would ask the synergy to sharpen what
 * single modalities have answered already.
 */
function residualError({ residual, open }: Teaching, target: Expr): Expr {
  const error = mul(sum(mul(residual, target), -1), -1); // [B]
  return div(mean(mul(error, open)), maximum(mean(open), LEAST_OPEN));
}

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
  /** The synergistic component is the last. */
  const synergistic = componentNames(modalities, options.levels).length - 1;
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
      : [{ names: ["ce.residual"], value: residualError(teaching, target), weights: [loss.residual] }];

  /**
   * Purified form (see teacher.ts): the components of a range are silent, that is, say the prior, where they are not responsible,
   * and with a `weight` right where they are.
   */
  const answering = (out: DmilOutputs, target: Expr, from: number, to: number, weight?: number): Terms[] => {
    const { teaching, logPrior, components } = out;
    if (teaching === undefined || logPrior === undefined) return [];
    const batch = target.shape[0]!;
    const names = components.names.slice(from, to);
    const logs = logSoftmax(slice(components.logits, 0, from, to - from)); // [c, B, K]
    const portions = slice(teaching.portions, 0, from, to - from); // [c, B]
    const others = sub(sum(teaching.portions, 0, true), portions);
    const away = sum(mul(exp(logPrior), sub(logPrior, logs)), -1); // [c, B], KL(prior, p_c)
    const silent = mul(sum(mul(away, others), -1), 1 / batch); // [c]
    const right = mul(sum(mul(sum(mul(logs, target), -1), portions), -1), -1 / batch); // [c]
    return [
      ...(weight === undefined
        ? []
        : [{ names: names.map((name) => `ce.${name}`), value: right, weights: repeat(names.length, weight) }]),
      {
        names: names.map((name) => `silence.${name}`),
        value: silent,
        weights: repeat(names.length, loss.silence),
      },
    ];
  };
  /** Purified form: the gate says who is responsible, as far as anything is explained. */
  const taughtGate = ({ teaching, components: { gate } }: DmilOutputs): Terms[] => {
    if (teaching === undefined) return [];
    const { portions, shares } = teaching;
    const agreement = sum(mul(transpose(log(maximum(gate, 1e-8)), [1, 0]), shares), 0); // [B]
    return [{ names: ["gate"], value: mul(mean(mul(agreement, sum(portions, 0))), -1), weights: [loss.teaching] }];
  };

  // Evidence is read off the purified form, so what was learnt by heart must not win for one more sample guessed right.
  const best = purified ? ({ best: "logLoss" } as const) : {};
  const stages: Stage<DmilOutputs>[] = [
    {
      name: "intra",
      trains: inFirst,
      terms: (out, target) => [
        crossEntropies(target, [heads(out, 1)]),
        ...unexplained(out, target),
        ...answering(out, target, synergistic, synergistic + 1),
        ...intraTerms(out, loss.reconstruction),
      ],
      prediction: (out) => out.teaching?.residual ?? mean(out.unimodal, 0),
      ...best,
      epochs: purified ? 40 : 10,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.2, patience: purified ? 6 : 2 },
    },
    {
      name: "components",
      trains: (parameter) => !inFirst(parameter),
      terms: (out, target) => [
        crossEntropies(target, [whole(out), ...(purified ? [] : [components(out, loss.components)])]),
        ...answering(out, target, 0, synergistic, loss.components),
        ...taughtGate(out),
        ...consistencyTerms(out, loss.reconstruction),
      ],
      prediction: (out) => out.logits,
      // Neither accuracy nor log-loss can tell whether the gate is true: the last epoch is taken.
      ...(purified && { best: "last" as const }),
      epochs: purified ? 20 : 5,
      learningRate: 1e-3,
      schedule: purified ? { kind: "cosine" } : { kind: "plateau", factor: 0.1, patience: 1 },
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
        ...answering(out, target, 0, synergistic + 1, loss.componentsWhole),
        ...taughtGate(out),
        ...intraTerms(out, loss.reconstructionWhole),
        ...consistencyTerms(out, loss.reconstructionWhole),
      ],
      prediction: (out) => out.logits,
      ...best,
      epochs: purified ? 15 : 30,
      learningRate: purified ? 3e-4 : 1e-3,
      schedule: purified ? { kind: "cosine" } : { kind: "plateau", factor: 0.1, patience: 10 },
    },
  ];
  return stages;
}
