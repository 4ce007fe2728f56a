import { expect, test } from "vitest";
import { forward } from "../../src/engine/graph.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { constant, mean } from "../../src/graph/ops/index.ts";
import type { Method, Stage } from "../../src/methods/method.ts";
import { branchTerms, type MmtmOptions, mmtm } from "../../src/methods/mmtm.ts";
import type { Transfer } from "../../src/methods/transfer.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";
import { B, bindings, encoders, F, gradientsOf, K, smallData, widths } from "./support.ts";

const build = (options: Partial<MmtmOptions> = {}, count = 2) => {
  const method = mmtm({ encoders: encoders(count), embedding: 4, ...options });
  return { method, out: forward(method, widths(method), B, { training: false }).outputs as Transfer };
};
const zeroGates = {
  "transfer.gates.weight": new Array(2 * 4 * 4).fill(0),
  "transfer.gates.bias": new Array(2 * 4).fill(0),
};

test.each([1, 2] as const)("gates lie between 0 and the scale %d, and every one feels every modality", (scale) => {
  const { method, out } = build({ scale }, 3);
  const gatesOf = (given: Record<string, Float32Array>): Float64Array =>
    interpret([out.gates], bindings(method, [out.gates], given))[0]!.data;
  const gates = gatesOf({});
  expect(Math.min(...gates)).toBeGreaterThan(0);
  expect(Math.max(...gates)).toBeLessThan(scale);
  for (const changed of method.modalities) {
    const others = gatesOf({ [`modality.${changed}`]: normals([B, F], 77) });
    for (let m = 0; m < 3; m++) {
      expect(others.slice(m * B * 4, (m + 1) * B * 4), `gate ${m}, ${changed}`).not.toEqual(
        gates.slice(m * B * 4, (m + 1) * B * 4),
      );
    }
  }
});

test("gates that know nothing leave all as it is, with the published scale", () => {
  const { method, out } = build();
  const plain = out.answer(constant(1, [2, B, 4]));
  const exprs = [out.gates, out.branches, plain, out.logits, mean(plain, 0), out.unimodal];
  const [gates, branches, heads, logits, averaged, unimodal] = interpret(exprs, bindings(method, exprs, zeroGates));
  expect(new Set(gates!.data)).toEqual(new Set([1]));
  expect(branches!.data).toEqual(heads!.data);
  expect(logits!.data).toEqual(averaged!.data);
  expect(unimodal!.data).toEqual(heads!.data);
  const half = build({ scale: 1 });
  const [halved] = interpret([half.out.gates], bindings(half.method, [half.out.gates], zeroGates));
  expect(new Set(halved!.data)).toEqual(new Set([0.5]));
});

test("with such gates branch losses are those of separate heads, and so are their gradients", () => {
  const { method } = build({ loss: "branches" });
  const [stage] = method.stages as readonly [Stage<Transfer>];
  const separate: Stage<Transfer> = {
    ...stage,
    terms: (out, target, { task }) => [
      branchTerms(task, out.answer(constant(1, [2, B, 4])), target, method.modalities),
    ],
  };
  const gradients = gradientsOf(method, 0, zeroGates);
  const expected = gradientsOf({ ...method, stages: [separate] } as Method);
  expect(Object.keys(expected)).toEqual(expect.arrayContaining(["heads.weight", "encoders.a.embedding.weight"]));
  for (const [name, values] of Object.entries(expected)) {
    values.forEach((g, i) => void expect(gradients[name]![i], name).toBeCloseTo(g, 12));
  }
});

test("a modality alone: the others' summaries rest at their stored means", () => {
  const { method, out } = build({}, 3);
  const [before] = interpret([out.unimodal], bindings(method, [out.unimodal]));
  const changed = { "modality.b": normals([B, F], 77) };
  const [after] = interpret([out.unimodal], bindings(method, [out.unimodal], changed));
  const of = (m: number, values: Float64Array): Float64Array => values.slice(m * B * K, (m + 1) * B * K);
  expect(of(0, after!.data)).toEqual(of(0, before!.data));
  expect(of(1, after!.data)).not.toEqual(of(1, before!.data));
  expect(of(2, after!.data)).toEqual(of(2, before!.data));
  // On a batch of equal samples whose embeddings are the means, the branches are the unimodal predictions.
  const rows = Object.fromEntries(
    method.modalities.map((name, i) => {
      const row = normals([F], 5 + i);
      return [`modality.${name}`, Float32Array.from({ length: B * F }, (_, j) => row[j % F]!)];
    }),
  );
  const [z] = interpret([out.stacked], bindings(method, [out.stacked], rows));
  const centre = [0, 1, 2].flatMap((m) => [...z!.data.slice(m * B * 4, m * B * 4 + 4)]);
  const exprs = [out.unimodal, out.branches];
  const [alone, together] = interpret(exprs, bindings(method, exprs, { ...rows, "transfer.centre": centre }));
  alone!.data.forEach((value, i) => void expect(value).toBeCloseTo(together!.data[i]!, 5));
});

test("the stored means are those of the training embeddings of the state that is kept", async () => {
  const { method } = build();
  const data = smallData(method);
  const fitted = await fit(method, data, { seed: 1, batchSize: 16, threads: 1, epochs: { whole: 3 } });
  const { representations } = await predict(fitted, data.train, { representations: true });
  method.modalities.forEach((name, m) => {
    const { data: values, shape } = representations![`embedding_${name}`]!;
    for (let e = 0; e < 4; e++) {
      let total = 0;
      for (let i = 0; i < shape[0]!; i++) total += values[i * 4 + e]!;
      expect(fitted.state["transfer.centre"]!.data[m * 4 + e]).toBeCloseTo(total / shape[0]!, 5);
    }
  });
});
