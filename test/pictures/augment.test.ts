/** @file Augmentation: seeded by sample, with the distributions that it states. */
import { expect, test } from "vitest";
import { float32, type Tensor, tensor } from "../../src/core/tensor.ts";
import { drawMixture, mixup, randomFlip, randomMask, randomResizedCrop } from "../../src/pictures/augment.ts";
import { caught } from "../data/fixtures/reference.ts";

/** Pictures in which every value says where it is: row, column, number of the picture. */
function pictures(samples: readonly number[], height = 20, width = 30): Tensor<"uint8"> {
  const data = samples.flatMap((sample) =>
    Array.from({ length: height * width }, (_, i) => [Math.floor(i / width) * 5, (i % width) * 5, sample]).flat(),
  );
  return tensor("uint8", [samples.length, height, width, 3], Uint8Array.from(data));
}
const draw = (samples: readonly number[], epoch = 0, seed = 0) => ({ seed, epoch, samples });
const rowOf = ({ shape, data }: Tensor, i: number) =>
  data.slice((i * data.length) / shape[0]!, ((i + 1) * data.length) / shape[0]!);

test.each([
  ["crop", (b: Tensor<"uint8">, samples: number[]) => randomResizedCrop(b, { size: 8 }, draw(samples))],
  ["flip", (b: Tensor<"uint8">, samples: number[]) => randomFlip(b, 0.5, draw(samples))],
])("%s of a sample does not depend on its batch", (_, change) => {
  const together = change(pictures([3, 4, 5]), [3, 4, 5]);
  const other = change(pictures([5, 9]), [5, 9]);
  expect(rowOf(other, 0)).toEqual(rowOf(together, 2));
});

test("epochs and seeds differ, and repeat", () => {
  const made = (epoch: number, seed: number) =>
    randomResizedCrop(pictures([1]), { size: 8 }, draw([1], epoch, seed)).data;
  expect(made(2, 7)).toEqual(made(2, 7));
  expect(made(2, 7)).not.toEqual(made(3, 7));
  expect(made(2, 7)).not.toEqual(made(2, 8));
});

test("a crop is a part of its picture, of the area and the aspect that are allowed", () => {
  const samples = Array.from({ length: 200 }, (_, i) => i);
  const { data, shape } = randomResizedCrop(pictures(samples), { size: 16, scale: [0.25, 0.5] }, draw(samples));
  expect(shape).toEqual([200, 16, 16, 3]);
  for (const i of samples) {
    const at = (y: number, x: number, c: number): number => data[((i * 16 + y) * 16 + x) * 3 + c]! / 5;
    const [height, width] = [
      (at(15, 8, 0) - at(0, 8, 0)) * (16 / 15) + 0.5,
      (at(8, 15, 1) - at(8, 0, 1)) * (16 / 15) + 0.5,
    ];
    const share = (height * width) / 600;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.6);
    expect(at(8, 8, 2) * 5).toBe(i);
  }
});

test("no allowed crop: the middle of the allowed aspect", () => {
  const { data } = randomResizedCrop(pictures([0], 10, 40), { size: 10, scale: [1, 1], ratio: [1, 1] }, draw([0]));
  // Columns 15 to 24 of 40, each as a value of 5 times its number.
  expect([...data.slice(0, 30)].filter((_, i) => i % 3 === 1)).toEqual([75, 80, 85, 90, 95, 100, 105, 110, 115, 120]);
});

test("flips are mirrors, and as frequent as asked", () => {
  const samples = Array.from({ length: 200 }, (_, i) => i);
  const before = pictures(samples, 2, 3);
  const { data } = randomFlip(before, 0.3, draw(samples));
  let flipped = 0;
  for (const i of samples) {
    const columns = [...data.slice(i * 18, i * 18 + 9)].filter((_, k) => k % 3 === 1);
    if (columns[0] !== 0) flipped++;
    expect(columns[0] === 0 ? columns : columns.reverse()).toEqual([0, 5, 10]);
  }
  expect(flipped).toBeGreaterThan(40);
  expect(flipped).toBeLessThan(80);
  expect(randomFlip(before, 0, draw(samples))).toEqual(before);
});

test.each([1, 2] as const)("a mask on axis %d is one run of positions", (axis) => {
  const samples = Array.from({ length: 50 }, (_, i) => i);
  const batch = float32([50, 6, 9], new Float32Array(50 * 54).fill(1));
  const { data } = randomMask(batch, { axis, widest: 4, value: -1 }, draw(samples));
  expect(batch.data.every((x) => x === 1)).toBe(true);
  const widths = samples.map((i) => {
    const masked = (axis === 1 ? [0, 1, 2, 3, 4, 5] : [0, 1, 2, 3, 4, 5, 6, 7, 8]).filter((p) =>
      Array.from({ length: axis === 1 ? 9 : 6 }, (_, q) => data[i * 54 + (axis === 1 ? p * 9 + q : q * 9 + p)]).every(
        (x) => x === -1,
      ),
    );
    expect(masked).toEqual(masked.map((_, k) => masked[0]! + k));
    const all = data.slice(i * 54, i * 54 + 54).filter((x) => x === -1).length;
    expect(all).toBe(masked.length * (axis === 1 ? 9 : 6));
    return masked.length;
  });
  expect([...new Set(widths)].sort()).toEqual([0, 1, 2, 3, 4]);
});

test("mixup mixes inputs and targets alike; shares are Beta(alpha, alpha)", () => {
  const samples = Array.from({ length: 4000 }, (_, i) => i);
  for (const alpha of [0.2, 1, 4]) {
    const { share, partner } = drawMixture(alpha, draw(samples));
    const mean = share.reduce((sum, x) => sum + x, 0) / share.length;
    const variance = share.reduce((sum, x) => sum + (x - mean) ** 2, 0) / share.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeGreaterThan(0.9);
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeLessThan(1.1);
    const numbers = mixup(float32([4000, 1], Float32Array.from(samples)), { share, partner }).data;
    const wanted = samples.map((i) => Math.fround(share[i]! * i + (1 - share[i]!) * partner[i]!));
    expect([...numbers]).toEqual(wanted);
  }
});

test("what cannot be is refused", () => {
  const batch = pictures([0]);
  expect(caught(() => randomFlip(batch, 2, draw([0]))).message).toMatch(/probability is 2/);
  expect(caught(() => randomResizedCrop(batch, { size: 8, scale: [0, 1] }, draw([0]))).message).toMatch(
    /scale from 0 to 1/,
  );
  expect(caught(() => randomMask(float32([1, 2, 3]), { axis: 1, widest: 3 }, draw([0]))).message).toMatch(
    /on an axis of 2/,
  );
  expect(caught(() => drawMixture(0, draw([0]))).message).toMatch(/alpha is 0/);
});
