import { describe, expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import {
  calibrated,
  calibratedLogLoss,
  calibratedWhole,
  calibrationWarnings,
  fitPrediction,
  fitScaling,
  fitWeights,
  logPriorOf,
  scaledPrediction,
  UNSCALED,
} from "../../src/targets/calibrate.ts";
import { logSoftmaxRows } from "../../src/targets/metrics.ts";

const even = [-Math.LN2, -Math.LN2];

/** Binary logits [N, 2] and labels drawn from the probabilities that `truth` gives them. */
function drawn(n: number, seed: number, logit: (normal: number, i: number) => { said: number; meant: number }) {
  const draw = stream(seed, "calibration");
  const logits = new Float32Array(2 * n);
  const labels = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const { said, meant } = logit(draw.normal(), i);
    logits[2 * i + 1] = said;
    labels[i] = draw.uniform() < 1 / (1 + Math.exp(-meant)) ? 1 : 0;
  }
  return { logits, labels };
}

function meanLoss(logs: Float64Array, labels: Int32Array): number {
  return labels.reduce((sum, label, i) => sum - logs[2 * i + label]!, 0) / labels.length;
}

describe("log-loss at the best temperature", () => {
  test("is that of the temperature the labels were drawn at, however sure the logits are", () => {
    const { logits, labels } = drawn(8000, 1, (z) => ({ said: 3 * z, meant: 3 * z }));
    const due = meanLoss(logSoftmaxRows(logits, 2), labels);
    for (const surety of [0.2, 1, 5]) {
      const found = calibratedLogLoss(
        logits.map((value) => surety * value),
        labels,
        2,
      );
      expect(Math.abs(found - due)).toBeLessThan(1e-3);
    }
  });

  test("has one sample's worth of doubt, and leaves out samples without a label", () => {
    const logits = Float32Array.of(0, 1, 0, 1, 1, 0);
    // All right: of 3 labels one in 3 is drawn from even classes, so the best probability is 5/6.
    const due = -(5 / 6) * Math.log(5 / 6) - (1 / 6) * Math.log(1 / 6);
    expect(calibratedLogLoss(logits, Int32Array.of(1, 1, -1), 2)).toBeCloseTo(due, 6);
    expect(calibratedLogLoss(logits, Int32Array.of(-1, -1, -1), 2)).toBeNaN();
    // Nothing that is said helps: the best is to say hardly anything.
    expect(calibratedLogLoss(logits, Int32Array.of(0, 0, 1), 2)).toBeGreaterThan(Math.LN2);
  });
});

describe("scaling", () => {
  test("finds the temperature that labels were drawn at, and hardly a doubt", () => {
    const { logits, labels } = drawn(8000, 1, (z) => ({ said: 6 * z, meant: 3 * z }));
    const { scale, doubt } = fitScaling(logits, labels, even);
    expect(scale).toBeGreaterThan(0.45);
    expect(scale).toBeLessThan(0.55);
    expect(doubt).toBeLessThan(0.03);
  });

  test("doubts faint evidence that means nothing beside strong evidence that does", () => {
    const odd = (z: number, i: number) =>
      i % 2 === 0 ? { said: 0.7 * z, meant: 0 } : { said: 5 * Math.sign(z), meant: 5 * Math.sign(z) };
    const { logits, labels } = drawn(4000, 2, odd);
    const scaling = fitScaling(logits, labels, even);
    expect(scaling.doubt).toBeGreaterThan(0.05);
    const held = drawn(4000, 3, odd);
    const plain = meanLoss(logSoftmaxRows(held.logits, 2), held.labels);
    expect(meanLoss(calibrated(held.logits, even, scaling), held.labels)).toBeLessThan(plain - 0.005);
  });

  test("a predictor that was never wrong is believed as far as its samples go", () => {
    const labels = Int32Array.from({ length: 200 }, (_, i) => i % 2);
    const logits = Float32Array.from({ length: 400 }, (_, i) => (i % 2 === labels[i >> 1] ? 1 : 0));
    const logs = calibrated(logits, even, fitScaling(logits, labels, even));
    // One label of 201 is taken to be drawn from the prior, so half of one is wrong.
    expect(Math.exp(logs[labels[0]!]!)).toBeCloseTo(1 - 0.5 / 201, 4);
  });

  test("says where validation data cannot tell how far to believe a predictor", () => {
    const labels = Int32Array.from({ length: 2000 }, (_, i) => i % 2);
    const faint = Float32Array.from({ length: 4000 }, (_, i) => (i % 2 === labels[i >> 1] ? 0.1 : 0));
    const [right, fair, wrong] = [faint, faint.map((v) => 40 * v), faint.map((v) => -v)].map((logits) =>
      fitScaling(logits, labels, even),
    );
    const notes = calibrationWarnings({
      logPrior: even,
      prediction: fair!,
      all: fair!,
      modalities: { a: right!, b: wrong! },
    });
    expect(notes).toHaveLength(1);
    expect(notes[0]).toContain("a: calibration hit its upper limit (scale 20)");
  });

  test("leaves the predicted class the likeliest, also under a skewed prior", () => {
    const logPrior = [Math.log(0.9), Math.log(0.1)];
    const { logits, labels } = drawn(500, 7, (z) => ({ said: 4 * z, meant: z - 1 }));
    const prediction = fitPrediction(logits, labels, 2);
    expect(prediction.scale).toBeLessThan(0.9);
    const logs = scaledPrediction(logits, { logPrior, prediction, all: prediction, modalities: {} });
    labels.forEach((_, i) => {
      expect(logs[2 * i + 1]! > logs[2 * i]!).toBe(logits[2 * i + 1]! > logits[2 * i]!);
    });
  });

  test("nothing is scaled without labels", () => {
    expect(fitScaling(Float32Array.of(1, 2), Int32Array.of(-1), even)).toEqual(UNSCALED);
  });

  test("scaled evidence is evidence over the prior: none gives the prior back", () => {
    const logPrior = logPriorOf(Int32Array.of(0, 0, 0, 1), 2);
    const logs = calibrated(Float32Array.of(0.3, 2), logPrior, { scale: 1e-9, doubt: 0 });
    expect([...logs].map((v) => v.toFixed(5))).toEqual(logPrior.map((v) => v.toFixed(5)));
  });
});

describe("weights of components", () => {
  const n = 4000;
  /** Even rows belong to the first component, which is right about itself; odd ones to the second, three times too sure. */
  const make = (seed: number) => {
    const { logits, labels } = drawn(n, seed, (z, i) =>
      i % 2 === 0 ? { said: 2 * z, meant: 2 * z } : { said: 6 * z, meant: 2 * z },
    );
    const part = (parity: number) => ({
      contribution: logits.map((value, i) => (Math.floor(i / 2) % 2 === parity ? value - even[i % 2]! : 0)),
    });
    return { logits, labels, parts: { first: part(0), second: part(1) } };
  };

  test("tell a component that is too sure from one that is not", () => {
    const { labels, parts } = make(5);
    const weights = fitWeights(Object.values(parts), 1, labels, even);
    expect(weights[0]).toBeGreaterThan(0.8);
    expect(weights[0]).toBeLessThan(1.2);
    expect(weights[1]).toBeGreaterThan(0.25);
    expect(weights[1]).toBeLessThan(0.42);
  });

  test("of 1 give the whole as it was", () => {
    const { logits, parts } = make(6);
    const calibration = { logPrior: even, prediction: UNSCALED, all: UNSCALED, modalities: {} };
    const weighed = calibratedWhole(
      { logits, components: parts },
      { ...calibration, components: { first: 1, second: 1 } },
    );
    const plain = calibratedWhole({ logits, components: {} }, calibration);
    weighed.forEach((value, i) => void expect(value).toBeCloseTo(plain[i]!, 5));
  });

  test("stay 1 where no others pay", () => {
    const { logits, labels } = drawn(n, 7, (z) => ({ said: z, meant: z }));
    const half = { contribution: logits.map((value, i) => (value - even[i % 2]!) / 2) };
    expect(fitWeights([half, half], 1, labels, even)).toEqual([1, 1]);
  });
});
