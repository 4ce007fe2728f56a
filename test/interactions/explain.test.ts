/** @file Reports: the same form for every kind of target; intervals of pools, of each amount of bits of each sample and of each mean. */

import { expect, test } from "vitest";
import { type DataSplits, mapSplits } from "../../src/data/dataset.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";
import { answersOf } from "../../src/evaluation/answers.ts";
import { memberModels } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { bitsOf } from "../../src/interactions/bits.ts";
import { explain, report } from "../../src/interactions/explain.ts";
import { sampleRow } from "../../src/interactions/report.ts";
import { poolIntervals, poolMeanInterval } from "../../src/interactions/uncertainty.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture();
const encoders = { a: mlp([8, 6]), b: mlp([8, 6]) };
const base = { seed: 0, batchSize: 32, threads: 1, epochs: 2 } as const;
const threads = { threads: 1 } as const;

test("a pool's bits have the intervals that its members' bits give, and stay what they are", async () => {
  const fitted = await fit(dmil({ encoders, embedding: 4, members: 3 }), data, base);
  const { samples, summary } = await explain(fitted, data.test, threads);
  const { calibration } = fitted;
  const labels = labelsOf(data.test);
  const members = await Promise.all(memberModels(fitted).map((model) => predict(model, data.test, threads)));
  const totals = members.map((own) => bitsOf(own, calibration, labels).labelFree.total);
  const pool = bitsOf(await predict(fitted, data.test, threads), calibration, labels).labelFree.total;
  const due = poolIntervals(pool, totals);
  samples.forEach(({ bits, intervals }, i) => {
    expect(bits.total).toBe(pool[i]);
    expect(intervals!.total).toEqual({ lower: Math.max(0, due.lower[i]!), upper: due.upper[i] });
    expect(Object.keys(intervals!)).toEqual(Object.keys(bits));
    for (const [name, { lower, upper }] of Object.entries(intervals!)) {
      expect(lower).toBeLessThanOrEqual(bits[name]!);
      expect(upper).toBeGreaterThan(bits[name]!);
      if (name !== "synergistic") expect(lower).toBeGreaterThanOrEqual(0);
    }
  });
  const { value, lower, upper } = poolMeanInterval(pool, totals);
  expect(summary.bits.total).toBeCloseTo(value, 12);
  expect(summary.intervals!.total).toEqual({ lower, upper });
  const first = Object.values(summary.classes)[0]!;
  expect(first.intervals!.total!.upper - first.intervals!.total!.lower).toBeGreaterThan(0);
  const row = sampleRow(samples[0]!);
  expect(row.bits_redundant_lower).toBe(samples[0]!.intervals!.redundant!.lower);
  expect(row.bits_total_upper).toBe(samples[0]!.intervals!.total!.upper);
});

test("one member alone has no intervals", async () => {
  const fitted = await fit(dmil({ encoders, embedding: 4, members: 1 }), data, base);
  const { samples, summary } = await explain(fitted, data.test, threads);
  expect(memberModels(fitted)).toEqual([]);
  expect(samples[0]).not.toHaveProperty("intervals");
  expect(summary).not.toHaveProperty("intervals");
  expect(Object.keys(sampleRow(samples[0]!)).some((name) => name.endsWith("_lower"))).toBe(false);
});

const sizes = { train: 60, validation: 40, test: 30 };
const small = { seed: 3, features: 8, samples: sizes } as const;
const ordered = (splits: DataSplits): DataSplits =>
  mapSplits((split) => {
    const of = splits[split];
    return { ...of, ...classTarget(["low", "mid", "high"], labelsOf(of), "ordinal") };
  });

test.each([
  ["ordinal", ordered(data)],
  ["multilabel", sums({ ...small, target: "multilabel" }).splits],
  ["regression", sums(small).splits],
] as const)("%s: the same form without bits, and as a row", async (kind, splits) => {
  const fitted = await fit(dmil({ encoders, embedding: 4, members: 1 }), splits, base);
  const { test: shown } = splits;
  const result = await explain(fitted, shown, threads);
  expect(result.kind).toBe(kind);
  expect(result).toEqual(report(await predict(fitted, shown, threads), shown, fitted));
  const { samples, summary } = result;
  const answers = answersOf(fitted, await predict(fitted, shown, threads));
  const { names, values } = shown.target;
  const metrics = await evaluate(fitted, shown, threads);
  expect(summary.scored).toEqual(metrics);
  expect(summary).toMatchObject({ ...metrics.values, samples: shown.size, bits: {} });
  samples.forEach((sample, i) => {
    const row = sampleRow(sample);
    expect(sample).toMatchObject({ bits: {}, labelBits: {} });
    expect(Object.values(sample.gate).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    if (kind === "ordinal") {
      expect(sample).toMatchObject({ label: names[values.data[i]!], prediction: answers[i]!.label });
      expect(sample.probabilities).toEqual(answers[i]!.values);
      expect(sample.probability).toBe(sample.probabilities[sample.prediction!]);
      expect(names).toContain(sample.components.redundant!.prediction);
      expect(row.pred_only_a).toBe(sample.modalities.a!.prediction);
      expect(row.p_low).toBe(sample.probabilities.low);
    } else {
      expect(sample).not.toHaveProperty("prediction");
      expect(sample.values).toEqual(answers[i]!.values);
      expect(Object.values(sample.target!)).toEqual([
        ...values.data.subarray(i * names.length, (i + 1) * names.length),
      ]);
      const [name] = names;
      expect(row[`pred_only_a_${name}`]).toBe(sample.modalities.a!.values![name!]);
      expect(row[`prediction_${name}`]).toBe(sample.values![name!]);
    }
  });
  expect(Object.keys(summary.classes)).toEqual(
    kind === "ordinal" ? names.filter((name) => samples.some(({ label }) => label === name)) : [],
  );
});

test("data with another target is refused", async () => {
  const fitted = await fit(dmil({ encoders, embedding: 4, members: 1 }), data, base);
  await expect(explain(fitted, ordered(data).test, threads)).rejects.toThrow(/must be the same in the same order/);
});
