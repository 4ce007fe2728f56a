import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { float32, type Tensor, tensor } from "../../../src/core/tensor.ts";
import { type TextArray, writeNpy } from "../../../src/data/formats/npy.ts";
import { openNpz } from "../../../src/data/formats/npz.ts";
import { crc32, listZip, unzip, type ZipLimits } from "../../../src/data/formats/zip.ts";
import { writeNpz } from "../../support/npz.ts";
import { caught, decode, reference } from "../fixtures/reference.ts";

/** Every array of an archive. */
function readNpz(
  bytes: Uint8Array,
  where = "npz",
  limits: Partial<ZipLimits> = {},
): Record<string, Tensor | TextArray> {
  const npz = openNpz(bytes, where, limits);
  return Object.fromEntries(npz.names.map((name) => [name, npz.read(name)]));
}

const zeros = writeNpy(float32([5000]));
const bomb = zipSync({ "zeros.npy": zeros }, { level: 9 });

/** Where the central directory begins. */
function directoryOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 22 + 16, true);
}
/** A copy with a number changed at an offset into the central directory. */
function patched(bytes: Uint8Array, offset: number, value: number, size: 2 | 4 = 4): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  if (size === 2) view.setUint16(directoryOf(copy) + offset, value, true);
  else view.setUint32(directoryOf(copy) + offset, value, true);
  return copy;
}

describe("archives written by NumPy", () => {
  it.each(["stored", "compressed"] as const)("reads a %s one, in file order", (form) => {
    const arrays = readNpz(decode(reference.npz[form]));
    expect(Object.keys(arrays)).toEqual(["train/audio", "train/labels", "zeros"]);
    expect(arrays["train/audio"]!.shape).toEqual([2, 3, 4]);
    expect(arrays["train/audio"]!.data[23]).toBe(23 / 8);
    expect(arrays["train/labels"]!.data).toEqual(BigInt64Array.of(0n, 1n));
    expect(arrays.zeros!.data).toEqual(new Float32Array(500));
  });
});

describe("round trip", () => {
  it.each([true, false])("compress %s", (compress) => {
    const arrays = {
      "train/a": float32([2, 2], [1, 2, 3, 4]),
      b: tensor("uint16", [3], Uint16Array.of(1, 2, 65535)),
      empty: float32([0, 7]),
    };
    const bytes = writeNpz(arrays, compress);
    expect(readNpz(bytes)).toEqual(arrays);
    expect(writeNpz(arrays, compress)).toEqual(bytes);
  });

  it("an empty archive is an empty record", () => {
    expect(readNpz(writeNpz({}))).toEqual({});
  });

  it("names that objects use themselves are plain names", () => {
    const arrays = readNpz(zipSync({ "constructor.npy": zeros }));
    expect(Object.keys(arrays)).toEqual(["constructor"]);
    expect(Object.keys(readNpz(patchName(zipSync({ "xxproto__.npy": zeros }))))).toEqual(["__proto__"]);
  });
});

/** fflate cannot be told to write `__proto__`, so the name is put in afterwards. */
function patchName(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1").replaceAll("xxproto__", "__proto__");
  return new Uint8Array(Buffer.from(text, "latin1"));
}

describe("damaged and hostile archives", () => {
  const limits = { freeBytes: 1000 };

  it("the bomb is a bomb only by its limits", () => {
    expect(readNpz(bomb).zeros!.shape).toEqual([5000]);
    expect(zeros.length / bomb.length).toBeGreaterThan(50);
  });
  it("entries that are small alone are a bomb together", () => {
    const names = Array.from({ length: 8 }, (_, i) => `a${i}.npy`);
    const many = zipSync(Object.fromEntries(names.map((name) => [name, zeros])), { level: 9 });
    const [one, all] = [bomb, many].map((bytes) => () => openNpz(bytes, "x.npz", { freeBytes: 40_000, maxRatio: 20 }));
    expect(one!().names).toEqual(["zeros"]);
    expect(caught(all!).message).toMatch(/^x\.npz: its entries declare 161024 bytes from an archive of/);
  });
  it("unpacks nothing before it is asked for", () => {
    const broken = zipSync({ "good.npy": zeros, "bad.npy": zeros }, { level: 9 });
    const { start } = listZip(broken, "x.npz")[1]!;
    broken.fill(255, start, start + 20);
    const npz = openNpz(broken);
    expect(npz.names).toEqual(["good", "bad"]);
    expect(npz.read("good").shape).toEqual([5000]);
    expect(caught(() => npz.read("bad")).code).toBe("DataError");
    expect(caught(() => npz.read("constructor")).message).toMatch(/no array "constructor"/);
  });
  it("refuses a ratio beyond the limit before unpacking", () => {
    expect(caught(() => readNpz(bomb, "x.npz", { ...limits, maxRatio: 50 })).message).toMatch(
      /x\.npz.*more than 50 to 1/,
    );
  });
  it("refuses more bytes in all than the limit", () => {
    expect(caught(() => readNpz(bomb, "x.npz", { maxBytes: 20000 })).message).toMatch(/at most 20000 are read/);
  });
  it("refuses too many entries", () => {
    expect(caught(() => readNpz(decode(reference.npz.stored), "x.npz", { maxEntries: 2 })).message).toMatch(
      /3 entries/,
    );
  });
  it("stops at the declared size when the packed bytes hold more", () => {
    const error = caught(() => readNpz(patched(bomb, 24, 1000)));
    expect(error.message).toMatch(/more than the 1000 bytes it declares/);
  });
  it("notices when the packed bytes hold less than declared", () => {
    expect(caught(() => readNpz(patched(bomb, 24, zeros.length + 1))).message).toMatch(/declared/);
  });
  it("refuses a size that deflate cannot reach, without taking memory", () => {
    expect(caught(() => readNpz(patched(bomb, 24, 2 ** 31 - 2))).message).toMatch(/cannot be/);
  });
  it("compares the checksum", () => {
    expect(caught(() => readNpz(patched(bomb, 16, 1))).message).toMatch(/checksum/);
  });
  it("refuses encryption and other methods", () => {
    expect(caught(() => readNpz(patched(bomb, 8, 1, 2))).message).toMatch(/encrypted/);
    expect(caught(() => readNpz(patched(bomb, 10, 12, 2))).message).toMatch(/method 12/);
  });
  it("refuses entries that share bytes", () => {
    const two = zipSync({ "a.npy": zeros, "b.npy": zeros }, { level: 0 });
    const second = 46 + 5;
    expect(caught(() => readNpz(patched(two, second + 42, 0))).message).toMatch(/reaches into what follows/);
  });
  it("refuses a name that occurs twice", () => {
    const text = Buffer.from(zipSync({ "a.npy": zeros, "b.npy": zeros }))
      .toString("latin1")
      .replaceAll("b.npy", "a.npy");
    expect(caught(() => readNpz(new Uint8Array(Buffer.from(text, "latin1")))).message).toMatch(/occurs twice/);
  });
  it("refuses an archive that is cut off", () => {
    for (let length = 0; length < bomb.length; length += 7) {
      expect(caught(() => readNpz(bomb.subarray(0, length))).code).toBe("DataError");
    }
  });
  it("refuses bytes before the archive, broken records and starts outside of it", () => {
    const shifted = new Uint8Array(bomb.length + 4);
    shifted.set(bomb, 4);
    expect(caught(() => readNpz(shifted)).message).toMatch(/not where it says/);
    expect(caught(() => readNpz(patched(bomb, 0, 7))).message).toMatch(/directory record 0 is broken/);
    expect(caught(() => readNpz(patched(bomb, 42, 2 ** 31))).message).toMatch(/does not begin where/);
    expect(caught(() => readNpz(patched(bomb, 28, 60000, 2))).message).toMatch(/record 0 is cut off/);
  });
  it("refuses what is no array", () => {
    expect(caught(() => readNpz(zipSync({ "notes.txt": zeros }), "x.npz")).message).toMatch(
      /notes\.txt is not a \.npy/,
    );
    const inside = zipSync({ "a.npy": zeros.subarray(0, 100) });
    expect(caught(() => readNpz(inside, "x.npz")).message).toMatch(/^x\.npz: a\.npy: /);
  });
  it("refuses packed bytes that are not deflate", () => {
    const broken = bomb.slice();
    broken.fill(255, 40, 60);
    expect(caught(() => readNpz(broken)).message).toMatch(/damaged/);
  });
  it("unpacks one entry at a time", () => {
    const bytes = decode(reference.npz.compressed);
    const entries = listZip(bytes, "x.npz");
    expect(entries.map(({ name, size }) => [name, size])).toContainEqual(["zeros.npy", 128 + 2000]);
    expect(unzip(bytes, entries[0]!, "x").length).toBe(entries[0]!.size);
  });
  it("crc32 has its published check value", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });
});
