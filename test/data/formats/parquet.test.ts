/** @file Parquet: what a writer wrote comes back, several row groups and gaps too; damaged counts end in an error before memory is taken. */
import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { stream } from "../../../src/core/random.ts";
import { readParquet } from "../../../src/data/formats/parquet.ts";

const numbers = Array.from({ length: 40 }, (_, i) => (i % 7 === 3 ? null : i / 8));
const texts = numbers.map((_, i) => `s${i % 3}`);
const big = numbers.map((_, i) => BigInt(i));
const good = (rowGroupSize: number): Uint8Array =>
  new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: "p", data: numbers, type: "DOUBLE", nullable: true },
        { name: "label", data: texts, type: "STRING" },
        { name: "n", data: big, type: "INT64" },
        { name: "nothing", data: numbers.map(() => null), type: "STRING", nullable: true },
      ],
      rowGroupSize,
    }),
  );

test.each([100, 16])("columns by row groups of %d", async (size) => {
  const columns = await readParquet(good(size));
  expect([...columns.keys()]).toEqual(["p", "label", "n", "nothing"]);
  expect(columns.get("p")).toEqual(numbers.map((value) => value ?? undefined));
  expect(columns.get("label")).toEqual(texts);
  expect(columns.get("n")).toEqual(numbers.map((_, i) => String(i)));
  expect(columns.get("nothing")).toEqual(numbers.map(() => undefined));
});

test("damage ends in a table or in an error of ours, and soon", { timeout: 60_000 }, async () => {
  const file = good(16);
  const draw = stream(7, "damage");
  let refused = 0;
  for (let round = 0; round < 400; round++) {
    const damaged = file.slice();
    for (let k = draw.below(4); k >= 0; k--) damaged[draw.below(file.length)] = draw.below(256);
    const start = performance.now();
    await readParquet(damaged).catch((error: { code?: string }) => {
      expect(error.code, String(error)).toBe("DataError");
      refused++;
    });
    expect(performance.now() - start).toBeLessThan(5000);
  }
  expect(refused).toBeGreaterThan(40);
});
