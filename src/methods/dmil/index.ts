/**
 * @file DMIL: the prediction is the prior and what each component adds, redundant, unique and synergistic. Evidence of
 * several modalities is added, evidence that two give alike is discounted, and what only several say together is an interaction in the
 * sense of the functional ANOVA (docs/decisions/additive-components.md). The unimodal predictions are linear heads on the embeddings Z_m.
 * Source: components after Yang, Wei, Ni, Xu, Hu: Information-Theoretic Decomposition for Multimodal Interaction Learning, CVPR 2026, whose own form
 * is `dmil-published`; the additive form is ours.
 */
import * as z from "zod";
import type { Loose } from "../../core/options.ts";
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  concat,
  div,
  greater,
  matmul,
  maximum,
  mean,
  mul,
  reshape,
  sigmoid,
  stack,
  stopGradient,
  sub,
  sum,
  transpose,
} from "../../graph/ops/index.ts";
import type { Module } from "../../nn/module.ts";
import { residualError } from "../dmil-published/stages.ts";
import { purifiedSynergy } from "../dmil-published/synergy.ts";
import {
  type BuildInput,
  type Components,
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  everyTarget,
  type MethodFactory,
  type Outputs,
  presence,
  type Stage,
  type Task,
  type Terms,
} from "../method.ts";
import { branches } from "./branches.ts";
import { known, sharedEvidence } from "./redundancy.ts";

/** Settings. */
export interface DmilOptions {
  /** E, the width of embeddings, 64. */
  readonly embedding: number;
  /** Weight of the loss that keeps synergy silent where a modality alone knows the answer, 1. More leaks less and, on small sets, predicts a little worse. */
  readonly silence: number;
}

/** What the additive form gives. */
export interface DmilOutputs extends Outputs {
  readonly components: Components;
  /** Of each branch with its discount, and of each modality alone, [2 M, B, K]: what the first stage trains. */
  readonly answers: Expr;
  /** Without the synergy network, [B, K]: what the first stage is judged by; constant for the second. */
  readonly evidence: Expr;
  /** Interactions of the branches, and what the synergy network adds, [B, K] each. */
  readonly interaction: Expr;
  readonly synergy: Expr;
  /** [B], see redundancy.ts. */
  readonly known: Expr;
  readonly prior: Expr;
}

/** Nats, or squared deviations, that every component is given when shares are taken, so that where nothing is said all shares are equal. */
const FAINT = 1e-3;

const schema: z.ZodType<DmilOptions, Loose<DmilOptions>> = z.strictObject({
  embedding: embeddingOption,
  silence: z.number().min(0).default(1),
});

/**
 * Redundant R = kappa sum_m rho_m f_m, unique U_m = (1 - rho_m) f_m, synergistic S = w (interaction + synergy network), with f_m of the
 * branches, rho_m the share of evidence that another modality has too, kappa in [1 / M, 1] learnt (evidence that all give counts between
 * once and M times) and w fitted on validation data. Logits are prior + R + sum_m U_m + S.
 * Parameters: `encoders.<modality>...`, `alone`, `gates` [M M, ..], `heads` (.weight and .bias each), `kappa` [1], and the stored means
 * `centre`, `gates.centre`; `synergy.encoders...`, `synergy.features...`, `synergy.weight`, `synergy.head.weight`; `weight` [1], w.
 */
function build(input: BuildInput, encoders: Readonly<Record<string, Module>>, { embedding }: DmilOptions): DmilOutputs {
  const { scope, task, classes } = input;
  const names = Object.keys(encoders);
  const M = names.length;
  const prior = input.prior();
  const mask = presence(input, names);
  const found = branches(input, encoders, embedding, mask);
  const { alone, effects, interaction } = found;
  const rho = sharedEvidence(task, alone, prior);
  const kappa = add(mul(sigmoid(scope.parameter("kappa", [1], { kind: "constant", value: 0 })), 1 - 1 / M), 1 / M);
  const shared = sum(mul(rho, effects), 0);
  const discount = mul(shared, sub(kappa, 1));
  const evidence = add(add(prior, sum(effects, 0)), add(discount, interaction));

  const deep = scope.child("synergy");
  const fused = purifiedSynergy(deep, embed({ ...input, scope: deep }, encoders, embedding), 3, mask);
  // From zero, so that the network says nothing before it is trained.
  const head = deep.child("head").parameter("weight", [embedding, classes], { kind: "constant", value: 0 });
  const synergy = matmul(fused.representation, head);

  const weight = scope.statistic("weight", [1], 1);
  const together = mul(add(interaction, synergy), weight);
  const unique = mul(effects, sub(1, rho));
  const redundant = mul(shared, kappa);
  const contributions = concat([stack([redundant]), unique, stack([together])], 0);
  const logits = add(contributions, prior);
  const said = add(maximum(task.information(task.logProbs(logits), prior), 0), FAINT); // [C, B]
  const counted = mask === undefined ? said : mul(said, reshape(possible(mask), [M + 2, mask.shape[1]!]));
  return {
    logits: add(sum(contributions, 0), prior),
    unimodal: alone,
    components: {
      names: ["redundant", ...names.map((name) => `unique_${name}`), "synergistic"],
      logits,
      gate: transpose(div(counted, sum(counted, 0, true)), [1, 0]),
      contributions,
    },
    answers: concat([add(found.branches, discount), alone], 0),
    evidence,
    interaction,
    synergy,
    known: known(task, alone, prior),
    prior,
    statistics: { ...found.statistics, "synergy.centre": fused.features },
    representations: { ...embeddings(found.embeddings, names), synergistic: fused.representation },
  };
}

/** Which components a sample can have, [M + 2, B, 1], by the modalities it has (`mask` [M, B, 1]): synergy with two or more, R always. */
function possible(mask: Expr): Expr {
  const count = sum(mask, 0, true);
  return concat([greater(count, -1), mask, greater(count, 1.5)], 0);
}

/** What synergy costs where a modality alone knows the answer. Of values nobody knows for certain: their synergy may be anywhere. */
function silenceTerms(task: Task, { prior, known: portion }: DmilOutputs, said: Expr, weight: number): Terms[] {
  if (!task.probabilistic) return [];
  const noise = task.priorKl(task.logProbs(add(said, prior)), prior);
  return [{ names: ["silence"], value: reshape(mean(mul(noise, portion)), [1]), weights: [weight] }];
}

function stages({ silence }: DmilOptions, modalities: readonly string[]): readonly Stage<DmilOutputs>[] {
  const isSynergy = (parameter: string): boolean => parameter.startsWith("synergy.");
  return [
    {
      name: "evidence",
      trains: (parameter) => !isSynergy(parameter),
      terms: (out, target, { task }) => [
        {
          names: ["branch", "only"].flatMap((of) => modalities.map((name) => `${task.term}.${of}.${name}`)),
          value: task.loss(out.answers, target),
          weights: modalities.flatMap(() => [1, 1]),
        },
        ...silenceTerms(task, out, out.interaction, silence),
      ],
      prediction: ({ evidence }) => evidence,
      best: "calibrated",
      epochs: 40,
      learningRate: 1e-3,
      schedule: { kind: "constant" },
    },
    {
      name: "synergy",
      trains: isSynergy,
      terms(out, _, { task, plain }) {
        const base = stopGradient(out.evidence);
        const residual = task.logProbs(add(base, out.synergy));
        const error = residualError(task, { residual, open: task.normalizedEntropy(task.logProbs(base)) }, plain);
        return [
          { names: [`${task.term}.residual`], value: reshape(error, [1]), weights: [1] },
          ...silenceTerms(task, out, out.synergy, silence),
        ];
      },
      prediction: ({ evidence, synergy }) => add(evidence, synergy),
      best: "calibrated",
      fromStart: true,
      patience: 6,
      epochs: 30,
      learningRate: 1e-3,
      schedule: { kind: "constant" },
    },
  ];
}

/** DMIL, whose components add up to the prediction. */
export const dmil: MethodFactory<Loose<DmilOptions>, DmilOutputs> = defineMethod({
  name: "dmil",
  summary: "redundant, unique and synergistic components that add up to the prediction (after CVPR 2026)",
  schema,
  targets: everyTarget,
  search: { silence: [0.3, 1, 3] },
  members: 3,
  labelSmoothing: 0.1,
  weights: { synergistic: ["weight"] },
  build,
  stages,
});
