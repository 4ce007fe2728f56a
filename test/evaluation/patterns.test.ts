/** @file Figures by pattern of present modalities: which patterns, on which samples. */

import { expect, test } from "vitest";
import { takeRows } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";
import { patternsOf, scorePatterns, simulatePatterns } from "../../src/evaluation/patterns.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { score } from "../../src/evaluation/score.ts";
import { explain } from "../../src/interactions/explain.ts";
import { sampleRow } from "../../src/interactions/report.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture();
const { test: held } = data;
const fitted = await fit(joint({ encoders: { a: mlp([8, 12]), b: mlp([8, 12]) }, embedding: 8 }), data, {
  seed: 0,
  batchSize: 32,
  epochs: { whole: 12 },
  threads: 1,
});
const rows = (first: number): number[] => [...labelsOf(held).keys()].filter((row) => row % 4 === first);
const masked = hideModalities(hideModalities(held, ["a"], rows(0)), ["b"], rows(1));

test("every pattern up to four modalities, larger ones first; of five, all, each left out, each alone", () => {
  expect(patternsOf(["a", "b", "c"])).toEqual([
    ["a", "b", "c"],
    ["a", "b"],
    ["a", "c"],
    ["b", "c"],
    ["a"],
    ["b"],
    ["c"],
  ]);
  expect(patternsOf(["a", "b", "c", "d"])).toHaveLength(15);
  const five = patternsOf(["a", "b", "c", "d", "e"]);
  expect(five.map((own) => own.length)).toEqual([5, 4, 4, 4, 4, 4, 1, 1, 1, 1, 1]);
});

test("simulated on the samples that have everything: those figures, and no others", async () => {
  const results = await simulatePatterns(fitted, held);
  expect(results.map(({ present, samples, simulated }) => [present.join("+"), samples, simulated])).toEqual([
    ["a+b", 60, true],
    ["a", 60, true],
    ["b", 60, true],
  ]);
  const whole = score(await predict(fitted, held), held);
  const { accuracy, macroF1, logLoss } = whole.values;
  expect(results[0]).toMatchObject({ values: { accuracy, macroF1, logLoss } });
  const alone = score(await predict(fitted, hideModalities(held, ["b"])), held);
  expect(results[1]).toMatchObject({ values: { accuracy: alone.values.accuracy, logLoss: alone.values.logLoss } });
  const complete = takeRows(
    masked,
    [...rows(2), ...rows(3)].sort((x, y) => x - y),
  );
  expect(await simulatePatterns(fitted, masked)).toEqual(await simulatePatterns(fitted, complete));
  expect(await simulatePatterns(fitted, hideModalities(held, ["a"]))).toEqual([]);
});

test("the data's own patterns: each sample counts once, in its own; unlabelled ones do not", async () => {
  const predictions = await predict(fitted, masked);
  const own = scorePatterns(predictions, masked, ["a", "b"]);
  expect(own.map(({ present, samples, simulated }) => [present.join("+"), samples, simulated])).toEqual([
    ["a+b", 30, false],
    ["a", 15, false],
    ["b", 15, false],
  ]);
  const all = score(predictions, masked).values.accuracy!;
  expect(own.reduce((sum, { samples, values }) => sum + samples * values.accuracy!, 0) / 60).toBeCloseTo(all, 10);
  const labels = labelsOf(masked).map((label, row) => (row % 4 === 0 ? -1 : label));
  expect(
    scorePatterns(predictions, { ...masked, ...classTarget(masked.target.names, labels) }, ["a", "b"]),
  ).toHaveLength(2);
});

test("a missing modality alone is judged nowhere, and is never right for the synergy rate", async () => {
  const predictions = await predict(fitted, hideModalities(held, ["a"]));
  const { unimodal, values } = score(predictions, hideModalities(held, ["a"]));
  const { synergyRate } = values;
  expect(unimodal.a).toBeNaN();
  const right = (values: Float32Array, row: number): boolean =>
    (values[2 * row + 1]! > values[2 * row]! ? 1 : 0) === labelsOf(held)[row];
  const found = [...labelsOf(held).keys()].filter(
    (row) => right(predictions.logits, row) && !right(predictions.unimodal.b!, row),
  );
  expect(synergyRate).toBe(found.length / 60);
});

test("explain says what was there; bits of what is missing are 0 and the sum stays", async () => {
  const { samples, summary } = await explain(fitted, masked);
  expect(samples[0]!.present).toEqual(["b"]);
  expect(samples[2]!.present).toEqual(["a", "b"]);
  for (const { present, bits, labelBits } of samples) {
    for (const own of [bits, labelBits] as Record<string, number>[]) {
      expect(own.redundant! + own.unique_a! + own.unique_b! + own.synergistic!).toBeCloseTo(own.total!, 9);
      if (present!.length === 2) continue;
      expect(own.redundant).toBe(0);
      expect(own[present![0] === "a" ? "unique_b" : "unique_a"]).toBe(0);
    }
  }
  expect(Object.entries(summary.patterns!).map(([name, group]) => [name, group.samples])).toEqual([
    ["a+b", 30],
    ["a", 15],
    ["b", 15],
  ]);
  expect(sampleRow(samples[1]!).present).toBe("a");
  expect((await explain(fitted, held)).samples[0]).not.toHaveProperty("present");
});

test("a sample without any of the model's modalities is refused", async () => {
  const nothing = hideModalities(hideModalities(held, ["a"], [7]), ["b"], [7]);
  await expect(predict(fitted, nothing)).rejects.toThrowError(/row 7 .* none of the modalities a, b/);
  await expect(fit(fitted.method, data, { seed: 0, modalityDropout: 1 })).rejects.toThrowError(/modalityDropout is 1/);
});
