/** @file The framework of recipes on a folder of one's own: order, missing and broken files, stubs, shards, lists that disagree. */
import { expect, test } from "vitest";
import { compareByCodePoint } from "../../src/prepare/order.ts";
import { shardsToDo } from "../../src/prepare/shard.ts";
import { drawnSplit } from "../../src/prepare/splits.ts";
import { survey } from "../../src/prepare/survey.ts";
import {
  allOf,
  arrayOf,
  type Files,
  loaded,
  memorySource,
  memoryStore,
  npy,
  planOf,
  prepareFiles,
  STUB,
} from "./support.ts";

const OPTIONS = { labels: "labels.csv", audio: "audio/{id}.npy", face: "face/{id}.npy" };

/** 200 samples of two classes with two arrays each; labels with a byte-order mark and CRLF. */
function tree(n = 200): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = {};
  const lines = ["\ufeffid,label"];
  for (let i = 0; i < n; i++) {
    const id = `s${String(i).padStart(3, "0")}`;
    lines.push(`${id},${i % 2 === 0 ? "no" : "yes"}`);
    files[`audio/${id}.npy`] = npy([3], (j) => i + j / 4);
    files[`face/${id}.npy`] = npy([2, 2], (j) => -i - j / 4);
  }
  files["labels.csv"] = `${lines.join("\r\n")}\r\n`;
  return files;
}

const reversed = (files: Files): Files => Object.fromEntries(Object.entries(files).reverse());

test("the same bytes whatever the order of the disk, of the shards, and after a stop", async () => {
  const unbroken = new Map<string, Uint8Array>();
  await prepareFiles("folder", tree(), { options: OPTIONS, store: memoryStore(unbroken) });
  expect([...unbroken.keys()].some((path) => path.startsWith(".prepare"))).toBe(false);

  const stopped = new Map<string, Uint8Array>();
  const failing = memoryStore(stopped);
  let writes = 0;
  const write = failing.write.bind(failing);
  failing.write = async (path, bytes) => {
    if (writes++ === 5) throw new Error("stopped");
    await write(path, bytes);
  };
  const files = reversed(tree());
  const backwards = (shards: number[]): number[] => shards.reverse();
  await expect(prepareFiles("folder", files, { options: OPTIONS, store: failing, order: backwards })).rejects.toThrow(
    "stopped",
  );
  const store = memoryStore(stopped);
  const plan = await planOf("folder", files, { options: OPTIONS });
  const todo = await shardsToDo(store, plan);
  expect(todo.length).toBeGreaterThan(0);
  expect(todo.length).toBeLessThan(4);
  await prepareFiles("folder", files, { options: OPTIONS, store });
  expect([...stopped.keys()].sort()).toEqual([...unbroken.keys()].sort());
  for (const [path, bytes] of unbroken) expect(Buffer.compare(stopped.get(path)!, bytes), path).toBe(0);
});

test("a begun folder is not continued with other options, and a full one is not replaced", async () => {
  const store = memoryStore();
  await expect(
    prepareFiles("folder", { ...tree(20), "face/s003.npy": "broken" }, { options: OPTIONS, store }),
  ).rejects.toThrow("raw/face/s003.npy: not a .npy file");
  await expect(prepareFiles("folder", tree(20), { options: { ...OPTIONS, seed: "1" }, store })).rejects.toThrow(
    "out: a preparation with other options, or of other files, was begun here. Give another --out, or --force to start over.",
  );
  const full = (await prepareFiles("folder", tree(20), { options: OPTIONS })).store;
  await expect(prepareFiles("folder", tree(20), { options: OPTIONS, store: full })).rejects.toThrow(
    "out: this folder holds prepared data; give another --out, or --force to replace the data set in it.",
  );
});

test("a missing file is a missing modality if another one is there; with requireAll the sample is left out", async () => {
  const files = tree(40);
  delete files["face/s004.npy"];
  delete files["face/s007.npy"];
  delete files["audio/s007.npy"];
  const made = await prepareFiles("folder", files, { options: OPTIONS });
  expect(made.prepared.modalities.face).toMatchObject({ present: 38, dtype: "float32", shape: [2, 2] });
  expect(made.prepared.modalities.audio).toMatchObject({ present: 39 });
  expect(made.prepared.dropped).toEqual([
    { id: "s007", reason: "no audio, no face; tried audio/s007.npy, face/s007.npy" },
  ]);
  expect(made.plan.counts.all).toEqual({
    name: "all",
    ...Object.fromEntries(["train", "valid", "test"].map((split) => [split, expect.anything()])),
  });
  const { splits } = await loaded(made);
  const lacking = allOf(splits).flatMap(({ ids, present }) => ids.filter((_, i) => present?.face?.[i] === 0));
  expect(lacking).toEqual(["s004"]);
  const strict = await prepareFiles("folder", files, { options: OPTIONS, requireAll: true });
  expect(strict.prepared.dropped.map(({ id }) => id).sort()).toEqual(["s004", "s007"]);
  await expect(strict.store.exists("train/face_present.npy")).resolves.toBe(false);
});

test("a broken file stops with its name; skipped, it is counted and its modality is missing", async () => {
  const files = {
    ...tree(40),
    "face/s004.npy": "broken",
    "face/s005.npy": npy([3, 2], () => 0),
    "audio/s006.npy": npy([3], () => Number.NaN),
  };
  await expect(prepareFiles("folder", files, { options: OPTIONS })).rejects.toThrow(
    /^raw\/(audio\/s006|face\/s00[45])\.npy: /,
  );
  const made = await prepareFiles("folder", files, { options: OPTIONS, skipBroken: true });
  const reasons = made.prepared.broken.map(({ id, modality, reason }) => `${id} ${modality} ${reason}`).sort();
  expect(reasons).toEqual([
    "s004 face raw/face/s004.npy: not a .npy file (its 6 bytes do not begin with \\x93NUMPY); write it with numpy.save.",
    "s005 face raw/face/s005.npy: the array of face is float32 [3, 2], where the first sample has float32 [2, 2]; all samples need the same.",
    "s006 audio raw/audio/s006.npy: the array audio of sample s006 holds NaN or infinite numbers.",
  ]);
  const record = JSON.parse(new TextDecoder().decode(await made.store.read("prepare.json")));
  expect(record.skipped).toMatchObject({ samples: 0, files: 3 });
  expect(record.found.files).toBe(80);
});

test("a modality of which no file can be read is an error, and not left out in silence", async () => {
  const files = Object.fromEntries(
    Object.entries(tree(20)).map(([path, file]) => [path, path.startsWith("face") ? "broken" : file]),
  );
  await expect(prepareFiles("folder", files, { options: OPTIONS, skipBroken: true })).rejects.toThrow(
    /^face: none of 20 files could be read\. raw\/face\/s\d+\.npy: not a \.npy file/,
  );
});

test("stubs of Git LFS are found by --check and refused by name", async () => {
  const files = { ...tree(20), "face/s004.npy": STUB };
  const plan = await planOf("folder", files, { options: OPTIONS });
  expect((await survey(plan, memorySource(files))).stubs).toEqual(["face/s004.npy"]);
  await expect(prepareFiles("folder", files, { options: OPTIONS })).rejects.toThrow(
    "raw/face/s004.npy: this is a stub of Git LFS (version https://git-lfs ...), not the file itself. Fetch the files: install git-lfs",
  );
});

test("a class without a training sample is said, because training refuses it", async () => {
  const files = Object.fromEntries(Object.entries(tree(40)).filter(([path]) => !/[02468].npy$/.test(path)));
  const plan = await planOf("folder", files, { options: OPTIONS });
  expect(plan.notes).toEqual([
    "1 of 2 classes has no training sample (no), and training refuses such data: add its files, or raise --limit.",
  ]);
});

test("at most so many samples, of every split and class", async () => {
  const plan = await planOf("folder", tree(), { options: OPTIONS, limit: 20 });
  expect(plan.samples.length).toBeLessThanOrEqual(20);
  for (const split of ["train", "valid", "test"]) {
    const own = plan.samples.filter((sample) => sample.split === split).map(({ target }) => target);
    expect(new Set(own)).toEqual(new Set([0, 1]));
  }
  expect(plan.counts.all.train.listed).toBeGreaterThan(100);
});

test("steps of sequences are padded with zeros, and their numbers kept", async () => {
  const files: Record<string, string | Uint8Array> = {};
  for (let i = 0; i < 12; i++) {
    const lines = Array.from({ length: 1 + (i % 3) }, (_, t) => `${i},${t}`);
    files[`${i % 2}/${i}.csv`] = ["x,y", ...lines].join("\n");
    files[`${i % 2}/${i}.npy`] = npy([2], () => i);
  }
  const made = await prepareFiles("folder", files, {
    options: { series: "{class}/{id}.csv", point: "{class}/{id}.npy" },
  });
  expect(made.prepared.modalities.series).toMatchObject({ shape: [3, 2], sequence: true });
  const ids: string[] = JSON.parse(new TextDecoder().decode(await made.store.read("train/ids.json")));
  expect(ids[0]).toMatch(/^[01]\/\d+$/);
  const numbers = ids.map((id) => Number(id.split("/")[1]));
  const lengths = await arrayOf(made.store, "train/series_lengths.npy");
  expect(Array.from(lengths.data as Int32Array)).toEqual(numbers.map((i) => 1 + (i % 3)));
  const array = await arrayOf(made.store, "train/series.npy");
  expect(Array.from(array.data as Float32Array)).toEqual(
    numbers.flatMap((i) => [0, 1, 2].flatMap((t) => (t <= i % 3 ? [i, t] : [0, 0]))),
  );
});

test("names are sorted by code point, not by language or UTF-16", () => {
  expect(["b", "B", "ä", "a10", "a2", "\u{1f600}", "\uff5e"].sort(compareByCodePoint)).toEqual([
    "B",
    "a10",
    "a2",
    "b",
    "ä",
    "\uff5e",
    "\u{1f600}",
  ]);
});

test("a drawn split keeps groups whole, has the shares, and depends on the seed alone", () => {
  const samples = Array.from({ length: 100 }, (_, i) => ({ id: `s${i}`, group: `g${i % 20}`, target: i % 2 }));
  const split = drawnSplit(samples, [0.6, 0.2, 0.2], 0);
  const count = (name: string): number => [...split.values()].filter((own) => own === name).length;
  expect([count("train"), count("valid"), count("test")]).toEqual([60, 20, 20]);
  for (const { id, group } of samples) expect(split.get(id)).toBe(split.get(`s${Number(group.slice(1))}`));
  expect(drawnSplit([...samples].reverse(), [0.6, 0.2, 0.2], 0).get("s7")).toBe(split.get("s7"));
  const other = drawnSplit(samples, [0.6, 0.2, 0.2], 1);
  expect(samples.some(({ id }) => other.get(id) !== split.get(id))).toBe(true);
});
