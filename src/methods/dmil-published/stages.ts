/** @file The three training stages of DMIL as published, and their losses. Source: paper, section 3; coefficients of the reference code. */
import type { Expr } from "../../graph/expr.ts";
import { concat, div, log, maximum, mean, mul, slice, stack, sub, sum, transpose } from "../../graph/ops/index.ts";
import type { Stage, Task, Terms } from "../kit.ts";
import { componentNames, type PublishedOutputs } from "./model.ts";
import type { PublishedOptions } from "./options.ts";
import type { Teaching } from "./teacher.ts";

/** Lower bound of the mean normalised entropy by which the loss is divided. */
const MIN_OPEN = 0.05;

/**
 * Loss of the residual prediction, []: a mean over samples, weighted by the normalised entropy `open` of the prediction from single
 * modalities. With an unweighted mean the gradient would shrink with the share of samples that have synergy (at 10 % training was
 * unreliable), and synergy would also sharpen predictions that single modalities already make.
 */
export function residualError(task: Task, { residual, open }: Pick<Teaching, "residual" | "open">, target: Expr): Expr {
  return div(mean(mul(task.lossPerSample(residual, target), open)), maximum(mean(open), MIN_OPEN));
}

const repeat = (n: number, value: number): number[] => new Array<number>(n).fill(value);

/** Losses of several stacks of predictions as one vector of terms; the name of the loss is the prefix of their names. */
function losses(
  task: Task,
  target: Expr,
  groups: readonly { readonly names: readonly string[]; readonly logits: Expr; readonly weight: number }[],
): Terms {
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

/** Stage 1 trains encoders and ID; stage 2 the rest, with the parameters of stage 1 frozen; stage 3 everything. */
export function publishedStages(
  options: PublishedOptions,
  modalities: readonly string[],
): readonly Stage<PublishedOutputs>[] {
  const { loss } = options;
  const byModality = (name: string): string[] => modalities.map((modality) => `${name}.${modality}`);
  const purified = options.synergy === "purified";
  /** Index of the synergistic component, which is the last. */
  const synergistic = componentNames(modalities, options.levels).length - 1;
  /** Purified synergy is trained with the encoders from the first stage, because encoders trained for single modalities lose the information that it needs. */
  const early = purified ? /^(encoders|intra|synergy)\./ : /^(encoders|intra)\./;
  const inFirst = (parameter: string): boolean => early.test(parameter);

  /** KL and reconstruction terms of the intra level, and of the consistency level; `reconstruction` is a coefficient. */
  const intraTerms = ({ intra }: PublishedOutputs, reconstruction: number): Terms[] =>
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
  const consistencyTerms = ({ consistency }: PublishedOutputs, reconstruction: number): Terms[] => {
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
  const heads = (out: PublishedOutputs, weight: number) => ({
    names: byModality("only"),
    logits: out.unimodal,
    weight,
  });
  const whole = (out: PublishedOutputs) => ({ names: ["prediction"], logits: stack([out.logits]), weight: 1 });
  const components = ({ components: { names, logits } }: PublishedOutputs, weight: number) => ({
    names,
    logits,
    weight,
  });

  /** The term that trains the purified synergy: the loss of the residual prediction. */
  const residualTerms = (task: Task, { teaching }: PublishedOutputs, target: Expr): Terms[] =>
    teaching === undefined
      ? []
      : [{ names: [`${task.term}.residual`], value: residualError(task, teaching, target), weights: [loss.residual] }];

  /**
   * Purified form (see teacher.ts): trains the components of a range to predict the prior on samples assigned to others, and, if `weight` is
   * given, the target on their own samples.
   */
  const responsibilityTerms = (
    task: Task,
    out: PublishedOutputs,
    target: Expr,
    from: number,
    to: number,
    weight?: number,
  ): Terms[] => {
    const { teaching, prior, pure, components } = out;
    if (teaching === undefined || prior === undefined) return [];
    const batch = target.shape[0]!;
    const names = components.names.slice(from, to);
    const logProbs = task.logProbs(slice(components.logits, 0, from, to - from)); // [c, B, K]
    const portions = slice(teaching.portions, 0, from, to - from); // [c, B]
    const others = sub(sum(teaching.portions, 0, true), portions);
    // For values, the prediction of S has an additive part; only the synergy is trained towards the prior.
    const pureSynergy = to > synergistic ? pure : undefined;
    const deviating =
      pureSynergy === undefined
        ? logProbs
        : to - from === 1
          ? pureSynergy
          : concat([slice(logProbs, 0, 0, to - from - 1), pureSynergy], 0);
    const priorLoss = mul(sum(mul(task.priorKl(deviating, prior), others), -1), 1 / batch); // [c]
    const targetLoss = mul(sum(mul(task.lossPerSample(logProbs, target), portions), -1), 1 / batch); // [c]
    return [
      ...(weight === undefined
        ? []
        : [
            {
              names: names.map((name) => `${task.term}.${name}`),
              value: targetLoss,
              weights: repeat(names.length, weight),
            },
          ]),
      {
        names: names.map((name) => `silence.${name}`),
        value: priorLoss,
        weights: repeat(names.length, loss.silence),
      },
    ];
  };
  /** Purified form: cross-entropy of the gate against the shares of information, weighted by the explained portion of each sample. */
  const gateTerms = ({ teaching, components: { gate } }: PublishedOutputs): Terms[] => {
    if (teaching === undefined) return [];
    const { portions, shares } = teaching;
    const agreement = sum(mul(transpose(log(maximum(gate, 1e-8)), [1, 0]), shares), 0); // [B]
    return [{ names: ["gate"], value: mul(mean(mul(agreement, sum(portions, 0))), -1), weights: [loss.teaching] }];
  };

  // Select epochs by log-loss: bits use these probabilities, and accuracy favours overfitted epochs.
  const best = purified ? ({ best: "logLoss" } as const) : {};
  const stages: Stage<PublishedOutputs>[] = [
    {
      name: "intra",
      trains: inFirst,
      terms: (out, target, { task }) => [
        losses(task, target, [heads(out, 1)]),
        ...residualTerms(task, out, target),
        ...responsibilityTerms(task, out, target, synergistic, synergistic + 1),
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
      terms: (out, target, { task }) => [
        losses(task, target, [whole(out), ...(purified ? [] : [components(out, loss.components)])]),
        ...responsibilityTerms(task, out, target, 0, synergistic, loss.components),
        ...gateTerms(out),
        ...consistencyTerms(out, loss.reconstruction),
      ],
      prediction: (out) => out.logits,
      // Neither accuracy nor log-loss measures whether the gate is correct, so the last epoch is used.
      ...(purified && { best: "last" as const }),
      epochs: purified ? 20 : 5,
      learningRate: 1e-3,
      schedule: purified ? { kind: "cosine" } : { kind: "plateau", factor: 0.1, patience: 1 },
    },
    {
      name: "whole",
      trains: () => true,
      terms: (out, target, { task }) => [
        losses(task, target, [
          whole(out),
          heads(out, loss.intra),
          ...(purified ? [] : [components(out, loss.componentsWhole)]),
        ]),
        ...residualTerms(task, out, target),
        ...responsibilityTerms(task, out, target, 0, synergistic + 1, loss.componentsWhole),
        ...gateTerms(out),
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
