import { expect, test } from "vitest";
import { constant } from "../../src/graph/ops/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { coefficients, ogm } from "../../src/methods/ogm.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { encoders, gradientsOf, trainedBits } from "./support.ts";

const alpha = 0.8;
const values = (scores: readonly number[]): number[] =>
  interpret(
    coefficients(
      scores.map((score) => constant(score)),
      alpha,
    ),
    {},
  ).map(({ data }) => data[0]!);

test("of two modalities the one ahead is slowed to 1 - tanh(alpha rho), the other is left alone", () => {
  const [ahead, behind] = values([3, 2]);
  expect(ahead).toBeCloseTo(1 - Math.tanh(alpha * 1.5), 4);
  expect(behind).toBe(1);
  expect(values([2, 3])).toEqual([behind, ahead]);
});

test("of three modalities each is compared with the mean of its ratios to the others", () => {
  expect(values([4, 2, 1])[0]).toBeCloseTo(1 - Math.tanh(alpha * ((4 / 2 + 4 / 1) / 2)), 4);
  expect(values([4, 2, 1])[1]).toBeCloseTo(1 - Math.tanh(alpha * ((2 / 4 + 2 / 1) / 2)), 4);
  expect(values([4, 2, 1])[2]).toBe(1);
});

test("scales weights of encoders alone", () => {
  const plain = gradientsOf(joint({ encoders: encoders(), embedding: 4 }));
  const slowed = gradientsOf(ogm({ encoders: encoders(), embedding: 4, alpha }));
  const ratios = new Map<string, number>();
  for (const [name, gradient] of Object.entries(plain)) {
    const at = gradient.findIndex((g) => Math.abs(g) > 1e-9);
    ratios.set(name, slowed[name]![at]! / gradient[at]!);
    gradient.forEach((g, i) => void expect(slowed[name]![i]!).toBeCloseTo(g * ratios.get(name)!, 9));
  }
  const scaled = [...ratios].filter(([, ratio]) => Math.abs(ratio - 1) > 1e-9).map(([name]) => name);
  expect(scaled.length).toBeGreaterThan(0);
  expect(scaled.every((name) => /^encoders\.(a|b)\..*weight$/.test(name))).toBe(true);
  expect(new Set(scaled.map((name) => name.split(".")[1])).size).toBe(1);
});

test("rests outside its window", () => {
  const method = ogm({ encoders: encoders(), embedding: 4, alpha, noise: true, from: 2, to: 3 });
  const plain = gradientsOf(joint({ encoders: encoders(), embedding: 4 }));
  for (const epoch of [1, 4]) expect(gradientsOf(method, 0, { epoch: [epoch] })).toEqual(plain);
  for (const epoch of [2, 3]) expect(gradientsOf(method, 0, { epoch: [epoch] })).not.toEqual(plain);
});

test("with alpha 0 is joint learning, bit for bit; with noise it is not", async () => {
  const plain = await trainedBits(joint({ encoders: encoders(), embedding: 4 }));
  expect(await trainedBits(ogm({ encoders: encoders(), embedding: 4, alpha: 0 }))).toBe(plain);
  expect(await trainedBits(ogm({ encoders: encoders(), embedding: 4, alpha: 0, noise: true }))).not.toBe(plain);
});

test("the noise of OGM-GE is that of the step's stream, with the standard deviation of the unscaled gradient, for both modalities", () => {
  const slowed = gradientsOf(ogm({ encoders: encoders(), embedding: 4, alpha }));
  const noisy = gradientsOf(ogm({ encoders: encoders(), embedding: 4, alpha, noise: true }));
  const plain = gradientsOf(joint({ encoders: encoders(), embedding: 4 }));
  for (const name of ["encoders.a.embedding.weight", "encoders.b.embedding.weight", "encoders.b.0.weight"]) {
    const drawn = plain[name]!.length;
    const mean = plain[name]!.reduce((a, b) => a + b) / drawn;
    const deviation = Math.sqrt(plain[name]!.reduce((sum, g) => sum + (g - mean) ** 2, 0) / drawn);
    // Scaled by the deviation, what was added are standard normals.
    const added = [...noisy[name]!].map((g, i) => (g - slowed[name]![i]!) / deviation);
    const size = Math.sqrt(added.reduce((sum, n) => sum + n * n, 0) / drawn);
    expect(size).toBeGreaterThan(0.6);
    expect(size).toBeLessThan(1.4);
  }
  expect(noisy["head.weight"]).toEqual(plain["head.weight"]);
  expect(noisy["encoders.a.0.bias"]).toEqual(slowed["encoders.a.0.bias"]);
});
