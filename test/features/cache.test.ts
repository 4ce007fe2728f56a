/** @file The cache of features: an interrupted computation goes on, processes side by side both end well, damage is noticed. */
import { afterEach, expect, test, vi } from "vitest";
import { runError } from "../../src/core/errors.ts";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Compute, cached } from "../../src/features/cache.ts";
import { decodeFeatures, encodeFeatures, headingOf } from "../../src/features/stored.ts";

afterEach(() => vi.restoreAllMocks());

const KEY = "a".repeat(64);
const WORK = { rows: 50, width: 2, step: 4, about: "train face" };
const whole = Float32Array.from({ length: 100 }, (_, i) => i / 7);
const silent = (): void => {};

/** Every look at the clock finds three seconds more, so that every chunk of rows is kept. */
function slow(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 3000;
    return now;
  });
}

/** Computes rows and remembers which; ends with an error at a row. */
function computing(calls: number[], until = Number.POSITIVE_INFINITY): Compute {
  return async (from, to) => {
    if (from >= until) throw runError("killed");
    calls.push(from);
    return whole.slice(2 * from, 2 * to);
  };
}

test("an interrupted computation goes on with the rows that it lacks, and removes its parts", async () => {
  slow();
  const folder = memoryFolder();
  const [first, second]: [number[], number[]] = [[], []];
  await expect(cached(folder, KEY, WORK, computing(first, 24), silent)).rejects.toThrow("killed");
  expect(first).toEqual([0, 4, 8, 12, 16, 20]);
  expect((await folder.list()).every((name) => name.endsWith(".part"))).toBe(true);
  const { data, shape } = await cached(folder, KEY, WORK, computing(second), silent);
  expect(second[0]).toBe(24);
  expect(second).toHaveLength(7);
  expect(shape).toEqual([50, 2]);
  expect(data).toEqual(whole);
  expect(await folder.list()).toEqual([`${KEY}.features`]);
  const third: number[] = [];
  expect((await cached(folder, KEY, WORK, computing(third), silent)).data).toEqual(whole);
  expect(third).toEqual([]);
});

test("a damaged part is computed again", async () => {
  slow();
  const folder = memoryFolder("cache");
  await expect(cached(folder, KEY, WORK, computing([], 24), silent)).rejects.toThrow("killed");
  const [part] = await folder.list();
  const bytes = await folder.read(part!);
  await folder.write(part!, bytes.slice(0, bytes.length - 1));
  const [calls, notes]: [number[], string[]] = [[], []];
  const { data } = await cached(folder, KEY, WORK, computing(calls), (note) => notes.push(note));
  expect(data).toEqual(whole);
  expect(calls).toHaveLength(8);
  expect(notes).toEqual([`note: cache/${part} is damaged; its features are computed again.`]);
});

test("two that compute the same key side by side both get it, and share rows", async () => {
  slow();
  const folder = memoryFolder();
  const calls: number[] = [];
  const own = (): Promise<Float32Array> =>
    cached(
      folder,
      KEY,
      WORK,
      async (from, to) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return computing(calls)(from, to);
      },
      silent,
    ).then(({ data }) => data);
  const results = await Promise.all([own(), own(), own()]);
  for (const data of results) expect(data).toEqual(whole);
  expect(await folder.list()).toEqual([`${KEY}.features`]);
});

test("a folder that cannot be written costs a note, and no result", async () => {
  const folder: Folder = {
    ...memoryFolder("cache"),
    write: async () => {
      throw runError("cache: no space is left.");
    },
  };
  const notes: string[] = [];
  const { data } = await cached(folder, KEY, WORK, computing([]), (note) => notes.push(note));
  expect(data).toEqual(whole);
  expect(notes).toEqual(["note: features are not kept for later runs: cache: no space is left."]);
});

test("features as bytes: read back, and refused when a byte is changed", async () => {
  const bytes = await encodeFeatures(float32([50, 2], whole), "train face");
  expect(headingOf(bytes)).toMatchObject({ shape: [50, 2], about: "train face" });
  expect((await decodeFeatures(bytes))!.data).toEqual(whole);
  for (const at of [3, bytes.length - 1]) {
    expect(await decodeFeatures(bytes.with(at, bytes[at]! ^ 1))).toBeUndefined();
  }
  expect(await decodeFeatures(new Uint8Array(0))).toBeUndefined();
});
