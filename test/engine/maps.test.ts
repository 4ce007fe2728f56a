/** @file Runs on encoders of maps: resuming to the bit, and frozen stages whose maps are computed once. */
import "../support/shared-sessions.ts";
import { expect, test } from "vitest";
import { lenet } from "../../src/encoders/lenet.ts";
import { resnet18 } from "../../src/encoders/resnet18.ts";
import { chunkFor } from "../../src/engine/evaluator.ts";
import { cutFrozen } from "../../src/engine/frozen.ts";
import { stageGraph, type Widths } from "../../src/engine/graph.ts";
import { asLeaf, topological } from "../../src/graph/expr.ts";
import { greedy } from "../../src/methods/greedy.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { mmtm } from "../../src/methods/mmtm.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { expectResumed } from "../methods/resumed.ts";
import { imageShapes, imageSplits } from "../support/images.ts";

// 17 samples in batches of 8: the last batch would have one sample and is left out.
const data = imageSplits(17);
const encoders = (freeze = "none") => ({
  image: lenet(imageShapes.image, { width: 2, dropout: 0.2, freeze: freeze === "none" ? "none" : "block0" }),
  video: resnet18(imageShapes.video, { width: 2, blocks: [1, 1], freeze }),
});
const widths: Widths = { shapes: imageShapes, classes: 3 };

test.each([
  ["joint", joint({ encoders: encoders(), embedding: 4 })],
  ["mmtm on maps", mmtm({ encoders: encoders(), embedding: 4 }) as Method],
  ["greedy on maps", greedy({ encoders: encoders(), embedding: 4, from: 1 }) as Method],
  ["a frozen stem", joint({ encoders: encoders("stem"), embedding: 4 })],
] as const)("%s: a run that was stopped and resumed has the same bits", async (_, method) => {
  await expectResumed(method, 2, [1, 3], data);
});

test("maps of frozen stages are computed once", () => {
  const method = joint({ encoders: encoders("stem-stage1"), embedding: 4 });
  const graph = stageGraph(method, method.stages[0] as never, widths, 4);
  const outputs = new Map(graph.terms.map(({ value }, i) => [String(i), value]));
  const { features, outputs: cut } = cutFrozen(outputs, new Set([...graph.gradients.keys(), ...graph.updates.keys()]));
  // Maps of block0 of the image, [4, 2, 2, 2], and of stage1 of both frames, [8, 2, 2, 2].
  expect(features.map(({ shape, axis }) => [axis, ...shape]).toSorted()).toEqual([
    [0, 4, 2, 2, 2],
    [0, 8, 2, 2, 2],
  ]);
  const read = topological([...cut.values()]).flatMap((node) => asLeaf(node)?.name ?? []);
  expect(read.filter((name) => /stem|stage1|block0|modality/.test(name))).toEqual([]);
  expect(read.filter((name) => /stage2|block1/.test(name)).length).toBeGreaterThan(4);
});

test("fewer samples are evaluated at a time where their maps are large", () => {
  const of = (sample: number[]): number => {
    const method = joint({ encoders: { image: resnet18(sample), other: mlp([4]) }, embedding: 4 });
    return chunkFor(method, { shapes: { image: sample, other: [4] }, classes: 3 }, 256);
  };
  // The stem of 224 x 224 gives 64 maps of 112 x 112: 802,816 numbers a sample, of 2^24.
  expect(of([224, 224, 3])).toBe(20);
  expect(of([64, 64, 3])).toBe(256);
  expect(of([5000, 5000])).toBe(2);
});
