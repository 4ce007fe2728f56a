/** @file Figures of labels and values: against scikit-learn (figures-golden.py), by hand, and with unknown entries. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { Dataset, Target } from "../../src/data/dataset.ts";
import type { Predictions } from "../../src/evaluation/predict.ts";
import { score } from "../../src/evaluation/score.ts";
import { UNSCALED } from "../../src/targets/calibrate.ts";
import { isBetter } from "../../src/targets/epoch-metrics.ts";
import { targetTypes } from "../../src/targets/index.ts";
import { auroc, labelF1, labelLogLoss, subsetAccuracy } from "../../src/targets/label-metrics.ts";
import { isSentiment, regressionMetrics, sentimentMetrics } from "../../src/targets/value-metrics.ts";

interface Golden {
  readonly labels: { readonly truth: number[]; readonly odds: number[]; readonly figures: Record<string, number> };
  readonly values: { readonly truth: number[]; readonly predicted: number[]; readonly figures: Record<string, number> };
}
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, "figures-golden.json"), "utf8")) as Golden;
const U = Number.NaN;

function dataOf(kind: Target["kind"], names: string[], values: number[], present?: Dataset["present"]): Dataset {
  const n = values.length / names.length;
  return {
    name: "test",
    ids: Array.from({ length: n }, (_, i) => String(i)),
    modalities: { a: float32([n, 1]), b: float32([n, 1]) },
    ...(present && { present }),
    size: n,
    target: { kind, names, values: float32([n, names.length], values) },
  };
}
const said = (logits: number[], unimodal: Predictions["unimodal"] = {}): Predictions => ({
  logits: Float32Array.from(logits),
  unimodal,
  components: {},
});
function expectFigures(found: Readonly<Record<string, number>>, wanted: Record<string, number>): void {
  expect(Object.keys(found)).toEqual(Object.keys(wanted));
  for (const [name, value] of Object.entries(wanted)) expect(found[name], name).toBeCloseTo(value, 6);
}

describe("scikit-learn says the same", () => {
  test("of labels", () => {
    const { truth, odds, figures } = golden.labels;
    const found = score(said(odds), dataOf("multilabel", ["x", "y", "z"], truth));
    expectFigures(found.values, figures);
    expect(found.primary).toBe("macroF1");
    expect(Object.keys(found.perOutput!.y!)).toEqual(["f1", "auroc", "accuracy"]);
  });

  test("of a sentiment, halves and zeros among them", () => {
    const { truth, predicted, figures } = golden.values;
    const found = score(said(predicted), dataOf("regression", ["sentiment"], truth));
    expectFigures(found.values, figures);
    expect(found).not.toHaveProperty("perOutput");
    const height = score(said(predicted), dataOf("regression", ["height"], truth));
    expect(Object.keys(height.values)).toEqual(["r2", "correlation", "mae", "rmse"]);
  });
});

describe("by hand", () => {
  test("labels with unknown entries", () => {
    const odds = Float32Array.of(1, -1, 2, 3, -2, 1);
    const truth = Float32Array.of(1, U, 0, 1, U, 1); // [3, 2]
    expect(labelF1(odds, truth, 2)).toEqual([2 / 3, 1]);
    expect(auroc(odds, truth, 2)).toEqual([0, U]);
    expect(subsetAccuracy(odds, truth, 2)).toBe(0);
    const nats = [-1, 2, -3, -1].reduce((sum, wrong) => sum + Math.log1p(Math.exp(wrong)), 0);
    expect(labelLogLoss(odds, truth)).toBeCloseTo(nats / 4, 6);
    expect(labelF1(Float32Array.of(-1, -1), Float32Array.of(0, 0), 1)).toEqual([0]);
    expect(auroc(Float32Array.of(1, 1, 0, 2), Float32Array.of(1, 0, 0, 1), 1)).toEqual([3.5 / 4]);
  });

  test("values with unknown entries; constants have no correlation", () => {
    const found = regressionMetrics([1, 9, 2, 3], [1, U, 3, 5]);
    expect(found.mae).toBe(1);
    expect(found.r2).toBeCloseTo(1 - 5 / 8, 12);
    expect(found.rmse).toBeCloseTo(Math.sqrt(5 / 3), 12);
    expect(found.correlation).toBeCloseTo(1, 12);
    expect(regressionMetrics([2, 2], [1, 3])).toMatchObject({ r2: 0, correlation: U });
    expect(regressionMetrics([1, 3], [2, 2]).r2).toBeNaN();
  });

  test("sentiment: what counts as one, and the three conventions", () => {
    expect(isSentiment("sentiment", [-3, 0, U, 3])).toBe(true);
    expect(isSentiment("sentiment", [-3.5])).toBe(false);
    expect(isSentiment("height", [1])).toBe(false);
    // Truth 0 said 0: not negative in both; left out of the second convention.
    expect(sentimentMetrics([0, -1, 2], [0, -2, 2])).toMatchObject({
      accuracyHas0: 1,
      accuracyNon0: 1,
      accuracy7: 2 / 3,
    });
    expect(sentimentMetrics([-0.1, -1, 2], [0, -2, 2]).accuracyHas0).toBeCloseTo(2 / 3, 12);
    expect(sentimentMetrics([-9], [-3]).accuracy7).toBe(1);
  });

  test("modalities alone are scored over the samples that have them; nothing known is an error", () => {
    const alone = { a: Float32Array.of(1, 2, 3, 9), b: Float32Array.of(0, 0, 0, 0) };
    const present = { a: Uint8Array.of(1, 1, 1, 0), b: new Uint8Array(4) };
    const { unimodal, samples } = score(said([1, 2, 3, 4], alone), dataOf("regression", ["x"], [1, 2, 3, 4], present));
    expect(unimodal).toEqual({ a: 1, b: U });
    expect(samples).toBe(4);
    expect(() => score(said([1]), dataOf("regression", ["x"], [U]))).toThrowError(/no known values/);
  });
});

describe("while training", () => {
  const rows = (values: number[], width: number) => ({
    outputs: width,
    data: Float32Array.from(values),
    width,
  });
  test("values: 1 minus squared error, 0 for the mean", () => {
    const own = rows([1, -1, U, 2], 2);
    const predicted = Float32Array.of(0, -1, 5, 1);
    expect(targetTypes.regression.epochMetrics(predicted, own, undefined)).toEqual({
      r2: 1 - 2 / 3,
      squaredError: 2 / 3,
    });
    expect(targetTypes.regression.batchScore(predicted, own, Uint32Array.of(0, 1))).toBe(0.5 + 0);
    expect(
      isBetter(targetTypes.regression, { r2: 0, squaredError: 1 }, { r2: 0.1, squaredError: 0.9 }, undefined),
    ).toBe(false);
    expect(
      isBetter(targetTypes.regression, { r2: 0.2, squaredError: 0.8 }, { r2: 0.1, squaredError: 0.9 }, undefined),
    ).toBe(true);
  });
  test("labels: the best epoch has the least log-loss, whatever its accuracy", () => {
    const own = rows([1, 0, U, 1], 2);
    expect(targetTypes.multilabel.batchScore(Float32Array.of(1, 1, 5, 1), own, Uint32Array.of(0, 1))).toBe(1.5);
    expect(targetTypes.multilabel.epochMetrics(Float32Array.of(1, 1, 5, 1), own, undefined).accuracy).toBeCloseTo(
      2 / 3,
      12,
    );
    const [low, high] = [
      { accuracy: 0.6, logLoss: 0.4 },
      { accuracy: 0.9, logLoss: 0.5 },
    ];
    expect(isBetter(targetTypes.multilabel, low, high, undefined)).toBe(true);
    expect(isBetter(targetTypes.multiclass, low, high, undefined)).toBe(false);
    expect(isBetter(targetTypes.multilabel, high, low, "last")).toBe(true);
  });
  test("classes by log-loss at the best temperature, where a stage asks for it", () => {
    const labels = { outputs: 2, data: Float32Array.of(0, 1, 1, 0), width: 1 };
    const right = Float32Array.of(1, 0, 0, 1, 0, 1, 0, 1);
    const sure = right.map((value) => 5 * value);
    expect(Object.keys(targetTypes.multiclass.epochMetrics(right, labels, undefined))).toEqual(["accuracy", "logLoss"]);
    const [faint, loud] = [
      targetTypes.multiclass.epochMetrics(right, labels, "calibrated"),
      targetTypes.multiclass.epochMetrics(sure, labels, "calibrated"),
    ];
    expect(loud.logLoss).toBeGreaterThan(2 * faint.logLoss!);
    expect(loud.calibrated).toBeCloseTo(faint.calibrated!, 3);
    const worse = { ...faint, calibrated: faint.calibrated! + 0.1, accuracy: 1, logLoss: 0.1 };
    expect(isBetter(targetTypes.multiclass, faint, worse, "calibrated")).toBe(true);
    expect(isBetter(targetTypes.multiclass, worse, faint, "calibrated")).toBe(false);
    expect(isBetter(targetTypes.multiclass, worse, faint, undefined)).toBe(true);
    expect(targetTypes.multiclass.monitored(faint, "calibrated")).toBe(-faint.calibrated!);
    // Labels and values have figures of their own, whatever a stage says.
    const own = rows([1, 0], 2);
    expect(Object.keys(targetTypes.multilabel.epochMetrics(Float32Array.of(1, 1), own, "calibrated"))).toEqual([
      "accuracy",
      "logLoss",
    ]);
    expect(targetTypes.multilabel.monitored({ accuracy: 1, logLoss: 0.3 }, "calibrated")).toBe(-0.3);
  });
  test("scales: least squares of values, the likeliest of labels, bounded where all are right", () => {
    const factor = (kind: "multilabel" | "regression", outputs: Float32Array, truth: number[]): number => {
      const fitted = { kind, names: ["x"], ...(kind === "regression" && { units: { mean: [0], deviation: [1] } }) };
      const calibration = { logPrior: [0], prediction: UNSCALED, all: UNSCALED, modalities: {} };
      const target = { kind, names: ["x"], values: float32([truth.length, 1], truth) };
      const predictions = { logits: outputs, unimodal: {}, components: {} };
      return targetTypes[kind].calibrate({ target: fitted, calibration }, predictions, target).outputs!.prediction[0]!;
    };
    expect(factor("regression", Float32Array.of(1, -2, 50, 3), [2, -4, U, 6])).toBe(2);
    expect(factor("regression", new Float32Array(4), [2, -4, U, 6])).toBe(1);
    // Log-odds of 3 where three of four are right: log 3 is due.
    const odds = new Float32Array(400).fill(3);
    const due = factor(
      "multilabel",
      odds,
      Array.from(odds, (_, i) => Number(i % 4 > 0)),
    );
    expect(3 * due).toBeCloseTo(Math.log(3), 1);
    const sure = factor("multilabel", Float32Array.of(1, -1, 1, -1), [1, 0, 1, 0]);
    expect(sure).toBeCloseTo(Math.log(9), 2); // one sample's doubt among five
  });
});
