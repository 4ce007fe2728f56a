/** @file Intervals over models and samples: by hand, on drawn figures whose truth is known, and wrong inputs. */
import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { meanInterval, poolIntervals, poolMeanInterval, sampleIntervals } from "../../src/interactions/uncertainty.ts";

test("by hand: two models, two samples", () => {
  // Student's bound of one degree of freedom at 0.9 is 6.3138.
  const { value, lower, upper } = sampleIntervals([
    [1, 0.5],
    [2, 0.5],
  ]);
  expect([...value]).toEqual([1.5, 0.5]);
  const half = 6.313751514675 * Math.sqrt(1.5) * Math.sqrt(0.5);
  expect(upper[0]).toBeCloseTo(1.5 + half, 9);
  expect(lower[0]).toBeCloseTo(1.5 - half, 9);
  // Where models agree, the digit that reports print is left.
  expect([lower[1], upper[1]]).toEqual([0.499, 0.501]);
  expect(
    meanInterval([
      [1, 1],
      [1, 1],
    ]),
  ).toEqual({ value: 1, lower: 1, upper: 1 });
  // Models' means are 1 and 2, samples' means 1.5 and 1.5: only models vary.
  const mean = meanInterval([
    [1, 1],
    [2, 2],
  ]);
  expect(mean.value).toBe(1.5);
  expect(mean.upper).toBeCloseTo(1.5 + 6.313751514675 * 0.5, 9);
});

test("by hand: a pool of three members", () => {
  // Student's bound of two degrees of freedom at 0.9 is 2.9200; the members' standard deviation is 1.
  const { value, lower, upper } = poolIntervals([5], [[1], [2], [3]]);
  const half = 2.919985580354 * Math.sqrt(4 / 3);
  expect([value[0], lower[0], upper[0]]).toEqual([5, expect.closeTo(5 - half, 9), expect.closeTo(5 + half, 9)]);
  const mean = poolMeanInterval([4, 4], [[1, 1], [2, 2], [3, 3]]); // biome-ignore format: a row a member
  expect(mean).toEqual({
    value: 4,
    lower: expect.closeTo(4 - 2.919985580354 / Math.sqrt(3), 9),
    upper: expect.closeTo(4 + 2.919985580354 / Math.sqrt(3), 9),
  });
  expect(() => poolIntervals([1, 2], [[1], [2]])).toThrow(/poolIntervals: models of 2, 1, 1 samples/);
  expect(() => poolMeanInterval([1], [[1]])).toThrow(/poolMeanInterval: 1 model;/);
});

test("intervals of 90 % hold what they are to hold in 87 to 93 % of draws", () => {
  const [models, samples, draws] = [5, 40, 1500];
  let [ofMean, ofNext, all, ofPool, pools] = [0, 0, 0, 0, 0];
  for (let d = 0; d < draws; d++) {
    const draw = stream(d, "two-way");
    const shift = Array.from({ length: models + 1 }, () => 0.1 * draw.normal());
    const own = Array.from({ length: samples }, () => 0.8 * draw.normal());
    const said = shift.map((s) => own.map((x) => 1 + s + x + 0.2 * draw.normal()));
    const next = said.pop()!;
    const { lower, upper } = meanInterval(said);
    if (lower <= 1 && 1 <= upper) ofMean++;
    // A pool of three members and one more member, of one sample.
    const [first, second, third, more] = Array.from({ length: 4 }, () => 0.3 * draw.normal()) as [
      number,
      number,
      number,
      number,
    ];
    const pool = poolIntervals([(first + second + third) / 3], [[first], [second], [third]]);
    pools++;
    if (pool.lower[0]! <= more && more <= pool.upper[0]!) ofPool++;
    const each = sampleIntervals(said);
    next.forEach((value, i) => {
      all++;
      if (each.lower[i]! <= value && value <= each.upper[i]!) ofNext++;
    });
  }
  for (const held of [ofMean / draws, ofNext / all, ofPool / pools]) {
    expect(held).toBeGreaterThan(0.87);
    expect(held).toBeLessThan(0.93);
  }
});

test("wider at a higher level, and wrong inputs are told", () => {
  const models = [
    [1, 2, 4],
    [1.5, 2, 3],
    [1, 2.5, 3],
  ];
  const [low, high] = [0.8, 0.99].map((level) => meanInterval(models, level));
  expect(high!.upper - high!.lower).toBeGreaterThan(low!.upper - low!.lower);
  expect(() => meanInterval([[1, 2]])).toThrow(/1 model; .*Train more seeds/);
  expect(() => sampleIntervals([[1, 2], [1]])).toThrow(/models of 2, 1 samples/);
  expect(() => sampleIntervals([[], []])).toThrow(/models of 0, 0 samples/);
  expect(() =>
    meanInterval([
      [1, 2],
      [1, Number.NaN],
    ]),
  ).toThrow(/model 1, sample 1 \(both from 0\) is NaN/);
  expect(() => meanInterval(models, 1)).toThrow(/level is 1; it must lie between 0 and 1/);
});
