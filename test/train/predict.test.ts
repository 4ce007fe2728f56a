/** @file Scores of class labels: probabilities are calibrated, what is predicted is not touched. */
import { expect, test } from "vitest";
import { explain } from "../../src/interactions/explain.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { scaledPrediction, UNSCALED } from "../../src/train/calibrate.ts";
import { figuresOf, leading } from "../../src/train/figures.ts";
import { fit } from "../../src/train/fit.ts";
import { calibrationError, logLoss } from "../../src/train/metrics.ts";
import { scorePatterns, simulatePatterns } from "../../src/train/patterns.ts";
import { evaluate, predict, score } from "../../src/train/predict.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture();
const method = joint({ encoders: { a: mlp([8, 12]), b: mlp([8, 12]) }, embedding: 8 });

test("log-loss and calibration error are those of the model's calibration, everywhere; accuracy, F1 and synergy rate of the logits", async () => {
  const fitted = await fit(method, data, { seed: 0, threads: 1, epochs: { whole: 30 }, learningRate: 0.01 });
  const { calibration, ...raw } = await predict(fitted, data.test);
  expect(calibration).toEqual(fitted.calibration);
  const [own, plain] = [await evaluate(fitted, data.test), score(raw, data.test)];
  const logs = scaledPrediction(raw.logits, fitted.calibration);
  const { labels, classes } = data.test;
  expect(own.logLoss).toBe(logLoss(logs, labels, classes.length));
  expect(own.calibrationError).toBe(calibrationError(logs, labels, classes.length));
  expect(plain.logLoss).toBe(logLoss(raw.logits, labels, classes.length));
  expect(own.logLoss).not.toBeCloseTo(plain.logLoss, 4);
  const { calibration: ___, ...before } = await predict(fitted, data.validation);
  // There the calibration was fitted.
  expect((await evaluate(fitted, data.validation)).logLoss).toBeLessThan(score(before, data.validation).logLoss);
  const { logLoss: _, calibrationError: __, ...others } = own;
  expect(plain).toMatchObject(others);

  const report = (await explain(fitted, data.test)).summary;
  const whole = scorePatterns({ ...raw, calibration: fitted.calibration }, data.test, ["a", "b"]);
  const [simulated] = await simulatePatterns(fitted, data.test);
  for (const loss of [report.logLoss, whole[0]!.logLoss, simulated!.logLoss]) expect(loss).toBeCloseTo(own.logLoss, 6);
  const named = figuresOf({ ...raw, calibration: fitted.calibration }, data.test);
  expect(named).toMatchObject({ kind: "classes", figures: { logLoss: own.logLoss }, unimodal: own.unimodal });
  expect(leading(named)).toEqual(leading(own));
});

test("a calibration that scales nothing changes nothing", () => {
  const logits = Float32Array.of(2, 0, -1, 1);
  const predictions = { logits, unimodal: { a: logits, b: logits }, components: {} };
  const two = { ...data.test, labels: Int32Array.of(0, 0), ids: ["0", "1"] };
  const calibration = { logPrior: [-Math.LN2, -Math.LN2], prediction: UNSCALED, all: UNSCALED, modalities: {} };
  const [plain, same] = [score(predictions, two), score({ ...predictions, calibration }, two)];
  expect(same.logLoss).toBeCloseTo(plain.logLoss, 12);
  expect(same.accuracy).toBe(plain.accuracy);
});
