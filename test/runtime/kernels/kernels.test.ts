/** What the kernels promise besides equal bits: the sum of squares as a check for NaN, and ranges that are refused. */
import { describe, expect, test } from "vitest";
import { createArena } from "../../../src/runtime/arena.ts";
import { createKernels } from "../../../src/runtime/kernels/index.ts";

const arena = createArena([
  { name: "a", length: 1000 },
  { name: "b", length: 1000 },
]);
const kernels = createKernels(arena.memory);
const [a, b] = [arena.offset("a"), arena.offset("b")];

describe("sumSquares", () => {
  test("is exact on whole numbers and does not overflow float32", () => {
    arena.view("a").forEach((_, i, view) => {
      view[i] = i + 1;
    });
    expect(kernels.sumSquares(a, 1000)).toBe((1000 * 1001 * 2001) / 6);
    expect(kernels.sumSquares(a, 0)).toBe(0);
    arena.view("a").fill(Math.fround(1e30));
    expect(kernels.sumSquares(a, 1000)).toBeCloseTo(1e63, -60);
  });

  test("one NaN or infinity anywhere shows", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 5, 991, 992, 998]) {
        arena.view("a").fill(1);
        arena.view("a")[at] = bad;
        expect(Number.isFinite(kernels.sumSquares(a, 999))).toBe(false);
      }
    }
  });
});

describe("ranges", () => {
  const end = arena.memory.buffer.byteLength;
  test.each([
    ["at 0", 0, 4],
    ["in the free start", 1020, 4],
    ["between floats", a + 2, 4],
    ["over the end", end - 12, 4],
    ["negative count", a, -1],
    ["broken count", a, 1.5],
    ["no number", Number.NaN, 4],
  ])("%s", (_name, offset, count) => {
    const step = { learningRate: 0.1, weightDecay: 0, step: 1, gradientScale: 1 };
    const adam = { ...step, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decoupled: false };
    const sgd = { ...step, momentum: 0.9, nesterov: false };
    const bad = /^internal: \w+: .* floats at byte .*; a range starts at a multiple of 4 from 1024 on and ends by byte/;
    expect(() => kernels.normals(offset, count, [0, 0], 0)).toThrow(bad);
    expect(() => kernels.dropoutMask(offset, count, 0.5, [0, 0], 0)).toThrow(bad);
    expect(() => kernels.sumSquares(offset, count)).toThrow(bad);
    for (let i = 0; i < 4; i++) {
      const places = [a, a, b, b];
      places[i] = offset;
      const [p, g, m, v] = places as [number, number, number, number];
      expect(() => kernels.adam(p, g, m, v, count, adam)).toThrow(bad);
      if (i < 3) expect(() => kernels.sgd(p, g, m, count, sgd)).toThrow(bad);
    }
  });

  test("steps", () => {
    const sgd = { learningRate: 0.1, weightDecay: 0, gradientScale: 1, momentum: 0, nesterov: false };
    expect(() => kernels.normals(a, 4, [0, 0], -1)).toThrow(/step -1; a step is a whole number from 0 to 4294967295/);
    expect(() => kernels.normals(a, 4, [0, 0], 2 ** 32)).toThrow(/step 4294967296/);
    expect(() => kernels.sgd(a, b, 0, 4, { ...sgd, step: 0 })).toThrow(/step 0; a step is a whole number from 1/);
  });
});
