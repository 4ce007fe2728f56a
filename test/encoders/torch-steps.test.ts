/** @file Whole training steps of small encoders equal PyTorch's, in loss, gradients, running statistics and the numbers after them. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { conv1d } from "../../src/encoders/conv1d.ts";
import { lenet } from "../../src/encoders/lenet.ts";
import { resnet18 } from "../../src/encoders/resnet18.ts";
import { asLeaf, type Expr, leaf, topological } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { linear } from "../../src/nn/linear.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { type Module, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, runNative } from "../support/numbers.ts";

interface Golden {
  readonly steps: readonly {
    readonly loss: number;
    readonly gradients: Readonly<Record<string, number[]>>;
    readonly running: Readonly<Record<string, number[]>>;
  }[];
  readonly evaluation: number[];
}
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, "torch-steps.json"), "utf8")) as Record<
  string,
  Golden
>;

const [B, K, RATE] = [5, 3, 0.1];

/** The formula of torch-steps.py. */
const numbers = (shape: Shape, seed: number, size = 1): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(size * Math.sin(1.7 * i + (i * i) / 9 + seed)));

const nets: Record<string, readonly [Module, Shape]> = {
  resnet18: [resnet18([9, 10, 2], { width: 3, blocks: [1, 1] }), [9, 10, 2]],
  lenet: [lenet([9, 8], { width: 2, blocks: 1 }), [9, 8]],
  conv1d: [conv1d(2, { width: 3, masked: true }), [6, 3]],
};

/** Encoder, linear layer and cross-entropy: loss, gradients by name, updates by name, and the parameters. */
function stepOf(encoder: Module, sample: Shape) {
  const { scope, requests } = rootScope({ training: true });
  const hidden = encoder.build(scope, leaf("input", "x", [B, ...sample]));
  const loss = crossEntropy(linear(scope.child("head"), hidden, K), leaf("input", "target", [B, K]));
  const leaves = new Map<string, Expr>();
  for (const node of topological([loss])) {
    const name = asLeaf(node)?.kind === "parameter" ? asLeaf(node)!.name : "";
    if (requests.parameters.get(name)?.trainable) leaves.set(name, node);
  }
  const gradients = grad([{ value: loss, weights: [1] }], [...leaves.values()]);
  return { loss, names: [...leaves.keys()], gradients, updates: requests.updates, specs: requests.parameters };
}

/** Samples of a step; those of conv1d have an end. */
function samplesOf(sample: Shape, seed: number, padded: boolean): Float64Array {
  const x = numbers([B, ...sample], seed);
  const [steps, width] = sample as [number, number];
  if (!padded) return x;
  for (let i = 0; i < x.length; i++) {
    const [row, step] = [Math.floor(i / (steps * width)), Math.floor(i / width) % steps];
    if (step >= steps - (row % 3)) x[i] = 0;
    else if (i % width === width - 1) x[i] = 1;
  }
  return x;
}

test.each(Object.entries(nets))("%s", async (kind, [encoder, sample]) => {
  const { loss, names, gradients, updates, specs } = stepOf(encoder, sample);
  const expected = golden[kind]!;
  expect(names.toSorted()).toEqual(Object.keys(expected.steps[0]!.gradients).toSorted());
  const state: Record<string, ArrayLike<number>> = {};
  for (const [name, { shape, init }] of specs) {
    state[name] = new Float64Array(sizeOf(shape)).fill(init.kind === "constant" ? init.value : 0);
  }
  names.toSorted().forEach((name, seed) => {
    const { shape } = specs.get(name)!;
    const size = name.includes("norm") ? 1 : 2 / Math.sqrt(sizeOf(shape.slice(0, -1)));
    state[name] = numbers(shape, seed, size).map((v) => Math.fround(v + (name.endsWith("scale") ? 1.5 : 0)));
  });
  const target = Float64Array.from({ length: B * K }, (_, i) => (i % K === Math.floor(i / K) % K ? 1 : 0));
  const outputs = [loss, ...gradients, ...updates.values()];
  let x = samplesOf(sample, 0, false);
  for (const [i, step] of expected.steps.entries()) {
    x = samplesOf(sample, 100 + i, kind === "conv1d");
    const bindings = { ...state, x, target };
    const exact = interpret(outputs, bindings).map(({ data }) => data);
    const single = Object.fromEntries(Object.entries(bindings).map(([name, data]) => [name, Float32Array.from(data)]));
    for (const [values, tolerance] of [
      [exact, 1e-8],
      [await runNative(outputs, single), 1e-5],
    ] as const) {
      const of = (offset: number, list: readonly string[]) =>
        Object.fromEntries(list.map((name, at) => [name, values[offset + at]!]));
      const found = { ...of(1, names), ...of(1 + names.length, [...updates.keys()]) };
      expect(Math.abs(values[0]![0]! - step.loss), `loss of step ${i}`).toBeLessThan(tolerance);
      for (const [name, wanted] of Object.entries({ ...step.gradients, ...step.running })) {
        expect(difference(wanted, found[name]!), `${name} in step ${i}`).toBeLessThan(tolerance);
      }
    }
    for (const [at, name] of names.entries())
      state[name] = Float64Array.from(state[name]!, (v, j) => v - RATE * exact[1 + at]![j]!);
    [...updates.keys()].forEach((name, at) => {
      state[name] = Float64Array.from(exact[1 + names.length + at]!);
    });
  }
  const { scope } = rootScope({ training: false });
  const answer = encoder.build(scope, leaf("input", "x", [B, ...sample]));
  const last = kind === "conv1d" ? x : numbers([B, ...sample], 200);
  expect(difference(expected.evaluation, interpret([answer], { ...state, x: last })[0]!.data)).toBeLessThan(1e-8);
});
