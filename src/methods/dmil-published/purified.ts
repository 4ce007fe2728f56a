/**
 * @file The purified form: synergy is a product of centred features and predicts the prior if a modality alone suffices, and the gate is
 * trained on shares of information (teacher.ts, docs/decisions/purified-synergy.md).
 */
import type { Expr } from "../../graph/expr.ts";
import { concat, log, maximum, mean, mul, slice, stack, sub, sum, transpose } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import type { BuildInput, Encoders, Stage, Task, Terms } from "../kit.ts";
import { componentNames, decompose, mixture, type PublishedOutputs } from "./model.ts";
import type { PublishedOptions } from "./options.ts";
import { purifiedSynergy, synergyLogits } from "./synergy.ts";
import { residualError, type Teaching, teach } from "./teacher.ts";
import { consistencyTerms, heads, intraTerms, losses, repeat, whole } from "./terms.ts";

export interface PurifiedOutputs extends PublishedOutputs {
  readonly teaching: Teaching;
  /** [K] */
  readonly prior: Expr;
  /** For values, [1, B, K]: only the purified synergy. The prediction of S also has the additive part. */
  readonly pure?: Expr;
}

/**
 * Builds the purified form: synergy with a separate head, added to the prior, and the training targets of the components. For values, the
 * prediction of S is the sum of the additive part (detached except for its weights) and the synergy, because a gate that averages
 * predictions could not add the two.
 */
export function buildPurified(input: BuildInput, encoders: Encoders, options: PublishedOptions): PurifiedOutputs {
  const levels = decompose(input, encoders, options);
  const { unimodal, mask, intra, consistency, embeddings, lower } = levels;
  const synergyScope = input.scope.child("synergy");
  const prior = input.prior();
  const fused = purifiedSynergy(synergyScope, intra?.residualMean ?? embeddings, options.order, mask);
  const { pure, logits } = synergyLogits(synergyScope.child("head"), fused.representation, prior);
  const [modalities, , outputs] = unimodal.shape as [number, number, number];
  const additive = !input.task.probabilistic
    ? synergyScope.parameter("additive", [modalities, 1, outputs], { kind: "constant", value: 1 / modalities })
    : undefined;
  const redundant = consistency !== undefined;
  const teaching = teach(input.task, unimodal, pure, prior, { redundant, mask, additive });
  const answer = additive === undefined ? logits : teaching.residual;
  // The other heads read the lower components as one node.
  const lowerParts = concat(lower, 0);
  const parts = concat([lowerParts, stack([fused.representation])], 0);
  const predictions = concat([linear(input.scope.child("heads"), lowerParts, input.classes), stack([answer])], 0);
  return {
    ...mixture(input, levels, parts, predictions, fused.representation),
    teaching,
    prior,
    ...(additive !== undefined && { pure: stack([logits]) }),
    statistics: { "synergy.centre": fused.features },
  };
}

/** The term that trains the synergy: the loss of the residual prediction. */
function residualTerm(task: Task, { teaching }: PurifiedOutputs, target: Expr, weight: number): Terms {
  return { names: [`${task.term}.residual`], value: residualError(task, teaching, target), weights: [weight] };
}

/**
 * Trains the components of a range to predict the prior on samples assigned to others, and, if `weight` is given, the target on their own
 * samples.
 */
function responsibilityTerms(
  task: Task,
  { teaching, prior, pure, components }: PurifiedOutputs,
  target: Expr,
  { from, to, weight, silence }: { from: number; to: number; weight?: number; silence: number },
): Terms[] {
  const batch = target.shape[0]!;
  const count = to - from;
  const names = components.names.slice(from, to);
  const logProbs = task.logProbs(slice(components.logits, 0, from, count)); // [c, B, K]
  const portions = slice(teaching.portions, 0, from, count); // [c, B]
  const others = sub(sum(teaching.portions, 0, true), portions);
  // For values, the prediction of S has an additive part; only the synergy is trained towards the prior.
  const pureSynergy = to === components.names.length ? pure : undefined;
  const rest = count === 1 ? [] : [slice(logProbs, 0, 0, count - 1)];
  const deviating = pureSynergy === undefined ? logProbs : [...rest, pureSynergy].reduce((a, b) => concat([a, b], 0));
  const perBatch = (values: Expr): Expr => mul(sum(values, -1), 1 / batch); // [c]
  const priorLoss = {
    names: names.map((name) => `silence.${name}`),
    value: perBatch(mul(task.priorKl(deviating, prior), others)),
    weights: repeat(count, silence),
  };
  if (weight === undefined) return [priorLoss];
  const targetLoss = {
    names: names.map((name) => `${task.term}.${name}`),
    value: perBatch(mul(task.lossPerSample(logProbs, target), portions)),
    weights: repeat(count, weight),
  };
  return [targetLoss, priorLoss];
}

/** Cross-entropy of the gate against the shares of information, weighted by the explained portion of each sample. */
function gateTerm({ teaching: { portions, shares }, components: { gate } }: PurifiedOutputs, weight: number): Terms {
  const agreement = sum(mul(transpose(log(maximum(gate, 1e-8)), [1, 0]), shares), 0); // [B]
  return { names: ["gate"], value: mul(mean(mul(agreement, sum(portions, 0))), -1), weights: [weight] };
}

/**
 * The stages of the published form with other losses. The synergy is trained with the encoders from the first stage, because encoders trained
 * for single modalities lose the information that it needs. Epochs are selected by log-loss: bits use these probabilities, and accuracy
 * favours overfitted epochs.
 */
export function purifiedStages(
  { loss, levels }: PublishedOptions,
  modalities: readonly string[],
): readonly Stage<PurifiedOutputs>[] {
  const inFirst = (parameter: string): boolean => /^(encoders|intra|synergy)\./.test(parameter);
  /** Index of the synergistic component, which is the last. */
  const synergistic = componentNames(modalities, levels).length - 1;
  const { silence } = loss;
  return [
    {
      name: "intra",
      trains: inFirst,
      terms: (out, target, { task }) => [
        losses(task, target, [heads(out, modalities, 1)]),
        residualTerm(task, out, target, loss.residual),
        ...responsibilityTerms(task, out, target, { from: synergistic, to: synergistic + 1, silence }),
        ...intraTerms(out, modalities, loss, loss.reconstruction),
      ],
      prediction: (out) => out.teaching.residual,
      best: "logLoss",
      epochs: 40,
      learningRate: 1e-3,
      schedule: { kind: "plateau", factor: 0.2, patience: 6 },
    },
    {
      name: "components",
      trains: (parameter) => !inFirst(parameter),
      terms: (out, target, { task }) => [
        losses(task, target, [whole(out)]),
        ...responsibilityTerms(task, out, target, { from: 0, to: synergistic, weight: loss.components, silence }),
        gateTerm(out, loss.teaching),
        ...consistencyTerms(out, modalities, loss, loss.reconstruction),
      ],
      prediction: (out) => out.logits,
      // Neither accuracy nor log-loss measures whether the gate is correct, so the last epoch is used.
      best: "last",
      epochs: 20,
      learningRate: 1e-3,
      schedule: { kind: "cosine" },
    },
    {
      name: "whole",
      trains: () => true,
      terms: (out, target, { task }) => [
        losses(task, target, [whole(out), heads(out, modalities, loss.intra)]),
        residualTerm(task, out, target, loss.residual),
        ...responsibilityTerms(task, out, target, {
          from: 0,
          to: synergistic + 1,
          weight: loss.componentsWhole,
          silence,
        }),
        gateTerm(out, loss.teaching),
        ...intraTerms(out, modalities, loss, loss.reconstructionWhole),
        ...consistencyTerms(out, modalities, loss, loss.reconstructionWhole),
      ],
      prediction: (out) => out.logits,
      best: "logLoss",
      epochs: 15,
      learningRate: 3e-4,
      schedule: { kind: "cosine" },
    },
  ];
}
