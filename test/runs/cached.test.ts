/** @file What can be made again is given back as it was written, or not at all, aloud. */
import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { stream } from "../../src/core/random.ts";
import { tuningSchema } from "../../src/experiments/tuning.ts";
import { readCached, writeCached } from "../../src/runs/cached.ts";

test("a file that was cut or has a bit turned counts as not there, and is named", async () => {
  const folder = memoryFolder("sweep");
  const notes: string[] = [];
  const read = () => readCached(folder, "tuning/a.json", tuningSchema, (text) => void notes.push(text));
  expect(await read()).toBeUndefined();
  expect(notes).toEqual([]);
  const value = { trials: [{ changes: { "encoder.dropout": 0.2 }, reached: 0.75 }], chosen: 0 };
  await writeCached(folder, "tuning/a.json", value);
  expect(await read()).toEqual(value);
  const bytes = await folder.read("tuning/a.json");
  for (let length = 0; length < bytes.length - 1; length++) {
    await folder.write("tuning/a.json", bytes.slice(0, length));
    expect(await read()).toBeUndefined();
  }
  expect(notes).toHaveLength(bytes.length - 1);
  const draw = stream(3, "bits");
  for (let i = 0; i < 200; i++) {
    const turned = bytes.slice();
    turned[draw.below(bytes.length)]! ^= 1 << draw.below(8);
    await folder.write("tuning/a.json", turned);
    expect([undefined, value]).toContainEqual(await read());
  }
  for (const text of notes) expect(text).toMatch(/^note: sweep\/tuning\/a\.json: .* It is computed again\.$/);
});

test("something else under the name, whole as it is, counts as not there, aloud", async () => {
  const folder = memoryFolder("sweep");
  const notes: string[] = [];
  for (const value of [{}, { trials: [], chosen: 0 }, { trials: [{ changes: {} }], chosen: 1 }, { trials: 3 }]) {
    await writeCached(folder, "tuning/a.json", value);
    expect(await readCached(folder, "tuning/a.json", tuningSchema, (text) => void notes.push(text))).toBeUndefined();
  }
  expect(notes).toEqual(
    Array(4).fill("note: sweep/tuning/a.json: the contents are not of the expected kind. It is computed again."),
  );
});
