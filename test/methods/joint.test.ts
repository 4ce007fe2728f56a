import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { at } from "../../src/graph/ops/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";
import { difference } from "../support/numbers.ts";
import { B, encoders, F, K, outputsOf, smallData, valuesOf } from "./support.ts";

const deep = ["mlp", "gated", "film", "bilinear"] as const;

test.each(["linear", "sum"] as const)("%s: the slices sum to the prediction", (head) => {
  const method = joint({ encoders: encoders(3), embedding: 4, head });
  const { logits, unimodal } = outputsOf(method, false);
  const [whole, slices] = valuesOf(method, [logits, unimodal]);
  const total = whole!.map((_, i) => [0, 1, 2].reduce((sum, m) => sum + slices![m * B * K + i]!, 0));
  expect(difference(whole!, total)).toBeLessThan(1e-12);
});

test("linear: modalities in another order, with their slices, predict alike", () => {
  const { a, b, c } = encoders(3);
  const [method, turned] = [
    { a, b, c },
    { c, a, b },
  ].map((own) => joint({ encoders: own as never, embedding: 4 }));
  const { logits } = outputsOf(method!, false);
  const weight = Float32Array.from({ length: 12 * K }, (_, i) => Math.sin(i));
  const rows = (m: number): Float32Array => weight.subarray(m * 4 * K, (m + 1) * 4 * K);
  const [plain] = valuesOf(method!, [logits], { "head.weight": weight });
  const swapped = Float32Array.from([...rows(2), ...rows(0), ...rows(1)]);
  const [other] = valuesOf(turned!, [outputsOf(turned!, false).logits], { "head.weight": swapped });
  expect(difference(plain!, other!)).toBeLessThan(1e-12);
});

test.each(deep)("%s: a modality alone is the head with the others at their stored mean", (head) => {
  const method = joint({ encoders: encoders(3), embedding: 4, head });
  const { logits, unimodal, representations = {} } = outputsOf(method, false);
  // All samples alike in b and c: their embeddings are their means.
  const same = (seed: number) => Float32Array.from({ length: B * F }, (_, i) => Math.cos(seed + (i % F)));
  const given = { "modality.b": same(1), "modality.c": same(2) };
  const inner = [representations.embedding_b!, representations.embedding_c!];
  const [b, c] = valuesOf(method, inner, given);
  const means = [...new Float32Array(4).fill(9), ...b!.subarray(0, 4), ...c!.subarray(0, 4)];
  const [whole, alone] = valuesOf(method, [logits, at(unimodal, 0)], { ...given, "head.mean": means });
  expect(difference(whole!, alone!)).toBeLessThan(1e-6);
  // And the others have no say.
  const [apart] = valuesOf(method, [at(unimodal, 0)], { "head.mean": means });
  expect(difference(apart!, alone!)).toBeLessThan(1e-12);
});

test.each(deep)("%s: the stored means are those of the training data at the model's parameters", async (head) => {
  const method = joint({ encoders: { a: mlp([F, 6]), b: mlp([F, 6], { dropout: 0.2 }) }, embedding: 4, head });
  const data = smallData(method);
  const fitted = await fit(method, data, { seed: 1, batchSize: 16, epochs: { whole: 3 }, threads: 1 });
  const { representations = {} } = await predict(fitted, data.train, { representations: true });
  const means = ["a", "b"].flatMap((name) => {
    const { data: z, shape } = representations[`embedding_${name}`]!;
    return Array.from({ length: 4 }, (_, e) => {
      let total = 0;
      for (let i = e; i < z.length; i += 4) total += z[i]!;
      return total / shape[0]!;
    });
  });
  expect(means.some((mean) => Math.abs(mean) > 0.01)).toBe(true);
  expect(difference(fitted.state["head.mean"]!.data, means)).toBeLessThan(1e-6);
});

/** Two signs, and whether they are equal: nothing that a sum of parts could tell. */
function signs(samples: number, seed: number): Dataset {
  const draw = stream(seed, "signs");
  const values = Array.from({ length: 2 }, () =>
    Float32Array.from({ length: samples }, () => (draw.uniform() < 0.5 ? -1 : 1)),
  );
  return {
    name: "signs",
    ids: Array.from({ length: samples }, (_, i) => String(i)),
    modalities: { a: float32([samples, 1], values[0]!), b: float32([samples, 1], values[1]!) },
    ...classTarget(
      ["apart", "alike"],
      Int32Array.from({ length: samples }, (_, i) => (values[0]![i] === values[1]![i] ? 1 : 0)),
    ),
  };
}

test.each([...deep, "linear", "sum"] as const)("%s: an interaction is learned by deep heads alone", async (head) => {
  const method = joint({ encoders: { a: mlp([1]), b: mlp([1]) }, embedding: 8, head });
  const data = { train: signs(256, 1), validation: signs(64, 2) };
  const fitted = await fit(method, data, {
    seed: 1,
    batchSize: 32,
    epochs: { whole: 40 },
    learningRate: 0.01,
    threads: 1,
  });
  const { accuracy } = (await evaluate(fitted, signs(400, 3))).values;
  if (head === "linear" || head === "sum") expect(accuracy).toBeLessThan(0.8);
  else expect(accuracy).toBe(1);
});

test("an unknown head is refused with the nearest", () => {
  expect(() => joint({ encoders: encoders(), head: "gatd" as never })).toThrowError(
    /joint\.head: unknown word "gatd"; did you mean "gated"\?/,
  );
});
