/** @file Steps of all baselines against PyTorch: predictions, losses, gradients as the optimiser sees them, and memory, stage by stage. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Shape, sizeOf } from "../../src/core/shape.ts";
import { forward, stageGraph, TARGET, type Widths } from "../../src/engine/graph.ts";
import { asLeaf, type Expr, leaf, topological } from "../../src/graph/expr.ts";
import { mean } from "../../src/graph/ops/index.ts";
import { methodFrom, methods } from "../../src/methods/index.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, runNative } from "../support/numbers.ts";

type Numbers = Record<string, number[]>;
type Named = readonly [name: string, value: Expr];
interface GoldenStage {
  given: Numbers;
  smoothing: number;
  loss: number;
  terms: Record<string, number>;
  gradients: Numbers;
  memory: Numbers;
  statistics?: Numbers;
}
interface GoldenCase {
  method: string;
  options: object;
  encoders: Record<string, { sizes: number[]; dropout: number }>;
  given: Numbers;
  logits: number[];
  unimodal: number[];
  stages: Record<string, GoldenStage>;
}
const golden = JSON.parse(readFileSync(new URL("baselines.json", import.meta.url), "utf8")) as {
  embedding: number;
  classes: number;
  labels: number[];
  cases: Record<string, GoldenCase>;
};
const { embedding, classes, labels, cases } = golden;
const batch = labels.length;
const target = labels.flatMap((label) => Array.from({ length: classes }, (_, k) => (k === label ? 1 : 0)));

/** The numbers that the golden script gives a leaf of this name. */
function wave(name: string, shape: Shape): number[] {
  const code = [...name].reduce((sum, character, i) => sum + (i + 1) * character.charCodeAt(0), 0) % 1000;
  return Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(code + 0.37 * (i + 1) ** 2));
}

/** Values of every leaf that the expressions reach: the given ones, otherwise waves. */
function bindings(expressions: readonly Expr[], given: Numbers): Numbers {
  const leaves = topological(expressions).flatMap((node) => asLeaf(node) ?? []);
  return Object.fromEntries(leaves.map(({ name, shape }) => [name, given[name] ?? wave(name, shape)]));
}

/** Expects the same names with the same numbers. */
function expectNumbers(actual: ReadonlyMap<string, ArrayLike<number>>, expected: Numbers, tolerance: number): void {
  expect([...actual.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [name, values] of actual) expect(difference(expected[name]!, values), name).toBeLessThan(tolerance);
}

test("every method has a golden case", () => {
  const covered = new Set(Object.values(cases).map(({ method }) => method));
  // DMIL as published has dmil.json; the additive form is this library's own.
  expect(Object.keys(methods).filter((name) => !name.startsWith("dmil"))).toEqual([...covered]);
});

describe.each(Object.entries(cases))("%s", (_, { method: name, options, encoders, given, stages, ...predictions }) => {
  const method = methodFrom(name, {
    encoders: Object.fromEntries(Object.entries(encoders).map(([key, rest]) => [key, { kind: "mlp", ...rest }])),
    options: { embedding, ...options },
  });
  const shapes = Object.fromEntries(Object.entries(encoders).map(([key, { sizes }]) => [key, [sizes[0]!]]));
  const widths: Widths = { shapes, classes };
  const outputs = forward(method, widths, batch, { training: false }).outputs;

  test("the predictions of the model and of each modality agree", () => {
    const expressions = [outputs.logits, outputs.unimodal];
    const [logits, unimodal] = interpret(expressions, bindings(expressions, given)).map(({ data }) => data);
    expect(difference(predictions.logits, logits!)).toBeLessThan(1e-7);
    expect(difference(predictions.unimodal, unimodal!)).toBeLessThan(1e-7);
  });

  test.each(Object.entries(stages))("stage %s: losses, gradients and memory agree", async (stageName, expected) => {
    const stage = method.stages.find((candidate) => candidate.name === stageName)!;
    const graph = stageGraph(method, stage, widths, batch, expected.smoothing);
    const perSample = stage.statistics?.(outputs, leaf("input", TARGET, [batch, classes])) ?? {};
    const terms = graph.terms.map(({ value }, i): Named => [String(i), value]);
    const gradients = [...graph.gradients].map(([key, { gradient }]): Named => [key, gradient]);
    const memory = [...graph.remembered];
    const statistics = Object.entries(perSample).flatMap(([key, rows]): Named[] =>
      "weight" in rows ? [] : [[key, mean(rows, -2)]],
    );
    const results = [...terms, ...gradients, ...memory, ...statistics].map(([, value]) => value);
    const bound = bindings(results, { ...given, ...expected.given, [TARGET]: target });
    const single = Object.fromEntries(Object.entries(bound).map(([key, data]) => [key, Float32Array.from(data)]));

    // Single precision costs most in MMIB, whose loss has the logarithm of a deviation near 0.007.
    for (const [values, tolerance] of [
      [interpret(results, bound).map(({ data }) => data), 1e-7],
      [await runNative(results, single), 5e-5],
    ] as const) {
      const next = values.values();
      const taken = (parts: readonly Named[]) => new Map(parts.map(([key]) => [key, next.next().value!]));
      const numbers = taken(terms);
      const named = graph.terms.flatMap(({ names, weights }, i) =>
        names.map((name, j) => ({ name, value: numbers.get(String(i))![j]!, weight: weights[j]! })),
      );
      const loss = named.reduce((sum, { value, weight }) => sum + weight * value, 0);
      expect(difference([expected.loss], [loss])).toBeLessThan(tolerance);
      const losses = new Map(named.map(({ name, value }) => [name, [value]]));
      expectNumbers(
        losses,
        Object.fromEntries(Object.entries(expected.terms).map(([key, value]) => [key, [value]])),
        tolerance,
      );
      expectNumbers(taken(gradients), expected.gradients, tolerance);
      expectNumbers(taken(memory), expected.memory, tolerance);
      expectNumbers(taken(statistics), expected.statistics ?? {}, tolerance);
    }
  });
});
