import { expect, test } from "vitest";
import { constant } from "../../../src/graph/ops/index.ts";
import { contrastive } from "../../../src/methods/mcr/contrastive.ts";
import { normals } from "../../support/numbers.ts";
import { numbers } from "../support.ts";

const [M, B, E, K] = [2, 4, 3, 2];
const labels = [0, 1, 0, 1];
const target = constant(
  labels.flatMap((label) => [1 - label, label]),
  [B, K],
);

test("is the mean over anchors of -log of the softmax of cosines over 0.5, over all of the same class", () => {
  const z = normals([M, B, E], 3);
  const rows = Array.from({ length: M * B }, (_, i) => [...z.subarray(i * E, (i + 1) * E)]);
  const dot = (a: number[], b: number[]): number => a.reduce((sum, x, e) => sum + x * b[e]!, 0);
  const cosine = (a: number[], b: number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  let total = 0;
  for (let i = 0; i < M * B; i++) {
    const others = [...rows.keys()].filter((j) => j !== i);
    const sum = others.reduce((all, j) => all + Math.exp(cosine(rows[i]!, rows[j]!) / 0.5), 0);
    const alike = others.filter((j) => labels[j % B] === labels[i % B]);
    total += alike.reduce((all, j) => all - cosine(rows[i]!, rows[j]!) / 0.5 + Math.log(sum), 0) / alike.length;
  }
  expect(numbers(contrastive(constant(z, [M, B, E]), target))[0]!).toBeCloseTo(total / (M * B), 6);
});

test("classes in places of their own beat classes that are mixed, and size does not matter", () => {
  const at = (place: (label: number) => number[]): number[] =>
    Array.from({ length: M }, () => labels.flatMap(place)).flat();
  const value = (rows: number[]): number => numbers(contrastive(constant(rows, [M, B, E]), target))[0]!;
  const apart = value(at((label) => (label === 0 ? [1, 0, 0] : [0, 1, 0])));
  expect(apart).toBeLessThan(value(at(() => [1, 0, 0])));
  expect(value(at((label) => (label === 0 ? [7, 0, 0] : [0, 0.2, 0])))).toBeCloseTo(apart, 9);
});
