/** @file Sequences with padding: standardised over valid steps, with a channel that says which they are; the graph says the same. */
import { describe, expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { leaf } from "../../src/graph/expr.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { encoderInput, fitTransforms, transformed } from "../../src/modalities/index.ts";
import { sequence } from "../../src/modalities/sequence.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { caught } from "../data/fixtures/reference.ts";
import { difference, runNative } from "../support/numbers.ts";

const N = Number.NaN;
/** Two features; the second sample ends after one step, the third after two. */
const values = [1, 10, 2, 20, 3, 30, 5, 50, N, N, N, N, 4, 40, 9, 90, N, N];
const datasetOf = (data: readonly number[], shape = [3, 3, 2], present?: Uint8Array): Dataset => ({
  name: "train",
  ids: rowIds(shape[0]!),
  modalities: { m: float32(shape, data) },
  ...classTarget(["0", "1"], new Int32Array(shape[0]!)),
  ...(present && { present: { m: present } }),
});

it("is the kind of arrays with samples that end early", () => {
  expect(fitTransforms(datasetOf(values)).m!.kind).toBe("sequence");
  expect(encoderInput(datasetOf(values), "m")).toEqual({ sample: [3, 3], masked: true });
  const whole = datasetOf(values.map((v) => (Number.isNaN(v) ? 0 : v)));
  expect(fitTransforms(whole).m!.kind).toBe("vector");
  expect(encoderInput(whole, "m")).toEqual({ sample: [3, 2], masked: false });
  // Only present samples count.
  expect(fitTransforms(datasetOf(values, [3, 3, 2], Uint8Array.of(1, 0, 0))).m!.kind).toBe("vector");
});

it("standardises each feature over the valid steps of all samples", () => {
  const data = datasetOf(values);
  const fitted = fitTransforms(data);
  expect([...fitted.m!.numbers.mean!]).toEqual([4, 40]);
  const deviation = Math.sqrt((9 + 4 + 1 + 1 + 0 + 25) / 6);
  expect(fitted.m!.numbers.scale![0]).toBeCloseTo(1 / deviation, 6);
  const out = transformed(data, fitted).m!;
  expect(out.shape).toEqual([3, 3, 3]);
  const z = (x: number): number => (x - 4) / deviation;
  const expected = [
    z(1),
    z(1),
    1,
    z(2),
    z(2),
    1,
    z(3),
    z(3),
    1,
    z(5),
    z(5),
    1,
    ...Array(6).fill(0),
    z(4),
    z(4),
    1,
    z(9),
    z(9),
    1,
    0,
    0,
    0,
  ];
  expect(difference(expected, out.data)).toBeLessThan(1e-6);
});

it("none keeps the numbers, all has one mean, channels-first is refused", () => {
  const data = datasetOf(values);
  expect([...transformed(data, fitTransforms(data, ["m"], "none")).m!.data.slice(9, 15)]).toEqual([5, 50, 1, 0, 0, 0]);
  expect([...fitTransforms(data, ["m"], "all").m!.numbers.mean!]).toEqual([22, 22]);
  expect(caught(() => fitTransforms(data, ["m"], "channels-first")).message).toMatch(/padded are \[steps, features\]/);
});

it("a missing sample has no valid step, whatever its numbers", () => {
  const present = Uint8Array.of(1, 1, 0);
  const data = datasetOf(values, [3, 3, 2], present);
  expect([...transformed(data, fitTransforms(data)).m!.data.slice(18)]).toEqual(Array(9).fill(0));
  const nothing = datasetOf([...values.slice(0, 12), N, N, N, N, N, N], [3, 3, 2], present);
  expect([...transformed(nothing, fitTransforms(data)).m!.data.slice(18)]).toEqual(Array(9).fill(0));
});

describe("the graph says the same as the transform", () => {
  it.each(["standard", "none", "all"] as const)("%s", async (normalize) => {
    const extreme = [1, 10, 2, 20, 3, 30, 5e9, -5e9, N, N, N, N, 4, 40, 0, 0, N, N];
    const data = datasetOf(values);
    const transform = fitTransforms(data, ["m"], normalize).m!;
    const samples = float32([3, 3, 2], extreme);
    const input = leaf("input", "x", [3, 3, 2]);
    const graph = sequence.graph(input, transform, (name, shape) => leaf("parameter", name, shape));
    const expected = sequence.transform(samples, transform);
    expect(graph.shape).toEqual(expected.shape);
    expect(rowAxes([graph], (node) => (node === input ? 0 : undefined)).get(graph)).toBe(0);
    const bindings = { x: samples.data, ...transform.numbers };
    expect(difference(expected.data, interpret([graph], bindings)[0]!.data)).toBeLessThan(1e-6);
    for (const backend of ["native", "wasm"] as const) {
      expect(difference(expected.data, (await runNative([graph], bindings, backend))[0]!)).toBeLessThan(1e-6);
    }
  });
});

it("padding that training samples did not have is refused, and so are other features", () => {
  const fitted = fitTransforms(datasetOf([1, 2, 3, 4], [1, 2, 2]));
  expect(caught(() => transformed(datasetOf([1, 2, N, N], [1, 2, 2]), fitted)).message).toMatch(
    /row 0 \(from 0\) ends before the last step.*does not know padding/,
  );
  expect(
    caught(() => transformed(datasetOf([1, 2, 3, 4, 5, 6], [1, 2, 3]), fitTransforms(datasetOf(values)))).message,
  ).toMatch(/have 3 features at each step; the standardisation was fitted on 2/);
});
