import { expect, test } from "vitest";
import { asLeaf, type Expr, leaf } from "../../src/graph/expr.ts";
import * as ops from "../../src/graph/ops/index.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { normals, x } from "../support/numbers.ts";

const B = 5;
const data = (): Expr => leaf("input", "data", [B, 4]);
const axisOf = (f: Expr) => rowAxes([f], (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined)).get(f);

const T = 3;
/** [B, T, 4]: T steps of each sample. */
const steps = (): Expr =>
  ops.concat(
    [1, 2, 3].map((k) => ops.reshape(ops.mul(data(), k), [B, 1, 4])),
    1,
  );
const flat = (): Expr => ops.reshape(steps(), [B * T, 4]);

const cases: [string, Expr, number | "mixed"][] = [
  ["a linear layer", ops.matmul(data(), x("w", [4, 3]), { bias: x("b", [3]) }), 0],
  ["a product with itself transposed", ops.matmul(data(), data(), { transposeB: true }), "mixed"],
  ["columns as rows", ops.matmul(data(), x("w", [B, 3]), { transposeA: true }), "mixed"],
  ["a sum over features", ops.sum(data(), 1), 0],
  ["a sum over samples", ops.sum(data(), 0), "mixed"],
  ["centred by the batch mean", ops.sub(data(), ops.mean(data(), 0, true)), "mixed"],
  ["a stack", ops.stack([data(), data()]), 1],
  ["a stack side by side", ops.reshape(ops.transpose(ops.stack([data(), data()]), [1, 0, 2]), [B, 8]), 0],
  ["a stack taken flat", ops.reshape(ops.stack([data(), data()]), [2 * B, 4]), "mixed"],
  ["a stacked linear layer", ops.matmul(ops.stack([data(), data()]), x("w", [2, 4, 3])), 1],
  ["features cut", ops.slice(data(), 1, 1, 2), 0],
  ["samples cut", ops.slice(data(), 0, 1, 2), "mixed"],
  ["softmax over classes", ops.softmax(data()), 0],
  ["softmax over samples", ops.softmax(ops.transpose(data(), [1, 0])), "mixed"],
  ["times a row of numbers", ops.mul(data(), x("w", [4])), 0],
  ["times a column of numbers", ops.mul(data(), x("w", [B, 1])), "mixed"],
  ["stretched", ops.broadcastTo(ops.reshape(data(), [1, B, 4]), [2, B, 4]), "mixed"],
  ["joined features", ops.concat([data(), data()], 1), 0],
  ["joined samples", ops.concat([data(), data()], 0), "mixed"],
  ["a linear layer of each step", ops.matmul(steps(), x("w", [4, 3]), { bias: x("b", [3]) }), 0],
  ["steps taken flat", flat(), 0],
  ["steps taken flat, a layer, and back", ops.reshape(ops.matmul(flat(), x("w", [4, 3])), [B, T, 3]), 0],
  ["steps taken flat and cut elsewhere", ops.reshape(flat(), [T, B, 4]), "mixed"],
  ["steps taken flat, and mixed", ops.sum(flat(), 0), "mixed"],
  ["steps taken flat, plus another flat", ops.add(flat(), ops.mul(flat(), 2)), 0],
  ["the maximum over steps", ops.max(steps(), 1), 0],
  ["scores of steps", ops.matmul(steps(), steps(), { transposeB: true }), 0],
  [
    "scores across samples",
    ops.matmul(ops.transpose(steps(), [1, 0, 2]), ops.transpose(steps(), [1, 0, 2]), { transposeB: true }),
    "mixed",
  ],
];

test.each(cases)("%s", (_, f, expected) => {
  expect(axisOf(f)).toBe(expected);
});

test("where rows are kept apart, changing one sample changes that row alone", () => {
  for (const [name, f, axis] of cases) {
    if (axis === "mixed") continue;
    const bindings: Record<string, Float32Array> = {
      data: normals([B, 4], 1),
      w: normals([64], 2),
      b: normals([3], 3),
    };
    const w = { "a stacked linear layer": 24, "times a row of numbers": 4 }[name];
    bindings.w = bindings.w!.slice(0, w ?? 12);
    const changed = { ...bindings, data: bindings.data!.map((v, i) => (Math.floor(i / 4) === 2 ? v + 1 : v)) };
    const [before, after] = [bindings, changed].map((given) => interpret([f], given)[0]!.data);
    const inner = f.shape.slice(axis + 1).reduce((p, n) => p * n, 1);
    const rows = new Set<number>();
    before!.forEach((v, i) => {
      if (v !== after![i]) rows.add(Math.floor(i / (inner * (f.shape[axis]! / B))) % B);
    });
    expect([name, ...rows]).toEqual([name, 2]);
  }
});
