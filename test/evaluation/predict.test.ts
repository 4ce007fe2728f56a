/** @file Scores of class labels: probabilities are calibrated, what is predicted is not touched. */

import { expect, test } from "vitest";
import { takeRows } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { classesOf, classTarget, labelsOf } from "../../src/data/target.ts";
import { scorePatterns, simulatePatterns } from "../../src/evaluation/patterns.ts";
import { createPredictor, predict } from "../../src/evaluation/predict.ts";
import { evaluate, score } from "../../src/evaluation/score.ts";
import { explain } from "../../src/interactions/explain.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { scaledPrediction, UNSCALED } from "../../src/targets/calibrate.ts";
import { calibrationError, logLoss } from "../../src/targets/metrics.ts";
import { fit } from "../../src/train/fit.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture();
const method = joint({ encoders: { a: mlp([8, 12]), b: mlp([8, 12]) }, embedding: 8 });

test("log-loss and calibration error are those of the model's calibration, everywhere; accuracy, F1 and synergy rate of the logits", async () => {
  const fitted = await fit(method, data, { seed: 0, threads: 1, epochs: { whole: 30 }, learningRate: 0.01 });
  const { calibration, ...raw } = await predict(fitted, data.test);
  expect(calibration).toEqual(fitted.calibration);
  const [own, plain] = [await evaluate(fitted, data.test), score(raw, data.test)];
  const logs = scaledPrediction(raw.logits, fitted.calibration);
  const labels = labelsOf(data.test);
  const classes = classesOf(data.test);
  expect(own.values.logLoss!).toBe(logLoss(logs, labels, classes.length));
  expect(own.values.calibrationError!).toBe(calibrationError(logs, labels, classes.length));
  expect(plain.values.logLoss!).toBe(logLoss(raw.logits, labels, classes.length));
  expect(own.values.logLoss!).not.toBeCloseTo(plain.values.logLoss!, 4);
  const { calibration: ___, ...before } = await predict(fitted, data.validation);
  // There the calibration was fitted.
  expect((await evaluate(fitted, data.validation)).values.logLoss!).toBeLessThan(
    score(before, data.validation).values.logLoss!,
  );
  const { logLoss: _, calibrationError: __, ...others } = own.values;
  expect(plain).toMatchObject({ values: others, unimodal: own.unimodal });

  const report = (await explain(fitted, data.test)).summary;
  const whole = scorePatterns({ ...raw, calibration: fitted.calibration }, data.test, ["a", "b"]);
  const [simulated] = await simulatePatterns(fitted, data.test);
  for (const loss of [report.logLoss, whole[0]!.values.logLoss, simulated!.values.logLoss])
    expect(loss).toBeCloseTo(own.values.logLoss!, 6);
  const named = score({ ...raw, calibration: fitted.calibration }, data.test);
  expect(named).toMatchObject({ kind: "multiclass", primary: "accuracy", values: { logLoss: own.values.logLoss } });
});

test("a calibration that scales nothing changes nothing", () => {
  const logits = Float32Array.of(2, 0, -1, 1);
  const predictions = { logits, unimodal: { a: logits, b: logits }, components: {} };
  const two = { ...data.test, ...classTarget(["0", "1"], [0, 0]), ids: ["0", "1"] };
  const calibration = { logPrior: [-Math.LN2, -Math.LN2], prediction: UNSCALED, all: UNSCALED, modalities: {} };
  const [plain, same] = [score(predictions, two), score({ ...predictions, calibration }, two)];
  expect(same.values.logLoss!).toBeCloseTo(plain.values.logLoss!, 12);
  expect(same.values.accuracy!).toBe(plain.values.accuracy!);
});

test("a predictor answers sample by sample, also at once and where a modality is missing, as predict answers for all", async () => {
  const fitted = await fit(method, data, { seed: 0, threads: 1, epochs: 2, modalityDropout: 0.2 });
  const some = hideModalities(data.test, ["b"], [1, 4]);
  const whole = await predict(fitted, some);
  const predictor = createPredictor(fitted, { batchSize: 1 });
  // None waits for the one before.
  const answers = await Promise.all(some.ids.map((_, i) => predictor.predict(takeRows(some, Uint32Array.of(i)))));
  answers.forEach(({ logits, unimodal, calibration }, i) => {
    expect(calibration).toBe(fitted.calibration);
    for (const [own, all] of [
      [logits, whole.logits],
      [unimodal.a!, whole.unimodal.a!],
      [unimodal.b!, whole.unimodal.b!],
    ] as const) {
      own.forEach((value, k) => {
        expect(value, `sample ${i}`).toBeCloseTo(all[2 * i + k]!, 5);
      });
    }
  });
  const { a, ...rest } = data.test.modalities;
  await expect(predictor.predict({ ...data.test, modalities: rest })).rejects.toThrow('has no modality "a"');
  expect((await predictor.predict(takeRows(data.test, Uint32Array.of(0)))).logits).toHaveLength(2);
  await predictor.dispose();
});
