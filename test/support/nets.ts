/** @file Frozen networks for tests: ONNX files by the house's own lowering. */
import { stream } from "../../src/core/random.ts";
import { float32, type State } from "../../src/core/tensor.ts";
import { type Expr, leaf } from "../../src/graph/expr.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { add, conv, matmul, relu, reshape, tanh } from "../../src/graph/ops/index.ts";

const BATCH = 3;

function weights(shapes: Readonly<Record<string, readonly number[]>>): State {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const draw = stream(7, `net.${name}`);
      const size = shape.reduce((a, b) => a * b, 1);
      return [
        name,
        float32(
          shape,
          Float32Array.from({ length: size }, () => draw.uniform() - 0.5),
        ),
      ];
    }),
  );
}

function file(
  sample: readonly number[],
  shapes: Readonly<Record<string, readonly number[]>>,
  build: (x: Expr, weight: (name: string) => Expr) => Readonly<Record<string, Expr>>,
): Uint8Array {
  const x = leaf("input", "x", [BATCH, ...sample]);
  const outputs = build(x, (name) => leaf("parameter", name, shapes[name]!));
  return lower({
    inputs: [{ name: "x", parts: [x] }],
    outputs: Object.entries(outputs).map(([name, value]) => ({ name, parts: [value] })),
    stored: weights(shapes),
    openBatch: true,
  });
}

/** [batch, features] to [batch, 6]: tanh of a linear layer. */
export function vectorNet(features: number): Uint8Array {
  return file([features], { w: [features, 6] }, (x, weight) => ({ y: tanh(matmul(x, weight("w"))) }));
}

/** [batch, steps, features] to [batch, steps, 5]. */
export function stepsNet(steps: number, features: number): Uint8Array {
  return file([steps, features], { w: [features, 5] }, (x, weight) => ({ y: tanh(matmul(x, weight("w"))) }));
}

/** [batch, 8, 8, 3] to [batch, 4 x 8 x 8] by a convolution, and to [batch, 4] by a linear layer after it. */
export function imageNet(): Uint8Array {
  return file([8, 8, 3], { k: [3, 3, 3, 4], w: [256, 4] }, (x, weight) => {
    const maps = relu(conv(x, weight("k"), { padding: [1, 1] }));
    const flat = reshape(maps, [BATCH, 256]);
    return { maps: flat, logits: add(matmul(flat, weight("w")), 0.5) };
  });
}

/** [batch, features] to [batch, 4], slowly: one layer of 2048 units, again and again. */
export function slowNet(features: number, times = 40): Uint8Array {
  return file([features], { a: [features, 2048], w: [2048, 2048], b: [2048, 4] }, (x, weight) => {
    let h = tanh(matmul(x, weight("a")));
    for (let i = 0; i < times; i++) h = tanh(matmul(h, weight("w")));
    return { y: matmul(h, weight("b")) };
  });
}
