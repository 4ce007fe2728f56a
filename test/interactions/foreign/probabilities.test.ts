/** @file Probabilities from anywhere as log-probabilities: zeros, rounding, logits, and what is refused. */
import { expect, test } from "vitest";
import { logsOf } from "../../../src/interactions/foreign/probabilities.ts";

const place = (row: number, column: number): string => `row ${row}, column ${column}`;
const read = (values: number[], logits = false) => logsOf(Float64Array.from(values), 2, logits, place);

test("probabilities keep their logarithms; rounded rows are made to sum to 1", () => {
  expect(Math.exp(read([0.25, 0.75]).logs[0]!)).toBeCloseTo(0.25, 14);
  const [a, b] = read([0.333, 0.665]).logs.map(Math.exp) as unknown as [number, number];
  expect(a + b).toBeCloseTo(1, 14);
  expect(a / b).toBeCloseTo(0.333 / 0.665, 12);
});

test("a zero is half of the smallest probability above it, at least 1e-7", () => {
  const { logs, zeros } = read([0, 1, 0.1, 0.9]);
  expect(zeros).toBe(1);
  expect(Math.exp(logs[0]!)).toBeCloseTo(0.05 / 1.05, 12);
  expect(Math.exp(logs[2]!)).toBeCloseTo(0.1, 12);
  expect(Math.exp(read([0, 1, 1e-30, 1]).logs[0]!)).toBeCloseTo(1e-7, 12);
});

test("logits are told apart by a constant only", () => {
  const shifted = read([-1, 1], true).logs;
  read([5, 7], true).logs.forEach((log, k) => {
    expect(log).toBeCloseTo(shifted[k]!, 12);
  });
});

test.each([
  [[0.5, 0.5, Number.NaN, 0.5], /^row 1, column 0 is NaN; every prediction must be a finite number/],
  [
    [0.5, 0.5, 1.2, -0.2],
    /^row 1, column 0 is 1\.2, above 1: not a probability\. If these are logits, say so: --logits/,
  ],
  [[-0.1, 1.1], /^row 0, column 0 is -0\.1, below 0/],
  [[0.5, 0.5, 0.3, 0.3], /^row 1, column 0: the probabilities of this row sum to 0\.6, not to 1/],
])("%j is refused", (values, message) => {
  expect(() => read(values)).toThrowError(message);
});

test("infinite logits are refused", () => {
  expect(() => read([1, Number.POSITIVE_INFINITY], true)).toThrowError(/row 0, column 1 is Infinity/);
});
