import { expect, test } from "vitest";
import { constant } from "../../../src/graph/ops/index.ts";
import { contrastive } from "../../../src/methods/mcr/contrastive.ts";
import { numbers } from "../support.ts";

const [M, B, E, K] = [2, 4, 3, 2];
const labels = [0, 1, 0, 1];
const target = constant(
  labels.flatMap((label) => [1 - label, label]),
  [B, K],
);

test("classes in places of their own beat classes that are mixed, and size does not matter", () => {
  const at = (place: (label: number) => number[]): number[] =>
    Array.from({ length: M }, () => labels.flatMap(place)).flat();
  const value = (rows: number[]): number => numbers(contrastive(constant(rows, [M, B, E]), target))[0]!;
  const apart = value(at((label) => (label === 0 ? [1, 0, 0] : [0, 1, 0])));
  expect(apart).toBeLessThan(value(at(() => [1, 0, 0])));
  expect(value(at((label) => (label === 0 ? [7, 0, 0] : [0, 0.2, 0])))).toBeCloseTo(apart, 9);
});
