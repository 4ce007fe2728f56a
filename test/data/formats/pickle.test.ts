/** @file Pickles as Python writes them (fixtures/pickles.py), and those that must be refused: nothing in them is ever run. */
import { existsSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ByteSource, bytesInMemory } from "../../../src/core/bytes.ts";
import { readPickle, readPickledArray } from "../../../src/data/formats/pickle/read.ts";
import { PickledArray, type PickleValue, readBytes, readText, Span } from "../../../src/data/formats/pickle/values.ts";
import { pickleCases as cases, pickleVersions } from "../fixtures/pickles.ts";
import { decode, rejected } from "../fixtures/reference.ts";

/** A value as pickles.py writes it. */
async function plain(value: PickleValue, source: ByteSource): Promise<unknown> {
  const all = (values: Iterable<PickleValue>) => Promise.all([...values].map((one) => plain(one, source)));
  if (value instanceof PickledArray) {
    const { shape, dtype, data } = await readPickledArray(source, value);
    const numbers = [...data].map((v) => (typeof v === "number" && dtype.startsWith("float") ? figure(v) : String(v)));
    return { array: { shape, dtype, values: dtype === "text" ? [...data] : numbers } };
  }
  if (value instanceof Span && value.form === "text") return readText(source, value, "text");
  if (value instanceof Span || value instanceof Uint8Array) {
    return { bytes: Buffer.from(await readBytes(source, value, "bytes")).toString("base64") };
  }
  if (typeof value === "bigint") return { int: String(value) };
  if (typeof value === "number" && !Number.isFinite(value)) return { float: figure(value) };
  if (Array.isArray(value)) return all(value);
  if (value instanceof Set) return { set: (await all(value)).sort() };
  if (value instanceof Map) return { dict: await Promise.all([...value].map(all)) };
  return value;
}
const figure = (v: number): string =>
  Number.isNaN(v)
    ? "nan"
    : v === Number.POSITIVE_INFINITY
      ? "inf"
      : v === Number.NEGATIVE_INFINITY
        ? "-inf"
        : String(v);
/** Floats of the fixture in JavaScript's writing. */
function sameWriting(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sameWriting);
  if (typeof value !== "object" || value === null) return value;
  const { array } = value as { array?: { dtype: string; values: string[] } };
  if (array?.dtype.startsWith("float")) {
    return {
      array: { ...array, values: array.values.map((v) => (Number.isFinite(Number(v)) ? String(Number(v)) : v)) },
    };
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, sameWriting(inner)]));
}

test("both NumPys and all protocols are among the cases", () => {
  expect(pickleVersions).toEqual(["numpy 1", "numpy 2"]);
  expect(cases.length).toBeGreaterThan(80);
  for (const path of ["numpy.core", "numpy._core"]) {
    expect(cases.some(({ bytes }) => Buffer.from(bytes, "base64").includes(path))).toBe(true);
  }
});

test.each(cases)("$name", async ({ bytes, value }) => {
  const source = bytesInMemory(decode(bytes), "case.pkl");
  expect(await plain(await readPickle(source), source)).toEqual(sameWriting(JSON.parse(value)));
});

/** A source that counts what is read of it. */
function counted(bytes: Uint8Array): ByteSource & { read: ByteSource["read"]; total(): number } {
  const inner = bytesInMemory(bytes, "large.pkl");
  let total = 0;
  return {
    ...inner,
    read(start, end) {
      total += end - start;
      return inner.read(start, end);
    },
    total: () => total,
  };
}

test("long bytes are passed over, and read when they are asked for", async () => {
  const length = 2 ** 26;
  const head = [0x80, 4, 0x5d, 0x28, 0x42]; // a list with BINBYTES
  const bytes = new Uint8Array(head.length + 4 + length + 5);
  bytes.set(head);
  new DataView(bytes.buffer).setUint32(head.length, length, true);
  bytes.fill(7, head.length + 4, head.length + 4 + length);
  bytes.set([0x4b, 9, 0x65, 0x2e], bytes.length - 4);
  bytes[bytes.length - 5] = 0x4e;
  const source = counted(bytes);
  const value = await readPickle(source);
  expect(value).toEqual([new Span(head.length + 4, length, "bytes"), null, 9]);
  expect(source.total()).toBeLessThan(2 ** 21);
  expect((await readBytes(source, (value as Span[])[0]!, "x")).length).toBe(length);
});

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);
const marker = "/tmp/dmil-pickle-ran";

describe("refused, and nothing runs", () => {
  const refused: readonly (readonly [string, string, RegExp])[] = [
    [
      "os.system",
      `cos\nsystem\n(S'touch ${marker}'\ntR.`,
      /pickle: it needs os\.system, which is not read.*\(at byte 0, GLOBAL\)/,
    ],
    ["posix.system", `cposix\nsystem\n(S'touch ${marker}'\ntR.`, /posix\.system/],
    ["by a stack of names", `\x80\x04\x8c\x02os\x8c\x06system\x93.`, /os\.system.*\(at byte 14, STACK_GLOBAL\)/],
    ["eval", "c__builtin__\neval\n(S'1'\ntR.", /__builtin__\.eval/],
    ["an instance", `(S'touch ${marker}'\nios\nsystem\n.`, /os\.system.*INST/],
    ["a name inside a module that is read", "cnumpy\nload\n.", /numpy\.load/],
    ["a name of JavaScript", "cconstructor\nprototype\n.", /constructor\.prototype/],
    ["NumPy's own unpickling", "cnumpy.core.multiarray\nload\n.", /numpy\.core\.multiarray\.load/],
    ["pandas", "cpandas.core.frame\nDataFrame\n.", /table\.to_numpy\(\)/],
    ["a class of one's own", "ccopy_reg\n_reconstructor\n.", /copy_reg\._reconstructor.*only its arrays/],
    ["a type that is only named", "c__builtin__\nint\n(tR.", /it calls .*int/],
    ["an extension", "\x80\x02\x82\x01.", /extension registry/],
    ["an object outside", "Pstorage\n.", /outside the file/],
    ["buffers outside", "\x80\x05\x97.", /buffer_callback/],
    ["state of a text", "S'a'\n}b.", /sets the state/],
    ["attributes of a type", "c__builtin__\nset\n}b.", /sets the state/],
    ["masked arrays", "cnumpy.ma.core\n_mareconstruct\n.", /numpy\.ma\.core/],
    ["a list that holds itself", "(lp0\ng0\na.", /contains itself/],
  ];
  test.each(refused)("%s", async (_, text, message) => {
    rmSync(marker, { force: true });
    const error = await rejected(readPickle(Uint8Array.from(text, (sign) => sign.charCodeAt(0))));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(message);
    expect(existsSync(marker)).toBe(false);
  });
  test("the error has module, name and byte", async () => {
    const { fields } = await rejected(readPickle(ascii("(lcos\nsystem\n.")));
    expect(fields).toMatchObject({ module: "os", name: "system", at: 2 });
  });
});

describe("damaged and oversized", () => {
  test("every beginning of a file is refused", async () => {
    for (const { bytes } of cases.filter(({ name }) => /protocol [024]$/.test(name)).slice(0, 20)) {
      const whole = decode(bytes);
      for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 40)) {
        expect((await rejected(readPickle(whole.subarray(0, length)))).code).toBe("DataError");
      }
    }
  });
  test.each([
    ["bytes after the end", "N.N.", /2 bytes follow the end of the pickle at byte 2/],
    ["a length beyond the file", "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", /cut off: it has 12 bytes/],
    ["an unknown operation", "\x80\x04\x00.", /no such operation \(at byte 2, operation 0\)/],
    ["a later protocol", "\x80\x06N.", /protocol 6 is not known/],
    ["an empty stack", "a.", /the stack is empty/],
    ["no mark", "t.", /there is no mark/],
    ["a key without a value", "}(K\x01u.", /a key has no value/],
    ["a memory that was not written", "g5\n.", /value 5 is used before/],
    ["an integer that is none", "Iabc\n.", /"abc" is no integer/],
    ["a text without quotes", "Sabc\n.", /no quotes/],
    ["a text that is no UTF-8", "\x8c\x01\xff.", /not UTF-8/],
    ["an array whose bytes are too few", arrayOf("K\x02K\x03\x86", "abcd"), /= 24 bytes but 4 follow/],
    ["an array of a huge shape", arrayOf("J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86", "abcd"), /but 4 follow/],
    ["an array of a negative size", arrayOf("J\xff\xff\xff\xff\x85", "abcd"), /state of a NumPy array/],
  ])("%s", async (_, text, message) => {
    const source = bytesInMemory(
      Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
      "bad.pkl",
    );
    const read = async () => {
      const value = await readPickle(source);
      return value instanceof PickledArray ? readPickledArray(source, value) : value;
    };
    expect((await rejected(read())).message).toMatch(message);
  });
  test("numbers of objects, memory, marks and depth are bounded", async () => {
    const limits = { objects: 50, containers: 20, memo: 10, depth: 5 };
    const tooMany: [string, RegExp][] = [
      [`(${"K\x01".repeat(60)}t.`, /more than 50 values/],
      [`(${"]".repeat(30)}t.`, /more than 20 lists/],
      [`N${"\x94".repeat(11)}.`, /more than 10 remembered/],
      [`${"(".repeat(30)}.`, /nested marks/],
      [`${"]".repeat(7)}${"a".repeat(6)}.`, /more than 5 deep/],
    ];
    for (const [text, message] of tooMany) {
      const bytes = Uint8Array.from(text, (sign) => sign.charCodeAt(0));
      expect((await rejected(readPickle(bytes, { limits }))).message).toMatch(message);
    }
    expect(await readPickle(ascii("]]]]]aaaa."), { limits })).toEqual([[[[[]]]]]);
  });
});

/** A float32 array of a pickled shape. */
function arrayOf(shape: string, data: string): string {
  const dtype = "cnumpy\ndtype\nU\x02f4K\x00K\x01\x87R(K\x03U\x01<NNNK\x00K\x00K\x00tb";
  return `\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01${shape}${dtype}\x89U${String.fromCharCode(data.length)}${data}tb.`;
}
