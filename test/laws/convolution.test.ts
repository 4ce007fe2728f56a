/**
 * @file Every formulation of convolution agrees with the plain loops, in its value, its gradients and the gradients of those, on both backends.
 * Finite differences check the loops themselves (ops.test.ts).
 */
import { describe, expect, test } from "vitest";
import { grad } from "../../src/graph/grad.ts";
import type { ConvGeometry } from "../../src/graph/onnx/convolution/geometry.ts";
import { formulationOf } from "../../src/graph/onnx/convolution/rule.ts";
import { type ConvOptions, conv, type MaxPoolOptions, maxPool } from "../../src/graph/ops/index.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, normals, runNative, x } from "../support/numbers.ts";

type Case = readonly [formulation: string, x: readonly number[], weight: readonly number[], options: ConvOptions];
const cases: readonly Case[] = [
  ["winograd 4 x 4", [2, 8, 8, 16], [3, 3, 16, 8], { padding: 1 }],
  ["winograd 4 x 4", [1, 13, 12, 17], [3, 3, 17, 3], { padding: [0, 1] }],
  ["winograd 2 x 2", [2, 7, 5, 16], [3, 3, 16, 4], { padding: 1 }],
  ["winograd 2 x 2", [1, 6, 5, 16], [3, 3, 16, 4], { padding: 2 }],
  ["winograd 4 x 1", [2, 11, 1, 16], [3, 1, 16, 4], { padding: [1, 0] }],
  ["winograd 4 x 1", [2, 10, 3, 16], [3, 1, 16, 4], {}],
  ["winograd 1 x 4", [2, 2, 10, 16], [1, 3, 16, 4], { padding: [0, 2] }],
  ["gather", [3, 2, 2, 16], [3, 3, 16, 4], { padding: 1 }],
  ["gather", [2, 9, 8, 16], [3, 3, 16, 4], { padding: 1, stride: 2 }],
  ["gather", [2, 5, 4, 16], [1, 1, 16, 4], { stride: 2 }],
  ["gather", [2, 3, 4, 16], [1, 1, 16, 4], {}],
  ["gather", [2, 9, 1, 16], [5, 1, 16, 4], { padding: [2, 0], stride: [2, 1] }],
  ["planes", [2, 8, 8, 3], [4, 4, 3, 20], { stride: 4 }],
  ["gather", [2, 8, 8, 3], [2, 2, 3, 20], { stride: 3 }],
  ["planes", [2, 9, 8, 2], [5, 5, 2, 6], { padding: 2 }],
  ["planes", [2, 6, 7, 6], [3, 3, 6, 8], { padding: 1, stride: [2, 1] }],
  ["planes", [2, 9, 1, 3], [3, 1, 3, 8], { stride: [2, 1] }],
  ["stem", [1, 9, 8, 3], [7, 7, 3, 64], { padding: 3, stride: 2 }],
  ["sliced", [1, 24, 26, 16], [4, 3, 16, 2], { padding: 1 }],
  ["direct", [2, 7, 6, 16], [3, 3, 8, 4], { padding: 1, groups: 2 }],
  ["direct", [2, 7, 6, 16], [3, 3, 16, 4], { padding: 2, dilation: 2 }],
];

const drawn = ([, xShape, weightShape]: Case) => ({ x: normals(xShape, 1), weight: normals(weightShape, 2) });

/** The convolution, its two gradients and their gradients, and what the plain loops find. */
const named = cases.map((given) => {
  const [name, xShape, weightShape, options] = given;
  const leaves = [x("x", xShape), x("weight", weightShape)];
  const y = conv(leaves[0]!, leaves[1]!, options);
  const first = grad([{ value: y, weights: [...normals(y.shape, 3)] }], leaves);
  const second = first.flatMap((value) => grad([{ value, weights: [...normals(value.shape, 4)] }], leaves));
  const all = [y, ...first, ...second];
  const geometry = y.attributes as unknown as ConvGeometry;
  const title = `${name}: [${xShape}] with [${weightShape}]`;
  return [title, { name, geometry, all, given: drawn(given), expected: interpret(all, drawn(given)) }] as const;
});

describe.each(["native", "wasm"] as const)("values, gradients and second gradients on %s", (backend) => {
  test.each(named)("%s", async (_, { name, geometry, all, given, expected }) => {
    expect(formulationOf(geometry, false).name).toBe(name);
    for (const exact of name.startsWith("winograd") ? [false, true] : [false]) {
      const found = await runNative(all, given, backend, exact);
      const bound = name.startsWith("winograd") && !exact ? 2e-5 : 2e-6;
      for (const [i, { data }] of expected.entries()) expect(difference(data, found[i]!)).toBeLessThan(bound);
    }
  });
});

test("the exact mode has no Winograd", () => {
  expect(formulationOf(named[0]![1].geometry, true).name).toBe("gather");
});

describe("of equal maxima the first in row-major order gets the gradient", () => {
  test.each<[string, number[], number, MaxPoolOptions]>([
    ["rows", [2, 7, 6, 16], 3, { stride: 2, padding: 1 }],
    ["planes", [2, 7, 6, 2], 3, { stride: 2, padding: 1 }],
    ["windows that do not overlap", [2, 7, 6, 16], 2, {}],
    ["large windows", [2, 9, 8, 2], 5, { stride: 2 }],
  ])("%s", async (_, shape, window, options) => {
    const maps = x("x", shape);
    const y = maxPool(maps, window, options);
    const all = [y, ...grad([{ value: y, weights: [...normals(y.shape, 3)] }], [maps])];
    const given = { x: normals(shape, 1).map((value) => Math.round(value)) };
    const found = await runNative(all, given);
    for (const [i, { data }] of interpret(all, given).entries()) expect(difference(data, found[i]!)).toBeLessThan(1e-6);
  });
});
