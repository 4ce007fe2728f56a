/** @file idx files, plain and packed. */
import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readIdx } from "../../../src/data/readers/idx.ts";
import { caught } from "../fixtures/reference.ts";

const file = (type: number, shape: readonly number[], data: readonly number[]): Uint8Array =>
  Uint8Array.from([
    0,
    0,
    type,
    shape.length,
    ...shape.flatMap((n) => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]),
    ...data,
  ]);
const bytes = file(8, [2, 3], [1, 2, 3, 4, 5, 255]);

test.each([
  ["uint8", bytes, [2, 3], [1, 2, 3, 4, 5, 255]],
  ["int8", file(9, [2], [1, 255]), [2], [1, -1]],
  ["int16", file(11, [2], [1, 2, 255, 255]), [2], [258, -1]],
  ["int32", file(12, [1], [0, 1, 0, 2]), [1], [65538]],
  ["float32", file(13, [1], [0x3f, 0xc0, 0, 0]), [1], [1.5]],
  ["float64", file(14, [1], [0xbf, 0xf8, 0, 0, 0, 0, 0, 0]), [1], [-1.5]],
  ["uint8", file(8, [0, 7], []), [0, 7], []],
] as const)("%s %#", (dtype, input, shape, values) => {
  for (const form of [input, new Uint8Array(gzipSync(input))]) {
    const array = readIdx(form);
    expect([array.dtype, array.shape, [...array.data]]).toEqual([dtype, shape, values]);
  }
});

test.each([
  ["an empty file", new Uint8Array(0), /the file is empty/],
  ["another format", Buffer.from("PK and so on"), /images: at byte 0: this is not an idx file/],
  ["a cut header", bytes.slice(0, 9), /at byte 4: the sizes of 2 axes are cut off/],
  ["a cut array", bytes.slice(0, -1), /\[2, 3\] uint8 needs 6 bytes but 5 follow/],
  ["bytes left over", Uint8Array.from([...bytes, 0]), /needs 6 bytes but 7 follow/],
  ["sizes without end", file(8, [2 ** 31, 2 ** 31], []), /is larger than/],
  ["a cut archive", gzipSync(bytes).subarray(0, -9), /at byte/],
  ["a wrong checksum", gzipSync(bytes).map((byte, i, all) => (i === all.length - 6 ? byte ^ 1 : byte)), /checksum/],
  ["an archive that holds more", gzipSync(Buffer.concat([bytes, Buffer.alloc(2 ** 22)])), /more than the 18 bytes/],
])("%s is refused", (_, input, message) => {
  expect(caught(() => readIdx(new Uint8Array(input), "images")).message).toMatch(message);
});

const mnist = new URL("../../../../shared/data/avdigits/raw/t10k-images-idx3-ubyte.gz", import.meta.url);
test.skipIf(!existsSync(mnist))("MNIST's pictures", () => {
  const { shape, data } = readIdx(new Uint8Array(readFileSync(mnist)));
  expect(shape).toEqual([10_000, 28, 28]);
  expect((data as Uint8Array).slice(0, 784).reduce((sum, x) => sum + x, 0)).toBe(18_454);
});
