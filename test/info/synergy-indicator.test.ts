import { expect, it } from "vitest";
import { mixture, mixtureRows, synergyIndicator } from "../../src/info/index.ts";

it("counts the shares", () => {
  const result = synergyIndicator(
    { labels: [0, 0, 1, 1], joint: [0, 0, 1, 0], unimodal: [Int32Array.of(0, 1, 0, 1), [0, 1, 1, 0]] },
    { seed: 0, rounds: 50 },
  );
  expect(result.synergy).toBe(0.25);
  expect(result.chance).toBe(0.75 * 0.25);
  expect(result.excess).toBe(0.25 - 0.1875);
  expect(result.allRight).toBe(0.25);
  expect(result.onlyRight).toEqual([0.25, 0.25]);
  expect(result.lost).toBe(0.25);
  expect(result.jointAccuracy).toBe(0.75);
  expect(result.unimodalAccuracy).toEqual([0.5, 0.5]);
  expect(result.excessLower).toBeLessThanOrEqual(result.excessUpper);
});

it("finds synergy in synergistic samples and none in guesses", () => {
  const pure = mixtureRows(mixture({ weights: { R: 0, U1: 0, U2: 0, S: 1 }, cue: "hidden" }), { rows: 4000, seed: 1 });
  const joint = pure.x1.map((x1, i) => x1 ^ pure.x2[i]!);
  const seen = synergyIndicator({ labels: pure.y, joint, unimodal: [pure.x1, pure.x2] }, { seed: 0, rounds: 100 });
  expect(seen.synergy).toBeCloseTo(0.25, 1);
  expect(seen.jointAccuracy).toBe(1);
  const guessed = synergyIndicator(
    { labels: pure.y, joint: pure.c.map((_, i) => (i * 7919) % 2), unimodal: [pure.x1, pure.x2] },
    { seed: 0, rounds: 100 },
  );
  expect(guessed.synergy).toBeGreaterThan(0.05);
  expect(guessed.excessLower).toBeLessThanOrEqual(0.02);
  expect(guessed.excessUpper).toBeGreaterThanOrEqual(-0.02);
});

it("refuses columns that do not match", () => {
  const options = { seed: 0 };
  expect(() => synergyIndicator({ labels: [0, 1], joint: [0], unimodal: [[0, 1]] }, options)).toThrow("joint has 1");
  expect(() => synergyIndicator({ labels: [0], joint: [0], unimodal: [[]] }, options)).toThrow("unimodal 0 has 0");
  expect(() => synergyIndicator({ labels: [0], joint: [0], unimodal: [] }, options)).toThrow("no unimodal");
  expect(() => synergyIndicator({ labels: [], joint: [], unimodal: [[]] }, options)).toThrow("at least one");
});
