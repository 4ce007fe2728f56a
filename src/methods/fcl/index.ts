/**
 * @file FactorCL with labels: trains projections of each modality to keep the shared and the unique information about the label, by maximising
 * lower bounds of that information and minimising upper bounds of other information; then trains a linear probe. The unimodal predictions are
 * probes of one modality's projections.
 * Source: Liang, Deng, Ma, Zou, Morency, Salakhutdinov: Factorized Contrastive Learning: Going Beyond Multi-view Redundancy, NeurIPS 2023.
 * Differs: every critic reads the label one-hot (in the authors' code two critics read its index as a number). Critics of the upper bounds
 * are updated in the same step as all other parameters, not after it. The probe is trained with this library's optimiser on training samples,
 * and its best epoch is selected on validation data. Critics are narrower.
 */
import * as z from "zod";
import type { Loose } from "../../core/options.ts";
import type { Expr } from "../../graph/expr.ts";
import { concat, neg, slice, stack, stopGradient, unstack } from "../../graph/ops/index.ts";
import { linear } from "../../nn/linear.ts";
import { crossEntropy } from "../../nn/losses.ts";
import { mlp2 } from "../../nn/mlp.ts";
import {
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  type MethodFactory,
  multiLossTerms,
  type Outputs,
  type Stage,
  type Terms,
  wholeStage,
} from "../kit.ts";
import { type Critic, club, critic, detached, nce, scores } from "./critics.ts";

export interface FclOptions {
  /** Width E of embeddings and projections. Default 64. */
  readonly embedding: number;
  /** Hidden units of critics. Default 64; the authors use 512. A step costs at least 8 batch^2 critic^2 multiplications. */
  readonly critic: number;
  /** Weight of the prediction's cross-entropy while projections are trained. Default 0 (published); 1 in `fcl-ce`. */
  readonly supervision: number;
}

const schema: z.ZodType<FclOptions, Loose<FclOptions>> = z.strictObject({
  embedding: embeddingOption,
  critic: z.int().positive().default(64),
  supervision: z.number().min(0).default(0),
});

/** Uses of the projections of a modality, in the order of their stack. */
const USES = ["nce", "club", "label", "nceGiven", "clubGiven"] as const;
type Use = (typeof USES)[number];

export interface FclOutputs extends Outputs {
  /** Projections of both modalities by use, [B, E] each. */
  readonly projections: Readonly<Record<Use, readonly [Expr, Expr]>>;
  /** Critics by use; `label` has one for each modality. */
  readonly critics: Readonly<Record<Exclude<Use, "label">, Critic>> & { readonly label: readonly [Critic, Critic] };
}

/** Loss terms [8]: the bounds to maximise and minimise, then the losses of the critics of upper bounds. `target` [B, K] is one-hot. */
function bounds({ projections, critics }: FclOutputs, target: Expr, modalities: readonly string[]): Terms {
  const withTarget = ([a, b]: readonly [Expr, Expr]): [Expr, Expr] => [
    concat([a, target], -1),
    concat([b, target], -1),
  ];
  const pairs: Readonly<Record<Exclude<Use, "label">, readonly [Expr, Expr]>> = {
    nce: projections.nce,
    club: projections.club,
    nceGiven: withTarget(projections.nceGiven),
    clubGiven: withTarget(projections.clubGiven),
  };
  const raised = (use: "nce" | "nceGiven"): Expr => neg(nce(scores(critics[use], ...pairs[use])));
  // `lowered` detaches the critic, `trained` detaches the projections: one graph replaces two alternating steps.
  const lowered = (use: "club" | "clubGiven"): Expr => club(scores(detached(critics[use]), ...pairs[use]));
  const trained = (use: "club" | "clubGiven"): Expr => {
    const [a, b] = pairs[use];
    return neg(nce(scores(critics[use], stopGradient(a), stopGradient(b))));
  };
  const terms: readonly (readonly [string, Expr])[] = [
    ["nce.shared", raised("nce")],
    ["club.shared", lowered("club")],
    ...modalities.map(
      (name, m) => [`nce.label.${name}`, neg(nce(scores(critics.label[m]!, projections.label[m]!, target)))] as const,
    ),
    ["nce.given", raised("nceGiven")],
    ["club.given", lowered("clubGiven")],
    ["critic.shared", trained("club")],
    ["critic.given", trained("clubGiven")],
  ];
  return {
    names: terms.map(([name]) => name),
    value: stack(terms.map(([, term]) => term)),
    weights: terms.map(() => 1),
  };
}

/** FactorCL with labels. Parameters: `encoders.<modality>...`, `projections` [10, ...], `critics.<use>...`, `probe` on all, `probes.<modality>`. */
export const fcl: MethodFactory<Loose<FclOptions>, FclOutputs> = defineMethod({
  name: "fcl",
  summary:
    "Factorized Contrastive Learning (FactorCL): bounds of shared and unique information, then a linear probe (NeurIPS 2023)",
  schema,
  limit: "its critics read the class one-hot",
  variants: { "fcl-ce": { supervision: 1 } },
  search: { critic: [32, 64, 128] },
  maxModalities: 2,
  build(input, encoders, { embedding, critic: hidden }): FclOutputs {
    const { scope, classes } = input;
    const names = Object.keys(encoders);
    const z = embed(input, encoders, embedding);
    const copies = stack(unstack(z).flatMap((embedding) => USES.map(() => embedding)));
    const projected = mlp2(scope.child("projections"), copies, embedding, embedding); // [2 * 5, B, E]
    const blocks = [0, 1].map((m) => unstack(slice(projected, 0, m * USES.length, USES.length)));
    const both = (use: Use): readonly [Expr, Expr] => [blocks[0]![USES.indexOf(use)]!, blocks[1]![USES.indexOf(use)]!];
    const sides = blocks.map((block) => concat(block, -1)); // [B, 5 E] each
    const criticScope = scope.child("critics");
    const pair = (use: string, extra = 0): Critic =>
      critic(criticScope.child(use), [embedding + extra, embedding + extra], hidden);
    const label = (name: string): Critic =>
      critic(criticScope.child("label").child(name), [embedding, classes], hidden);
    const probes = scope.child("probes");
    return {
      logits: linear(scope.child("probe"), concat(sides, -1), classes),
      unimodal: stack(sides.map((side, m) => linear(probes.child(names[m]!), side, classes))),
      representations: {
        ...embeddings(z, names),
        ...Object.fromEntries(names.map((name, m) => [`projections_${name}`, sides[m]!])),
      },
      projections: {
        nce: both("nce"),
        club: both("club"),
        label: both("label"),
        nceGiven: both("nceGiven"),
        clubGiven: both("clubGiven"),
      },
      critics: {
        nce: pair("nce"),
        club: pair("club"),
        nceGiven: pair("nceGiven", classes),
        clubGiven: pair("clubGiven", classes),
        label: [label(names[0]!), label(names[1]!)],
      },
    };
  },
  stages: ({ supervision }, modalities): readonly Stage<FclOutputs>[] => [
    {
      ...wholeStage,
      name: "factors",
      trains: (parameter) => (supervision > 0 ? !parameter.startsWith("probes.") : !/^probes?\./.test(parameter)),
      terms: (out, target, { plain }) => [
        bounds(out, plain, modalities),
        ...(supervision === 0
          ? []
          : [{ names: ["ce.prediction"], value: crossEntropy(out.logits, target), weights: [supervision] }]),
      ],
      // Without supervision there is no trained probe yet, so accuracy is meaningless.
      ...(supervision === 0 && { best: "last" }),
      // Chosen on validation data: with more epochs critics overfit to single pairs.
      epochs: 20,
      schedule: { kind: "cosine" },
    },
    {
      ...wholeStage,
      name: "probe",
      trains: (parameter) => /^probes?\./.test(parameter),
      terms: (out, target, { task }) => [multiLossTerms(task, out, target, modalities, 1)],
    },
  ],
});
