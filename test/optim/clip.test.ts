import fc from "fast-check";
import { expect, test } from "vitest";
import { clipScale } from "../../src/optim/index.ts";
import { golden } from "./support.ts";

test("clips as PyTorch does", () => {
  for (const { gradient, maxNorm, clipped } of golden().clip) {
    const scale = clipScale(Math.hypot(...gradient), maxNorm);
    for (const [i, g] of gradient.entries()) expect(g * scale).toBeCloseTo(clipped[i]!, 6);
  }
});

test("never enlarges, and the clipped norm never exceeds the limit", () => {
  const positive = fc.double({ min: 1e-12, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(positive, positive, (norm, maxNorm) => {
      const scale = clipScale(norm, maxNorm);
      expect(scale).toBeLessThanOrEqual(1);
      expect(scale * norm).toBeLessThanOrEqual(maxNorm * (1 + 1e-12));
    }),
  );
  expect(clipScale(5, Number.POSITIVE_INFINITY)).toBe(1);
  expect(clipScale(0, 1)).toBe(1);
});

test("errors", () => {
  expect(() => clipScale(Number.NaN, 1)).toThrow(/^clipScale: the gradient norm is NaN; a step needs finite gradients/);
  expect(() => clipScale(Number.POSITIVE_INFINITY, 1)).toThrow(/norm is Infinity/);
  expect(() => clipScale(1, 0)).toThrow(/^clipScale: maxNorm 0; allowed is a number above 0/);
  expect(() => clipScale(1, Number.NaN)).toThrow(/maxNorm NaN/);
});
