/**
 * @file DMIL: the prediction is the prior plus the contributions of redundant, unique and synergistic components. Evidence of several
 * modalities is added, evidence that two modalities share is discounted, and synergy is an interaction in the sense of the functional ANOVA (docs/decisions/additive-components.md). The unimodal predictions are linear heads on the embeddings Z_m.
 * Source: components after Yang, Wei, Ni, Xu, Hu: Information-Theoretic Decomposition for Multimodal Interaction Learning, CVPR 2026, whose
 * form is `dmil-published`; the additive form is an addition of this library.
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
import { purifiedSynergy } from "../dmil-published/synergy.ts";
import { residualError } from "../dmil-published/teacher.ts";
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
} from "../kit.ts";
import { branches } from "./branches.ts";
import { certainty, sharedEvidence } from "./redundancy.ts";

export interface DmilOptions {
  /** Embedding width E. Default 64. */
  readonly embedding: number;
  /** Weight of the loss that keeps synergy at 0 on samples that a modality alone predicts with certainty. Default 1. A larger weight leaks less information into synergy and, on small data sets, predicts slightly worse. */
  readonly silence: number;
}

/** Outputs of DMIL. */
export interface DmilOutputs extends Outputs {
  readonly components: Components;
  /** Predictions of the branches with the discount, and unimodal predictions, [2 M, B, K]: the first stage trains them. */
  readonly answers: Expr;
  /** The prediction without the synergy network, [B, K]: the first stage selects its best epoch by it; the second detaches it. */
  readonly evidence: Expr;
  /** Interaction of the branches, and the output of the synergy network, [B, K] each. */
  readonly interaction: Expr;
  readonly synergy: Expr;
  /** Information of the most certain modality as a portion of the maximum, [B] (redundancy.ts). */
  readonly certainty: Expr;
  readonly prior: Expr;
}

/** Added to the information of every component, in nats or squared deviations, before shares are computed: without evidence all shares are equal. */
const MIN_INFORMATION = 1e-3;

const schema: z.ZodType<DmilOptions, Loose<DmilOptions>> = z.strictObject({
  embedding: embeddingOption,
  silence: z.number().min(0).default(1),
});

/**
 * Redundant R = kappa sum_m rho_m f_m, unique U_m = (1 - rho_m) f_m, synergistic S = w (interaction + synergy network), with the main effects
 * f_m of the branches, rho_m the share of the evidence that another modality also has, kappa in [1 / M, 1] trained (evidence that all share
 * counts between once and M times) and w fitted on validation data. Logits are prior + R + sum_m U_m + S.
 * Parameters: `encoders.<modality>...`, `alone`, `gates` [M M, ..], `heads` (.weight and .bias each), `kappa` [1], and the stored means
 * `centre`, `gates.centre`; `synergy.encoders...`, `synergy.features...`, `synergy.weight`, `synergy.head.weight`; `weight` [1], w.
 */
function build(input: BuildInput, encoders: Readonly<Record<string, Module>>, { embedding }: DmilOptions): DmilOutputs {
  const { scope, task, classes } = input;
  const names = Object.keys(encoders);
  const M = names.length;
  const prior = input.prior();
  const mask = presence(input, names);
  const parts = branches(input, encoders, embedding, mask);
  const { alone, effects, interaction } = parts;
  const rho = sharedEvidence(task, alone, prior);
  const kappa = add(mul(sigmoid(scope.parameter("kappa", [1], { kind: "constant", value: 0 })), 1 - 1 / M), 1 / M);
  const shared = sum(mul(rho, effects), 0);
  const discount = mul(shared, sub(kappa, 1));
  const evidence = add(add(prior, sum(effects, 0)), add(discount, interaction));

  const synergyScope = scope.child("synergy");
  const network = purifiedSynergy(synergyScope, embed({ ...input, scope: synergyScope }, encoders, embedding), 3, mask);
  // Initialised with zeros, so that the network has no effect before it is trained.
  const head = synergyScope.child("head").parameter("weight", [embedding, classes], { kind: "constant", value: 0 });
  const synergy = matmul(network.representation, head);

  const weight = scope.statistic("weight", [1], 1);
  const synergistic = mul(add(interaction, synergy), weight);
  const unique = mul(effects, sub(1, rho));
  const redundant = mul(shared, kappa);
  const contributions = concat([stack([redundant]), unique, stack([synergistic])], 0);
  const logits = add(contributions, prior);
  const information = add(maximum(task.information(task.logProbs(logits), prior), 0), MIN_INFORMATION); // [C, B]
  const available =
    mask === undefined ? information : mul(information, reshape(possible(mask), [M + 2, mask.shape[1]!]));
  return {
    logits: add(sum(contributions, 0), prior),
    unimodal: alone,
    components: {
      names: ["redundant", ...names.map((name) => `unique_${name}`), "synergistic"],
      logits,
      gate: transpose(div(available, sum(available, 0, true)), [1, 0]),
      contributions,
    },
    answers: concat([add(parts.branches, discount), alone], 0),
    evidence,
    interaction,
    synergy,
    certainty: certainty(task, alone, prior),
    prior,
    statistics: { ...parts.statistics, "synergy.centre": network.features },
    representations: { ...embeddings(parts.embeddings, names), synergistic: network.representation },
  };
}

/** Mask [M + 2, B, 1] of the components that a sample can have, from its modalities (`mask` [M, B, 1]): synergy needs two, R none. */
function possible(mask: Expr): Expr {
  const count = sum(mask, 0, true);
  return concat([greater(count, -1), mask, greater(count, 1.5)], 0);
}

/** KL from the prior to synergy's prediction, weighted by how certain the best modality is. None for values, whose predictions have no certainty. */
function silenceTerms(task: Task, { prior, certainty: portion }: DmilOutputs, evidence: Expr, weight: number): Terms[] {
  if (!task.probabilistic) return [];
  const excess = task.priorKl(task.logProbs(add(evidence, prior)), prior);
  return [{ names: ["silence"], value: reshape(mean(mul(excess, portion)), [1]), weights: [weight] }];
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
      scoreInitial: true,
      patience: 6,
      epochs: 30,
      learningRate: 1e-3,
      schedule: { kind: "constant" },
    },
  ];
}

export const dmil: MethodFactory<Loose<DmilOptions>, DmilOutputs> = defineMethod({
  name: "dmil",
  summary:
    "Decomposition-based Multimodal Interaction Learning in additive form: components sum to the prediction (after CVPR 2026)",
  schema,
  targets: everyTarget,
  search: { silence: [0.3, 1, 3] },
  members: 3,
  labelSmoothing: 0.1,
  weights: { synergistic: ["weight"] },
  build,
  stages,
});
