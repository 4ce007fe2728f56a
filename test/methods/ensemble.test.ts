import { expect, test } from "vitest";
import { ensemble } from "../../src/methods/ensemble.ts";
import { joint } from "../../src/methods/joint.ts";
import { difference } from "../support/numbers.ts";
import { B, encoders, K, outputsOf, valuesOf } from "./support.ts";

const E = 4;
const softmax = (row: ArrayLike<number>): number[] => {
  const powers = Array.from(row, Math.exp);
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
};

test("mean of logits is joint learning with half of each member's head", () => {
  const members = ensemble({ encoders: encoders(), embedding: E, combine: "logits" });
  const heads = {
    a: Float32Array.from({ length: E * K }, (_, i) => Math.sin(i)),
    b: Float32Array.from({ length: E * K }, (_, i) => Math.cos(i)),
  };
  const given = {
    "heads.a.weight": heads.a,
    "heads.b.weight": heads.b,
    "heads.a.bias": [1, 2, 3],
    "heads.b.bias": [3, 2, 0],
  };
  const [mean] = valuesOf(members, [outputsOf(members, false).logits], given);
  const both = joint({ encoders: encoders(), embedding: E });
  const weight = [...heads.a, ...heads.b].map((w) => w / 2);
  const [joined] = valuesOf(both, [outputsOf(both, false).logits], { "head.weight": weight, "head.bias": [2, 2, 1.5] });
  expect(difference(mean!, joined!)).toBeLessThan(1e-6);
});

test("a member that says the prior changes nothing in a product", () => {
  const method = ensemble({ encoders: encoders(), embedding: E, combine: "product" });
  const prior = [0.5, 0.3, 0.2].map(Math.log);
  const silent = { prior, "heads.b.weight": new Float32Array(E * K), "heads.b.bias": prior };
  const { logits, unimodal } = outputsOf(method, false);
  const [whole, members] = valuesOf(method, [logits, unimodal], silent);
  for (let i = 0; i < B; i++) {
    const own = softmax(members!.subarray(i * K, (i + 1) * K));
    softmax(whole!.subarray(i * K, (i + 1) * K)).forEach((p, k) => {
      expect(p).toBeCloseTo(own[k]!, 6);
    });
  }
});

test("the mean of probabilities can be right where every member is wrong", () => {
  const method = ensemble({ encoders: encoders(), embedding: E });
  const still = { "heads.a.weight": new Float32Array(E * K), "heads.b.weight": new Float32Array(E * K) };
  // Class 1 is second for both, and first for the mean.
  const logs = { "heads.a.bias": [0.55, 0.44, 0.01].map(Math.log), "heads.b.bias": [0.01, 0.44, 0.55].map(Math.log) };
  const [logits] = valuesOf(method, [outputsOf(method, false).logits], { ...still, ...logs });
  expect(softmax(logits!.subarray(0, K)).map((p) => Number(p.toFixed(4)))).toEqual([0.28, 0.44, 0.28]);
});
