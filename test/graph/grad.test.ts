import { expect, test } from "vitest";
import { topological } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { add, constant, matmul, mul, slice, split, sum, tanh } from "../../src/graph/ops/index.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, finiteDifferences, normals, x } from "../support/numbers.ts";

test("weights of several totals are applied element by element", () => {
  const a = x("a", [2]);
  const [gradient] = grad(
    [
      { value: mul(a, a), weights: [1, 10] },
      { value: sum(a), weights: [3] },
    ],
    [a],
  );
  expect([...interpret([gradient!], { a: [5, 7] })[0]!.data]).toEqual([13, 143]);
});

test("a node that nothing reaches has gradient zero", () => {
  const [a, b] = [x("a", [2]), x("b", [3])];
  const [gradient] = grad([{ value: a, weights: [1, 1] }], [b]);
  expect([...interpret([gradient!], {})[0]!.data]).toEqual([0, 0, 0]);
});

test("slices of one value give joined cotangents, without a single pad", () => {
  const a = x("a", [2, 6]);
  const [p, , r] = split(a, 1, [1, 3, 2]);
  const f = add(sum(mul(p!, p!)), sum(tanh(r!)));
  const [gradient] = grad([{ value: f, weights: [1] }], [a]);
  expect(topological([gradient!]).filter((node) => node.op.name === "pad")).toEqual([]);
  const bindings = { a: normals([2, 6], 3) };
  const numeric = finiteDifferences(f, Float32Array.of(1), bindings, "a");
  expect(difference(numeric, interpret([gradient!], bindings)[0]!.data)).toBeLessThan(1e-8);
});

test("slices that overlap still add up", () => {
  const a = x("a", [6]);
  const f = add(sum(mul(slice(a, 0, 0, 4), constant(2))), sum(mul(slice(a, 0, 2, 4), slice(a, 0, 2, 4))));
  const bindings = { a: normals([6], 4) };
  const [gradient] = grad([{ value: f, weights: [1] }], [a]);
  const numeric = finiteDifferences(f, Float32Array.of(1), bindings, "a");
  expect(difference(numeric, interpret([gradient!], bindings)[0]!.data)).toBeLessThan(1e-8);
});

test("only paths to what is asked for are built", () => {
  const [a, w] = [x("a", [64, 4]), x("w", [4, 3])];
  const [gradient] = grad([{ value: sum(matmul(a, w)), weights: [1] }], [w]);
  // One product for dW; none for the data.
  expect(topological([gradient!]).filter((node) => node.op.name === "matmul")).toHaveLength(1);
});
