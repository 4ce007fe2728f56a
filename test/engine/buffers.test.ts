/** @file Buffers that steps update: what a step writes, resuming to the bit, frozen parts, files and exports. */
import { expect, test } from "vitest";
import type { State } from "../../src/core/tensor.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { decodeModel, encodeModel } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { dmilPublished } from "../../src/methods/dmil-published/index.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";
import { expectResumed } from "../methods/resumed.ts";
import { smallMixture } from "../support/models.ts";
import { difference } from "../support/numbers.ts";

const data = smallMixture();
const encoders = () => ({ a: mlp([8, 6, 5], { norm: "batch", dropout: 0.2 }), b: mlp([8, 6], { norm: "batch" }) });
const method = (): Method => joint({ encoders: encoders(), embedding: 4, members: 1 });
const base = { seed: 3, batchSize: 32, threads: 1 } as const;
const buffers = (state: State): [string, number[]][] =>
  Object.entries(state).flatMap(([name, { data }]) => (/running_/.test(name) ? [[name, [...data]]] : []));

test("each step moves the running statistics by a tenth towards those of its batch", async () => {
  const { train } = data;
  // One batch of all samples, and layers that nothing has trained yet: the first linear layer's outputs are known.
  const first = await fit(method(), data, {
    ...base,
    batchSize: 150,
    epochs: 1,
    learningRate: 1e-12,
    normalize: "none",
  });
  const { data: weight } = first.state["encoders.b.0.weight"]!;
  const { data: bias } = first.state["encoders.b.0.bias"]!;
  const { data: values } = train.modalities.b!;
  for (let unit = 0; unit < 6; unit++) {
    const outputs = Array.from({ length: 150 }, (_, row) => {
      let total = bias[unit]!;
      for (let f = 0; f < 8; f++) total += values[8 * row + f]! * weight[6 * f + unit]!;
      return total;
    });
    const mean = outputs.reduce((sum, y) => sum + y, 0) / 150;
    const variance = outputs.reduce((sum, y) => sum + (y - mean) ** 2, 0) / 149;
    expect(first.state["encoders.b.0.norm.running_mean"]!.data[unit]).toBeCloseTo(0.1 * mean, 5);
    expect(first.state["encoders.b.0.norm.running_var"]!.data[unit]).toBeCloseTo(0.9 + 0.1 * variance, 5);
  }
});

test("a run that was stopped and resumed has the same bits", async () => {
  await expectResumed(method(), 3, [1, 7, 20, 25], data);
});

test("frozen parts keep their buffers, which other stages update", async () => {
  const published = (): Method => dmilPublished({ encoders: encoders(), embedding: 4 }) as Method;
  const states: State[] = [];
  for (const epochs of [
    { intra: 2, components: 0, whole: 0 },
    { intra: 2, components: 2, whole: 0 },
    { intra: 2, components: 2, whole: 2 },
  ]) {
    states.push((await fit(published(), data, { ...base, epochs })).state);
  }
  const [intra, components, whole] = states.map(buffers);
  expect(intra).toHaveLength(6);
  expect(intra!.every(([name, values]) => values.some((value) => value !== (/mean/.test(name) ? 0 : 1)))).toBe(true);
  expect(components).toEqual(intra);
  expect(whole).not.toEqual(intra);
});

test("a model file and an exported file hold the running statistics", async () => {
  const fitted = await fit(method(), data, { ...base, epochs: 2 });
  const predicted = await predict(fitted, data.test, { threads: 1 });
  const read = await decodeModel(await encodeModel(fitted), methodFrom, "model");
  expect(buffers(read.state)).toEqual(buffers(fitted.state));
  expect(read.method.description).toEqual(fitted.method.description);
  const ort = await import("onnxruntime-node");
  const session = await ort.InferenceSession.create(toOnnx(fitted));
  const feeds = Object.fromEntries(
    Object.entries(data.test.modalities).map(([name, { data: values, shape }]) => [
      name,
      new ort.Tensor("float32", values, [...shape]),
    ]),
  );
  const { logits } = await session.run(feeds);
  expect(difference(predicted.logits, logits!.data as Float32Array)).toBeLessThan(1e-5);
});
