/** @file MMTM and greedy learning with modules between the stages of encoders, as in the papers. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { conv1d } from "../../src/encoders/conv1d.ts";
import { lenet } from "../../src/encoders/lenet.ts";
import { resnet18 } from "../../src/encoders/resnet18.ts";
import { forward, parametersOf, stageGraph, type Widths } from "../../src/engine/graph.ts";
import { asLeaf, type Expr, topological } from "../../src/graph/expr.ts";
import { constant, mean } from "../../src/graph/ops/index.ts";
import { greedy } from "../../src/methods/greedy.ts";
import type { Method } from "../../src/methods/method.ts";
import { type MmtmOptions, mmtm } from "../../src/methods/mmtm.ts";
import type { Transfer } from "../../src/methods/transfer.ts";
import { initialState } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, normals } from "../support/numbers.ts";

const B = 4;
const K = 3;
/** Three, five and two stages; images, two frames each, and a padded sequence. */
const samples = { a: [8, 8], b: [2, 9, 9, 3], c: [5, 3] };
const encoders = {
  a: lenet(samples.a, { width: 2, blocks: 2 }),
  b: resnet18(samples.b, { width: 2, blocks: [1, 1] }),
  c: conv1d(2, { width: 5, masked: true }),
};
const two = { a: encoders.a, b: encoders.b };

const widthsOf = (method: Method, masked = false): Widths => ({
  shapes: Object.fromEntries(Object.entries(samples).filter(([name]) => method.modalities.includes(name))),
  classes: K,
  masked,
});
const build = (options: Partial<MmtmOptions> = {}, masked = false, own: Partial<typeof encoders> = encoders) => {
  const method = mmtm({ encoders: own as typeof encoders, embedding: 4, ...options });
  return { method, out: forward(method, widthsOf(method, masked), B, { training: false }).outputs as Transfer };
};

function bindings(method: Method, exprs: readonly Expr[], given: Record<string, ArrayLike<number>> = {}) {
  const state = initialState(parametersOf(method, widthsOf(method)), 1);
  return Object.fromEntries(
    topological(exprs).flatMap((node) => {
      const found = asLeaf(node);
      if (found === undefined) return [];
      const own = given[found.name];
      if (own !== undefined) return [[found.name, Float32Array.from(own)]];
      if (found.kind === "parameter" && !/centre/.test(found.name)) return [[found.name, state[found.name]!.data]];
      if (found.name === "epoch") return [[found.name, new Float32Array([2])]];
      const code = [...found.name].reduce((sum, char) => (31 * sum + char.charCodeAt(0)) % 1_000_003, 1);
      const values = normals(found.shape, code);
      if (found.name === "target") values.forEach((_, j) => void (values[j] = j % K === Math.floor(j / K) % K ? 1 : 0));
      if (found.name === "modality.c") values.forEach((_, j) => void (values[j] = j % 3 === 2 ? 1 : values[j]!));
      if (found.name === "present") values.fill(1);
      return [[found.name, values]];
    }),
  );
}

const values = (method: Method, exprs: readonly Expr[], given: Record<string, ArrayLike<number>> = {}) =>
  interpret(exprs, bindings(method, exprs, given)).map(({ data }) => data);

test("modules stand after the last stages: as many as asked, and as every encoder has", () => {
  const modulesOf = (options: Partial<MmtmOptions>, own: Partial<typeof encoders> = encoders): string[] => {
    const { method } = build(options, false, own);
    const shapes = parametersOf(method, widthsOf(method)).flatMap(({ name, shape }) =>
      /^transfer\.gates\..*weight$/.test(name) ? [`${name} ${shape}`] : [],
    );
    return shapes.toSorted();
  };
  // Widths of the summaries: (2 / 4) (4 + 2 + 5) and (2 / 4) (8 + 4 + 5), upwards.
  expect(modulesOf({})).toEqual([
    "transfer.gates.a.0.weight 6,4",
    "transfer.gates.a.1.weight 9,8",
    "transfer.gates.b.0.weight 6,2",
    "transfer.gates.b.1.weight 9,4",
    "transfer.gates.c.0.weight 6,5",
    "transfer.gates.c.1.weight 9,5",
  ]);
  expect(modulesOf({ modules: 1 })).toHaveLength(3);
  expect(modulesOf({}, two)).toHaveLength(6);
  expect(modulesOf({ modules: 9 }, two)).toHaveLength(6);
});

test("gates of 1 leave everything as it is: the branches are the encoders with their heads", () => {
  const { method, out } = build();
  const zero = Object.fromEntries(
    parametersOf(method, widthsOf(method)).flatMap(({ name, shape }) =>
      /^transfer\.gates\./.test(name) ? [[name, new Array(shape.reduce((a, b) => a * b, 1)).fill(0)]] : [],
    ),
  );
  const plain = out.answer(constant(1, out.gates.shape));
  const [gates, branches, heads, logits, averaged, unimodal] = values(
    method,
    [out.gates, out.branches, plain, out.logits, mean(plain, 0), out.unimodal],
    zero,
  );
  expect(new Set(gates)).toEqual(new Set([0, 1])); // 0 fills modalities with fewer channels
  expect(difference(branches!, heads!)).toBeLessThan(1e-12);
  expect(difference(logits!, averaged!)).toBeLessThan(1e-12);
  expect(difference(unimodal!, heads!)).toBeLessThan(1e-12);
});

test("every branch feels every modality, a modality alone does not", () => {
  const { method, out } = build();
  const [branches, unimodal] = values(method, [out.branches, out.unimodal]);
  const part = (all: Float64Array, m: number): Float64Array => all.slice(m * B * K, (m + 1) * B * K);
  method.modalities.forEach((changed, c) => {
    const given = {
      [`modality.${changed}`]: bindings(method, [out.logits])[`modality.${changed}`]!.map((v) => 1.5 * v),
    };
    if (changed === "c") given["modality.c"]!.forEach((_, j, all) => void (all[j] = j % 3 === 2 ? 1 : all[j]!));
    const [moved, alone] = values(method, [out.branches, out.unimodal], given);
    for (let m = 0; m < 3; m++) {
      expect(part(moved!, m), `branch ${m}, ${changed}`).not.toEqual(part(branches!, m));
      if (m === c) expect(part(alone!, m)).not.toEqual(part(unimodal!, m));
      else expect(part(alone!, m), `alone ${m}, ${changed}`).toEqual(part(unimodal!, m));
    }
  });
});

test("the stored means are those of the gated maps: on equal samples at the means, branches and single modalities agree", () => {
  const { method, out } = build();
  const rows = Object.fromEntries(
    Object.entries(samples).map(([name, shape], i) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const row = normals([size], 5 + i).map((v, j) => (name === "c" && j % 3 === 2 ? 1 : v));
      return [`modality.${name}`, Float32Array.from({ length: B * size }, (_, j) => row[j % size]!)];
    }),
  );
  const names = Object.keys(out.statistics!);
  const means = names.map((name) => mean(out.statistics![name] as Expr, 0));
  const centres = Object.fromEntries(values(method, means, rows).map((data, i) => [names[i]!, data]));
  const [alone, together] = values(method, [out.unimodal, out.branches], { ...rows, ...centres });
  expect(difference(alone!, together!)).toBeLessThan(1e-6);
});

test("a missing modality adds nothing to a summary, whatever its values", () => {
  const { method, out } = build({}, true);
  const present = Array.from({ length: B * 3 }, (_, i) => (i % 3 === 1 ? 0 : 1));
  const [before] = values(method, [out.logits], { present });
  const [after] = values(method, [out.logits], { present, "modality.b": normals([B, 2, 9, 9, 3], 77) });
  expect(after).toEqual(before);
  expect(before).not.toEqual(values(method, [out.logits])[0]);
});

test("greedy learning: a guided branch has constant gates at every module and does not see the other modality", () => {
  const method = greedy({ encoders: two, embedding: 4 });
  const graph = stageGraph(method, method.stages[0]!, widthsOf(method), B);
  const value = graph.terms[0]!.value;
  const G = 2 + 4 + 8;
  expect(graph.remembered.get("gates")!.shape).toEqual([2, 1, G]);
  const gates = { "memory.gates": normals([2, 1, G], 3).map((v) => 1 + 0.1 * v) };
  for (const branch of [0, 1]) {
    const busy = { "memory.left": [2], "memory.branch": [branch], "memory.seen": [3], ...gates };
    const other = "ba"[branch]!;
    const moved = { [`modality.${other}`]: normals([B, ...samples[other as "a" | "b"]], 77) };
    const [before] = values(method, [value], busy);
    const [after] = values(method, [value], { ...busy, ...moved });
    expect(after![branch]).toBe(before![branch]);
    expect(after![1 - branch]).not.toBe(before![1 - branch]);
    const idle = { ...busy, "memory.left": [0] };
    expect(values(method, [value], { ...idle, ...moved })[0]![branch]).not.toBe(
      values(method, [value], idle)[0]![branch],
    );
  }
});

test("greedy learning: buffers move once in a step, by the pass that the losses read", () => {
  const plain = mmtm({ encoders: two, embedding: 4, loss: "branches" });
  const guided = greedy({ encoders: two, embedding: 4 });
  const updatesOf = (method: Method, given: Record<string, ArrayLike<number>> = {}) => {
    const { updates } = stageGraph(method, method.stages[0] as never, widthsOf(method), B);
    const names = [...updates.keys()].toSorted();
    const all = values(
      method,
      names.map((name) => updates.get(name)!),
      given,
    );
    return Object.fromEntries(names.map((name, i) => [name, [...all[i]!]]));
  };
  const idle = { "memory.left": [0], "memory.branch": [0] };
  const expected = updatesOf(plain);
  expect(Object.keys(expected).length).toBeGreaterThan(4);
  expect(updatesOf(guided, idle)).toEqual(expected);
  const busy = { "memory.left": [2], "memory.branch": [1], "memory.gates": new Array(28).fill(0.5) };
  expect(updatesOf(guided, busy)).not.toEqual(expected);
});

test("greedy learning: speeds compare all modules of a branch with its encoder, in members of a pool too", () => {
  for (const members of [1, 2]) {
    const method = greedy({ encoders: two, embedding: 4, members });
    expect(method.stages).toHaveLength(members);
    const graph = stageGraph(method, method.stages[members - 1] as never, widthsOf(method), B);
    const names = [...graph.gradients.keys()];
    const remembered = ["through", "alone"].map((name) => graph.remembered.get(name)!);
    const given = {
      "memory.left": [0],
      "memory.branch": [0],
      "memory.seen": [0],
      "memory.through": [0, 0],
      "memory.alone": [0, 0],
    };
    const parts = names.flatMap((name) => {
      const { parameter, gradient } = graph.gradients.get(name)!;
      return [parameter, gradient];
    });
    const [through, alone, ...all] = values(method, [...remembered, ...parts], given);
    const size = (data: Float64Array): number => data.reduce((sum, v) => sum + v * v, 0);
    const speed = (chosen: RegExp): number => {
      const at = names.flatMap((name, i) => (chosen.test(name) ? [i] : []));
      const total = (offset: number): number => at.reduce((sum, i) => sum + size(all[2 * i + offset]!), 0);
      expect(at.length).toBeGreaterThan(3);
      return total(1) / total(0);
    };
    for (const [m, name] of ["a", "b"].entries()) {
      const expected = speed(new RegExp(`(^|\\.)transfer\\.(squeeze\\.|gates\\.${name}\\.)`));
      expect(Math.abs(through![m]! / expected - 1)).toBeLessThan(1e-9);
      expect(Math.abs(alone![m]! / speed(new RegExp(`(^|\\.)encoders\\.${name}\\.`)) - 1)).toBeLessThan(1e-9);
    }
  }
});

test("a step equals PyTorch's in loss and gradients, also for frames that share a gate", () => {
  const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, "mmtm-maps.json"), "utf8")) as {
    readonly shapes: Readonly<Record<string, number[]>>;
    readonly loss: number;
    readonly gradients: Readonly<Record<string, number[]>>;
  };
  const shapes = { image: [9, 8], video: [2, 9, 10, 2] };
  const method = mmtm({
    encoders: {
      image: lenet(shapes.image, { width: 2, blocks: 1 }),
      video: resnet18(shapes.video, { width: 3, blocks: [1, 1] }),
    },
    embedding: 4,
    modules: 2,
  });
  const graph = stageGraph(method, method.stages[0] as never, { shapes, classes: K }, 5);
  // The formula of mmtm-maps.py.
  const numbers = (shape: readonly number[], seed: number, size = 1): Float64Array =>
    Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
      Math.fround(size * Math.sin(1.7 * i + (i * i) / 9 + seed)),
    );
  const names = Object.keys(golden.shapes);
  expect([...graph.gradients.keys()].toSorted()).toEqual(names.toSorted());
  const state = Object.fromEntries(
    names.toSorted().map((name, seed) => {
      const shape = golden.shapes[name]!;
      expect(graph.gradients.get(name)!.parameter.shape, name).toEqual(shape);
      const size = name.includes("norm") ? 1 : 2 / Math.sqrt(shape.slice(0, -1).reduce((a, b) => a * b, 1));
      const shift = name.endsWith("scale") ? 1.5 : 0;
      return [name, numbers(shape, seed, size).map((v) => Math.fround(v + shift))];
    }),
  );
  const target = Float64Array.from({ length: 5 * K }, (_, i) => (i % K === Math.floor(i / K) % K ? 1 : 0));
  const [loss, ...gradients] = interpret(
    [graph.terms[0]!.value, ...names.map((name) => graph.gradients.get(name)!.gradient)],
    {
      ...state,
      target,
      "modality.image": numbers([5, ...shapes.image], 100),
      "modality.video": numbers([5, ...shapes.video], 101),
    },
  );
  expect(loss!.data[0]).toBeCloseTo(golden.loss, 8);
  for (const [i, name] of names.entries()) {
    expect(difference(golden.gradients[name]!, gradients[i]!.data), name).toBeLessThan(1e-8);
  }
});
