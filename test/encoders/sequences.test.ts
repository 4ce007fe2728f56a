/** @file Encoders of sequences and images: PyTorch's numbers (sequences.py wrote them), sizes of papers, padding, order of samples, messages. */
import { readFileSync } from "node:fs";
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { sizeOf } from "../../src/core/shape.ts";
import { float32 } from "../../src/core/tensor.ts";
import { gru } from "../../src/encoders/gru.ts";
import { encoderIssues, encoderOf } from "../../src/encoders/index.ts";
import { pool } from "../../src/encoders/pool.ts";
import { text } from "../../src/encoders/text.ts";
import { type TransformerOptions, transformer } from "../../src/encoders/transformer.ts";
import { vit } from "../../src/encoders/vit.ts";
import { asLeaf, type Expr, leaf, topological } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { ModelProtoSchema } from "../../src/graph/onnx/schema/onnx_pb.ts";
import { attention } from "../../src/graph/ops/index.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { crossEntropy } from "../../src/nn/losses.ts";
import { initialState, type Module, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, normals, runNative } from "../support/numbers.ts";

interface Numbers {
  readonly shape: number[];
  readonly data: number[];
}
interface Step {
  readonly parameters: Record<string, Numbers>;
  readonly gradients: Record<string, Numbers>;
  readonly output: Numbers;
  readonly labels: number[];
  readonly loss: number;
}
const golden = JSON.parse(readFileSync(new URL("./sequences.json", import.meta.url), "utf8")) as {
  readonly lengths: number[];
  readonly steps: Numbers;
  readonly transformer: readonly (Step & { readonly settings: TransformerOptions })[];
  readonly gru: Step;
  readonly text: Step & { readonly ids: number[][] };
  readonly vit: Step & { readonly images: Numbers };
};

/** Steps [B, T, F] with the channel that says which are valid; padding is zeros, as transforms make it. */
function padded(steps: ArrayLike<number>, [B, T, F]: readonly [number, number, number], lengths: readonly number[]) {
  const out = new Float32Array(B * T * (F + 1));
  for (let i = 0; i < B * T; i++) {
    if (i % T >= lengths[Math.floor(i / T)]!) continue;
    for (let f = 0; f < F; f++) out[i * (F + 1) + f] = steps[i * F + f]!;
    out[i * (F + 1) + F] = 1;
  }
  return out;
}

/** The leaves of an encoder on samples, by name, and its output. */
function built(encoder: Module, shape: readonly number[], training = true) {
  const { scope, requests } = rootScope({ training });
  const output = encoder.build(scope, leaf("input", "x", shape));
  const specs = [...requests.parameters.values()];
  const leaves = specs.map(({ name, shape, init }) => scope.parameter(name, shape, init));
  return { output, specs, leaves };
}

/** The encoder's output for samples, with initial parameters of a seed. */
function outputOf(encoder: Module, shape: readonly number[], x: Float32Array, seed = 1): Float64Array {
  const { output, specs } = built(encoder, shape, false);
  const state = Object.entries(initialState(specs, seed)).map(([name, { data }]) => [name, data] as const);
  return interpret([output], { ...Object.fromEntries(state), x })[0]!.data;
}

const steps = padded(golden.steps.data, golden.steps.shape as [number, number, number], golden.lengths);
const { ids } = golden.text;
const goldens: readonly (readonly [string, Module, readonly number[], Float32Array, Step])[] = [
  ...golden.transformer.map(
    (step) =>
      [
        `transformer ${JSON.stringify(step.settings)}`,
        transformer(5, { width: 8, heads: 2, layers: 2, feedForward: 12, masked: true, ...step.settings }),
        [3, 6, 6],
        steps,
        step,
      ] as const,
  ),
  ["gru", gru(5, { width: 8, masked: true }), [3, 6, 6], steps, golden.gru],
  [
    "text",
    text(7, { width: 8, heads: 2, layers: 1, feedForward: 12 }),
    [3, 6],
    Float32Array.from(ids.flat()),
    golden.text,
  ],
  [
    "vit",
    vit([3, 8, 8], { width: 8, heads: 2, layers: 2, feedForward: 12, patch: 4 }),
    [3, 3, 8, 8],
    Float32Array.from(golden.vit.images.data),
    golden.vit,
  ],
];

describe("a training step has PyTorch's loss and gradients", () => {
  test.each(goldens)("%s", async (_, encoder, shape, x, step) => {
    const { output, specs, leaves } = built(encoder, shape);
    expect(specs.map(({ name }) => name).sort()).toEqual(Object.keys(step.parameters).sort());
    for (const { name, shape } of specs) expect(sizeOf(shape)).toBe(step.parameters[name]!.data.length);
    const target = Float32Array.from({ length: 24 }, (_, i) => (step.labels[Math.floor(i / 8)] === i % 8 ? 1 : 0));
    const loss = crossEntropy(output, leaf("input", "target", [3, 8]));
    const outputs = [loss, output, ...grad([{ value: loss, weights: [1] }], leaves)];
    const parameters = Object.entries(step.parameters).map(([name, { data }]) => [name, Float32Array.from(data)]);
    const bindings = { ...(Object.fromEntries(parameters) as Record<string, Float32Array>), x, target };
    const exact = interpret(outputs, bindings).map(({ data }) => data);
    const native = await runNative(outputs, bindings);
    for (const values of [exact, native]) {
      expect(Math.abs(values[0]![0]! - step.loss)).toBeLessThan(1e-5);
      expect(difference(step.output.data, values[1]!)).toBeLessThan(1e-5);
      specs.forEach(({ name }, i) => {
        expect(difference(step.gradients[name]!.data, values[i + 2]!), name).toBeLessThan(1e-5);
      });
    }
  });
});

describe("has as many parameters as the definition that it follows", () => {
  const count = (encoder: Module, sample: readonly number[]): number =>
    built(encoder, [2, ...sample]).specs.reduce((n, { shape }) => n + sizeOf(shape), 0);
  const bb = {
    width: 1024,
    heads: 4,
    layers: 2,
    feedForward: 2048,
    norm: "post",
    positions: "none",
    pool: "last",
  } as const;
  const multibench = (width: number) =>
    ({ width, heads: 5, layers: 5, feedForward: 2048, positions: "none", pool: "last" }) as const;
  test.each([
    ["BalanceBenchmark's transformer, 74", transformer(74, bb), [5, 74], 16_875_520],
    ["BalanceBenchmark's transformer, 35", transformer(35, bb), [5, 35], 16_835_584],
    ["BalanceBenchmark's transformer, 300", transformer(300, bb), [5, 300], 17_106_944],
    ["MultiBench's transformer, 20 to 40", transformer(20, multibench(40)), [5, 20], 864_040],
    ["MultiBench's transformer, 5 to 10", transformer(5, multibench(10)), [5, 5], 217_540],
    ["MultiBench's transformer, 300 to 600", transformer(300, multibench(600)), [5, 300], 19_705_240],
    ["GRU 35 to 70", gru(35, { width: 70 }), [5, 35], 22_470],
    ["GRU 74 to 200", gru(74, { width: 200 }), [5, 74], 165_600],
    ["GRU 300 to 600", gru(300, { width: 600 }), [5, 300], 1_623_600],
    ["ViT-Ti/16", vit([224, 224, 3]), [224, 224, 3], 5_524_416],
    ["ViT-S/16", vit([3, 224, 224], { size: "S" }), [3, 224, 224], 21_665_664],
    ["ViT-B/16", vit([224, 224, 3], { size: "B" }), [224, 224, 3], 85_798_656],
    // 16 patches of 8 x 64 and one channel instead of 196 of 16 x 16 and three.
    [
      "ViT-Ti on spectrograms",
      vit([128, 1024], { patch: [8, 64] }),
      [128, 1024],
      5_524_416 - 192 * (768 - 512) + 192 * (256 - 196),
    ],
  ])("%s", (_, encoder, sample, expected) => {
    expect(count(encoder, sample)).toBe(expected);
  });
});

test("initial values are PyTorch's", () => {
  const specs = (encoder: Module, sample: readonly number[]) =>
    Object.fromEntries(built(encoder, [2, ...sample]).specs.map(({ name, init }) => [name, init]));
  expect(specs(transformer(5, { width: 8, heads: 2 }), [3, 5])).toMatchObject({
    "project.weight": { bound: 1 / Math.sqrt(5) },
    "blocks.0.attention.qkv.weight": { bound: Math.sqrt(6 / 32) },
    "blocks.0.attention.qkv.bias": { value: 0 },
    "blocks.0.attention.out.weight": { bound: 1 / Math.sqrt(8) },
    "blocks.0.attention.out.bias": { value: 0 },
    "blocks.1.mlp.1.weight": { bound: 1 / Math.sqrt(32) },
  });
  for (const init of Object.values(specs(gru(5, { width: 9 }), [3, 5]))) expect(init).toMatchObject({ bound: 1 / 3 });
  expect(specs(text(10, { width: 8 }), [3])).toMatchObject({ embedding: { kind: "normal", deviation: 1 } });
  expect(specs(vit([8, 8, 3], { width: 8, heads: 2, layers: 1, patch: 4 }), [8, 8, 3])).toMatchObject({
    "patch.weight": { kind: "normal", deviation: Math.sqrt(1 / 48) },
    "patch.bias": { value: 0 },
    token: { value: 0 },
    positions: { kind: "normal", deviation: 0.02 },
    "blocks.0.mlp.0.weight": { bound: Math.sqrt(6 / 40) },
  });
});

const small = { width: 8, heads: 2, layers: 2, feedForward: 12 } as const;
const masked: readonly (readonly [string, Module])[] = [
  ["transformer", transformer(4, { ...small, masked: true })],
  ["transformer, last", transformer(4, { ...small, pool: "last", norm: "pre", causal: true, masked: true })],
  ["transformer, first", transformer(4, { ...small, pool: "first", positions: "none", masked: true })],
  ["gru", gru(4, { width: 8, masked: true })],
  ["pool", pool([4, 8, 8], { masked: true })],
  ["pool with tanh", pool([4, 8, 8], { masked: true, activation: "tanh" })],
];

describe.each(masked)("%s with padding", (_, encoder) => {
  const [B, T, F] = [4, 5, 4];
  const lengths = [5, 1, 3, 4];
  const numbers = normals([B, T, F], 5);
  const x = padded(numbers, [B, T, F], lengths);
  const output = outputOf(encoder, [B, T, F + 1], x);

  test("gives the same with more padding", () => {
    const more = new Float32Array(B * (T + 3) * (F + 1));
    for (let i = 0; i < B; i++) more.set(x.subarray(i * T * (F + 1), (i + 1) * T * (F + 1)), i * (T + 3) * (F + 1));
    expect(difference(output, outputOf(encoder, [B, T + 3, F + 1], more))).toBeLessThan(1e-12);
  });
  test("computes each sample on its own, so another order gives the same in that order", () => {
    const order = [2, 0, 3, 1];
    const size = T * (F + 1);
    const other = new Float32Array(x.length);
    order.forEach((from, to) => {
      other.set(x.subarray(from * size, (from + 1) * size), to * size);
    });
    const swapped = outputOf(encoder, [B, T, F + 1], other);
    order.forEach((from, to) => {
      expect([...swapped.subarray(8 * to, 8 * (to + 1))]).toEqual([...output.subarray(8 * from, 8 * (from + 1))]);
    });
    const two = outputOf(encoder, [2, T, F + 1], x.slice(0, 2 * size));
    expect([...two]).toEqual([...output.subarray(0, 16)]);
    const { output: graph } = built(encoder, [3, T, F + 1], false);
    expect(rowAxes([graph], (node) => (node.shape[0] === 3 ? 0 : undefined)).get(graph)).toBe(0);
  });
  test("gives finite numbers and no gradient for a sample without a valid step", async () => {
    const missing = x.slice();
    missing.fill(0, 0, T * (F + 1));
    const { output: graph, specs, leaves } = built(encoder, [B, T, F + 1]);
    const state = Object.entries(initialState(specs, 1)).map(([name, { data }]) => [name, data] as const);
    const weights = Array.from({ length: graph.shape[0]! * graph.shape[1]! }, (_, i) => (i < 8 ? 1 : 0));
    const all = [graph, ...grad([{ value: graph, weights }], leaves)];
    for (const values of await runNative(all, { ...Object.fromEntries(state), x: missing })) {
      expect(values.every(Number.isFinite)).toBe(true);
    }
  });
  test("does not read what is in the padding", () => {
    const other = x.slice();
    for (let i = 0; i < B * T; i++)
      if (i % T >= lengths[Math.floor(i / T)]!) other.fill(7, i * (F + 1), i * (F + 1) + F);
    expect(difference(output, outputOf(encoder, [B, T, F + 1], other))).toBeLessThan(1e-12);
  });
});

test("a long sequence is read in chunks, with the numbers of one chunk", async () => {
  const encoder = transformer(2, { width: 4, heads: 2, layers: 1, feedForward: 4, masked: true });
  const [B, T] = [2, 300];
  const x = padded(normals([B, T, 2], 3), [B, T, 2], [300, 130]);
  const { output, specs, leaves } = built(encoder, [B, T, 3]);
  const state = Object.fromEntries(Object.entries(initialState(specs, 1)).map(([name, { data }]) => [name, data]));
  const all = [output, ...grad([{ value: output, weights: [1, 2, 3, 4, 5, 6, 7, 8] }], leaves)];
  const exact = interpret(all, { ...state, x });
  const native = await runNative(all, { ...state, x });
  exact.forEach(({ data }, i) => {
    expect(difference(data, native[i]!)).toBeLessThan(1e-5);
  });
  // The second sample has 130 valid steps, so it is what a shorter sample gives, which is not read in chunks.
  const short = x.slice(T * 3, T * 3 + 140 * 3);
  const alone = outputOf(encoder, [1, 140, 3], short);
  expect(difference(alone, exact[0]!.data.slice(4))).toBeLessThan(1e-9);
});

describe("a graph with an open batch gives what the interpreter gives, for any number of samples", () => {
  const every: readonly (readonly [string, Module, readonly number[]])[] = [
    ...masked.map(([name, encoder]) => [name, encoder, [5, 5]] as const),
    ["transformer over 300 steps", transformer(2, { ...small, layers: 1, causal: true, masked: true }), [300, 3]],
    ["transformer over 300 whole steps", transformer(3, { ...small, layers: 1 }), [300, 3]],
    ["text", text(9, small), [4]],
    ["vit", vit([3, 8, 8], { ...small, patch: 4 }), [3, 8, 8]],
  ];
  test.each(every)("%s", async (name, encoder, sample) => {
    const { output, specs } = built(encoder, [3, ...sample], false);
    const state = initialState(specs, 1);
    const inputs = topological([output]).filter((node) => asLeaf(node)?.kind === "input");
    const model = lower({
      inputs: inputs.map((value) => ({ name: "x", parts: [value] })),
      outputs: [{ name: "y", parts: [output] }],
      stored: state,
      openBatch: true,
      about: { version: "0", description: "", metadata: {} },
    });
    const size = sizeOf(sample);
    const x = normals([5, ...sample], 4).map((value, i) =>
      name === "text" ? Math.floor(Math.abs(value)) + 1 : sample.length === 2 && (i + 1) % sample[1]! === 0 ? 1 : value,
    );
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(model);
    const { y } = await session.run({ x: new ort.Tensor("float32", x, [5, ...sample]) });
    const expected = outputOf(encoder, [5, ...sample], x);
    expect(x.length).toBe(5 * size);
    expect(difference(expected, y!.data as Float32Array)).toBeLessThan(1e-5);
  });
});

test("the scores of a long sequence are computed once forward and once backward, and not kept", () => {
  const [q, k, v] = ["q", "k", "v"].map((name) => leaf("parameter", name, [1, 1, 300, 4])) as [Expr, Expr, Expr];
  const value = attention(q, k, v, undefined);
  const outputs = [value, ...grad([{ value, weights: new Array(1200).fill(1) }], [q, k, v])];
  const model = lower({
    inputs: [q, k, v].map((part) => ({ name: asLeaf(part)!.name, parts: [part] })),
    outputs: outputs.map((part, i) => ({ name: String(i), parts: [part] })),
  });
  const nodes = fromBinary(ModelProtoSchema, model).graph!.node;
  const count = (type: string): number => nodes.filter(({ opType }) => opType === type).length;
  const chunks = Math.ceil(300 / 64);
  // The forward pass is shared by the result and the statistics; the backward pass has exponentials of its own.
  expect([count("ReduceMax"), count("Exp")]).toEqual([chunks, 2 * chunks]);
});

describe("text", () => {
  test("without layers is the mean of the rows of the table", () => {
    const encoder = text(7, { width: 4, layers: 0 });
    const { output, specs } = built(encoder, [2, 3]);
    expect(specs.map(({ name }) => name)).toEqual(["embedding"]);
    const table = normals([7, 4], 1);
    const [out] = interpret([output], { embedding: table, x: [2, 6, 0, 0, 0, 0] });
    const mean = [0, 1, 2, 3].map((d) => (table[8 + d]! + table[24 + d]!) / 2);
    expect(difference([...mean, 0, 0, 0, 0], out!.data)).toBeLessThan(1e-12);
  });
  test("says which id is not in the table", () => {
    const check = (values: number[]) => () => text(7).check!(float32([2, 3], values), "text.npy");
    expect(check([1, 2, 0, 6, 0, 0])).not.toThrow();
    expect(check([1, 2, 0, 6, 9, 0])).toThrowError(
      "text.npy: row 1, token 1 (from 0) is 9; the vocabulary of 7 has the ids 0..6. Set vocabulary to at least 10",
    );
    expect(check([1, 2.5, 0, 6, 0, 0])).toThrowError(/is 2.5; .*whole numbers, 0 or more, and are not normalised/);
    expect(check([1, 0, 2, 6, 0, 0])).toThrowError(/row 0 \(from 0\) has padding \(id 0\) before its token 2/);
  });
});

describe("messages", () => {
  const build = (encoder: Module, sample: readonly number[]) => (): Expr => built(encoder, [2, ...sample]).output;
  test.each([
    [() => transformer(4, { width: 10, heads: 4 }), /4 heads do not divide the width 10; heads that do: 1, 2, 5/],
    [build(transformer(4), [3, 5]), /declared transformer\(4\) and reads samples of \[steps, 4\]; .*\[3, 5\]/],
    [build(gru(4, { masked: true }), [3, 4]), /\[steps, 5\] \(the last one says which steps are valid\)/],
    [build(gru(4), [65, 4]), /samples have 65 steps; the encoder gru reads up to 64/],
    [build(text(9), [3, 2]), /reads samples of \[tokens\]/],
    [() => text(1), /a vocabulary of 1; a whole number of token ids from 2/],
    [() => vit([28, 28]), /patches of 16 x 16 do not divide an image of 28 x 28.*heights that do: 1, 2, 4, 7, 14, 28/],
    [() => vit([8, 8], { width: 9, heads: 2, patch: 4 }), /2 heads do not divide the width 9/],
    [() => encoderOf({ kind: "gru" }, [65, 4], "audio"), /up to 64 steps/],
    [
      () => encoderOf({ kind: "vit", patch: 4 }, [8, 9], "audio", true),
      /vit reads images, and these samples are sequences/,
    ],
    [() => gru(4, { pool: "last" } as never), /unknown option "pool"/],
  ])("%#", (make, message) => {
    expect(make).toThrowError(message);
  });
  test("of settings", () => {
    expect(encoderIssues({ kind: "text" })[0]).toMatchObject({ path: ["vocabulary"] });
    expect(encoderIssues({ kind: "vit", patch: [4] })[0]!.message).toMatch(
      /a size of patches, for example 16 or \[8, 64\]/,
    );
    expect(encoderIssues({ kind: "transformer", norm: "before" })[0]!.message).toMatch(/post.*pre/);
  });
});
