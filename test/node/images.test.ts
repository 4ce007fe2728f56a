/** @file Pictures of all formats, by all decoders, against Pillow. */
import { afterEach, expect, test, vi } from "vitest";
import { decodeImage, type ImageOptions, readImage } from "../../src/node/images.ts";
import { bytesOf, farthest, golden, numbersOf, type Packed } from "../golden/media.ts";

const { cases } = golden<{
  cases: Record<string, { bytes: string; size: [number, number]; rgb?: Packed; grey?: Packed }>;
}>("images");
const file = (name: string): Uint8Array => bytesOf(cases[name]!.bytes);
const hidden = vi.hoisted(() => new Set<string>());

/** Packages of the set are hidden, as if they were not installed. */
vi.mock("../../src/node/optional.ts", async (original) => {
  const real = await original<typeof import("../../src/node/optional.ts")>();
  const tryPackage: typeof real.tryPackage = async (name) =>
    hidden.has(name) ? { missing: "it is not installed" } : real.tryPackage(name);
  return { ...real, tryPackage };
});
afterEach(() => hidden.clear());

const compared = Object.entries(cases).filter(([, { rgb }]) => rgb !== undefined);

test.each(compared)("%s by sharp", async (name, { rgb, grey, size }) => {
  const picture = await decodeImage(file(name), name);
  expect([picture.width, picture.height, picture.channels]).toEqual([...size, 3]);
  expect(farthest(picture.data, numbersOf(rgb!))).toBe(0);
  expect(farthest((await decodeImage(file(name), name, { channels: 1 })).data, numbersOf(grey!))).toBe(0);
});

test.each(compared.filter(([name]) => /jpg|png/.test(name)))("%s without sharp", async (name, { rgb, grey }) => {
  hidden.add("sharp");
  expect(farthest((await decodeImage(file(name), name)).data, numbersOf(rgb!))).toBe(0);
  expect(farthest((await decodeImage(file(name), name, { channels: 1 })).data, numbersOf(grey!))).toBe(0);
});

const warned = async (name: string): Promise<string[]> => {
  const warnings: string[] = [];
  const options: ImageOptions = { onWarning: (message) => warnings.push(message) };
  await decodeImage(file(name), name, options);
  return warnings;
};

test("colours for printing, and 16 bits, are told", async () => {
  expect(await warned("cmyk.jpg")).toEqual([expect.stringMatching(/^cmyk\.jpg: CMYK is converted to RGB/)]);
  expect(await warned("deep.png")).toEqual([expect.stringMatching(/^deep\.png: of 16 bits the upper 8 are kept/)]);
  expect(await warned("rgb.png")).toEqual([]);
});

test("of 16 bits the upper 8 are kept by every decoder", async () => {
  const bySharp = await decodeImage(file("deep.png"), "deep.png", { channels: 1 });
  hidden.add("sharp");
  expect((await decodeImage(file("deep.png"), "deep.png", { channels: 1 })).data).toEqual(bySharp.data);
  expect(new Set(bySharp.data).size).toBeGreaterThan(20);
});

test.each(["420.jpg", "progressive.jpg", "turned.jpg", "rgb.png", "lossy.webp"])(
  "a cut %s is refused, with its name",
  async (name) => {
    const bytes = file(name);
    for (const hide of name.endsWith("webp") ? [[]] : [[], ["sharp"]]) {
      for (const own of hide) hidden.add(own);
      for (const share of [0.2, 0.6, 0.95]) {
        const cut = bytes.slice(0, Math.floor(bytes.length * share));
        await expect(decodeImage(cut, `a/${name}`)).rejects.toThrow(new RegExp(`^a/${name}: `));
      }
    }
  },
);

test("nothing is decoded that is too large, another format, empty or a pointer", async () => {
  const large = file("rgb.png");
  new DataView(large.buffer).setUint32(16, 20_000);
  new DataView(large.buffer).setUint32(20, 20_000);
  await expect(decodeImage(large, "x.png")).rejects.toThrow("x.png: 20000 x 20000 pixels, more than the 100000000");
  await expect(decodeImage(Buffer.from("<svg/>"), "x.svg")).rejects.toThrow(
    /x\.svg: at byte 0: this is not a picture of a known/,
  );
  await expect(decodeImage(new Uint8Array(0), "x.jpg")).rejects.toThrow(/x\.jpg: the file is empty/);
  await expect(decodeImage(Buffer.from("version https://git-lfs"), "x.jpg")).rejects.toThrow(/git lfs pull/);
  await expect(readImage("/nowhere/x.jpg")).rejects.toThrow("/nowhere: there is no file x.jpg.");
});

test("colours for printing need sharp", async () => {
  hidden.add("sharp");
  await expect(decodeImage(file("cmyk.jpg"), "c.jpg")).rejects.toThrow(/c\.jpg: .*CMYK is read by sharp alone/);
});

test("without any decoder the error says what to install", async () => {
  for (const name of ["sharp", "@jsquash/jpeg", "pngjs"]) hidden.add(name);
  await expect(decodeImage(file("420.jpg"), "a.jpg")).rejects.toThrow(
    "a.jpg: no package that decodes jpeg is installed. Install one of them: npm install sharp, or npm install @jsquash/jpeg",
  );
  await expect(decodeImage(file("lossy.webp"), "a.webp")).rejects.toThrow("Install it: npm install sharp");
});
