import { expect, test } from "vitest";
import { forward, parametersOf, stageGraph } from "../../src/engine/graph.ts";
import { leaf } from "../../src/graph/expr.ts";
import { mean } from "../../src/graph/ops/index.ts";
import type { Stage } from "../../src/methods/method.ts";
import { bottleneck, type MmibOptions, type MmibOutputs, mmib } from "../../src/methods/mmib.ts";
import { klToStandard } from "../../src/nn/gaussian.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { targetTypes } from "../../src/targets/index.ts";
import { normals } from "../support/numbers.ts";
import { B, bindings, F, gradientsOf, widths } from "./support.ts";

/** Without dropout, so that only bottlenecks draw noise. */
const plain = { a: mlp([F, 6]), b: mlp([F, 6]) };
const build = (options: Partial<MmibOptions> = {}) => mmib({ encoders: plain, embedding: 4, hidden: 6, ...options });

/** Divergence and deviations of a bottleneck whose mean and deviation come from its biases alone. */
function ofBiases(middle: number, bias: number): { kl: number; deviation: number } {
  const { scope, requests } = rootScope({ training: true });
  const q = bottleneck(scope, leaf("input", "x", [3, 2]), 5, 4);
  const exprs = [mean(klToStandard(q)!), q.spread!.deviation];
  const state = initialState(requests.parameters.values(), 1);
  const given = Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data.slice()]));
  for (const part of ["mean", "deviation"]) given[`${part}.weight`]!.fill(0);
  given["mean.bias"]!.fill(middle);
  given["deviation.bias"]!.fill(bias);
  const [kl, deviation] = interpret(exprs, { ...given, x: normals([3, 2], 1) });
  return { kl: kl!.data[0]!, deviation: deviation!.data[0]! };
}

test("a bottleneck: deviations begin near 0.007; the divergence is 0 for mean 0 and deviation 1 and above elsewhere", () => {
  expect(ofBiases(0, 0).deviation).toBeCloseTo(Math.log1p(Math.exp(-5)), 8);
  expect(ofBiases(0, 35).deviation).toBeCloseTo(30, 5);
  expect(ofBiases(0, 400).deviation).toBeCloseTo(395, 5);
  const unit = 5 + Math.log(Math.E - 1);
  expect(ofBiases(0, unit).kl).toBeCloseTo(0, 6);
  for (const [middle, bias] of [
    [0.3, unit],
    [0, unit - 1],
    [0, unit + 1],
    [-2, 0],
  ] as const) {
    expect(ofBiases(middle, bias).kl).toBeGreaterThan(0.01);
  }
  const { kl, deviation } = ofBiases(-2, 0);
  expect(kl).toBeCloseTo(0.5 * (4 + deviation ** 2 - 2 * Math.log(deviation + 1e-8) - 1), 8);
});

test("without spread it is a deterministic network with several losses: training and evaluation agree", () => {
  const method = build({ beta: 0 });
  const stage = method.stages[0] as Stage<MmibOutputs>;
  const { terms } = stageGraph(method, stage, widths(method), B);
  const still = forward(method, widths(method), B, { training: false }).outputs;
  const target = leaf("input", "target", [B, 3]);
  const expected = stage.terms(still, target, { task: targetTypes.multiclass } as never);
  expect(terms.flatMap(({ names }) => names)).toEqual(["ce.prediction", "ce.only.a", "ce.only.b"]);
  expect(terms.flatMap(({ weights }) => weights)).toEqual([2, 1, 1]);
  const exprs = [...terms, ...expected].map(({ value }) => value);
  const valuesOf = (given: Record<string, number[]>): number[][] =>
    interpret(exprs, bindings(method, exprs, given)).map(({ data }) => [...data]);
  const none = {
    "single.deviation.bias": new Array(8).fill(-60),
    "fused.deviation.bias": new Array(4).fill(-60),
  };
  const quiet = valuesOf(none);
  quiet[0]!.forEach((v, j) => void expect(v).toBeCloseTo(quiet[1]![j]!, 9));
  const loud = valuesOf({
    "single.deviation.bias": new Array(8).fill(6),
    "fused.deviation.bias": new Array(4).fill(6),
  });
  loud[0]!.forEach((v, j) => void expect(Math.abs(v - loud[1]![j]!)).toBeGreaterThan(1e-3));
});

test("evaluation draws nothing; training draws where bottlenecks are", () => {
  const drawn = (where: MmibOptions["bottleneck"], training: boolean): string[] => {
    const method = build({ bottleneck: where });
    return [...forward(method, widths(method), B, { training }).requests.noises.keys()];
  };
  expect(drawn("complete", true)).toEqual(["single.noise", "fused.noise"]);
  expect(drawn("early", true)).toEqual(["fused.noise"]);
  expect(drawn("late", true)).toEqual(["single.noise"]);
  expect(drawn("complete", false)).toEqual([]);
});

test("its forms differ in bottlenecks alone", () => {
  const names = (options: Partial<MmibOptions>): string[] => {
    const method = build(options);
    return stageGraph(method, method.stages[0]!, widths(method), B).terms.flatMap((term) => term.names);
  };
  const losses = ["ce.prediction", "ce.only.a", "ce.only.b"];
  expect(names({})).toEqual([...losses, "kl.a", "kl.b", "kl.fused"]);
  expect(names({ bottleneck: "early" })).toEqual([...losses, "kl.fused"]);
  expect(names({ bottleneck: "late" })).toEqual([...losses, "kl.a", "kl.b"]);
  const parameters = (options: Partial<MmibOptions>): string[] => {
    const method = build(options);
    return parametersOf(method, widths(method)).map(({ name }) => name);
  };
  const all = parameters({});
  expect(parameters({ bottleneck: "early" })).toEqual(all.filter((name) => !name.startsWith("single.")));
  expect(parameters({ bottleneck: "late" })).toEqual(all.filter((name) => !name.startsWith("fused.")));
});

test("beta weighs the divergences: 0 leaves the gradients of the other losses", () => {
  const [none, small, large] = [0, 1e-3, 1e-1].map((beta) => gradientsOf(build({ beta })));
  for (const [name, base] of Object.entries(none!)) {
    base.forEach((g, i) => void expect(large![name]![i]! - g).toBeCloseTo(100 * (small![name]![i]! - g), 8));
  }
  const moved = Object.keys(none!).filter((name) =>
    none![name]!.some((g, i) => Math.abs(large![name]![i]! - g) > 1e-9),
  );
  expect(moved).toEqual(
    expect.arrayContaining(["encoders.a.0.weight", "single.deviation.weight", "fused.mean.weight"]),
  );
  expect(moved.some((name) => name.startsWith("head"))).toBe(false);
});
