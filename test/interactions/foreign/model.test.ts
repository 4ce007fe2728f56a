/** @file ONNX models of anyone: dmil's own export agrees with the project's predictions, inputs and outputs are matched, removal is what it says. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { float32, type Tensor } from "../../../src/core/tensor.ts";
import { selectModalities } from "../../../src/data/dataset.ts";
import { classesOf } from "../../../src/data/target.ts";
import { toOnnx } from "../../../src/evaluation/export.ts";
import type { Fitted } from "../../../src/evaluation/model.ts";
import { predict } from "../../../src/evaluation/predict.ts";
import { report } from "../../../src/interactions/explain.ts";
import { answering, type ModelOptions, withoutModalities } from "../../../src/interactions/foreign/index.ts";
import { joint } from "../../../src/methods/joint.ts";
import { mlp } from "../../../src/nn/mlp.ts";
import type { AnyModel } from "../../../src/runtime/any-model.ts";
import { loadBackend } from "../../../src/runtime/load.ts";
import { fit } from "../../../src/train/fit.ts";
import { smallMixture } from "../../support/models.ts";

const data = smallMixture();
const classes = classesOf(data.train);
let fitted: Fitted;
let model: AnyModel;

beforeAll(async () => {
  const method = joint({ encoders: { a: mlp([8, 6]), b: mlp([8, 6]) }, embedding: 4 });
  fitted = await fit(method, data, { seed: 0, epochs: 2, threads: 1 });
  model = await (await loadBackend()).open(toOnnx(fitted), { threads: 1 });
});
afterAll(() => model.dispose());

const ready = (own: AnyModel = model, options: ModelOptions = {}) =>
  answering(own, data.test.modalities, classes, options);
const probabilities = (logs: Float64Array): number[] => [...logs].map(Math.exp);

/** What the project says of the test data with some modalities replaced. */
async function expected(changed: Readonly<Record<string, Tensor<"float32">>> = {}): Promise<number[]> {
  const test = { ...data.test, modalities: { ...data.test.modalities, ...changed } };
  const { samples } = report(await predict(fitted, test, { threads: 1 }), test, fitted);
  return samples.flatMap((sample) => Object.values(sample.probabilities));
}

function close(own: readonly number[], other: readonly number[]): void {
  expect(own).toHaveLength(other.length);
  expect(Math.max(...own.map((value, i) => Math.abs(value - other[i]!)))).toBeLessThan(2e-6);
}

test("of all modalities an exported model says what explain reports, its logits what the model says", async () => {
  const sets = await withoutModalities(await ready(), data.test.modalities, data.train.modalities, 2, {
    remove: "zeros",
    seed: 0,
  });
  expect(Object.keys(sets)).toEqual(["a", "b", "a+b"]);
  close(probabilities(sets["a+b"]!), await expected());
});

test("zeros and means are what the model says of data with them in place", async () => {
  const { a } = data.train.modalities;
  const mean = new Float64Array(8);
  a!.data.forEach((value, i) => {
    mean[i % 8]! += value / 150;
  });
  const inPlace = {
    zeros: float32([60, 8]),
    means: float32(
      [60, 8],
      Float32Array.from({ length: 480 }, (_, i) => mean[i % 8]!),
    ),
  };
  for (const remove of ["zeros", "means"] as const) {
    const sets = await withoutModalities(await ready(), data.test.modalities, data.train.modalities, 2, {
      remove,
      seed: 0,
    });
    close(probabilities(sets.b!), await expected({ a: inPlace[remove] }));
  }
});

test("draws are averages over training samples: of one sample alone they are that sample; by the seed", async () => {
  const one = selectModalities(data.train, ["a", "b"]).modalities;
  const single = Object.fromEntries(
    Object.entries(one).map(([name, { data: values }]) => [name, float32([1, 8], values.slice(0, 8))]),
  );
  const options = { remove: "draws", draws: 3, seed: 1 } as const;
  const sets = await withoutModalities(await ready(), data.test.modalities, single, 2, options);
  const repeated = float32(
    [60, 8],
    Float32Array.from({ length: 480 }, (_, i) => one.a!.data[i % 8]!),
  );
  close(probabilities(sets.b!), await expected({ a: repeated }));
  const of = async (seed: number) =>
    (await withoutModalities(await ready(), data.test.modalities, one, 2, { ...options, seed })).b!;
  expect(await of(1)).toEqual(await of(1));
  expect(await of(1)).not.toEqual(await of(2));
});

describe("inputs and outputs", () => {
  test("what was taken as what is told; logits are told by their name", async () => {
    expect((await ready()).taken).toEqual([
      "input a: a",
      "input b: b",
      "output probabilities: probabilities of 0, 1, in this order",
    ]);
    expect((await ready(model, { output: "logits" })).logits).toBe(true);
    const crossed = await ready(model, { inputs: { a: "b", b: "a" } });
    expect(crossed.taken.slice(0, 2)).toEqual(["input b: a", "input a: b"]);
  });

  test("a mask of modalities (export --missing) is 1 throughout", async () => {
    const masked = await (await loadBackend()).open(toOnnx(fitted, { missing: true }), { threads: 1 });
    const own = await ready(masked);
    expect(own.taken).toContain("input present: 1 throughout, whatever is removed");
    const features = Object.fromEntries(Object.entries(data.test.modalities).map(([name, { data }]) => [name, data]));
    close([...(await own.predict(features, 60))], await expected());
    await masked.dispose();
  });

  test.each<[string, ModelOptions, RegExp]>([
    ["an unknown modality", { inputs: { c: "a" } }, /--input c=a: the data has no modality "c"/],
    ["an unknown input", { inputs: { a: "aa" } }, /--input a=aa: the model has no input "aa"; did you mean "a"/],
    ["one input for two", { inputs: { a: "b" } }, /input a gets no modality/],
    ["an unknown output", { output: "logit" }, /--output logit: the model has no such output; did you mean "logits"/],
    ["an output of another width", { output: "unimodal" }, /the output unimodal is \[60, 2, 2\] for 60 samples/],
  ])("%s is refused", async (_, options, message) => {
    await expect(ready(model, options)).rejects.toThrowError(message);
  });

  test("data of another width is refused", async () => {
    const wide = { a: float32([4, 9]), b: float32([4, 8]) };
    await expect(answering(model, wide, classes, {})).rejects.toThrowError(
      /input a takes \[.*8\], a sample of a has 9 numbers/,
    );
  });
});

/** A model made of a function, to have shapes and names that exports of ours never have. */
function made(
  inputs: AnyModel["inputs"],
  output: string,
  answer: (rows: number, feeds: Readonly<Record<string, ArrayLike<number | bigint>>>) => number[][],
): AnyModel & { calls: number[] } {
  const calls: number[] = [];
  return {
    calls,
    inputs,
    outputs: [{ name: output, type: "float32", shape: ["n", 2] }],
    async run(feeds) {
      const rows = Object.values(feeds)[0]!.shape[0]!;
      calls.push(rows);
      const values = answer(rows, Object.fromEntries(Object.entries(feeds).map(([name, own]) => [name, own.data])));
      return { shape: [rows, values[0]!.length], data: Float64Array.from(values.flat()) };
    },
    runFloat32: async () => {
      throw new Error("not used");
    },
    dispose: async () => {},
  };
}
const features = {
  a: float32([5, 1], Float32Array.from([0, 1, 2, 3, 4])),
  b: float32([5, 2], new Float32Array(10).fill(9)),
};
const numbers = Object.fromEntries(Object.entries(features).map(([name, { data }]) => [name, data]));
const of = (shape: (number | string)[], name = "x", type = "float32") => [{ name, type, shape }];

test("one input takes all modalities side by side; a fixed batch is filled up and cut", async () => {
  const seen: number[][] = [];
  const own = made(of([2, 3]), "dense", (rows, { x }) => {
    for (let i = 0; i < rows; i++) seen.push([0, 1, 2].map((c) => Number(x![3 * i + c]!)));
    return Array.from({ length: rows }, (_, i) => [1 - Number(x![3 * i]!) / 8, Number(x![3 * i]!) / 8]);
  });
  const ready = await answering(own, features, ["no", "yes"], {});
  expect(ready.taken[0]).toBe("input x: a and b, side by side in this order");
  // The name says nothing, the numbers do.
  expect(ready.logits).toBe(false);
  expect([...(await ready.predict(numbers, 5))].filter((_, i) => i % 2 === 1)).toEqual(
    [0, 1, 2, 3, 4].map((v) => v / 8),
  );
  expect(own.calls).toEqual([2, 2, 2, 2, 2, 2]);
  expect(seen[1]).toEqual([1, 9, 9]);
});

test("one number a sample is that of the second of two classes", async () => {
  const sigmoid = made(of(["n", 3]), "out", (rows) => Array.from({ length: rows }, () => [0.25]));
  const chances = await answering(sigmoid, features, ["no", "yes"], {});
  expect(chances.taken.at(-1)).toBe("output out: one number a sample, probability of yes");
  expect([...(await chances.predict(numbers, 1))]).toEqual([0.75, 0.25]);
  const raw = made(of(["n", 3]), "out", (rows) => Array.from({ length: rows }, () => [-2]));
  const logits = await answering(raw, features, ["no", "yes"], {});
  expect(logits.logits).toBe(true);
  expect([...(await logits.predict(numbers, 1))]).toEqual([0, -2]);
});

test("whole numbers are fed where the input takes them; texts, decisions and maps are refused", async () => {
  const whole = made(of(["n", 3], "x", "int64"), "prob", (rows, { x }) => {
    expect(x).toBeInstanceOf(BigInt64Array);
    return Array.from({ length: rows }, () => [0.5, 0.5]);
  });
  await answering(whole, features, ["no", "yes"], {});
  const texts = made(of(["n", 3], "x", "string"), "prob", () => []);
  await expect(answering(texts, features, ["no", "yes"], {})).rejects.toThrowError(
    /takes string; a and b can be fed as float32/,
  );
  const outputs = (type: string): AnyModel => ({ ...whole, outputs: [{ name: "label", type, shape: ["n"] }] });
  await expect(answering(outputs("int64"), features, ["no", "yes"], { output: "label" })).rejects.toThrowError(
    /a decision and no prediction/,
  );
  await expect(answering(outputs("other"), features, ["no", "yes"], {})).rejects.toThrowError(/"zipmap": False/);
});

test("what is no model is refused", async () => {
  const backend = await loadBackend();
  await expect(backend.open(Uint8Array.from([1, 2, 3]), { threads: 1 })).rejects.toMatchObject({
    code: "DataError",
    message: expect.stringMatching(/cannot be opened as an ONNX model/),
  });
});
