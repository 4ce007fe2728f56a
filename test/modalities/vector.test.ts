import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { asLeaf, leaf } from "../../src/graph/expr.ts";
import { fitTransforms, transformed } from "../../src/modalities/index.ts";
import { CLIP, vector } from "../../src/modalities/vector.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { caught } from "../data/fixtures/reference.ts";
import { smallSplits } from "../data/fixtures/small.ts";
import { difference } from "../support/numbers.ts";

function datasetOf(values: number[], shape: number[]): Dataset {
  const n = shape[0]!;
  return {
    name: "train",
    ids: rowIds(n),
    modalities: { m: float32(shape, values) },
    ...classTarget(["0", "1"], new Int32Array(n)),
  };
}

it("is the mean and the inverse population deviation", () => {
  const { mean, scale } = fitTransforms(datasetOf([1, 10, 2, 10, 3, 10, 6, 10], [4, 2])).m!.numbers;
  expect([...mean!]).toEqual([3, 10]);
  expect(scale![0]).toBeCloseTo(1 / Math.sqrt(3.5), 6); // (4 + 1 + 0 + 9) / 4
  expect(scale![1]).toBe(1);
});

it("keeps the shape of a sample, and gives train mean 0 and deviation 1 in every feature", () => {
  const { train, test } = smallSplits();
  const fitted = fitTransforms(train);
  const out = transformed(train, fitted).picture!;
  expect(out.shape).toEqual(train.modalities.picture!.shape);
  for (let f = 0; f < 4; f++) {
    const column = Array.from({ length: 6 }, (_, i) => out.data[4 * i + f]!);
    const mean = column.reduce((a, b) => a + b, 0) / 6;
    expect(mean).toBeCloseTo(0, 6);
    expect(Math.sqrt(column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6)).toBeCloseTo(1, 5);
  }
  const { mean, scale } = fitted.sound!.numbers;
  const raw = test.modalities.sound!.data;
  expect(transformed(test, fitted).sound!.data[3]).toBeCloseTo((raw[3]! - mean![1]!) * scale![1]!, 6);
  expect(test.modalities.sound!.data).toEqual(smallSplits().test.modalities.sound!.data);
});

describe("extremes", () => {
  it("a constant feature becomes exactly 0, whatever its value", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 1, max: 97 }), (value, n) => {
        const data = datasetOf(new Array<number>(n).fill(value), [n, 1]);
        const fitted = fitTransforms(data);
        expect(fitted.m!.numbers.scale![0]).toBe(1);
        expect(transformed(data, fitted).m!.data.every((x) => x === 0)).toBe(true);
      }),
    );
  });
  it("is finite and within the clip for any finite numbers, denormal to largest", () => {
    const numbers = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(numbers, (values) => {
        const data = datasetOf(values, [values.length]);
        const out = transformed(data, fitTransforms(data)).m!;
        expect(out.shape).toEqual([values.length]);
        expect(out.data.every((x) => Math.abs(x) <= CLIP)).toBe(true);
      }),
    );
  });
  it("clips a far sample", () => {
    const values = [...new Array<number>(999).fill(0).map((_, i) => i % 2), 1e6];
    const data = datasetOf(values, [1000, 1]);
    expect(transformed(data, fitTransforms(data)).m!.data[999]).toBe(10);
  });
  it("keeps the digits of small changes on a large offset", () => {
    const data = datasetOf([65536, 65537, 65538, 65539], [4, 1]);
    const out = transformed(data, fitTransforms(data)).m!.data;
    expect(out[3]).toBeCloseTo(1.5 / Math.sqrt(1.25), 5);
  });
});

it("refuses what it was not fitted on", () => {
  const { train } = smallSplits();
  const fitted = fitTransforms(train);
  expect(
    caught(() => transformed({ ...train, modalities: { sond: train.modalities.sound! } }, fitted)).message,
  ).toMatch(/modality "sond" .*did you mean "sound"/);
  expect(caught(() => transformed({ ...train, modalities: { sound: float32([6, 3]) } }, fitted)).message).toMatch(
    /samples of \[3\] have 3 features; the standardisation was fitted on 2/,
  );
  expect(caught(() => fitTransforms(datasetOf([], [0, 2]))).message).toMatch(/empty/);
});

it("none leaves values as they are, without clipping, and zeros missing samples", () => {
  const data = { ...datasetOf([1, 1000, 3, Number.NaN], [2, 2]), present: { m: Uint8Array.of(1, 0) } };
  const fitted = fitTransforms(data, ["m"], { m: "none" });
  expect(fitted).toEqual({ m: { kind: "vector", normalize: "none", numbers: {} } });
  expect([...transformed(data, fitted).m!.data]).toEqual([1, 1000, 0, 0]);
  expect([...data.modalities.m!.data]).toEqual([1, 1000, 3, Number.NaN]);
});

it.each(["standard", "none"] as const)(
  "the graph of %s says the same as the transform, for arrays of any rank",
  (normalize) => {
    const { train } = smallSplits();
    const values = train.modalities.picture!;
    const transform = fitTransforms(train, ["picture"], normalize).picture!;
    const graph = vector.graph(leaf("input", "x", values.shape), transform, (name, shape) =>
      leaf("parameter", name, shape),
    );
    expect(graph.shape).toEqual(values.shape);
    const [out] = interpret([graph], { x: values.data, ...transform.numbers });
    const expected = vector.transform(values, transform).data;
    expect(asLeaf(graph) === undefined).toBe(normalize === "standard");
    expect(difference(out!.data, expected)).toBeLessThan(1e-6);
  },
);

describe("channels", () => {
  // Two samples [2, 2, 2]: channel 0 of the last axis holds 1 and 3, channel 1 multiples of ten.
  const values = [1, 10, 3, 20, 1, 30, 3, 40, 1, 10, 3, 20, 1, 30, 3, 40];
  const fitted = (normalize: "channels-last" | "channels-first" | "all", shape = [2, 2, 2, 2]) =>
    fitTransforms(datasetOf(values, shape), ["m"], normalize).m!.numbers;
  const mean = (normalize: "channels-last" | "channels-first" | "all") => [...fitted(normalize).mean!];

  it("share one mean and one deviation over the training samples", () => {
    expect(mean("channels-last")).toEqual([2, 25, 2, 25, 2, 25, 2, 25]);
    expect(mean("channels-first")).toEqual([8.5, 8.5, 8.5, 8.5, 18.5, 18.5, 18.5, 18.5]);
    expect(mean("all")).toEqual(new Array(8).fill(13.5));
    expect(fitted("channels-last").scale![0]).toBe(1);
    expect(fitted("channels-last").scale![1]).toBeCloseTo(1 / Math.sqrt(125), 6);
    expect(fitted("all").scale![0]).toBeCloseTo(
      1 / Math.sqrt(values.reduce((sum, v) => sum + (v - 13.5) ** 2, 0) / 16),
      6,
    );
  });
  it("of frames are those of each frame; of [steps, features] the features", () => {
    expect([...fitted("channels-first", [1, 2, 2, 2, 2]).mean!].slice(0, 8)).toEqual(mean("channels-first"));
    expect([...fitted("channels-last", [4, 2, 2]).mean!]).toEqual([2, 25, 2, 25]);
    expect(() => fitted("channels-first", [4, 2, 2])).toThrowError(/have no channels to normalise by channels-first/);
  });
  it("are applied alike by the transform and by an exported graph", () => {
    const data = datasetOf(values, [2, 2, 2, 2]);
    const transforms = fitTransforms(data, ["m"], "channels-last");
    const x = leaf("input", "x", [2, 2, 2, 2]);
    const graph = vector.graph(x, transforms.m!, (name, shape) => leaf("parameter", name, shape));
    const { mean, scale } = transforms.m!.numbers;
    const [out] = interpret([graph], { x: Float32Array.from(values), mean: mean!, scale: scale! });
    expect(difference(out!.data, transformed(data, transforms).m!.data)).toBeLessThan(1e-6);
  });
});
