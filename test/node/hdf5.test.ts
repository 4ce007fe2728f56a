/** @file HDF5 against h5py, and what must not be read. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, expect, test } from "vitest";
import { type Hdf5File, withHdf5 } from "../../src/node/hdf5.ts";
import { bytesOf, golden, numbersOf, type Packed } from "../golden/media.ts";

const stored = golden<{ bytes: string; features: Packed }>("hdf5");
const features = numbersOf(stored.features);
const folder = mkdtempSync(path.join(tmpdir(), "dmil-hdf5-"));
const file = path.join(folder, "a.csd");
writeFileSync(file, bytesOf(stored.bytes));
afterAll(() => rmSync(folder, { recursive: true }));
const read = <T>(use: (hdf5: Hdf5File) => T, from = file): Promise<T> => withHdf5(from, use);

test("groups and their names", async () => {
  expect(await read((f) => f.names("COVAREP/data"))).toEqual(["-xyz", "abc[0]", "abc[1]"]);
  expect((await read((f) => f.names())).slice(0, 3)).toEqual(["COVAREP", "big", "bool"]);
  expect(await read((f) => [f.has("COVAREP/data/abc[0]"), f.has("big"), f.has("nothing")])).toEqual([
    true,
    true,
    false,
  ]);
});

test("numbers of every type", async () => {
  const arrays = await read((f) =>
    ["COVAREP/data/abc[0]/features", "big", "int64", "uint8", "scalar", "empty", "bool"].map((at) => f.array(at)),
  );
  expect(arrays.map(({ dtype, shape }) => [dtype, shape])).toEqual([
    ["float32", [40, 3]],
    ["float64", [40, 3]],
    ["int64", [2, 2]],
    ["uint8", [2, 3]],
    ["float64", []],
    ["float32", [0, 4]],
    ["uint8", [2]],
  ]);
  expect([...arrays[0]!.data]).toEqual(features);
  expect([...arrays[1]!.data]).toEqual(features);
  expect([...arrays[2]!.data]).toEqual([1n, -(2n ** 53n) - 1n, 3n, 4n]);
  expect([...arrays[3]!.data, ...arrays[4]!.data, ...arrays[6]!.data]).toEqual([0, 1, 2, 3, 4, 5, 2.5, 1, 0]);
});

test("rows", async () => {
  const at = "COVAREP/data/abc[1]/features";
  const [some, none, shape] = await read((f) => [f.array(at, [7, 10]), f.array(at, [3, 3]), f.shape(at)] as const);
  expect([some.shape, [...some.data]]).toEqual([[3, 3], features.slice(21, 30)]);
  expect([none.shape, shape]).toEqual([
    [0, 3],
    [40, 3],
  ]);
  await expect(read((f) => f.array(at, [0, 41]))).rejects.toThrow(/rows 0 to 41 are asked for; \[40, 3\] has 40/);
});

test("texts and byte strings", async () => {
  const [fixed, texts, metadata, bytes] = await read(
    (f) => [f.texts("fixed"), f.texts("texts"), f.texts("COVAREP/metadata/md"), f.bytes("bytes")] as const,
  );
  expect(fixed).toEqual(["sp", "été"]);
  expect(texts).toEqual(["one", "zwölf 猫"]);
  expect(JSON.parse(metadata[0]!)).toEqual({ name: "COVAREP" });
  expect(bytes).toEqual([Uint8Array.of(255, 216, 0, 1), Uint8Array.of(7)]);
});

test("what is not read says so", async () => {
  const fails = (use: (f: Hdf5File) => unknown, message: RegExp) => expect(read(use)).rejects.toThrow(message);
  await fails((f) => f.array("lzf"), /a\.csd: lzf: compressed by lzf; gzip alone is read\. Rewrite it: h5repack/);
  await fails((f) => f.array("half"), /half: floats of 16 bits are not read/);
  await fails((f) => f.array("texts"), /texts: numbers are needed, but the elements are of another type/);
  await fails((f) => f.array("compound"), /numbers are needed/);
  await fails((f) => f.array("complex"), /numbers are needed/);
  await fails((f) => f.texts("big"), /texts are needed/);
  await fails((f) => f.bytes("big"), /byte strings are needed/);
  await fails((f) => f.array("COVAREP"), /COVAREP is no array/);
  await fails((f) => f.array("int46"), /there is no array int46; did you mean "int64"\?/);
  await fails((f) => f.array("COVAREP/data/abc[0]/feature"), /did you mean "features"\?/);
  await fails((f) => f.names("COVAREP/dat"), /there is no group COVAREP\/dat/);
});

test("damaged files are refused, or what is whole in them is read", async () => {
  const bytes = bytesOf(stored.bytes);
  const damaged = path.join(folder, "damaged.h5");
  const outcomes = new Set<string>();
  for (let at = 0; at < bytes.length; at += 997) {
    const copy = bytes.slice();
    copy.fill(255, at, at + 40);
    writeFileSync(damaged, copy);
    const outcome = await read(
      (f) => f.names().map((name) => (name === "big" ? f.array(name).data.length : 0)),
      damaged,
    ).then(
      () => "read",
      (error: Error) => error.name,
    );
    outcomes.add(outcome);
  }
  expect([...outcomes].sort()).toEqual(["DataError", "read"]);
  writeFileSync(damaged, bytes.slice(0, 900));
  await expect(read((f) => f.names(), damaged)).rejects.toThrow(/damaged\.h5: HDF5 cannot read it: truncated file/);
  writeFileSync(damaged, "no HDF5 at all, but a text that is long enough");
  await expect(read((f) => f.names(), damaged)).rejects.toThrow(/damaged\.h5: HDF5 cannot read it: /);
  await expect(read((f) => f.names(), path.join(folder, "none.h5"))).rejects.toThrow(/there is no file none\.h5/);
});

test("files are closed: one can be opened again and again", async () => {
  for (let i = 0; i < 300; i++) await read((f) => f.shape("big"));
  await expect(read(() => Promise.reject(new Error("of the caller")))).rejects.toThrow("of the caller");
  expect(await read((f) => f.shape("big"))).toEqual([40, 3]);
});
