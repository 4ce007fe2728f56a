import { describe, expect, test } from "vitest";
import { quadMixture } from "../../../src/data/synthetic/quad.ts";
import { labelsOf } from "../../../src/data/target.ts";
import { accuracy, argmaxRows } from "../../../src/targets/metrics.ts";

describe("the default quad mixture", () => {
  const { splits, exact, means } = quadMixture({ seed: 3, samples: { train: 100, validation: 100, test: 20_000 } });
  const labels = labelsOf(splits.test);
  const { truth } = splits.test;
  const right = (logits: Float32Array): number => accuracy(argmaxRows(logits, 2), labels);

  test("probabilities sum to 1", () => {
    for (const logs of [exact.test.logits, ...Object.values(exact.test.unimodal)]) {
      let worst = 0;
      for (let i = 0; i < logs.length; i += 2) {
        worst = Math.max(worst, Math.abs(Math.exp(logs[i]!) + Math.exp(logs[i + 1]!) - 1));
      }
      expect(worst).toBeLessThan(1e-5);
    }
  });

  test("exact posteriors reach the Bayes accuracies, within 4 standard errors", () => {
    expect(Math.abs(right(exact.test.logits) - 0.97073539)).toBeLessThan(4 * Math.sqrt((0.97 * 0.03) / 20_000));
    expect(Math.abs(right(exact.test.unimodal.a!) - 0.73862493)).toBeLessThan(4 * Math.sqrt((0.74 * 0.26) / 20_000));
  });

  test("their information is that of the law", () => {
    let total = 0;
    for (const [i, label] of labels.entries()) total += 1 + exact.test.logits[2 * i + label]! / Math.LN2;
    expect(total / labels.length).toBeCloseTo(
      Object.values(means!).reduce((a, b) => a + b, 0),
      1.9,
    );
    expect(means!.redundant).toBeCloseTo(0.3 * 0.9128222858, 9);
    expect(means!.synergistic).toBeCloseTo(0.3 * 0.8351827494, 9);
  });

  test("the features hold the signal and a cue and noise of the stated size elsewhere", () => {
    // Mean square: signal 1 + sigma^2, cue 1, and sigma^2 for each of the 27 other directions.
    for (const { data } of Object.values(splits.test.modalities)) {
      const square = data.reduce((sum, v) => sum + v * v, 0) / truth!.length;
      expect(Math.abs(square - (1.25 + 1 + 27 * 0.25))).toBeLessThan(0.1);
    }
  });
});

test("the four weights must sum to 1", () => {
  expect(() => quadMixture({ seed: 0, weights: [0.3, 0.3, 0.3, 0.3] })).toThrow(/sum to 1/);
});
