/** The noise is what it says: normal to the tails, dropped with its probability, and independent wherever the key or step differs. */
import { describe, expect, test } from "vitest";
import { streamKey, threefry } from "../../../src/core/random.ts";
import { createArena } from "../../../src/runtime/arena.ts";
import { createKernels } from "../../../src/runtime/kernels/index.ts";
import { normalPair } from "../../../src/runtime/kernels/plain.ts";

const N = 1_000_000;
const arena = createArena([
  { name: "a", length: 4 * N },
  { name: "b", length: N },
]);
const kernels = createKernels(arena.memory);
const key = streamKey(3, "noise");

function draw(name: "a" | "b", count = N, withKey = key, step = 0): Float32Array {
  kernels.normals(arena.offset(name), count, withKey, step);
  return arena.view(name).subarray(0, count);
}

/** P(X <= x) of a standard normal; |error| < 1e-7 (Abramowitz & Stegun 26.2.17). */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const poly = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * poly;
  return x > 0 ? 1 - tail : tail;
}

function correlation(count: number, x: (i: number) => number, y: (i: number) => number): number {
  let [sx, sy, sxx, syy, sxy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [a, b] = [x(i), y(i)];
    sx += a;
    sy += b;
    sxx += a * a;
    syy += b * b;
    sxy += a * b;
  }
  const n = count;
  return (sxy / n - (sx / n) * (sy / n)) / Math.sqrt((sxx / n - (sx / n) ** 2) * (syy / n - (sy / n) ** 2));
}

describe("normals", () => {
  test("moments of a million", () => {
    const x = draw("a");
    const sums = [0, 0, 0, 0];
    for (const value of x) for (let k = 0, power = value; k < 4; k++, power *= value) sums[k]! += power;
    const [mean, second, third, fourth] = sums.map((sum) => sum / N) as [number, number, number, number];
    // four standard errors: the k-th moment of a normal has variance (2k-1)!! - moment^2, over N
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(1 / N));
    expect(Math.abs(second - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
    expect(Math.abs(third)).toBeLessThan(4 * Math.sqrt(15 / N));
    expect(Math.abs(fourth - 3)).toBeLessThan(4 * Math.sqrt(96 / N));
  });

  test("Kolmogorov-Smirnov on a million", () => {
    const sorted = draw("a").slice().sort();
    let distance = 0;
    for (let i = 0; i < N; i++) {
      const p = normalCdf(sorted[i]!);
      distance = Math.max(distance, p - i / N, (i + 1) / N - p);
    }
    expect(distance).toBeLessThan(1.36 / Math.sqrt(N)); // the 5 % point
  });

  test("tails of four million", () => {
    const x = draw("a", 4 * N);
    const beyond = (limit: number): number => x.reduce((count, value) => count + (Math.abs(value) > limit ? 1 : 0), 0);
    for (const [limit, probability] of [
      [3, 2.699796e-3],
      [4, 6.334248e-5],
      [4.5, 6.795346e-6],
    ] as const) {
      const expected = 4 * N * probability;
      expect(Math.abs(beyond(limit) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
    const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest).toBeGreaterThan(4.8); // P(all of 4e6 below) = 0.2 %
    expect(largest).toBeLessThan(5.9); // P(any beyond) = 1.5 %
  });

  test("agrees with Box-Muller in double precision on the same words", () => {
    const x = draw("a", 80_000, key, 5);
    let worst = 0;
    for (let block = 0; block < 10_000; block++) {
      for (let lane = 0; lane < 4; lane++) {
        const [a, b] = threefry(key, 4 * block + lane, 5);
        // the word as a float32 is the definition; the rest is exact here
        const radius = Math.sqrt(-2 * Math.log(Math.fround((a >>> 1) | 1) / 2 ** 31));
        const angle = (Math.PI / 4) * (1 + ((b << 2) | 0) / 2 ** 31);
        const cosine = radius * Math.cos(angle) * (b >>> 31 ? -1 : 1);
        const sine = radius * Math.sin(angle) * ((b >>> 30) & 1 ? -1 : 1);
        const i = 8 * block + lane;
        worst = Math.max(worst, Math.abs(x[i]! - cosine), Math.abs(x[i + 4]! - sine));
      }
    }
    expect(worst).toBeLessThan(1e-6);
  });

  test("the ends of both words give finite numbers and the stated bound", () => {
    const ends = [0, 1, 2, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000, 0xc0000000, 0xfffffffe, 0xffffffff];
    for (const a of ends) {
      for (const b of ends) {
        const [x, y] = normalPair(a, b);
        expect(Math.hypot(x, y)).toBeCloseTo(Math.sqrt(-2 * Math.log(((a >>> 1) | 1) / 2 ** 31)), 3);
        expect(Math.hypot(x, y)).toBeLessThan(6.56);
      }
    }
  });

  test("a longer draw starts with the shorter one", () => {
    const long = draw("a", 1000).slice();
    for (const count of [1, 7, 8, 15, 16, 17, 999]) expect(draw("b", count)).toEqual(long.subarray(0, count));
  });

  test("streams, steps and neighbours are uncorrelated, in value and in size", () => {
    const count = 250_000;
    const x = draw("a", count + 16);
    const limit = 4.5 / Math.sqrt(count);
    const check = (y: (i: number) => number): void => {
      expect(Math.abs(correlation(count, (i) => x[i]!, y))).toBeLessThan(limit);
      expect(
        Math.abs(
          correlation(
            count,
            (i) => x[i]! ** 2,
            (i) => y(i) ** 2,
          ),
        ),
      ).toBeLessThan(limit);
    };
    for (const [otherKey, step] of [
      [key, 1],
      [key, 0xffffffff],
      [streamKey(3, "order"), 0],
      [streamKey(4, "noise"), 0],
    ] as const) {
      const y = draw("b", count, otherKey, step);
      check((i) => y[i]!);
    }
    for (const lag of [1, 3, 4, 8, 16]) check((i) => x[i + lag]!);
  });
});

describe("dropoutMask", () => {
  test.each([0.1, 0.3, 0.5, 0.9])("drops with probability %d and keeps the mean", (probability) => {
    kernels.dropoutMask(arena.offset("a"), N, probability, key, 2);
    const mask = arena.view("a").subarray(0, N);
    let dropped = 0;
    for (const value of mask) {
      if (value === 0) dropped++;
      else if (value !== Math.fround(1 / (1 - probability))) throw new Error(`mask holds ${value}`);
    }
    expect(Math.abs(dropped / N - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / N));
  });

  test("probability 0 keeps everything", () => {
    kernels.dropoutMask(arena.offset("b"), 1003, 0, key, 2);
    expect(new Set(arena.view("b").subarray(0, 1003))).toEqual(new Set([1]));
  });

  test.each([1, -0.1, Number.NaN, 2])("probability %d is refused", (probability) => {
    expect(() => kernels.dropoutMask(arena.offset("b"), 8, probability, key, 0)).toThrowError(
      `dropoutMask: probability ${probability}; allowed is 0 (keep all) up to, not including, 1. Lower the dropout probability.`,
    );
  });
});
