/** @file Transforms of any size against their definition. */
import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { realFft } from "../../src/signal/fft.ts";
import { caught } from "../data/fixtures/reference.ts";
import { farthest } from "../golden/media.ts";

test.each([1, 2, 3, 4, 5, 7, 8, 12, 16, 25, 32, 64, 100, 353, 512])("size %d", (size) => {
  const draw = stream(0, "signal", size);
  const input = Float64Array.from({ length: size }, () => draw.normal());
  const before = input.slice();
  const out = new Float64Array(2 * size);
  realFft(size)(input, out);
  expect(input).toEqual(before);
  const bins = Math.floor(size / 2) + 1;
  const wanted = new Float64Array(2 * bins);
  for (let k = 0; k < bins; k++) {
    for (let n = 0; n < size; n++) {
      wanted[2 * k]! += input[n]! * Math.cos((2 * Math.PI * ((k * n) % size)) / size);
      wanted[2 * k + 1]! -= input[n]! * Math.sin((2 * Math.PI * ((k * n) % size)) / size);
    }
  }
  expect(farthest(out.subarray(0, 2 * bins), wanted)).toBeLessThan(1e-12 * size);
});

test("a size that is none is refused", () => {
  for (const size of [0, -1, 2.5, Number.NaN, 2 ** 26]) expect(caught(() => realFft(size)).message).toMatch(/FFT size/);
});
