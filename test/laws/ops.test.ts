/** @file Laws over every op: its value agrees with ONNX Runtime, its gradient with finite differences. */
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import { asLeaf, type Expr, leaf, topological } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import * as ops from "../../src/graph/ops/index.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, finiteDifferences, normals, runNative, x } from "../support/numbers.ts";

/** Cases by op name. Inputs are drawn as standard normals, so logarithms and roots get exponentials. */
const a = () => x("a", [3, 4]);
const b = () => x("b", [3, 4]);
/** The gradient of squares of f's outputs with respect to its input "q": it depends on "q" and on the other leaves of f. */
function slope(f: (q: Expr) => Expr, shape: readonly number[]): Expr {
  const q = x("q", shape);
  const value = ops.square(f(q));
  return grad([{ value, weights: Array.from({ length: sizeOf(value.shape) }, () => 0.5) }], [q])[0]!;
}
/** Batch normalisation of c. */
const norm = (c: Expr) => ops.batchNormalise(c, x("d", c.shape.slice(-1)), x("e", c.shape.slice(-1)), 0.1);
/** Whole numbers 0..3, as ids. */
const ids = (shape: readonly number[]): Expr =>
  ["g", "h", "i"].map((name) => ops.greater(x(name, shape), 0)).reduce((p, q) => ops.add(p, q));
/** A bias of keys of which some are not read. */
const bias = (): Expr => ops.mul(ops.constant([0, 1, 0, 0, 1, 0, 0, 1, 0, 0], [2, 1, 1, 5]), ops.MASKED);
const cases: Record<string, (() => Expr)[]> = {
  leaf: [a],
  constant: [
    () => ops.add(a(), ops.constant(Float32Array.of(1, 2, 3, 4), [4])),
    () => ops.mul(a(), ops.constant(0.5)),
    () => ops.matmul(a(), ops.constant(0.3, [4, 2])),
  ],
  neg: [() => ops.neg(a())],
  exp: [() => ops.exp(a())],
  log: [() => ops.log(ops.exp(a()))],
  sqrt: [() => ops.sqrt(ops.exp(a()))],
  tanh: [() => ops.tanh(a())],
  sigmoid: [() => ops.sigmoid(a())],
  relu: [() => ops.relu(a())],
  positive: [() => ops.mul(ops.stopGradient(slope(ops.relu, [3, 4])), a())],
  erf: [() => ops.erf(a()), () => ops.erf(ops.mul(a(), 3)), () => ops.gelu(ops.mul(a(), 2))],
  square: [() => ops.square(a())],
  sign: [() => ops.mul(ops.sign(a()), b())],
  stopGradient: [() => ops.mul(ops.stopGradient(ops.mul(b(), 2)), a())],
  add: [() => ops.add(a(), b()), () => ops.add(a(), x("c", [4])), () => ops.add(x("c", [3, 1]), x("d", [2, 1, 4]))],
  sub: [() => ops.sub(a(), b()), () => ops.sub(x("c", [1, 4]), a())],
  mul: [() => ops.mul(a(), b()), () => ops.mul(a(), a()), () => ops.mul(x("c", []), a())],
  div: [() => ops.div(a(), ops.exp(b())), () => ops.div(1, ops.exp(a()))],
  pow: [() => ops.pow(ops.exp(a()), b()), () => ops.pow(a(), 2), () => ops.pow(ops.exp(x("c", [3, 1])), -0.5)],
  maximum: [() => ops.maximum(a(), b()), () => ops.maximum(a(), 0.1)],
  minimum: [() => ops.minimum(a(), b()), () => ops.minimum(x("c", [4]), a())],
  greater: [() => ops.mul(ops.greater(a(), b()), b())],
  where: [
    () => ops.where(ops.greater(a(), 0), a(), ops.mul(b(), 3)),
    () => ops.where(ops.greater(a(), 0), x("c", [4]), 0),
  ],
  sum: [() => ops.sum(a()), () => ops.sum(a(), 0), () => ops.sum(x("c", [2, 3, 4]), [0, 2], true)],
  mean: [() => ops.mean(a()), () => ops.mean(a(), -1, true), () => ops.mean(x("c", [2, 3, 4]), [1, 2])],
  max: [
    () => ops.max(a(), 0),
    () => ops.max(x("c", [2, 3, 4]), [0, 2], true),
    () => ops.mul(ops.stopGradient(ops.max(ops.stopGradient(b()), 0)), a()),
  ],
  broadcastTo: [() => ops.broadcastTo(x("c", [3, 1]), [2, 3, 4]), () => ops.broadcastTo(x("c", []), [2, 2])],
  reshape: [
    () => ops.reshape(a(), [2, 6]),
    () => ops.reshape(x("c", [1]), []),
    () => ops.reshape(ops.matmul(ops.reshape(x("c", [2, 3, 4]), [6, 4]), x("d", [4, 5])), [2, 3, 5]),
  ],
  transpose: [() => ops.transpose(a(), [1, 0]), () => ops.transpose(x("c", [2, 3, 4]), [1, 2, 0])],
  slice: [() => ops.slice(a(), 1, 1, 2), () => ops.at(x("c", [2, 3, 4]), 1)],
  pad: [() => ops.pad(a(), 0, 1, 2), () => ops.pad(x("c", [2, 3, 4]), 2, 0, 1)],
  concat: [() => ops.concat([a(), b(), a()], -1), () => ops.stack([a(), b()])],
  matmul: [
    () => ops.matmul(a(), x("c", [4, 2])),
    () => ops.matmul(a(), b(), { transposeB: true }),
    () => ops.matmul(a(), b(), { transposeA: true }),
    () => ops.matmul(x("c", [4, 3]), x("d", [2, 4]), { transposeA: true, transposeB: true }),
    () => ops.matmul(a(), x("c", [4, 2]), { bias: x("e", [2]) }),
    () => ops.matmul(x("c", [2, 3, 4]), x("d", [2, 4, 5]), { bias: x("e", [2, 1, 5]) }),
    () => ops.matmul(x("c", [2, 3, 4]), x("d", [2, 5, 4]), { transposeB: true }),
    () => ops.matmul(x("c", [2, 4, 3]), x("d", [2, 4, 5]), { transposeA: true }),
    () => ops.matmul(x("c", [2, 3, 4]), x("d", [4, 5])),
    () => ops.matmul(x("c", [2, 3, 4]), x("d", [5, 4]), { transposeB: true, bias: x("e", [5]) }),
    () => ops.matmul(x("c", [2, 2, 3, 4]), x("d", [4, 5]), { bias: x("e", [5]) }),
  ],
  conv: [
    () => ops.conv(x("c", [2, 5, 4, 3]), x("d", [3, 3, 3, 2]), { padding: 1 }),
    () => ops.conv(x("c", [2, 6, 5, 2]), x("d", [3, 2, 2, 3]), { stride: 2, padding: [1, 0] }),
    () => ops.conv(x("c", [2, 7, 1, 4]), x("d", [3, 1, 2, 4]), { dilation: [2, 1], padding: [2, 0], groups: 2 }),
    () => ops.conv(x("c", [2, 4, 4, 3]), x("d", [1, 1, 3, 5]), { stride: 2 }),
    () => ops.conv(x("c", [2, 6, 6, 1]), x("d", [5, 5, 1, 2]), { padding: 2 }),
  ],
  convInputGradient: [
    () => ops.averagePool(x("c", [2, 5, 4, 3]), 3, { stride: 2, padding: 1 }),
    () => slope((c) => ops.conv(c, x("d", [3, 3, 3, 2]), { stride: 2 }), [2, 5, 4, 3]),
    () => slope((c) => ops.conv(c, x("d", [3, 2, 2, 3]), { padding: 1, groups: 1 }), [2, 3, 4, 2]),
  ],
  convWeightGradient: [
    () => slope((d) => ops.conv(x("c", [2, 6, 5, 3]), d, { stride: 2, padding: 1 }), [3, 3, 3, 2]),
    () => slope((d) => ops.conv(x("c", [2, 5, 4, 4]), d, { dilation: 2, groups: 2 }), [2, 2, 2, 2]),
  ],
  maxPool: [
    () => ops.maxPool(x("c", [2, 4, 6, 3]), 2),
    () => ops.maxPool(x("c", [2, 5, 7, 2]), 3, { stride: 2, padding: 1 }),
    () => ops.maxPool(x("c", [1, 4, 5, 17]), 3, { stride: 2, padding: 1 }),
    () => ops.maxPool(x("c", [2, 7, 8, 2]), [2, 1], { stride: 3 }),
    () => ops.maxPool(x("c", [2, 4, 5, 2]), 3, { stride: 1, padding: 1 }),
    () => ops.maxPool(x("c", [2, 7, 6, 2]), 5, { stride: 2, padding: 2 }),
  ],
  maxPoolGradient: [
    () =>
      ops.mul(
        ops.stopGradient(slope((c) => ops.maxPool(c, 3, { stride: 2, padding: 1 }), [2, 5, 4, 2])),
        x("e", [2, 5, 4, 2]),
      ),
  ],
  batchMean: [() => norm(x("c", [3, 2, 4])).mean],
  batchVariance: [() => norm(x("c", [3, 2, 4])).variance, () => norm(x("c", [2, 3, 2, 3])).variance],
  batchNorm: [
    () => norm(x("c", [6, 4])).value,
    () => norm(x("c", [2, 3, 2, 3])).value,
    () => norm(x("c", [1, 3, 2, 17])).value,
  ],
  batchNormInputGradient: [() => slope((c) => norm(c).value, [5, 3]), () => slope((c) => norm(c).value, [2, 3, 2, 2])],
  batchNormScaleGradient: [
    () => slope((d) => ops.batchNormalise(x("c", [5, 3]), d, x("e", [3]), 0.1).value, [3]),
    () => slope((d) => ops.batchNormalise(x("c", [2, 3, 2, 2]), d, x("e", [2]), 0.1).value, [2]),
  ],
  embedding: [() => ops.embedding(x("c", [4, 5]), ids([2, 3])), () => ops.embedding(x("c", [4, 1]), ids([6]))],
  scatterRows: [() => slope((c) => ops.embedding(c, ids([3, 4])), [4, 3])],
  attention: [
    () => ops.attention(x("c", [2, 2, 5, 3]), x("d", [2, 2, 4, 3]), x("e", [2, 2, 4, 2]), undefined, { chunk: 2 }),
    () => ops.attention(x("c", [2, 2, 5, 3]), x("d", [2, 2, 5, 3]), x("e", [2, 2, 5, 2]), bias(), { chunk: 2 }),
    () =>
      ops.attention(x("c", [2, 1, 5, 3]), x("d", [2, 1, 5, 3]), x("e", [2, 1, 5, 3]), bias(), {
        chunk: 3,
        causal: true,
      }),
    () =>
      ops.attention(x("c", [2, 2, 4, 3]), x("d", [2, 2, 5, 3]), x("e", [2, 2, 5, 2]), x("f", [2, 1, 1, 5]), {
        chunk: 3,
      }),
  ],
  attentionStatistics: [
    () =>
      ops.mul(
        ops.stopGradient(
          slope((c) => ops.attention(c, ops.mul(c, 0.5), c, undefined, { chunk: 2, causal: true }), [2, 2, 5, 3]),
        ),
        x("e", [2, 2, 5, 3]),
      ),
  ],
  standardise: [() => ops.standardise(a(), 1e-5), () => ops.standardise(x("c", [2, 3, 70]), 0.1)],
  inverseDeviation: [() => slope((c) => ops.standardise(c, 1e-3), [3, 4])],
  softmax: [() => ops.softmax(a()), () => ops.softmax(ops.mul(x("c", [2, 3, 4]), 30))],
  logSoftmax: [() => ops.logSoftmax(a()), () => ops.logSoftmax(ops.mul(x("c", [2, 3, 4]), 30))],
};

/** The leaf that a case holds constant, by case: no gradient flows into it. */
const held: Record<string, string> = {
  "stopGradient 0": "b",
  "max 2": "b",
  "maxPoolGradient 0": "q",
  "positive 0": "q",
  "attentionStatistics 0": "q",
};

const named = Object.entries(cases).flatMap(([name, list]) => list.map((make, i) => [`${name} ${i}`, make] as const));

function draw(f: Expr): Record<string, Float32Array> {
  const leaves = topological([f]).flatMap((node) => asLeaf(node) ?? []);
  return Object.fromEntries(leaves.map(({ name, shape }, i) => [name, normals(shape, 7 + i)]));
}

test("every op has a case", () => {
  expect(ops.allOps.map((op) => op.name).filter((name) => cases[name] === undefined)).toEqual([]);
});

describe("the value agrees with ONNX Runtime", () => {
  test.each(named)("%s", async (_, make) => {
    const f = make();
    const bindings = draw(f);
    const [native] = await runNative([f], bindings);
    expect(difference(interpret([f], bindings)[0]!.data, native!)).toBeLessThan(2e-6);
  });
});

describe("the value and the gradient are the same in WebAssembly", () => {
  const those = /^(erf|pow|embedding|scatterRows|attention|attentionStatistics|standardise|inverseDeviation) /;
  test.each(named.filter(([name]) => those.test(name)))("%s", async (_, make) => {
    const f = make();
    const bindings = draw(f);
    const leaves = topological([f]).filter((node) => asLeaf(node) !== undefined);
    const all = [f, ...grad([{ value: f, weights: [...normals([sizeOf(f.shape)], 99)] }], leaves)];
    const exact = interpret(all, bindings);
    const results = await runNative(all, bindings, "wasm");
    exact.forEach((value, i) => {
      expect(difference(value.data, results[i]!)).toBeLessThan(5e-6);
    });
  });
});

test("attention in chunks is attention, and a query without keys reads all of them evenly in float32", async () => {
  const [q, k, v] = ["q", "k", "v"].map((name) => x(name, [2, 2, 5, 3])) as [Expr, Expr, Expr];
  const bias = ops.constant([0, 0, 0, -1e9, -1e9, -1e9, -1e9, -1e9, -1e9, -1e9], [2, 1, 1, 5]);
  for (const causal of [false, true]) {
    const [whole, chunked] = [5, 2].map((chunk) => ops.attention(q, k, v, bias, { causal, chunk }));
    const [one, two] = interpret([whole!, chunked!], draw(whole!));
    expect(difference(one!.data, two!.data)).toBeLessThan(1e-6);
    if (causal) continue;
    const [all, even] = await runNative([chunked!, ops.mean(v, 2)], draw(whole!));
    expect(difference(all!.slice(30, 33), even!.slice(6, 9))).toBeLessThan(1e-6);
  }
  expect(() => ops.attention(q, k, x("w", [2, 2, 4, 3]), undefined)).toThrowError(
    /attention: .*\[2, 2, 4, 3\]; needed/,
  );
});

describe("the gradient agrees with finite differences, in the interpreter and in ONNX Runtime", () => {
  test.each(named)("%s", async (_, make) => {
    const f = make();
    const bindings = draw(f);
    const weights = normals([sizeOf(f.shape)], 99);
    const leaves = [
      ...new Map(topological([f]).flatMap((node) => (asLeaf(node) ? [[asLeaf(node)!.name, node]] : []))).entries(),
    ];
    // Leaves made twice under one name are several nodes: their gradients add up.
    const all = topological([f]).filter((node) => asLeaf(node) !== undefined);
    const gradients = grad([{ value: f, weights: [...weights] }], all);
    const exact = interpret(gradients, bindings);
    const native = await runNative(gradients, bindings);
    for (const [name] of leaves) {
      const total = (values: readonly ArrayLike<number>[]): Float64Array => {
        const own = all.flatMap((node, i) => (asLeaf(node)!.name === name ? [values[i]!] : []));
        return Float64Array.from({ length: own[0]!.length }, (_, i) => own.reduce((sum, v) => sum + v[i]!, 0));
      };
      const numeric = finiteDifferences(f, weights, bindings, name);
      const stopped = held[_] === name;
      const expected = stopped ? numeric.map(() => 0) : numeric;
      expect(difference(expected, total(exact.map((v) => v.data)))).toBeLessThan(1e-6);
      expect(difference(expected, total(native))).toBeLessThan(5e-6);
    }
  });
});

describe("shapes that do not fit are ShapeErrors", () => {
  test.each([
    ["add", () => ops.add(x("a", [3, 4]), x("b", [3, 5])), /\[3, 4\] and \[3, 5\] do not broadcast; sizes 4 and 5/],
    [
      "matmul",
      () => ops.matmul(x("a", [64, 512]), x("b", [128, 256])),
      /\[64, 512\] x \[128, 256\]; the inner sizes 512 and 128 differ\./,
    ],
    [
      "matmul of stacks",
      () => ops.matmul(x("a", [2, 3, 4]), x("b", [3, 4, 5])),
      /\[2, 3, 4\] x \[3, 4, 5\]; the leading axes \[2\] and \[3\] differ\./,
    ],
    [
      "shared transposed",
      () => ops.matmul(x("a", [2, 4, 3]), x("b", [4, 5]), { transposeA: true }),
      /\[2, 4, 3\] transposed x \[4, 5\]; the leading axes \[2\] and \[\] differ/,
    ],
    ["rank", () => ops.matmul(x("a", [4]), x("b", [4, 5])), /both need at least two axes/],
    [
      "bias",
      () => ops.matmul(x("a", [2, 3]), x("b", [3, 4]), { bias: x("c", [3]) }),
      /bias is \[3\] and must be \[4\]/,
    ],
    ["reshape", () => ops.reshape(x("a", [3, 4]), [5]), /holds 12 elements, \[5\] holds 5/],
    ["slice", () => ops.slice(x("a", [3, 4]), 1, 3, 2), /3..5 is not inside axis 1/],
    ["split", () => ops.split(x("a", [3, 4]), 1, [1, 2]), /add up to 3, axis 1 has 4/],
    ["concat", () => ops.concat([x("a", [3, 4]), x("b", [2, 4])], 1), /differ beside axis 1/],
    ["axis", () => ops.sum(x("a", [3, 4]), 2), /axis 2 is not an axis/],
    ["transpose", () => ops.transpose(x("a", [3, 4]), [0, 0]), /not an order of the 2 axes/],
    ["broadcast", () => ops.broadcastTo(x("a", [3, 4]), [3, 5]), /do not broadcast/],
  ])("%s", (_, make, message) => {
    expect(make).toThrowError(message);
    expect(make).toThrowError(expect.objectContaining({ code: "ShapeError" }));
  });
});

describe("a ShapeError says in which part of the model it arose", () => {
  const weight = (name: string, shape: number[]) => leaf("parameter", name, shape);
  const audio = () => ops.matmul(x("a", [2, 3]), weight("encoders.audio.0.weight", [3, 4]));
  const face = () => ops.matmul(x("b", [2, 3]), weight("encoders.face.0.weight", [3, 5]));
  test.each([
    ["of the parameter", () => ops.matmul(audio(), weight("encoders.audio.1.weight", [5, 4])), "encoders.audio.1"],
    ["common to the inputs", () => ops.add(audio(), face()), "encoders"],
    ["of the input", () => ops.sum(audio(), 2), "encoders.audio.0"],
    ["of the split", () => ops.split(ops.relu(audio()), 1, [1, 2]), "encoders.audio.0"],
  ])("%s", (_, make, scope) => {
    expect(make).toThrowError(new RegExp(`^in ${scope}: (matmul|add|sum|split): `));
    expect(make).toThrowError(expect.objectContaining({ fields: expect.objectContaining({ scope }) }));
  });
});
