/** @file Batch normalisation against PyTorch's numbers (batch-norm.py wrote them), and what scopes do with buffers. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { leaf } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { rootScope } from "../../src/nn/module.ts";
import { batchNorm } from "../../src/nn/norm.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, x } from "../support/numbers.ts";

interface Step {
  readonly x: number[][];
  readonly cotangent: number[][];
  readonly y: number[][];
  readonly to: { readonly x: number[][]; readonly scale: number[]; readonly shift: number[] };
  readonly running_mean: number[];
  readonly running_var: number[];
}
const golden = JSON.parse(readFileSync(new URL("./batch-norm.json", import.meta.url), "utf8")) as {
  readonly scale: number[];
  readonly shift: number[];
  readonly steps: readonly Step[];
  readonly evaluation: { readonly x: number[][]; readonly y: number[][] };
};
const names = ["running_mean", "running_var"] as const;

describe("batch normalisation is PyTorch's BatchNorm1d", () => {
  let running: Record<(typeof names)[number], Float64Array> = {
    running_mean: new Float64Array(3),
    running_var: new Float64Array(3).fill(1),
  };
  const bindings = (input: number[][]): Record<string, Float64Array> => ({
    ...running,
    scale: Float64Array.from(golden.scale),
    shift: Float64Array.from(golden.shift),
    x: Float64Array.from(input.flat()),
  });

  test.each(golden.steps.map((step, i) => [i + 1, step] as const))("training step %i", (_, step) => {
    const { scope, requests } = rootScope({ training: true });
    const input = x("x", [step.x.length, 3]);
    const y = batchNorm(scope, input);
    const leaves = [
      input,
      scope.parameter("scale", [3], { kind: "constant", value: 1 }),
      scope.parameter("shift", [3], { kind: "constant", value: 0 }),
    ];
    const gradients = grad([{ value: y, weights: step.cotangent.flat() }], leaves);
    const updates = names.map((name) => requests.updates.get(name)!);
    const results = interpret([y, ...gradients, ...updates], bindings(step.x)).map(({ data }) => data);
    const expected = [
      step.y.flat(),
      step.to.x.flat(),
      step.to.scale,
      step.to.shift,
      step.running_mean,
      step.running_var,
    ];
    expected.forEach((values, i) => {
      expect(difference(values, results[i]!)).toBeLessThan(2e-5);
    });
    running = { running_mean: results.at(-2)!, running_var: results.at(-1)! };
  });

  test("evaluation uses the running statistics, and each sample is on its own", () => {
    const { scope, requests } = rootScope({ training: false });
    const y = batchNorm(scope, leaf("input", "x", [4, 3]));
    const [result] = interpret([y], bindings(golden.evaluation.x));
    expect(difference(golden.evaluation.y.flat(), result!.data)).toBeLessThan(2e-5);
    expect(requests.updates.size).toBe(0);
    expect(rowAxes([y], (node) => (node.shape[0] === 4 ? 0 : undefined)).get(y)).toBe(0);
  });
});

test("steps of samples are normalised together, a batch with one value is refused", () => {
  const { scope, requests } = rootScope({ training: true });
  const y = batchNorm(scope.child("norm"), x("x", [2, 3, 4]));
  expect(y.shape).toEqual([2, 3, 4]);
  expect(requests.updates.get("norm.running_var")!.shape).toEqual([4]);
  expect(() => batchNorm(scope.child("one"), x("x", [1, 4]))).toThrowError(
    /one: .*two values of each feature.*\[1, 4\]/,
  );
});

describe("buffers", () => {
  test("are created with a value, are not trained, and have the value of the last update", () => {
    const { scope, requests } = rootScope({ training: true });
    const layer = scope.child("layer");
    const before = layer.buffer("count", [2], 3);
    layer.update("count", before);
    layer.update("count", layer.buffer("count", [2], 3));
    expect(requests.parameters.get("layer.count")).toMatchObject({ trainable: false, init: { value: 3 } });
    expect(layer.buffer("count", [2], 3)).toBe(requests.updates.get("layer.count"));
    const [twice] = interpret([requests.updates.get("layer.count")!], { "layer.count": Float64Array.of(5, 6) });
    expect([...twice!.data]).toEqual([5, 6]);
  });
  test("of frozen parts, of evaluation mode and of evaluation inside training are not updated", () => {
    for (const [options, pick] of [
      [
        { training: true, frozen: (path: string) => path === "layer" },
        (scope: ReturnType<typeof rootScope>["scope"]) => scope,
      ],
      [{ training: false }, (scope: ReturnType<typeof rootScope>["scope"]) => scope],
      [{ training: true }, (scope: ReturnType<typeof rootScope>["scope"]) => scope.eval()],
    ] as const) {
      const { scope, requests } = rootScope(options);
      const layer = pick(scope.child("layer"));
      layer.update("count", layer.buffer("count", [], 0));
      expect(requests.updates.size).toBe(0);
    }
  });
  test("an update of another shape, or of no buffer, is refused with its path", () => {
    const { scope } = rootScope({ training: true });
    const layer = scope.child("layer");
    layer.buffer("count", [2], 0);
    expect(() => layer.update("count", x("y", [3]))).toThrowError(
      /layer\.count: the update is \[3\]; the buffer is \[2\]/,
    );
    expect(() => layer.update("cuont", x("y", [3]))).toThrowError(/layer\.cuont: .*no such buffer/);
  });
});
