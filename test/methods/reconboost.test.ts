import { expect, test } from "vitest";
import { stageGraph } from "../../src/engine/graph.ts";
import { at, constant, mul } from "../../src/graph/ops/index.ts";
import type { Stage } from "../../src/methods/method.ts";
import {
  type ReconboostOptions,
  type ReconboostOutputs,
  reconboost,
  residualCrossEntropy,
} from "../../src/methods/reconboost.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";
import { B, bindings, encoders, gradientsOf, K, smallData, widths } from "./support.ts";

const target = constant(
  Array.from({ length: B * K }, (_, j) => (j % K === Math.floor(j / K) % K ? 1 : 0)),
  [B, K],
);
const outputs = (logits: readonly number[], modalities = 2, scale = 1): ReconboostOutputs => {
  const unimodal = constant(logits, [modalities, B, K]);
  return { unimodal, scale: constant(scale, [1]), logits: at(unimodal, 0) };
};
const build = (options: Partial<ReconboostOptions> = {}, count = 2) =>
  reconboost({ encoders: encoders(count), embedding: 4, hidden: 6, ...options });

test("turns go round by round in the order of modalities, each learning alone and then with all", () => {
  const method = build({ rounds: 2, boosting: 3, rectifying: 2 }, 3);
  expect(method.stages.map(({ name }) => name)).toEqual(
    [1, 2].flatMap((round) => ["a", "b", "c"].flatMap((m) => [`boost_${round}_${m}`, `rectify_${round}_${m}`])),
  );
  expect(method.stages.slice(0, 2).map(({ epochs }) => epochs)).toEqual([3, 2]);
});

test("the weight is w1 - w2 where the others are certain, w1 where they are certainly wrong", () => {
  const own = [...normals([B, K], 6)];
  const certain = (right: number): number[] =>
    Array.from({ length: B * K }, (_, j) => (j % K === Math.floor(j / K) % K ? 500 * right : 0));
  const ce = interpret([crossEntropy(constant(own, [B, K]), target)], {})[0]!.data[0]!;
  const loss = (right: number): number =>
    interpret(
      [residualCrossEntropy(outputs([...own, ...certain(right)]), target, 0, { weight: 5, discount: 2 })],
      {},
    )[0]!.data[0]!;
  expect(loss(1)).toBeCloseTo((3 * ce) / K, 6);
  expect(loss(-1)).toBeCloseTo((5 * ce) / K, 6);
});

test("without discount it is w1 / K times the cross-entropy of the modality alone", () => {
  const method = build({ weight: 4, discount: 0 });
  const stage = method.stages[0] as Stage<ReconboostOutputs>;
  const alone: Stage<ReconboostOutputs> = {
    ...stage,
    terms: (out) => [{ names: ["ce"], value: mul(crossEntropy(at(out.unimodal, 0), target), 4 / K), weights: [1] }],
  };
  const [own, expected] = [method, { ...method, stages: [alone] }].map((each) => gradientsOf(each as never));
  expect(Object.keys(own!)).toEqual(Object.keys(expected!));
  for (const [name, values] of Object.entries(own!)) {
    values.forEach((g, i) => void expect(g).toBeCloseTo(expected![name]![i]!, 9));
  }
});

test("while a modality learns, the others' encoders and the scale stay to the bit", async () => {
  const method = build({ rounds: 1 });
  const epochs = (boost: number) => ({ boost_1_a: 2, rectify_1_a: 1, boost_1_b: boost, rectify_1_b: 0 });
  const data = smallData(method);
  const options = { seed: 1, batchSize: 16, threads: 1 } as const;
  const [before, after] = [
    (await fit(method, data, { ...options, epochs: epochs(0) })).state,
    (await fit(method, data, { ...options, epochs: epochs(2) })).state,
  ];
  const moved = Object.keys(before!).filter((name) => before![name]!.data.some((v, i) => v !== after![name]!.data[i]));
  expect(moved.every((name) => /^(encoders\.b|head)\./.test(name))).toBe(true);
  expect(moved).toEqual(expect.arrayContaining(["encoders.b.0.weight", "head.1.weight"]));
});

test("consolidation: not in the first turn, towards the modality before it, and its gradient is its own", () => {
  const method = build({ consolidation: 0.5, rounds: 2 }, 3);
  const names = method.stages.map((stage) =>
    stageGraph(method, stage, widths(method), B).terms.flatMap((term) => term.names),
  );
  expect(names[0]).toEqual(["ce.residual.a"]);
  expect(names[2]).toEqual(["ce.residual.b", "consolidation.b"]);
  expect(names[6]).toEqual(["ce.residual.a", "consolidation.a"]);
  // In the second round the modality before a is c.
  const graph = stageGraph(method, method.stages[6]!, widths(method), B);
  const value = graph.terms[1]!.value;
  const read = (given: Record<string, Float32Array>): number =>
    interpret([value], bindings(method, [value], given))[0]!.data[0]!;
  const other = (name: string) => ({ [`modality.${name}`]: normals([B, 5], 99) });
  expect(read(other("b"))).toBe(read({}));
  expect(read(other("c"))).not.toBe(read({}));
  const [off, on] = [0, 0.5].map((consolidation) => gradientsOf(build({ consolidation, rounds: 2 }, 3), 6));
  const size = Object.entries(on!).reduce(
    (sum, [name, values]) => sum + values.reduce((own, g, i) => own + (g - off![name]![i]!) ** 2, 0),
    0,
  );
  expect(size).toBeGreaterThan(1e-9);
});

test("a discount that would turn weights round is refused", () => {
  expect(() => build({ weight: 2, discount: 2 })).toThrow(/reconboost\.discount: must be less than weight/);
});
