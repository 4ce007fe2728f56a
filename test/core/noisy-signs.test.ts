import { expect, test } from "vitest";
import { differenceInformation, log2OnePlusExp, signInformation } from "../../src/core/noisy-signs.ts";

test.each([
  [0.25, 0.9998650574, 0.9999999662, 0.9997301486],
  [0.5, 0.9128222858, 0.9904618221, 0.8351827494],
  [0.75, 0.6816533641, 0.8876886527, 0.4756180754],
  [1, 0.4859441541, 0.72145159, 0.2504367175],
])("J and K at sigma %f", (sigma, J, better, K) => {
  expect(signInformation(sigma)).toBeCloseTo(J, 9);
  expect(signInformation(sigma / Math.SQRT2)).toBeCloseTo(better, 8);
  expect(differenceInformation(sigma)).toBeCloseTo(K, 9);
});

test("log2(1 + e^t) holds at both ends", () => {
  expect(log2OnePlusExp(0)).toBe(1);
  expect(log2OnePlusExp(800)).toBeCloseTo(800 / Math.LN2, 9);
  expect(log2OnePlusExp(-800)).toBe(0);
});
