/** @file Whole DMIL steps against PyTorch: prediction, every loss term, every gradient, in all three stages. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parametersOf, stageGraph } from "../../src/engine/graph.ts";
import { dmilPublished } from "../../src/methods/dmil-published/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, runNative } from "../support/numbers.ts";

interface Golden {
  sizes: { batch: number; embedding: number; classes: number; features: Record<string, number> };
  leaves: Record<string, number[]>;
  parameters: Record<string, { shape: number[]; data: number[] }>;
  prediction: number[];
  terms: Record<string, number>;
  stages: Record<string, { loss: number; gradients: Record<string, number[]> }>;
}
const golden = JSON.parse(readFileSync(new URL("dmil.json", import.meta.url), "utf8")) as Golden;
const { batch, embedding, classes, features } = golden.sizes;
const encoders = Object.fromEntries(Object.entries(features).map(([name, width]) => [name, mlp([width])]));
const method: Method = dmilPublished({ encoders, embedding });
const widths = {
  shapes: Object.fromEntries(Object.entries(features).map(([name, width]) => [name, [width]])),
  classes,
};
const bindings: Record<string, number[]> = {
  ...golden.leaves,
  ...Object.fromEntries(Object.entries(golden.parameters).map(([name, { data }]) => [name, data])),
};

test("parameters have the names and shapes of the golden model", () => {
  // Stored numbers, as the prior that contributions start from, are no parameters of the golden model.
  const trained = parametersOf(method, widths).filter((spec) => spec.trainable);
  const ours = Object.fromEntries(trained.map(({ name, shape }) => [name, [...shape]]));
  expect(ours).toEqual(Object.fromEntries(Object.entries(golden.parameters).map(([name, { shape }]) => [name, shape])));
});

describe.each(method.stages.map((stage) => [stage.name, stage] as const))("stage %s", (name, stage) => {
  const graph = stageGraph(method, stage as never, widths, batch);
  const expected = golden.stages[name]!;
  const outputs = [...graph.terms.map((term) => term.value), ...[...graph.gradients.values()].map((g) => g.gradient)];

  test("terms, loss and gradients agree in double precision", () => {
    const values = interpret(outputs, bindings).map(({ data }) => data);
    let loss = 0;
    graph.terms.forEach(({ names, weights }, i) => {
      names.forEach((term, j) => {
        expect(difference([golden.terms[term]!], [values[i]![j]!]), term).toBeLessThan(1e-9);
        loss += weights[j]! * values[i]![j]!;
      });
    });
    expect(difference([expected.loss], [loss])).toBeLessThan(1e-9);
    expect([...graph.gradients.keys()].sort()).toEqual(Object.keys(expected.gradients).sort());
    [...graph.gradients.keys()].forEach((parameter, i) => {
      expect(difference(expected.gradients[parameter]!, values[graph.terms.length + i]!), parameter).toBeLessThan(1e-9);
    });
  });

  test("the native backend agrees in single precision", async () => {
    const exact = interpret(outputs, bindings).map(({ data }) => data);
    const single = Object.fromEntries(Object.entries(bindings).map(([key, data]) => [key, Float32Array.from(data)]));
    const native = await runNative(outputs, single);
    exact.forEach((value, i) => {
      expect(difference(value, native[i]!)).toBeLessThan(2e-5);
    });
  });
});

test("the prediction agrees", () => {
  const graph = stageGraph(method, method.stages[2] as never, widths, batch);
  expect(difference(golden.prediction, interpret([graph.prediction], bindings)[0]!.data)).toBeLessThan(1e-10);
});
