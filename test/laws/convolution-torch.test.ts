/** @file Layers of convolution, batch norm, ReLU and max pool against PyTorch's numbers (convolution.py wrote them), on both backends. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Expr, leaf } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { averagePool, constant, conv, maxPool, relu } from "../../src/graph/ops/index.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { rootScope } from "../../src/nn/module.ts";
import { batchNorm } from "../../src/nn/norm.ts";
import { loadBackend } from "../../src/runtime/load.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, normals, runNative, x } from "../support/numbers.ts";

type Pair = readonly [number, number];
interface Kept {
  readonly squares: number;
  readonly entries: readonly number[];
}
interface Layer {
  readonly x: Shape;
  readonly outputs: number;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
  /** Window, stride and padding. */
  readonly pool: readonly [number, number, number] | null;
  readonly y: Kept;
  readonly to: Readonly<Record<"x" | "weight" | "scale" | "shift", Kept>>;
  readonly mean: Kept;
  readonly variance: Kept;
}
const golden = JSON.parse(readFileSync(new URL("./convolution.json", import.meta.url), "utf8")) as {
  readonly layers: Readonly<Record<string, Layer>>;
};

const KEPT = 31;
const wave = (shape: Shape, frequency: number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(frequency * i));

/** Largest error of the kept entries, and of the root of the sum of squares, relative to the largest entry and to that root. */
function distance(expected: Kept, found: Float32Array): number {
  const step = Math.max(1, Math.floor(found.length / KEPT));
  const entries = found.filter((_, i) => i % step === 0);
  const scale = Math.max(...expected.entries.map(Math.abs));
  const gap = Math.max(...expected.entries.map((value, i) => Math.abs(value - entries[i]!)));
  const [root, own] = [Math.sqrt(expected.squares), Math.sqrt(found.reduce((sum, v) => sum + v * v, 0))];
  return entries.length === expected.entries.length ? Math.max(gap / scale, Math.abs(root - own) / root) : 1;
}

/** Convolution, batch norm, ReLU and perhaps a pool, as an encoder builds them. */
function build(layer: Layer, training: boolean) {
  const { scope, requests } = rootScope({ training });
  const input = leaf("input", "x", layer.x);
  const weight = x("weight", [...layer.kernel, layer.x[3]!, layer.outputs]);
  const maps = relu(batchNorm(scope, conv(input, weight, { stride: layer.stride, padding: layer.padding })));
  const [window, stride, padding] = layer.pool ?? [];
  const y = window === undefined ? maps : maxPool(maps, window, { stride: stride!, padding: padding! });
  const vector = (name: string) => scope.parameter(name, [layer.outputs], { kind: "constant", value: 1 });
  return { input, weight, y, scale: vector("scale"), shift: vector("shift"), updates: requests.updates };
}

function bindings(layer: Layer) {
  const channels = [layer.outputs];
  return {
    x: wave(layer.x, 1.7),
    weight: wave([...layer.kernel, layer.x[3]!, layer.outputs], 0.9),
    scale: wave(channels, 0.3).map((v) => 1 + 0.5 * v),
    shift: wave(channels, 0.5).map((v) => 0.2 * v),
    running_mean: new Float32Array(layer.outputs),
    running_var: new Float32Array(layer.outputs).fill(1),
  };
}

const layers = Object.entries(golden.layers);
describe.each([
  ["native", false],
  ["native", true],
  ["wasm", false],
] as const)("a training step of a layer is PyTorch's, on %s (exact: %s)", (backend, exact) => {
  test.each(layers)("%s", async (_, layer) => {
    const { input, weight, scale, shift, y, updates } = build(layer, true);
    const gradients = grad([{ value: y, weights: [...wave(y.shape, 2.3)] }], [input, weight, scale, shift]);
    const all = [y, ...gradients, updates.get("running_mean")!, updates.get("running_var")!];
    const found = await runNative(all, bindings(layer), backend, exact);
    const { to, mean, variance } = layer;
    for (const [i, expected] of [layer.y, to.x, to.weight, to.scale, to.shift, mean, variance].entries()) {
      expect(distance(expected, found[i]!)).toBeLessThan(2e-5);
    }
  });
});

describe("in evaluation mode", () => {
  test.each(layers)("%s: the exported form with an open batch size is the form of a batch", async (_, layer) => {
    const { input, y } = build(layer, false);
    const given = { ...bindings(layer), running_mean: normals([layer.outputs], 5) };
    const [expected] = await runNative([y], given);
    const { x: samples, weight, ...vectors } = given;
    const model = lower({
      inputs: [{ name: "x", parts: [input] }],
      outputs: [{ name: "y", parts: [y] }],
      stored: {
        weight: float32([...layer.kernel, layer.x[3]!, layer.outputs], weight),
        ...Object.fromEntries(Object.entries(vectors).map(([name, data]) => [name, float32([layer.outputs], data)])),
      },
      openBatch: true,
    });
    const out = float32(y.shape, new Float32Array(sizeOf(y.shape)));
    const backend = await loadBackend("native");
    const program = await backend.compile(model, { x: float32(layer.x, samples) }, { y: out }, { threads: 1 });
    await program.run();
    await program.dispose();
    expect(difference(expected!, out.data)).toBeLessThan(2e-5);
  });

  test("samples stay apart, in training batch norm mixes them", () => {
    for (const training of [true, false]) {
      const { y } = build(layers[0]![1], training);
      const axes = rowAxes([y], (node) =>
        node.inputs.length === 0 && node.shape.length === 4 && node.shape[0] === 2 ? 0 : undefined,
      );
      expect(axes.get(y)).toBe(training ? "mixed" : 0);
    }
  });
});

test("averagePool counts zeros of the padding, as PyTorch's avg_pool2d by default", () => {
  const maps = constant([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const means = (f: Expr): number[] => [...interpret([f], {})[0]!.data];
  expect(means(averagePool(maps, 2, { stride: 1 }))).toEqual([3, 4, 6, 7]);
  expect(means(averagePool(maps, 3, { stride: 2, padding: 1 })).map((v) => v * 9)).toEqual([12, 16, 24, 28]);
  expect(() => averagePool(maps, 4)).toThrowError(/the kernel is larger than the maps/);
});
