/** @file Resizing and cropping: no value differs from Pillow's and torchvision's. */
import { expect, test } from "vitest";
import type { Picture } from "../../src/core/media.ts";
import { tensor } from "../../src/core/tensor.ts";
import { IMAGENET, normalise, pictureAt, stack } from "../../src/pictures/normalise.ts";
import { centreCrop, type Kernel, resize, resizeShortSide } from "../../src/pictures/resize.ts";
import { caught } from "../data/fixtures/reference.ts";
import { golden, numbersOf, type Packed } from "../golden/media.ts";

const { inputs, cases, small, normal } = golden<{
  inputs: Record<string, Packed>;
  cases: Record<string, Packed>;
  small: Packed;
  normal: Packed;
}>("pictures");

const pictureOf = (packed: Packed): Picture => {
  const [height = 0, width = 0, channels = 1] = packed.shape;
  return { width, height, channels, data: Uint8Array.from(numbersOf(packed)) };
};
const named = (kind: string): [string, Packed][] =>
  Object.entries(cases).filter(([name]) => name.startsWith(`${kind} `));

test.each(named("resize"))("%s equals Pillow", (name, wanted) => {
  const [, input, kernel, width, height] = name.split(" ");
  expect(resize(pictureOf(inputs[input!]!), Number(width), Number(height), kernel as Kernel)).toEqual(
    pictureOf(wanted),
  );
});

test.each(named("short"))("%s equals torchvision", (name, wanted) => {
  const [, input, side, size] = name.split(" ");
  const made = centreCrop(resizeShortSide(pictureOf(inputs[input!]!), Number(side)), Number(size), Number(size));
  expect(made).toEqual(pictureOf(wanted));
});

test.each(named("squash"))("%s equals torchvision", (name, wanted) => {
  const [, input, size] = name.split(" ");
  expect(resize(pictureOf(inputs[input!]!), Number(size), Number(size))).toEqual(pictureOf(wanted));
});

test("statistics of ImageNet, to the last bit", () => {
  const batch = stack([pictureOf(small)]);
  expect([...normalise(batch).data]).toEqual(numbersOf(normal));
  expect(pictureAt(batch, 0)).toEqual(pictureOf(small));
});

test("what cannot be is refused", () => {
  const picture = pictureOf(small);
  expect(caught(() => resize(picture, 0, 3)).message).toMatch(/width is 0/);
  expect(caught(() => resize(picture, 3, 1e9)).message).toMatch(/height is 1000000000/);
  expect(caught(() => centreCrop(picture, 10, 3)).message).toMatch(/9 x 6 pixels, fewer than 10 x 3/);
  expect(caught(() => stack([picture, resize(picture, 3, 3)])).message).toMatch(/picture 1 has 3 x 3 x 3/);
  expect(caught(() => normalise(tensor("uint8", [1, 1], new Uint8Array(1)), IMAGENET)).message).toMatch(
    /for 1 channels/,
  );
});
