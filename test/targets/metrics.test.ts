import { expect, test } from "vitest";
import { accuracy, argmaxRows, calibrationError, logLoss, macroF1, synergyRate } from "../../src/targets/metrics.ts";

const labels = Int32Array.of(0, 1, 2, 1, -1);
const predictions = Int32Array.of(0, 1, 1, 0, 2);

test("accuracy leaves missing labels out", () => {
  expect(accuracy(predictions, labels)).toBe(0.5);
});

test("macro-F1 is the mean over classes that occur or are predicted", () => {
  // class 0: 2*1/(2+1); class 1: 2*1/(2+2); class 2: 0.
  expect(macroF1(predictions, labels, 4)).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12);
});

test("log-loss is in nats", () => {
  const logits = Float32Array.of(Math.log(0.9), Math.log(0.1), Math.log(0.2), Math.log(0.8), 5, 5);
  expect(logLoss(logits, Int32Array.of(0, 0, -1), 2)).toBeCloseTo(-(Math.log(0.9) + Math.log(0.2)) / 2, 6);
});

test("calibration error is the gap between confidence and accuracy", () => {
  // Four samples at confidence 0.75 of which three are right: calibrated. All wrong: off by 0.75.
  const row = [Math.log(0.75), Math.log(0.25)];
  const logits = Float32Array.from([row, row, row, row].flat());
  expect(calibrationError(logits, Int32Array.of(0, 0, 0, 1), 2)).toBeCloseTo(0, 6);
  expect(calibrationError(logits, Int32Array.of(1, 1, 1, 1), 2)).toBeCloseTo(0.75, 6);
});

test("synergy rate counts what only the whole gets right", () => {
  const whole = Int32Array.of(0, 1, 2, 1, 2);
  const a = Int32Array.of(0, 0, 0, 0, 0);
  const b = Int32Array.of(1, 0, 0, 1, 0);
  expect(synergyRate(whole, [a, b], labels)).toBe(2 / 4);
});

test("argmax takes the first among equals", () => {
  expect([...argmaxRows(Float32Array.of(1, 1, 0, 2, 2, 3), 3)]).toEqual([0, 2]);
});
