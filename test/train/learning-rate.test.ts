/** @file The learning-rate range test: its curve, its suggestion, and what it refuses. */
import { expect, test } from "vitest";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { sgd } from "../../src/optim/index.ts";
import { fit } from "../../src/train/fit.ts";
import { findLearningRate } from "../../src/train/learning-rate.ts";
import { smallDmil, smallMixture } from "../support/models.ts";

const data = smallMixture(4);
const method = joint({ encoders: { a: mlp([8, 12]), b: mlp([8, 12]) }, embedding: 8 }) as Method;
const base = { seed: 2, batchSize: 32, threads: 1 } as const;

test("rates rise evenly on a logarithmic axis, and the suggested one trains better than the ends", async () => {
  const { stage, curve, suggestion } = await findLearningRate(method, data, base);
  expect(stage).toBe("whole");
  expect(curve[0]!.learningRate).toBe(1e-6);
  const factor = curve[1]!.learningRate / curve[0]!.learningRate;
  for (let i = 1; i < curve.length; i++) {
    expect(curve[i]!.learningRate / curve[i - 1]!.learningRate).toBeCloseTo(factor, 6);
  }
  expect(factor ** 99).toBeCloseTo(1e6, -2);
  // The average of the losses so far, each step weighing 0.98 of the next one.
  const weights = curve.slice(0, 5).map((_, i) => 0.98 ** (4 - i));
  const average = weights.reduce((sum, weight, i) => sum + weight * curve[i]!.loss, 0);
  expect(curve[4]!.smoothed).toBeCloseTo(average / weights.reduce((a, b) => a + b, 0), 6);
  const lossAt = async (learningRate: number): Promise<number> =>
    (await fit(method, data, { ...base, learningRate, epochs: 3 })).history.at(-1)!.train.loss;
  const suggested = await lossAt(suggestion!);
  expect(suggested).toBeLessThan(await lossAt(1e-6));
  expect(suggested).toBeLessThan(await lossAt(1));
});

test("the same seed gives the same curve; every stage can be tested", async () => {
  const options = { ...base, stage: "components", steps: 20 };
  const [one, two] = [
    await findLearningRate(smallDmil(), data, options),
    await findLearningRate(smallDmil(), data, options),
  ];
  expect(one).toEqual(two);
  expect(one.stage).toBe("components");
});

test("it ends early when the loss explodes", async () => {
  const { curve } = await findLearningRate(method, data, { ...base, optimiser: sgd(), max: 1e8, min: 1e-3 });
  expect(curve.length).toBeGreaterThan(10);
  expect(curve.length).toBeLessThan(100);
  expect(curve.every(({ smoothed }) => Number.isFinite(smoothed))).toBe(true);
});

test("what it cannot do is refused", async () => {
  const find = (options: object) => findLearningRate(method, data, { ...base, ...options });
  await expect(find({ min: 1, max: 0.1 })).rejects.toThrow(/min is 1 and max 0\.1; 0 < min < max is needed/);
  await expect(find({ steps: 5 })).rejects.toThrow(/steps is 5; a whole number from 20/);
  await expect(find({ stage: "whloe" })).rejects.toThrow(/joint has no stage "whloe"; did you mean "whole"/);
  await expect(find({ epochs: 3 })).rejects.toThrow(/findLearningRate: unknown option "epochs"/);
  await expect(find({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: "AbortError" });
});
