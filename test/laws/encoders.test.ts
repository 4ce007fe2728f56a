/** @file Every method works on samples of any rank, with every kind of encoder and with batch normalisation. */
import { describe, expect, test } from "vitest";
import { gru } from "../../src/encoders/gru.ts";
import { pool } from "../../src/encoders/pool.ts";
import { text } from "../../src/encoders/text.ts";
import { forward, parametersOf, stageGraph, type Widths } from "../../src/engine/graph.ts";
import { asLeaf } from "../../src/graph/expr.ts";
import { rowAxes } from "../../src/graph/rows.ts";
import { methodNamed, methodNames, resolveMethod } from "../../src/methods/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import type { Module } from "../../src/nn/module.ts";

const B = 6;
const widths: Widths = { shapes: { a: [4, 3], b: [2, 2, 2] }, classes: 3 };

function methodOf(
  name: string,
  encoders: Readonly<Record<string, Module>> = { a: pool([3, 5, 4]), b: mlp([8, 6], { norm: "batch" }) },
): Method {
  const { method, options } = resolveMethod(name);
  const factory = methodNamed(method);
  const one = factory.perModality ? { modality: "b" } : {};
  return factory.configure({ encoders, embedding: 4, ...options, ...one });
}

describe.each(methodNames)("%s", (name) => {
  const method = methodOf(name);
  test("predicts padded sequences and texts, each on its own, and has gradients of every stage", () => {
    const method = methodOf(name, {
      a: gru(3, { width: 4, masked: true }),
      b: text(9, { width: 4, heads: 2, layers: 1, feedForward: 4 }),
    });
    const shapes = { ...widths, shapes: { a: [4, 4], b: [3] } };
    const { outputs } = forward(method, { ...shapes, masked: true }, B, { training: false });
    const axes = rowAxes([outputs.logits], (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined));
    expect(axes.get(outputs.logits)).toBe(0);
    for (const stage of method.stages) {
      expect(stageGraph(method, stage as never, shapes, B).gradients.size).toBeGreaterThan(0);
    }
  });
  test("predicts each sample on its own, without a change of a buffer", () => {
    for (const masked of [false, true]) {
      const { outputs, requests } = forward(method, { ...widths, masked }, B, { training: false });
      const answers = [outputs.logits, outputs.unimodal];
      const axes = rowAxes(answers, (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined));
      expect(answers.map((answer) => axes.get(answer))).toEqual([0, 1]);
      expect(requests.updates.size).toBe(0);
    }
  });
  test("updates the buffers of the encoders that a stage trains, and no others", () => {
    const buffers = parametersOf(method, widths).flatMap((spec) => (/running_/.test(spec.name) ? [spec.name] : []));
    expect(buffers.length).toBeGreaterThan(0);
    const updated = new Set<string>();
    for (const stage of method.stages) {
      const { updates } = stageGraph(method, stage as never, widths, B);
      for (const buffer of updates.keys()) {
        updated.add(buffer);
        expect(stage.trains(buffer)).toBe(true);
      }
    }
    expect([...updated].sort()).toEqual([...buffers].sort());
  });
});
