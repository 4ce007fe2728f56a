import { expect, test } from "vitest";
import { parametersOf, stageGraph } from "../../src/engine/graph.ts";
import type { Expr } from "../../src/graph/expr.ts";
import { add, constant, stack } from "../../src/graph/ops/index.ts";
import { ensemble } from "../../src/methods/ensemble.ts";
import { i2m2, product } from "../../src/methods/i2m2.ts";
import type { Method } from "../../src/methods/method.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { targetTypes } from "../../src/targets/index.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";
import { B, bits, encoders, gradientsOf, K, smallData, widths } from "./support.ts";

const single = constant([...normals([2, B, K], 1)], [2, B, K]);
const joint = constant([...normals([B, K], 2)], [B, K]);
const values = (single: Expr, joint: Expr, task = targetTypes.multiclass): Float64Array =>
  interpret([task.logProbs(product(task, single, joint))], {})[0]!.data;

test("of labels, the probabilities of yes are multiplied, and those of no", () => {
  const yes = (data: Float64Array): number[] => [...data].map((odds) => 1 / (1 + Math.exp(-odds)));
  const experts = yes(interpret([single], {})[0]!.data);
  yes(values(single, joint, targetTypes.multilabel)).forEach((p, i) => {
    const all = [experts[i]!, experts[B * K + i]!, yes(interpret([joint], {})[0]!.data)[i]!];
    const [agreed, denied] = [all.reduce((a, b) => a * b), all.map((q) => 1 - q).reduce((a, b) => a * b)];
    expect(p).toBeCloseTo(agreed / (agreed + denied), 9);
  });
});

test("an expert that knows nothing changes nothing, nor does a constant on all of an expert's logits", () => {
  const plain = values(single, joint);
  const uniform = stack([constant([...normals([B, K], 3)], [B, K]), constant(-3, [B, K])]);
  const alone = stack([constant([...normals([B, K], 3)], [B, K])]);
  values(uniform, joint).forEach((v, i) => void expect(v).toBeCloseTo(values(alone, joint)[i]!, 9));
  const shift = constant([5, -2], [2, 1, 1]);
  for (const moved of [values(add(single, shift), joint), values(single, add(joint, 7))]) {
    moved.forEach((v, i) => void expect(v).toBeCloseTo(plain[i]!, 9));
  }
});

test("every expert has encoders and a head of its own, and learns alone before all learn together", () => {
  const method = i2m2({ encoders: encoders(3), embedding: 4 });
  expect(method.stages.map(({ name }) => name)).toEqual(["a", "b", "c", "joint", "together"]);
  const reached = method.stages.map((stage) => [...stageGraph(method, stage, widths(method), B).gradients.keys()]);
  const all = parametersOf(method, widths(method)).map(({ name }) => name);
  expect(reached.slice(0, 4).flat().sort()).toEqual([...all].sort());
  expect([...reached[4]!].sort()).toEqual([...all].sort());
  expect(all).toEqual(expect.arrayContaining(["encoders.a.0.weight", "joint.encoders.a.0.weight"]));
  expect(method.stages[4]!.learningRate).toBeCloseTo(method.stages[0]!.learningRate / 10, 12);
});

test("together, an expert's logits get the gradient of the product alone", () => {
  const method = i2m2({ encoders: encoders(), embedding: 4 });
  const bias = ["heads.a.bias", "heads.b.bias", "joint.head.bias"].map(
    (name) => gradientsOf(method, method.stages.length - 1)[name]!,
  );
  for (const own of bias.slice(1)) own.forEach((g, k) => void expect(g).toBeCloseTo(bias[0]![k]!, 9));
});

test("before the joint expert it is an ensemble, bit for bit", async () => {
  const trained = async (method: Method, only: RegExp): Promise<string> => {
    const epochs = Object.fromEntries(method.stages.map(({ name }) => [name, /^(a|b|c)$/.test(name) ? 2 : 0]));
    const { state } = await fit(method, smallData(method), { seed: 1, batchSize: 16, threads: 1, epochs });
    return bits(Object.fromEntries(Object.entries(state).filter(([name]) => only.test(name))));
  };
  const settings = { encoders: encoders(3), embedding: 4 };
  expect(await trained(i2m2(settings), /^(encoders|heads)\./)).toBe(await trained(ensemble(settings), /./));
});
