import { expect, test } from "vitest";
import { mmml } from "../../src/methods/mmml.ts";
import { innocent, mmpareto } from "../../src/methods/mmpareto.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { encoders, gradientsOf, vector } from "./support.ts";

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** What `innocent` makes of the gradients of one parameter. */
function combined(joint: readonly number[], unimodal: readonly number[], gamma = 1.5): number[] {
  return [...interpret(innocent([vector(...joint)], [vector(...unimodal)], gamma), {})[0]!.data];
}

test("gradients that agree are summed and lengthened by gamma", () => {
  const found = combined([1, 2, 0], [3, -1, 1], 1.5);
  expect(found.map((x) => x / 1.5)).toEqual([4, 1, 1].map((x) => expect.closeTo(x, 6)));
});

test("gradients in conflict give the shortest common direction, which works against neither", () => {
  const [joint, unimodal] = [
    [1, 0.5, -2],
    [-0.5, 1, 1.5],
  ];
  const found = combined(joint!, unimodal!, 1);
  // By trying every weight: the shortest of a joint + (1 - a) unimodal.
  const mixed = (a: number): number[] => joint!.map((x, i) => a * x + (1 - a) * unimodal![i]!);
  const weights = Array.from({ length: 10_001 }, (_, i) => i / 10_000);
  const best = weights.reduce((a, b) => (dot(mixed(b), mixed(b)) < dot(mixed(a), mixed(a)) ? b : a));
  const shortest = mixed(best);
  const cosine = dot(found, shortest) / Math.sqrt(dot(found, found) * dot(shortest, shortest));
  expect(cosine).toBeCloseTo(1, 6);
  expect(dot(found, joint!)).toBeGreaterThan(0);
  expect(dot(found, unimodal!)).toBeGreaterThan(0);
  const uniform = joint!.map((x, i) => x + unimodal![i]!);
  const length = Math.sqrt(dot(found, found));
  expect(length).toBeCloseTo(Math.max(Math.sqrt(dot(uniform, uniform)), 2 * Math.sqrt(dot(shortest, shortest))), 4);
});

test("gradients of zeros stay zeros", () => {
  expect(combined([0, 0], [0, 0])).toEqual([0, 0]);
  expect(combined([0, 0], [1, -1]).every(Number.isFinite)).toBe(true);
});

test("heads see the plain gradients of all losses, encoders those of two", () => {
  const settings = { encoders: encoders(), embedding: 4 };
  const found = gradientsOf(mmpareto({ ...settings, gamma: 1 }));
  const plain = gradientsOf(mmml({ ...settings, hidden: [], dropout: 0 }));
  expect(Object.keys(found).sort()).toEqual(Object.keys(plain).sort());
  for (const name of Object.keys(found)) {
    if (name.startsWith("encoders.")) continue;
    expect([...found[name]!]).toEqual([...plain[name]!].map((x) => expect.closeTo(x, 9)));
  }
  const size = (gradient: Float64Array): number => Math.sqrt(dot([...gradient], [...gradient]));
  for (const name of Object.keys(found).filter((own) => own.startsWith("encoders."))) {
    expect(size(found[name]!)).toBeGreaterThanOrEqual(size(plain[name]!) * (1 - 1e-6));
  }
});
