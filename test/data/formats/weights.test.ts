/** @file Files of weights as PyTorch and safetensors write them (fixtures/weights.py): exact numbers, and what is refused with a way out. */
import { readFileSync } from "node:fs";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { bytesInMemory } from "../../../src/core/bytes.ts";
import { memoryFolder } from "../../../src/core/folder.ts";
import { sha256 } from "../../../src/core/hash.ts";
import type { Tensor } from "../../../src/core/tensor.ts";
import { readWeights } from "../../../src/data/formats/weights.ts";
import { decode, rejected } from "../fixtures/reference.ts";

const fixture: { files: Record<string, string>; tensors: string; layer: string } = JSON.parse(
  readFileSync(new URL("../fixtures/weights.json", import.meta.url), "utf8"),
);
const file = (name: string): Uint8Array => decode(fixture.files[name]!);
type Expected = Record<string, { shape: number[]; values: string[] }>;
const all: Expected = JSON.parse(fixture.tensors);
const layer: Expected = JSON.parse(fixture.layer);

function requireSame(tensors: Readonly<Record<string, Tensor>>, expected: Expected): void {
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, { shape, values }] of Object.entries(expected)) {
    expect([name, tensors[name]!.shape]).toEqual([name, shape]);
    expect([name, [...tensors[name]!.data].map((v) => (typeof v === "bigint" ? String(v) : v))]).toEqual([
      name,
      values.map((v) => (typeof tensors[name]!.data[0] === "bigint" ? v : Number(v))),
    ]);
  }
}

describe("torch.save", () => {
  test("every type of element, views and shared storages, exactly", async () => {
    const { tensors, others, hash } = await readWeights(file("state dict"));
    requireSame(tensors, all);
    expect(tensors.int64!.dtype).toBe("int64");
    expect(tensors.bfloat16!.dtype).toBe("float32");
    expect(others).toEqual([]);
    expect(hash).toBe(await sha256(file("state dict")));
  });
  test.each(["layer", "DataParallel", "parameters"])("%s", async (name) => {
    const weights = await readWeights(file(name));
    requireSame(weights.tensors, layer);
    expect(weights).not.toHaveProperty("inside");
  });
  test.each([
    ["wrapped", "state_dict"],
    ["wrapped as model", "model"],
  ])("%s", async (name, inside) => {
    const weights = await readWeights(file(name));
    requireSame(weights.tensors, layer);
    expect(weights.inside).toBe(inside);
  });
  test("entries that are no tensors are named", async () => {
    expect((await readWeights(file("with other entries"))).others).toEqual(["epoch"]);
  });
});

test("safetensors with every type of element", async () => {
  requireSame((await readWeights(file("safetensors"))).tensors, all);
});

test("several files with an index", async () => {
  const folder = memoryFolder("w");
  await folder.write("m/a.safetensors", file("first part"));
  await folder.write("m/b.safetensors", file("second part"));
  const [first, second] = Object.keys(layer) as [string, string];
  const index = { metadata: {}, weight_map: { [first]: "a.safetensors", [second]: "b.safetensors" } };
  await folder.write("m/x.index.json", JSON.stringify(index));
  const weights = await readWeights(folder, "m/x.index.json");
  requireSame(weights.tensors, layer);
  expect(weights.file).toBe("x.index.json");
  await folder.write("m/x.index.json", JSON.stringify({ weight_map: { ...index.weight_map, third: "a.safetensors" } }));
  expect((await rejected(readWeights(folder, "m/x.index.json"))).message).toMatch(/its files lack third/);
  await folder.write("m/x.index.json", JSON.stringify({ weight_map: { a: "../a.safetensors" } }));
  expect((await rejected(readWeights(folder, "m/x.index.json"))).message).toMatch(/no name of a file/);
  await folder.write("m/x.index.json", "{");
  expect((await rejected(readWeights(folder, "m/x.index.json"))).message).toMatch(/it is not JSON/);
  expect((await rejected(readWeights(folder, "m/y.pth"))).message).toMatch(/no file m\/y\.pth/);
});

describe("refused with a way out", () => {
  test.each([
    ["before 1.6", /written by PyTorch before 1\.6.*torch\.save\(torch\.load\(FILE, weights_only=True\), "new\.pth"\)/],
    [
      "whole model",
      /it needs torch\.nn\.modules\.linear\.Linear, which is not read.*torch\.save\(model\.state_dict\(\)/,
    ],
    ["TorchScript", /a TorchScript model.*torch\.jit\.load/],
    ["list", /no state dict in this file; it is looked for at the top and under state_dict/],
    ["no tensors", /no state dict in this file \(it has epoch\)/],
    ["expanded", /a tensor of \[1000\] does not lie in its storage of 1 numbers/],
  ])("%s", async (name, message) => {
    const error = await rejected(readWeights(file(name)));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(message);
  });
  test.each([
    ["another zip", zipSync({ "a.npy": new Uint8Array(5) }), /torch\.save did not write \(it has no data\.pkl\)/],
    ["HDF5", Uint8Array.from([0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0]), /it is HDF5, as Keras writes it/],
    ["nothing", new Uint8Array(0), /not a file of weights/],
    ["text", new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n"), /not a file of weights/],
  ])("%s", async (_, bytes, message) => {
    expect((await rejected(readWeights(bytes))).message).toMatch(message);
  });
  test("a damaged number is noticed by its checksum, an entry that is gone by its name", async () => {
    const bytes = file("layer");
    const at = Buffer.from(bytes).indexOf(Buffer.from(Float32Array.of(Number(layer.bias!.values[0])).buffer));
    expect(at).toBeGreaterThan(0);
    bytes[at]! ^= 1;
    expect((await rejected(readWeights(bytes))).message).toMatch(/data\/1: unpacks to 4 bytes with another checksum/);
    const names = Buffer.from(file("layer")).toString("latin1").replaceAll("/data/1", "/data/7");
    expect((await rejected(readWeights(Uint8Array.from(Buffer.from(names, "latin1"))))).message).toMatch(
      /there is no entry [^/]+\/data\/1/,
    );
  });
  test("a file that is cut off anywhere", async () => {
    for (const name of ["layer", "safetensors"]) {
      const whole = file(name);
      for (let length = 0; length < whole.length; length += 37) {
        expect((await rejected(readWeights(whole.subarray(0, length)))).code).toBe("DataError");
      }
    }
  });
});

test("the name of a file is recorded without its folder", async () => {
  expect((await readWeights(bytesInMemory(file("layer"), "w/big.pth"))).file).toBe("big.pth");
});
