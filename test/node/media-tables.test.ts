/** @file Parquet and Arrow tables with pictures, against what pyarrow was given. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, expect, test } from "vitest";
import { bytesSource, type MediaCell, type MediaRow, openMediaTable } from "../../src/data/readers/media-table.ts";
import { arrowRows, withParquet } from "../../src/node/media-tables.ts";
import { bytesOf, golden } from "../golden/media.ts";

interface Stored {
  readonly rows: Record<string, readonly unknown[]> & {
    image: readonly ({ bytes: string | null; path: string } | null)[];
  };
  readonly cases: Record<string, string>;
}
const { rows, cases } = golden<Stored>("tables");
const folder = mkdtempSync(path.join(tmpdir(), "dmil-tables-"));
afterAll(() => rmSync(folder, { recursive: true }));
const place = (name: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, bytesOf(cases[name]!));
  return file;
};
const parquets = Object.keys(cases).filter((name) => name.endsWith("parquet"));

/** The rows as they must be read. */
const wanted: MediaRow[] = rows.image.map((image, i) => ({
  ...Object.fromEntries(Object.keys(rows).map((column) => [column, cell(rows[column]![i])])),
  image:
    image === null ? undefined : { bytes: image.bytes === null ? undefined : bytesOf(image.bytes), path: image.path },
  label: BigInt(rows.label![i] as number),
  raw: rows.raw![i] === null ? undefined : bytesOf(rows.raw![i] as string),
}));
function cell(value: unknown): MediaCell {
  return value === null ? undefined : Array.isArray(value) ? value.map(cell) : (value as MediaCell);
}

/** Numbers of 64 bits and lists of typed arrays as one form. */
const same = (row: MediaRow): unknown =>
  JSON.parse(JSON.stringify(row, (_, value) => (typeof value === "bigint" ? Number(value) : (value ?? null))));

test.each(parquets)("%s", async (name) => {
  const read = await withParquet(place(name), async (table) => {
    expect(table.columns).toEqual(Object.keys(rows));
    expect([table.rows, table.groups]).toEqual([7, [4, 3]]);
    expect([...table.classes]).toEqual([["label", ["cat", "dog", "owl"]]]);
    return [...(await table.read(0)), ...(await table.read(1))];
  });
  expect(read.map(same)).toEqual(wanted.map(same));
  expect((read[0]!.image as { bytes: Uint8Array }).bytes).toBeInstanceOf(Uint8Array);
});

test.each(["stream.arrow", "file.arrow"])("%s", async (name) => {
  const read: MediaRow[] = [];
  const sizes: number[] = [];
  for await (const batch of arrowRows(place(name))) {
    sizes.push(batch.length);
    read.push(...batch);
  }
  expect(sizes).toEqual([4, 3]);
  expect(read.map(same)).toEqual(wanted.map(same));
  expect((read[0]!.image as { bytes: Uint8Array }).bytes).toBeInstanceOf(Uint8Array);
});

test("the second group is read without the first", async () => {
  const table = await openMediaTable(bytesSource(bytesOf(cases["snappy 1.0.parquet"]!)));
  expect((await table.read(1)).map(same)).toEqual(wanted.slice(4).map(same));
  await expect(table.read(2)).rejects.toThrow(/there is no group 2 of rows; it has 2/);
});

test("what cannot be read says so", async () => {
  const whole = bytesOf(cases["zstd 1.0.parquet"]!);
  const open = (bytes: Uint8Array) => openMediaTable(bytesSource(bytes), "a.parquet");
  await expect(open(new Uint8Array(0))).rejects.toThrow(/a\.parquet: the file is empty/);
  await expect(open(Buffer.from("version https://git-lfs.github.com/spec/v1\n"))).rejects.toThrow(/git lfs pull/);
  await expect(open(whole.slice(0, -20))).rejects.toThrow(/a\.parquet: not a Parquet file that can be read/);
  writeFileSync(path.join(folder, "bad.arrow"), Buffer.from("no arrow in here, only words and words"));
  const all = async () => {
    for await (const _ of arrowRows(path.join(folder, "bad.arrow"))) expect(_).toBeDefined();
  };
  await expect(all()).rejects.toThrow(/bad\.arrow: not an Arrow file that can be read/);
  const cut = bytesOf(cases["stream.arrow"]!);
  writeFileSync(path.join(folder, "bad.arrow"), cut.slice(0, cut.length - 300));
  await expect(all()).rejects.toThrow(/bad\.arrow: not an Arrow file that can be read/);
});
