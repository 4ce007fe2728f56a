import { expect, test } from "vitest";
import { constant } from "../../src/graph/ops/index.ts";
import { cosine, i2moe, triplet } from "../../src/methods/i2moe.ts";
import { joint } from "../../src/methods/joint.ts";
import { B, encoders, K, numbers } from "./support.ts";

test("a triplet of equal outputs is worth its margin, and a zero output gives no infinite number", () => {
  const zeros = constant(0, [B, K]);
  expect(numbers(triplet(zeros, zeros, zeros))[0]).toBeCloseTo(1, 6);
  expect(numbers(cosine(zeros, zeros))[0]).toBe(0);
});

test("bad options are named", () => {
  expect(() => i2moe({ encoders: encoders(), interaction: -1 })).toThrow(/interaction/);
  expect(() => joint({ encoders: encoders(), temperature: 1 } as never)).toThrow(/temperature/);
});
