import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../../../src/core/shape.ts";
import { type DType, type DTypes, float32, type Tensor, tensor } from "../../../src/core/tensor.ts";
import { npyHeader, readArray, requireNumbers, writeNpy, writeNpyTexts } from "../../../src/data/formats/npy.ts";
import { caught, decode, reference } from "../fixtures/reference.ts";

const readNpy = (bytes: Uint8Array, where = "npy") => requireNumbers(readArray(bytes, where), where);

/** A .npy file of version 1 with this header and this many data bytes. */
function handMade(header: string, dataBytes: number, length: number = header.length): Uint8Array {
  const out = new Uint8Array(10 + header.length + dataBytes);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8]);
  out.set(new TextEncoder().encode(header), 10);
  return out;
}
const header = (descr: string, shape: string, fortran = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

describe("files written by NumPy", () => {
  it.each(reference.npy)("reads $name", ({ bytes, shape, dtype, values }) => {
    const array = readArray(decode(bytes));
    expect(array.shape).toEqual(shape);
    expect(array.dtype).toBe(dtype);
    const isBig = array.data instanceof BigInt64Array || array.data instanceof BigUint64Array;
    const number = (text: string): number => Number(text.replace("inf", "Infinity"));
    const expected = array.dtype === "text" ? values : values.map((value) => (isBig ? BigInt(value) : number(value)));
    expect(Array.from(array.data as ArrayLike<bigint | number | string>)).toEqual(expected);
  });

  it.each(reference.npy.filter(({ canonical }) => canonical))("writes $name as NumPy does, byte for byte", (file) => {
    const bytes = decode(file.bytes);
    expect(writeNpy(readNpy(bytes))).toEqual(bytes);
  });

  it.each([
    ["objects", "astype\\(str\\)"],
    ["complex", "complex"],
    ["float8", "raw bytes .*float8.*astype"],
    ["two raw bytes", "view\\(ml_dtypes.bfloat16\\)"],
    ["long floats", "floats of another size"],
    ["raw", "raw bytes"],
    ["records", "structured records"],
    ["dates", "dates"],
  ])("refuses %s and says why", (name, word) => {
    const error = caught(() => readNpy(decode(reference.bad[name]!), "x.npy"));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(/^x\.npy: /);
    expect(error.message).toMatch(new RegExp(word));
  });

  it("reads from a view in the middle of a larger, unaligned buffer, and owns its memory", () => {
    const bytes = decode(reference.npy[0]!.bytes);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    const array = readNpy(larger.subarray(3));
    larger.fill(0);
    expect(array.data[0]).toBe(1.5);
  });
});

describe("floats of 16 bits", () => {
  const file = (descr: string, bits: Uint16Array): Uint8Array => {
    const bytes = handMade(header(descr, `(${bits.length},)`), 2 * bits.length);
    bytes.set(new Uint8Array(bits.buffer), bytes.length - 2 * bits.length);
    return bytes;
  };
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);

  it("all 65536 of float16 are what IEEE 754 says they are", () => {
    const values = readNpy(file("'<f2'", all)).data as Float32Array;
    all.forEach((bits) => {
      const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
      const size =
        exponent === 31
          ? fraction === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : exponent === 0
            ? fraction * 2 ** -24
            : (1024 + fraction) * 2 ** (exponent - 25);
      if (!Object.is(values[bits], bits >> 15 === 1 ? -size : size)) throw new Error(`${bits}: ${values[bits]}`);
    });
  });

  it("bfloat16 is the upper half of a float32", () => {
    const values = readNpy(file("'<V2'", all)).data as Float32Array;
    const words = Uint32Array.from(all, (bits) => bits << 16);
    expect(new Uint32Array(values.buffer).every((word, i) => word === words[i])).toBe(true);
    expect(readNpy(file("'bfloat16'", all)).data.length).toBe(65536);
  });
});

describe("texts", () => {
  const texts = (descr: string, data: readonly number[], shape = "(1,)"): Uint8Array => {
    const bytes = handMade(header(descr, shape), data.length);
    bytes.set(data, bytes.length - data.length);
    return bytes;
  };
  it("are no numbers, and the message shows the first", () => {
    expect(caught(() => readNpy(texts("'|S2'", [104, 105]), "x.npy")).message).toMatch(/x\.npy: holds text .*"hi"/);
    expect(caught(() => readNpy(texts("'|S2'", [], "(0,)"))).message).toMatch(/holds text, where/);
  });
  it.each([
    ["a number that is no character", "'<U1'", [0, 0, 0x11, 0], /text 0 .* no character/],
    ["half of a surrogate pair", "'<U1'", [0, 0xd8, 0, 0], /no character/],
    ["bytes that are not UTF-8", "'|S1'", [0xff], /not UTF-8/],
    ["texts of no bytes, of which there may be any number", "'|S0'", [], /texts of 0 bytes/],
    ["texts of 4 GB", "'<U999999999'", [], /texts of 3999999996 bytes/],
  ])("refuses %s", (_, descr, data, message) => {
    expect(caught(() => readArray(texts(descr, data, data.length === 0 ? "(4000000000,)" : "(1,)"))).message).toMatch(
      message,
    );
  });
});

describe("damaged and hostile files", () => {
  it.each([
    ["no magic", new TextEncoder().encode("hello, world"), "not a .npy file"],
    ["nothing", new Uint8Array(0), "not a .npy file"],
    ["unknown version", Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 4, 0, 0, 0), "version 4.0"],
    ["header length past the end", handMade(header("'<f4'", "(1,)"), 4, 60000), "ends inside its .npy header"],
    ["negative size", handMade(header("'<f4'", "(-1, 4)"), 16), "negative size -1"],
    ["size beyond memory", handMade(header("'<f4'", "(4000000000, 4000000000)"), 16), "it is cut off"],
    ["size beyond integers", handMade(header("'<f4'", "(99999999999999999999, 1)"), 16), "size 99999999999999999999"],
    ["zero times a huge size", handMade(header("'<f4'", "(0, 99999999999999)"), 0), "size 99999999999999"],
    ["data cut off", handMade(header("'<f4'", "(2, 3)"), 20), "[2, 3] float32 = 24 bytes but 20 follow it"],
    ["bytes left over", handMade(header("'<f4'", "(2, 3)"), 25), "bytes left over"],
    ["code in place of a size", handMade(header("'<f4'", "(__import__('os'),)"), 4), "expected a size"],
    ["float size", handMade(header("'<f4'", "(2.0,)"), 8), "expected )"],
    ["no comma in a tuple of one", handMade(header("'<f4'", "(3)"), 12), "needs a comma"],
    ["bad order flag", handMade(header("'<f4'", "(1,)", "maybe"), 4), "expected True or False"],
    ["missing key", handMade("{'descr': '<f4', 'shape': (1,)}\n", 4), "is missing"],
    ["repeated key", handMade("{'shape': (1,), 'descr': '<f4', 'shape': (2,)}", 4), 'unexpected key "shape"'],
    ["unknown key", handMade("{'shape': (1,), 'descr': '<f4', 'x': 1}", 4), 'unexpected key "x"'],
    ["text after the dictionary", handMade(`${header("'<f4'", "(1,)")};x`, 4), "unexpected text"],
    ["unclosed text", handMade("{'descr: ", 0), "unclosed text"],
    ["unclosed dictionary", handMade("{'descr': '<f4'", 4), "expected }"],
    ["65 axes", handMade(header("'<f4'", `(${"1, ".repeat(65)})`), 4), "more than 64 axes"],
    ["element type without order", handMade(header("'f4'", "(1,)"), 4), "cannot be read"],
    ["bool that is neither", handMade(header("'|b1'", "(1,)"), 1).fill(7, -1), "not 0 or 1"],
  ])("%s", (_, bytes, message) => {
    const error = caught(() => readNpy(bytes, "x.npy"));
    expect(error.code).toBe("DataError");
    expect(error.message).toContain(message);
  });

  it("refuses a version 2 header that claims four gigabytes", () => {
    const bytes = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 255, 255, 255, 255, 0x7b);
    expect(caught(() => readNpy(bytes)).message).toContain("claims 4294967295 bytes");
  });

  it("accepts what NumPy accepts: other quotes, key order, sizes of Python 2, no padding", () => {
    const odd = handMade(`{"shape":(2L,1L),"fortran_order":True,"descr":"<f4"}`, 8);
    expect(readNpy(odd).shape).toEqual([2, 1]);
  });
});

describe("round trip", () => {
  const makers: { [D in DType]: (n: number) => DTypes[D] } = {
    float32: (n) => new Float32Array(n),
    float64: (n) => new Float64Array(n),
    int8: (n) => new Int8Array(n),
    uint8: (n) => new Uint8Array(n),
    int16: (n) => new Int16Array(n),
    uint16: (n) => new Uint16Array(n),
    int32: (n) => new Int32Array(n),
    uint32: (n) => new Uint32Array(n),
    int64: (n) => new BigInt64Array(n),
    uint64: (n) => new BigUint64Array(n),
  };
  it("keeps type, shape and every bit", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...(Object.keys(makers) as DType[])),
        fc.array(fc.nat(4), { maxLength: 5 }),
        fc.uint8Array({ minLength: 8, maxLength: 64 }),
        (dtype, shape, noise) => {
          const data = makers[dtype](sizeOf(shape));
          const raw = new Uint8Array(data.buffer);
          for (let i = 0; i < raw.length; i++) raw[i] = noise[i % noise.length]!;
          const array = tensor(dtype, shape, data) as Tensor;
          const back = readNpy(writeNpy(array));
          expect([back.dtype, back.shape]).toEqual([dtype, shape]);
          expect(new Uint8Array(back.data.buffer)).toEqual(raw);
        },
      ),
    );
  });

  it("reads Fortran order and big endian as the array they mean", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (shape, big) => {
          const n = sizeOf(shape);
          const bytes = handMade(header(big ? "'>i4'" : "'<i4'", `(${shape.join(",")},)`, "True"), 4 * n);
          const view = new DataView(bytes.buffer, bytes.length - 4 * n);
          // The value at index (i, j, ...) is its C-order position; in the file the first index runs fastest.
          for (let at = 0; at < n; at++) {
            let rest = at;
            let position = 0;
            shape.forEach((size, axis) => {
              const step = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
              position += (rest % size) * step;
              rest = Math.floor(rest / size);
            });
            view.setInt32(4 * at, position, !big);
          }
          expect(Array.from(readNpy(bytes).data as Int32Array)).toEqual(Array.from({ length: n }, (_, i) => i));
        },
      ),
    );
  });
});

it("texts are written as NumPy writes them, characters beyond 16 bits included, and read again", () => {
  const texts = ["anna", "", "z\u{1f600}"];
  const bytes = writeNpyTexts(texts);
  expect(new TextDecoder("latin1").decode(bytes.subarray(10, 60))).toContain("'descr': '<U4'");
  expect(readArray(bytes)).toEqual({ dtype: "text", shape: [3], data: texts });
  expect(readArray(writeNpyTexts([]))).toEqual({ dtype: "text", shape: [0], data: [] });
});

it("a header and rows that are written one after another are the whole file", () => {
  const whole = float32([3, 2], [1, 2, 3, 4, 5, 6]);
  const rows = [0, 1, 2].map((i) => new Uint8Array(whole.data.slice(2 * i, 2 * i + 2).buffer));
  expect(Buffer.concat([npyHeader("float32", [3, 2]), ...rows])).toEqual(Buffer.from(writeNpy(whole)));
});
