import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { memoryFolder } from "../../src/core/folder.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { checkSplits } from "../../src/data/check.ts";
import { csvFeatures, csvModalities, readCsv } from "../../src/data/formats/csv.ts";
import { readArray, readNpy, type TextArray } from "../../src/data/formats/npy.ts";
import { openNpz } from "../../src/data/formats/npz.ts";
import { readSafetensors } from "../../src/data/formats/safetensors.ts";
import { readDataset } from "../../src/data/load.ts";
import { writeDataset } from "../../src/data/write.ts";
import { decode, reference } from "./fixtures/reference.ts";
import { smallSplits } from "./fixtures/small.ts";

/** A file with a few bytes changed, then cut or extended. */
function damagedFrom(files: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const place = fc.oneof(fc.nat(160), fc.nat(100_000)); // headers lie at the start
  const change = fc.tuple(place, fc.oneof(fc.nat(255), fc.constantFrom(0, 255, 0x2d, 0x39, 0x7b)));
  const end = fc.oneof(fc.constant(undefined), fc.nat(300), fc.integer({ min: -40, max: -1 }));
  return fc.tuple(fc.constantFrom(...files), fc.array(change, { maxLength: 4 }), end).map(([file, changes, cut]) => {
    const bytes = file.slice(0, cut);
    for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  });
}

/** Every outcome is a valid result or an error of ours; anything else fails the property. */
function valid(read: () => (Tensor | TextArray)[]): boolean {
  try {
    for (const { data, shape } of read()) if (data.length !== sizeOf(shape)) return false;
    return true;
  } catch (error) {
    return error instanceof DmilError && error.code === "DataError";
  }
}

function everyArray(bytes: Uint8Array): (Tensor | TextArray)[] {
  const npz = openNpz(bytes);
  return npz.names.map((name) => npz.read(name));
}

const npyFiles = [...reference.npy.map(({ bytes }) => decode(bytes)), ...Object.values(reference.bad).map(decode)];
const npzFiles = Object.values(reference.npz).map(decode);
const tensorFiles = [decode(reference.safetensors.bytes), decode(reference.safetensors.float64)];
const csvFile = new TextEncoder().encode('id,label,a.0,a.1,b\nx,"up, ""1""",1,2,3\ny,down,-1e3,nan,0.5\n');

describe("random damage ends in a valid result or a DataError", () => {
  it.each<[string, readonly Uint8Array[], (bytes: Uint8Array) => (Tensor | TextArray)[], number]>([
    ["npy", npyFiles, (bytes) => [readArray(bytes)], 2000],
    ["npz", npzFiles, (bytes) => everyArray(bytes), 600],
    ["safetensors", tensorFiles, (bytes) => Object.values(readSafetensors(bytes).state), 1000],
    [
      "csv",
      [csvFile],
      (bytes) => {
        const table = readCsv(bytes);
        return [...csvModalities(table).values()].map((columns) => csvFeatures(table, columns));
      },
      300,
    ],
  ])("%s", (_, files, read, numRuns) => {
    fc.assert(
      fc.property(damagedFrom(files), (bytes) => valid(() => read(bytes))),
      { numRuns },
    );
  });

  it("random bytes after a good beginning", () => {
    const headers = [npyFiles[0]!.subarray(0, 10), npzFiles[0]!.subarray(0, 30), tensorFiles[0]!.subarray(0, 9)];
    const bytes = fc
      .tuple(fc.constantFrom(...headers), fc.uint8Array({ maxLength: 80 }))
      .map(([start, rest]) => Uint8Array.of(...start, ...rest));
    fc.assert(
      fc.property(
        bytes,
        (file) =>
          valid(() => [readNpy(file)]) &&
          valid(() => everyArray(file)) &&
          valid(() => Object.values(readSafetensors(file).state)),
      ),
      { numRuns: 1000 },
    );
  });

  it("a whole data set with one damaged file", async () => {
    const good = new Map<string, Uint8Array>();
    await writeDataset(memoryFolder("good", good), smallSplits());
    const names = [...good.keys()];
    const damage = fc
      .constantFrom(...names)
      .chain((name) => damagedFrom([good.get(name)!]).map((bytes) => ({ name, bytes })));
    let loaded = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ name, bytes }) => {
        try {
          const { splits } = await readDataset(memoryFolder("bad", new Map([...good, [name, bytes]])));
          checkSplits(splits);
          loaded++;
        } catch (error) {
          if (!(error instanceof DmilError)) throw error;
          expect(["DataError", "ConfigError"]).toContain(error.code);
          refused++;
        }
      }),
      { numRuns: 300 },
    );
    expect(loaded).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(50);
  });
});
