import { expect, test } from "vitest";
import { stageGraph } from "../../../src/engine/graph.ts";
import { mcr } from "../../../src/methods/mcr/index.ts";
import { mlp } from "../../../src/nn/mlp.ts";
import { expectResumed } from "../resumed.ts";
import { B, encoders, gradientsOf, outputsOf, valuesOf, widths } from "../support.ts";

test("unknown strategies and too many players are refused", () => {
  expect(() => mcr({ encoders: encoders(), strategy: "gready" as never })).toThrowError(
    /mcr\.strategy: unknown word "gready"; did you mean "greedy"\? Allowed: greedy, independent, collaborative\./,
  );
  const five = Object.fromEntries(["a", "b", "c", "d", "e"].map((name) => [name, mlp([3])]));
  expect(() => mcr({ encoders: five })).toThrowError(/mcr is defined for at most 4 modalities; 5 were given/);
});

test("encoders and their heads are trained alone first, unless told otherwise", () => {
  const stages = mcr({ encoders: encoders(), embedding: 4 }).stages;
  expect(stages.map(({ name }) => name)).toEqual(["alone", "whole"]);
  const moved = Object.keys(gradientsOf(mcr({ encoders: encoders(), embedding: 4 }), 0));
  expect(moved.every((name) => /^(encoders|heads)\./.test(name))).toBe(true);
  expect(mcr({ encoders: encoders(), pretrain: false }).stages.map(({ name }) => name)).toEqual(["whole"]);
});

test("terms are there with their weights, or not at all", () => {
  const names = (options: object): string[] => {
    const method = mcr({ encoders: encoders(), embedding: 4, pretrain: false, ...options });
    return stageGraph(method, method.stages[0] as never, widths(method as never), B).terms.flatMap((term) =>
      term.names.map((name, i) => `${name} ${term.weights[i]}`),
    );
  };
  const losses = ["ce.prediction 1", "ce.only.a 0.5", "ce.only.b 0.5"];
  expect(names({ unimodal: 0.5, competition: 0.2, contrastive: 0.3, bottleneck: 0.4 })).toEqual([
    ...losses,
    "competition 0.2",
    "contrastive 0.3",
    "bottleneck 0.4",
  ]);
  expect(names({ unimodal: 0.5, competition: 0, contrastive: 0 })).toEqual(losses);
});

test("what is dealt is read in evaluation form, where dropout rests; the rest is not", () => {
  const method = mcr({ encoders: encoders(), embedding: 4, pretrain: false });
  const { still, parts } = outputsOf(method, true);
  const evaluated = outputsOf(method, false);
  expect(valuesOf(method, [...still.parts])).toEqual(valuesOf(method, [...evaluated.parts]));
  expect(valuesOf(method, [...parts])).not.toEqual(valuesOf(method, [...evaluated.parts]));
  const { a: _, ...dry } = encoders(3);
  const without = outputsOf(mcr({ encoders: dry, embedding: 4 }), true);
  expect(without.still.stacked).toBe(without.stacked);
});

test("the bottleneck trains embeddings and its own layers, and leaves the prediction's head alone", () => {
  const settings = { encoders: encoders(), embedding: 4, pretrain: false, competition: 0, contrastive: 0 } as const;
  const plain = gradientsOf(mcr(settings));
  const told = gradientsOf(mcr({ ...settings, bottleneck: 1 }));
  expect(told["head.weight"]).toEqual(plain["head.weight"]);
  expect(told["encoders.b.embedding.weight"]).not.toEqual(plain["encoders.b.embedding.weight"]);
  expect(Object.keys(told).filter((name) => !Object.hasOwn(plain, name))).toEqual(["told.0", "told.1"]);
  expect(told["told.0"]!.some((g) => g !== 0)).toBe(true);
});

test("a stopped run goes on to the same bits", async () => {
  await expectResumed(mcr({ encoders: encoders(), embedding: 4 }), 3, [4, 14]);
});
