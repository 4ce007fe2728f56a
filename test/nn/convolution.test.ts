/** @file Convolution layers: parameters and their initial values; scopes of a second pass. */
import { expect, test } from "vitest";
import { asLeaf, leaf } from "../../src/graph/expr.ts";
import { add } from "../../src/graph/ops/index.ts";
import { type ConvolutionOptions, convolution } from "../../src/nn/convolution.ts";
import { initialState, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";

function layer(options: ConvolutionOptions, kernel: number | readonly [number, number] = 3) {
  const { scope, requests } = rootScope({ training: true });
  const maps = convolution(scope.child("a"), leaf("input", "x", [2, 9, 8, 4]), 6, kernel, options);
  return { maps, specs: Object.fromEntries(requests.parameters) };
}

test("initial values are those of PyTorch and of the papers", () => {
  // fan_in is 9 * 4 / groups, fan_out 9 * 6 / groups.
  expect(layer({}).specs).toMatchObject({
    "a.weight": { shape: [3, 3, 4, 6], init: { kind: "uniform", bound: 1 / 6 } },
    "a.bias": { shape: [6], init: { kind: "uniform", bound: 1 / 6 } },
  });
  const { "a.weight": weight, ...rest } = layer({ groups: 2, bias: false, init: "kaiming-normal" }).specs;
  expect(rest).toEqual({});
  expect(weight).toMatchObject({ shape: [3, 3, 2, 6], init: { kind: "normal", deviation: Math.sqrt(2 / 27) } });
  expect(layer({ init: "kaiming-uniform" }).specs["a.weight"]!.init).toEqual({
    kind: "uniform",
    bound: Math.sqrt(6 / 36),
  });
  const { data } = initialState(Object.values(layer({ init: "kaiming-normal", bias: false }, 7).specs), 0)["a.weight"]!;
  const variance = data.reduce((sum, v) => sum + v * v, 0) / data.length;
  expect(Math.abs(variance / (2 / (49 * 6)) - 1)).toBeLessThan(0.2);
});

test("kernels of two sizes, strides and padding", () => {
  expect(layer({ stride: 2, padding: 1 }).maps.shape).toEqual([2, 5, 4, 6]);
  expect(layer({ padding: [0, 1] }, [1, 3]).maps.shape).toEqual([2, 9, 8, 6]);
  expect(() => layer({}, 10)).toThrowError(/conv: .*kernel is larger/);
});

test("a second pass starts from the stored buffers, and its updates are those that count", () => {
  const { scope, requests } = rootScope({ training: true });
  const twice = (at: typeof scope): void => {
    for (const step of [1, 2]) at.update("n", add(at.buffer("n", [1], 0), step));
  };
  twice(scope);
  const again = scope.again();
  again.update("n", add(again.buffer("n", [1], 0), 10));
  again.child("sub").buffer("m", [1], 0);
  const [n] = interpret([requests.updates.get("n")!], { n: [100] });
  expect([...n!.data]).toEqual([110]);
  expect(asLeaf(scope.again().buffer("n", [1], 0))?.name).toBe("n");
});
