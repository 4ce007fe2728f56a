/** @file DMIL, additive. */
import * as z from "zod";
import type { Loose } from "../../core/options.ts";
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  at,
  concat,
  div,
  max,
  maximum,
  mean,
  minimum,
  mul,
  reshape,
  sigmoid,
  stack,
  stopGradient,
  sub,
  sum,
  transpose,
  unstack,
} from "../../graph/ops/index.ts";
import type { Module } from "../../nn/module.ts";
import {
  type BuildInput,
  defineMethod,
  embed,
  embeddingOption,
  embeddings,
  everyTarget,
  type MethodFactory,
  type Outputs,
  presence,
  type Stage,
  type Statistic,
  type Task,
} from "../method.ts";
import { purifiedSynergy, synergyLogits } from "../published/synergy.ts";
import { type Branches, branches } from "./member.ts";

const FLOOR = 1e-3;

export interface DmilOptions {
  readonly embedding: number;
  readonly members: number;
  readonly smoothing: number;
  readonly silence: number;
  readonly deep: "none" | "each" | "one";
  readonly deepEpochs: number;
  readonly epochs: number;
}

interface Member extends Branches {
  readonly discount: Expr;
  readonly light: Expr;
  readonly known: Expr;
  readonly logits: Expr;
}
interface Deep {
  readonly pure: Expr;
  readonly base: Expr;
  readonly open: Expr;
  readonly known: Expr;
}

export interface DmilOutputs extends Outputs {
  readonly members: readonly Member[];
  readonly deeps: readonly Deep[];
  readonly prior: Expr;
}

const schema: z.ZodType<DmilOptions, Loose<DmilOptions>> = z.strictObject({
  embedding: embeddingOption,
  members: z.int().min(1).default(4),
  smoothing: z.number().min(0).max(1).default(0.1),
  silence: z.number().min(0).default(1),
  deep: z.enum(["none", "each", "one"]).default("none"),
  deepEpochs: z.int().min(1).default(30),
  epochs: z.int().min(1).default(40),
});

/** Second largest of a stack over its first axis, and the redundancy of each entry. */
function redundancyOf(task: Task, alone: Expr, prior: Expr): { rho: Expr; d: Expr } {
  const d = task.evidence(stopGradient(task.spoken(alone)), prior); // [M, B, 1 or K]
  const parts = unstack(d);
  const others = parts.map((_, m) => parts.filter((_, n) => n !== m).reduce((a, b) => maximum(a, b)));
  const second = others.reduce((a, b) => minimum(a, b));
  return { rho: minimum(1, div(add(second, FLOOR), add(maximum(d, 0), FLOOR))), d };
}

function member(input: BuildInput, encoders: Readonly<Record<string, Module>>, options: DmilOptions): Member {
  const found = branches(input, encoders, options.embedding);
  const { task, scope } = input;
  const prior = input.prior();
  const { rho } = redundancyOf(task, found.alone, prior);
  const M = found.alone.shape[0]!;
  const k = scope.parameter("kappa", [1], { kind: "constant", value: 0 });
  const kappa = add(mul(sigmoid(k), 1 - 1 / M), 1 / M);
  const discount = mul(sub(kappa, 1), sum(mul(rho, found.effects), 0));
  const saidAlone = stopGradient(task.spoken(found.alone));
  const known = max(minimum(mul(task.information(saidAlone, prior), 1 / task.most(input.classes)), sub(1, task.open(saidAlone))), 0);
  const light = found.interaction;
  const logits = add(add(add(prior, sum(found.effects, 0)), discount), light);
  return { ...found, discount, light, known, logits };
}

function build(input: BuildInput, encoders: Readonly<Record<string, Module>>, options: DmilOptions): DmilOutputs {
  const { scope, task, classes } = input;
  const prior = input.prior();
  const names = Object.keys(encoders);
  const members = Array.from({ length: options.members }, (_, k) =>
    member({ ...input, scope: scope.child("members").child(String(k + 1)) }, encoders, options),
  );
  const count = members.length;
  const avg = (f: (m: Member) => Expr): Expr =>
    mul(
      members.map(f).reduce((a, b) => add(a, b)),
      1 / count,
    );
  const alone = avg((m) => task.spoken(m.alone));
  const effects = avg((m) => m.effects);
  const R_U = avg((m) => add(sum(m.effects, 0), m.discount));
  const light = avg((m) => m.light);
  const { rho } = redundancyOf(task, alone, prior);
  const unique = mul(effects, sub(1, rho));
  const redundant = sub(R_U, sum(unique, 0));
  const statistics: Record<string, Statistic> = Object.assign({}, ...members.map((m) => m.statistics));
  const deeps: Deep[] = [];
  const deep = (own: BuildInput["scope"], base: Expr, known: Expr): Expr => {
    const mask = presence(input, names);
    const zs = embed({ ...input, scope: own }, encoders, options.embedding);
    const fused = purifiedSynergy(own, zs, 3, mask);
    const width = fused.representation.shape.at(-1)!;
    void synergyLogits;
    const w = own.child("head").parameter("weight", [width, classes], { kind: "constant", value: 0 });
    const pure = matmulOf(fused.representation, w);
    statistics[`${own.path}.centre`] = fused.features;
    const b = stopGradient(base);
    deeps.push({ pure, base: b, open: task.open(task.spoken(b)), known: stopGradient(known) });
    return pure;
  };
  const extra =
    options.deep === "none"
      ? undefined
      : options.deep === "one"
        ? deep(
            scope.child("synergy"),
            avg((m) => m.logits),
            avg((m) => m.known),
          )
        : mul(
            members
              .map((m, k) =>
                deep(
                  scope
                    .child("members")
                    .child(String(k + 1))
                    .child("synergy"),
                  m.logits,
                  m.known,
                ),
              )
              .reduce((a, b) => add(a, b)),
            1 / count,
          );
  const synergistic = extra === undefined ? light : add(light, extra);
  const contributions = concat([stack([redundant]), unique, stack([synergistic])], 0);
  const answers = add(contributions, prior);
  const info = add(maximum(task.information(task.spoken(answers), prior), 0), FLOOR); // [C, B]
  const gate = transpose(div(info, sum(info, 0, true)), [1, 0]);
  return {
    logits: add(prior, add(R_U, synergistic)),
    unimodal: alone,
    components: { names: ["redundant", ...names.map((n) => `unique_${n}`), "synergistic"], logits: answers, gate, contributions },
    members,
    deeps,
    prior,
    statistics,
    representations: embeddings(members[0]!.embeddings, names),
  };
}

import { matmul as matmulOf } from "../../graph/ops/index.ts";

void at;
void mean;
void reshape;

function smoothed(task: Task, target: Expr, e: number): Expr {
  if (task.kind === "values" || e === 0) return target;
  const K = target.shape[1]!;
  return add(mul(target, 1 - e), e / (task.kind === "classes" ? K : 2));
}

export const dmil: MethodFactory<Loose<DmilOptions>, DmilOutputs> = defineMethod({
  name: "dmil",
  summary: "components that add up to the prediction",
  schema,
  targets: everyTarget,
  build,
  stages(options, modalities): readonly Stage<DmilOutputs>[] {
    const M = modalities.length;
    const silence = (task: Task, s: Expr, prior: Expr, known: Expr) => ({
      names: ["silence"],
      value: reshape(mean(mul(task.noise(task.spoken(add(s, prior)), prior), known)), [1]),
      weights: [options.silence],
    });
    const light = (k: number): Stage<DmilOutputs> => ({
      name: `member${k + 1}`,
      trains: (p) => p.startsWith(`members.${k + 1}.`) && !p.includes(".synergy."),
      terms({ members, prior }, target, { task }) {
        const own = members[k]!;
        const soft = smoothed(task, target, options.smoothing);
        return [
          {
            names: [
              ...modalities.map((m) => `${task.term}.branch.${m}`),
              ...modalities.map((m) => `${task.term}.only.${m}`),
            ],
            value: task.loss(concat([add(own.branches, own.discount), own.alone], 0), soft),
            weights: new Array(2 * M).fill(1),
          },
          silence(task, own.light, prior, own.known),
        ];
      },
      prediction: ({ members }) => members[k]!.logits,
      best: "calibrated",
      epochs: options.epochs,
      learningRate: 1e-3,
      schedule: { kind: "constant" },
    });
    const deepStage = (k: number, name: string, prefix: string): Stage<DmilOutputs> => ({
      name,
      trains: (p) => p.startsWith(prefix),
      terms({ deeps, prior }, target, { task }) {
        const { pure, base, open, known } = deeps[k]!;
        const error = div(
          mean(mul(task.errors(task.spoken(add(base, pure)), target), open)),
          maximum(mean(open), 0.05),
        );
        return [
          { names: [`${task.term}.residual`], value: reshape(error, [1]), weights: [1] },
          silence(task, pure, prior, known),
        ];
      },
      prediction: ({ deeps }) => add(deeps[k]!.base, deeps[k]!.pure),
      best: "calibrated",
      fromStart: true,
      epochs: options.deepEpochs,
      learningRate: 1e-3,
      schedule: { kind: "constant" },
    });
    const all: Stage<DmilOutputs>[] = [];
    for (let k = 0; k < options.members; k++) {
      all.push(light(k));
      if (options.deep === "each") all.push(deepStage(k, `synergy${k + 1}`, `members.${k + 1}.synergy.`));
    }
    if (options.deep === "one") all.push(deepStage(0, "synergy", "synergy."));
    return all;
  },
});
