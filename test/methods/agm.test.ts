import { expect, test } from "vitest";
import { constant } from "../../src/graph/ops/index.ts";
import { agm, modulation, surprise } from "../../src/methods/agm.ts";
import { joint } from "../../src/methods/joint.ts";
import { difference } from "../support/numbers.ts";
import { expectResumed } from "./resumed.ts";
import { B, encoders, gradientsOf, K, numbers, outputsOf, valuesOf, vector } from "./support.ts";

const E = 4;

const r = (own: number, other: number): number => Math.exp(other - own);
const kappa = (now: number[], before: number[], alpha = 1.5): number[] =>
  numbers(modulation(vector(...now), vector(...before), alpha));

test("two modalities: kappa is exp(alpha (tau - r)), r_1 r_2 = 1, and tau = 1 on the first batch", () => {
  const [a, b] = kappa([0.3, 0.7], [0, 0]);
  expect(a).toBeCloseTo(Math.exp(1.5 * (1 - r(0.3, 0.7))), 12);
  expect(b).toBeCloseTo(Math.exp(1.5 * (1 - r(0.7, 0.3))), 12);
  // r read back from kappa.
  const back = [a!, b!].map((own) => 1 - Math.log(own) / 1.5);
  expect(back[0]! * back[1]!).toBeCloseTo(1, 12);
  const [later] = kappa([0.3, 0.7], [0.2, 0.5]);
  expect(later).toBeCloseTo(Math.exp(1.5 * (r(0.2, 0.5) - r(0.3, 0.7))), 12);
  expect(kappa([0, 0], [0, 18])[0]).toBeCloseTo(Math.exp(1.5 * 10), -2);
});

test("a modality is slowed exactly when it is further ahead than it has been", () => {
  for (const now of [-2, -0.5, 0.1, 1.3]) {
    for (const before of [-1, 0, 0.5, 2]) {
      const [a, b] = kappa([0, now], [0, before]) as [number, number];
      expect(a < 1).toBe(now > before);
      expect(b < 1).toBe(now < before);
    }
  }
  const three = kappa([0.1, 0.5, 0.9], [0.5, 0.5, 0.5]);
  expect(three[0]!).toBeLessThan(1);
  expect(three[1]!).toBeCloseTo(1, 12);
  expect(three[2]!).toBeGreaterThan(1);
});

/** S of the batch that `gradientsOf` uses. */
function surprises(method: ReturnType<typeof agm>): Float64Array {
  const { shares } = outputsOf(method, true);
  const target = constant(
    Array.from({ length: B * K }, (_, j) => (j % K === Math.floor(j / K) % K ? 1 : 0)),
    [B, K],
  );
  return valuesOf(method, [surprise(shares, target)])[0]!;
}

test.each([2, 3])("of %i modalities: kappa 1 gives joint learning's gradient, other values another", (count) => {
  const method = agm({ encoders: encoders(count), embedding: E });
  const plain = gradientsOf(joint({ encoders: encoders(count), embedding: E }));
  const now = surprises(method);
  const even = gradientsOf(method, 0, { "memory.surprise": now });
  for (const [name, gradient] of Object.entries(plain)) expect(difference(gradient, even[name]!)).toBeLessThan(1e-6);
  const uneven = gradientsOf(method, 0, { "memory.surprise": now.map((s, m) => s + m) });
  expect(difference(plain["head.weight"]!, uneven["head.weight"]!)).toBeGreaterThan(1e-3);
});

test("a stopped run goes on to the same bits", async () => {
  await expectResumed(agm({ encoders: encoders(), embedding: E, alpha: 2 }), 3, [2, 4, 8]);
});
