/**
 * @file A pool: an ensemble of several members of one method. Members are trained one after the other, each with its own initialisation, order of
 * samples and best epochs. Their outputs are averaged: logits of classes (the mean of log-probabilities up to a constant per sample), log-odds
 * of labels, values. Their representations are concatenated.
 */
import type { State } from "../core/tensor.ts";
import type { Expr } from "../graph/expr.ts";
import { concat, mean, stack } from "../graph/ops/index.ts";
import type { Components, Method, Outputs, Stage, StepContext } from "./method.ts";
import { presence, priorWhereMissing } from "./missing.ts";

/** Outputs of a pool. */
export interface Pool<O extends Outputs> extends Outputs {
  /** Outputs of the members, in order; names of statistics are those in the pool. */
  readonly members: readonly O[];
}

/** The path of a member's parameters, counted from 1. */
const pathOf = (k: number): string => `members.${k}.`;

/** The state of member k under the names of a single model, with the entries that belong to no member. */
function stateOf(k: number, state: State): State {
  const path = pathOf(k);
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => {
      if (!name.startsWith("members.")) return [[name, value]];
      return name.startsWith(path) ? [[name.slice(path.length), value]] : [];
    }),
  );
}

/** Makes one method of `count` members: parameters `members.<k>....`, stages `member<k>.<stage>`. */
export function pooled<O extends Outputs>(method: Method<O>, count: number): Method<Pool<O>> {
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  return {
    ...method,
    pool: {
      member: method as unknown as Method,
      states: (state) => numbers.map((k) => stateOf(k, state)),
    },
    build(input) {
      const all = input.scope.child("members");
      const members = numbers.map((k) => {
        const outputs = method.build({ ...input, scope: all.child(String(k)) });
        const hidden = priorWhereMissing(input, outputs.unimodal, presence(input, method.modalities));
        return { ...outputs, unimodal: hidden, statistics: prefixed(outputs.statistics ?? {}, pathOf(k)) };
      });
      return { ...averaged(members), members };
    },
    ...(method.weights !== undefined && {
      weights: Object.fromEntries(
        Object.entries(method.weights).map(([component, names]) => [
          component,
          numbers.flatMap((k) => names.map((name) => `${pathOf(k)}${name}`)),
        ]),
      ),
    }),
    stages: numbers.flatMap((k) => method.stages.map((stage) => memberStage(stage, k))),
  };
}

/** The averaged outputs of members. */
function averaged(members: readonly Outputs[]): Outputs {
  const of = (pick: (member: Outputs) => Expr): Expr => mean(stack(members.map(pick)), 0);
  const parts = members.flatMap(({ components }) => components ?? []);
  const names = Object.keys(members[0]!.representations ?? {});
  return {
    logits: of(({ logits }) => logits),
    unimodal: of(({ unimodal }) => unimodal),
    ...(parts.length > 0 && { components: averagedComponents(parts) }),
    statistics: Object.assign({}, ...members.map(({ statistics }) => statistics)),
    representations: Object.fromEntries(
      names.map((name) => [
        name,
        concat(
          members.map(({ representations }) => representations![name]!),
          -1,
        ),
      ]),
    ),
  };
}

/** The mean of the members' components. Contributions still sum to the prediction minus the prior. */
function averagedComponents(all: readonly Components[]): Components {
  const of = (pick: (components: Components) => Expr): Expr => mean(stack(all.map(pick)), 0);
  return {
    names: all[0]!.names,
    logits: of(({ logits }) => logits),
    gate: of(({ gate }) => gate),
    contributions: of(({ contributions }) => contributions),
  };
}

/** A stage of member k: it gets only that member, under the names of a single model. */
function memberStage<O extends Outputs>(stage: Stage<O>, k: number): Stage<Pool<O>> {
  const path = pathOf(k);
  const of = ({ members }: Pool<O>): O => members[k - 1]!;
  const memberContext = (context: StepContext): StepContext => ({
    ...context,
    nameOf: (node) => {
      const name = context.nameOf(node);
      return name.startsWith(path) ? name.slice(path.length) : "";
    },
  });
  const withoutPath = <T>(named: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...named].map(([name, value]) => [name.slice(path.length), value]));
  const { modulate, updateMemory: remember, statistics } = stage;
  return {
    ...stage,
    name: `member${k}.${stage.name}`,
    member: { stage: stage.name, outputs: of },
    trains: (parameter) => parameter.startsWith(path) && stage.trains(parameter.slice(path.length)),
    terms: (pool, target, context) => stage.terms(of(pool), target, memberContext(context)),
    prediction: (pool) => stage.prediction(of(pool)),
    ...(modulate !== undefined && {
      modulate: (gradients, pool, target, context) =>
        prefixed(modulate.call(stage, withoutPath(gradients), of(pool), target, memberContext(context)), path),
    }),
    ...(remember !== undefined && {
      updateMemory: (pool, target, context, gradients) =>
        remember.call(stage, of(pool), target, memberContext(context), withoutPath(gradients)),
    }),
    ...(statistics !== undefined && {
      statistics: (pool, target) => prefixed(statistics.call(stage, of(pool), target), path),
    }),
  } as Stage<Pool<O>>;
}

function prefixed<T>(named: Readonly<Record<string, T>>, path: string): Record<string, T> {
  return Object.fromEntries(Object.entries(named).map(([name, value]) => [`${path}${name}`, value]));
}
