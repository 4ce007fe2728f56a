import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../../../src/core/shape.ts";
import { float32 } from "../../../src/core/tensor.ts";
import { readSafetensors, writeSafetensors } from "../../../src/data/formats/safetensors.ts";
import { caught, decode, reference } from "../fixtures/reference.ts";

/** A file with this header text and this many data bytes. */
function handMade(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + text.length + dataBytes);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  return out;
}
const f32 = (shape: unknown, begin: unknown, end: unknown): unknown => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("the file of the reference implementation", () => {
  const bytes = decode(reference.safetensors.bytes);
  it("is read", () => {
    const { state, metadata } = readSafetensors(bytes);
    expect(metadata).toEqual({ step: "12" });
    expect(Object.keys(state)).toEqual(Object.keys(reference.safetensors.values));
    for (const [name, { shape, values }] of Object.entries(reference.safetensors.values)) {
      expect(state[name]).toEqual(float32(shape, values));
    }
  });
  it("is written byte for byte", () => {
    const { state, metadata } = readSafetensors(bytes);
    expect(writeSafetensors(state, metadata)).toEqual(bytes);
  });
});

describe("damaged and hostile files", () => {
  it.each([
    ["too short", new Uint8Array(7), "shorter than the 8"],
    ["header past the end", decode(reference.safetensors.bytes).subarray(0, 60), "the header claims 240 bytes"],
    ["header length of 2^64 - 1", new Uint8Array(64).fill(255), "claims 18446744073709551615"],
    ["no object", handMade("[1]", 0), "does not begin with {"],
    ["no JSON", handMade("{x}", 0), "not JSON"],
    ["another type", decode(reference.safetensors.float64), "only F32"],
    ["overlap", handMade({ a: f32([2], 0, 8), b: f32([2], 4, 12) }, 12), "overlaps"],
    ["gap", handMade({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), "leaves a gap"],
    ["bytes left over", handMade({ a: f32([1], 0, 4) }, 8), "fill 4 bytes, but 8"],
    ["data cut off", handMade({ a: f32([2], 0, 8) }, 4), "fill 8 bytes, but 4"],
    ["shape against offsets", handMade({ a: f32([3], 0, 8) }, 8), "needs 12 bytes"],
    ["huge shape", handMade({ a: f32([2 ** 40, 2 ** 40], 0, 8) }, 8), "data_offsets give 8"],
    ["negative size", handMade({ a: f32([-1, -1], 0, 4) }, 4), "no shape"],
    ["broken size", handMade({ a: f32([1.5], 0, 6) }, 6), "no shape"],
    ["offsets reversed", handMade({ a: f32([1], 4, 0) }, 4), "data_offsets give -4"],
    ["offsets of three", handMade({ a: { dtype: "F32", shape: [], data_offsets: [0, 4, 4] } }, 4), "no data_offsets"],
    ["unknown field", handMade({ a: { dtype: "F32", shape: [], data_offsets: [0, 4], x: 1 } }, 4), 'field "x"'],
    ["entry that is no object", handMade({ a: 3 }, 0), "is not an object"],
    ["metadata that is no text", handMade({ __metadata__: { a: 1 } }, 0), "is not a text"],
    ["metadata that is no object", handMade({ __metadata__: [] }, 0), "not an object of texts"],
    [
      "a name twice",
      handMade(
        `{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`,
        4,
      ),
      'names "a" twice',
    ],
  ])("%s", (_, bytes, message) => {
    const error = caught(() => readSafetensors(bytes, "w.safetensors"));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(/^w\.safetensors: bad/);
    expect(error.message).toContain(message);
  });

  it("the same key in two objects, and braces in texts, are no repetition", () => {
    const header = { __metadata__: { "a{\\": '{"a":["b', "}": '"' }, a: f32([1], 0, 4), "b\\": f32([0], 4, 4) };
    expect(Object.keys(readSafetensors(handMade(header, 4)).state)).toEqual(["a", "b\\"]);
  });

  it("does not write a tensor in the place of the metadata", () => {
    expect(caught(() => writeSafetensors({ __metadata__: float32([1]) })).message).toContain("__metadata__");
  });
});

describe("round trip", () => {
  it("keeps names, order, shapes, bits and metadata", () => {
    const word = fc
      .string({ minLength: 1, maxLength: 8 })
      .filter((text) => !/^\d+$/.test(text) && text !== "__metadata__");
    const array = fc
      .tuple(fc.array(fc.nat(3), { maxLength: 3 }), fc.float({ noNaN: true }))
      .map(([shape, value]) => float32(shape, new Float32Array(sizeOf(shape)).fill(value)));
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(word, array), { maxLength: 6, selector: ([name]) => name }),
        fc.dictionary(word, fc.string()),
        (entries, metadata) => {
          const back = readSafetensors(writeSafetensors(Object.fromEntries(entries), metadata));
          expect(Object.entries(back.state)).toEqual(entries);
          expect({ ...back.metadata }).toEqual({ ...metadata });
        },
      ),
    );
  });
});
