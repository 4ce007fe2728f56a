/** Small data and models for tests of single methods, and the gradients a stage gives on one batch. */

import type { State } from "../../src/core/tensor.ts";
import type { DataSplits } from "../../src/data/dataset.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { forward, parametersOf, stageGraph, type Widths } from "../../src/engine/graph.ts";
import { asLeaf, type Expr, topological } from "../../src/graph/expr.ts";
import { constant } from "../../src/graph/ops/index.ts";
import type { Method, Outputs } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";

export const K = 3;
export const B = 6;
export const F = 5;

/** Encoders of `count` modalities a, b, c of 5 features, one with dropout. */
export function encoders(count = 2): Record<string, ReturnType<typeof mlp>> {
  const all = { a: mlp([F, 6], { dropout: 0.25 }), b: mlp([F, 6]), c: mlp([F, 6]) };
  return Object.fromEntries(Object.entries(all).slice(0, count));
}

/** Widths of a method over those encoders. */
export function widths(method: Method): Widths {
  return { shapes: Object.fromEntries(method.modalities.map((name) => [name, [F]])), classes: K };
}

/** Random values of every leaf that expressions reach; `given` goes before. Targets are one-hot, class i % K. */
export function bindings(
  method: Method,
  exprs: readonly Expr[],
  given: Readonly<Record<string, ArrayLike<number>>> = {},
  seed = 1,
): Record<string, Float32Array> {
  const state = initialState(parametersOf(method, widths(method)), seed);
  return Object.fromEntries(
    topological(exprs).flatMap((node) => {
      const found = asLeaf(node);
      if (found === undefined) return [];
      const own = given[found.name];
      if (own !== undefined) return [[found.name, Float32Array.from(own)]];
      if (found.kind === "parameter") return [[found.name, state[found.name]!.data.slice()]];
      // By name, so that graphs that share leaves see the same numbers.
      const code = [...found.name].reduce((sum, char) => (31 * sum + char.charCodeAt(0)) % 1_000_003, seed);
      const values = normals(found.shape, code);
      if (found.name === "target") values.forEach((_, j) => void (values[j] = j % K === Math.floor(j / K) % K ? 1 : 0));
      if (found.name === "epoch") values.fill(1);
      return [[found.name, values]];
    }),
  );
}

/** The gradients that the optimiser sees in a stage, by parameter name, on one random batch. */
export function gradientsOf(
  method: Method,
  stage = 0,
  given: Readonly<Record<string, ArrayLike<number>>> = {},
): Record<string, Float64Array> {
  const { gradients } = stageGraph(method, method.stages[stage] as never, widths(method), B);
  const exprs = [...gradients.values()].map(({ gradient }) => gradient);
  const values = interpret(exprs, bindings(method, exprs, given));
  return Object.fromEntries([...gradients.keys()].map((name, i) => [name, values[i]!.data]));
}

/** A few samples for a method over those encoders. */
export function smallData(method: Method): DataSplits {
  return interactionMixture({
    classes: K,
    noise: 0.3,
    modalities: [...method.modalities],
    shares: { redundant: 0.25, unique: 0.5 / method.modalities.length, synergistic: 0.25 },
    samples: { train: 40, validation: 20, test: 20 },
    features: F,
    seed: 3,
  });
}

/** Trains for two epochs a stage on a few samples and gives the bits of the parameters both models have in common. */
export async function trainedBits(method: Method, only: (parameter: string) => boolean = () => true): Promise<string> {
  const { state } = await fit(method, smallData(method), {
    seed: 1,
    batchSize: 16,
    threads: 1,
    epochs: Object.fromEntries(method.stages.map(({ name }) => [name, 2])),
  });
  return bits(Object.fromEntries(Object.entries(state).filter(([name]) => only(name))));
}

/** The bits of all numbers, in the order of their names. */
export function bits(state: State): string {
  return Object.keys(state)
    .sort()
    .map((name) => `${name} ${Buffer.from(state[name]!.data.slice().buffer).toString("hex")}`)
    .join("\n");
}

/** A method's outputs on a batch of B, in training or evaluation form. */
export function outputsOf<O extends Outputs>(method: Method<O>, training: boolean): O {
  return forward(method, widths(method as Method), B, { training }).outputs;
}

/** Values of expressions of one method on the same random numbers. */
export function valuesOf(
  method: Method,
  exprs: readonly Expr[],
  given: Readonly<Record<string, ArrayLike<number>>> = {},
  seed = 1,
): Float64Array[] {
  return interpret(exprs, bindings(method, exprs, given, seed)).map(({ data }) => data);
}

/** A constant vector. */
export const vector = (...values: number[]): Expr => constant(values, [values.length]);

/** The numbers of one expression that reads nothing. */
export const numbers = (expr: Expr): number[] => [...interpret([expr], {})[0]!.data];
