/** @file Floating-point operations of graphs, counted by hand. */
import { expect, test } from "vitest";
import { flopsOf } from "../../src/graph/cost.ts";
import { leaf } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { conv, matmul, relu, sum } from "../../src/graph/ops/index.ts";

const x = (shape: readonly number[]) => leaf("input", "x", shape);
const w = (shape: readonly number[]) => leaf("parameter", "w", shape);

test("a product: two for each multiply-add; shared nodes count once", () => {
  const y = matmul(x([3, 5]), w([5, 7]));
  expect(flopsOf([y])).toBe(2 * 3 * 5 * 7);
  expect(flopsOf([relu(y), y])).toBe(2 * 3 * 5 * 7 + 3 * 7);
  expect(flopsOf([matmul(x([4, 3, 5]), w([7, 5]), { transposeB: true })])).toBe(2 * 4 * 3 * 5 * 7);
});

test("a convolution, by groups too, and its gradients, which cost as much each", () => {
  const forward = 2 * (2 * 4 * 4 * 6) * (3 * 3 * 2);
  const y = conv(x([2, 8, 8, 4]), w([3, 3, 2, 6]), { stride: 2, padding: 1, groups: 2 });
  expect(flopsOf([y])).toBe(forward);
  const input = x([2, 8, 8, 4]);
  const kernel = w([3, 3, 2, 6]);
  const z = conv(input, kernel, { stride: 2, padding: 1, groups: 2 });
  const all = grad([{ value: sum(z, [0, 1, 2, 3]), weights: [1] }], [input, kernel]);
  const rest = flopsOf(all) - 2 * forward;
  expect(rest).toBeGreaterThanOrEqual(0);
  expect(rest).toBeLessThan(forward / 10);
});
