import { expect, test } from "vitest";
import { type Expr, leaf } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { fe, information, regulariser } from "../../src/methods/fe.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { difference, finiteDifferences, normals } from "../support/numbers.ts";
import { B, encoders, K, numbers, outputsOf, valuesOf, vector } from "./support.ts";

const E = 4;
const N = 2;
const method = fe({ encoders: encoders(), embedding: E });
const noise = leaf("noise", "step.perturbation", [N, B, 2 * E]);
const informations = (variance = false): Expr => information(outputsOf(method, false), noise, variance);

test("a modality that is ignored has no information, and costs much but not infinitely much", () => {
  const weight = Float32Array.from({ length: 2 * E * K }, (_, i) => (i < E * K ? 0 : Math.sin(i)));
  const [own] = valuesOf(method, [informations()], { "head.weight": weight });
  expect(own![0]).toBe(0);
  expect(own![1]).toBeGreaterThan(0);
  expect(numbers(regulariser(vector(0, 1e9)))[0]!).toBeCloseTo(1000, 6);
  expect(numbers(regulariser(vector(0.999, 0.499)))[0]!).toBeCloseTo(Math.hypot(1, 2), 9);
});

/** A fusion whose embeddings and prediction are given apart, so that what is held constant does not move with the rest. */
function free(batch: number) {
  const parameter = (name: string, shape: number[]): Expr => leaf("parameter", name, shape);
  const fusion = {
    stacked: parameter("z", [2, batch, E]),
    logits: parameter("o", [batch, K]),
    weight: parameter("w", [2 * E, K]),
    bias: parameter("b", [K]),
  };
  return { fusion, value: information(fusion, leaf("noise", "n", [N, batch, 2 * E]), false) };
}

test("the gradient of the regulariser, a second derivative, agrees with differences and reaches the embeddings", () => {
  const { fusion, value } = free(B);
  const total = regulariser(value);
  const bound = {
    z: normals([2, B, E], 1),
    o: normals([B, K], 2),
    w: normals([2 * E, K], 3),
    b: normals([K], 4),
    n: normals([N, B, 2 * E], 5),
  };
  const [w, b, z] = interpret(
    grad([{ value: total, weights: [1] }], [fusion.weight, fusion.bias, fusion.stacked]),
    bound,
  );
  expect(difference(finiteDifferences(total, Float32Array.of(1), bound, "w"), w!.data)).toBeLessThan(1e-6);
  expect(difference(finiteDifferences(total, Float32Array.of(1), bound, "b"), b!.data)).toBeLessThan(1e-6);
  expect(z!.data.some((g) => Math.abs(g) > 1e-3)).toBe(true);
});

test("information does not depend on the size of the batch", () => {
  const once = { z: normals([2, B, E], 1), o: normals([B, K], 2), n: normals([N, B, 2 * E], 5) };
  const rest = { w: normals([2 * E, K], 3), b: normals([K], 4) };
  /** Every row of the second-last axis twice. */
  const twice = (values: Float32Array, width: number): Float32Array =>
    Float32Array.from(
      { length: 2 * values.length },
      (_, i) => values[Math.floor(i / (2 * width)) * width + (i % width)]!,
    );
  const doubled = { z: twice(once.z, E), o: twice(once.o, K), n: twice(once.n, 2 * E) };
  const [single] = interpret([free(B).value], { ...once, ...rest });
  const [double] = interpret([free(2 * B).value], { ...doubled, ...rest });
  expect(difference(single!.data, double!.data)).toBeLessThan(1e-9);
});
