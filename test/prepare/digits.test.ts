/** @file avdigits and AV-MNIST from fake trees: pairs of one class, splits by number and by speaker, rows in their order. */
import { expect, test } from "vitest";
import { float32, tensor } from "../../src/core/tensor.ts";
import { writeNpy } from "../../src/data/formats/npy.ts";
import { allOf, arrayOf, type Files, loaded, npy, planOf, prepareFiles } from "./support.ts";

/** An idx file of bytes. */
function idx(shape: readonly number[], value: (i: number) => number): Uint8Array {
  const head = [0, 0, 8, shape.length, ...shape.flatMap((n) => [n >> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255])];
  return Uint8Array.from([...head, ...Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i))]);
}

/** Recordings 0, 5 and 10 of three speakers for each digit, and 300 pictures: picture i shows the digit i mod 10, all its pixels are i mod 256. */
function avdigits(): Record<string, string | Uint8Array> {
  const files: Record<string, string | Uint8Array> = {
    "mnist/t10k-labels-idx1-ubyte": idx([300], (i) => i % 10),
    "mnist/t10k-images-idx3-ubyte": idx([300, 28, 28], (i) => Math.floor(i / 784) % 256),
    "recordings/README.wav": "not a recording",
  };
  for (let digit = 0; digit < 10; digit++) {
    for (const speaker of ["anna", "ben", "cleo"]) {
      for (const n of [0, 5, 10]) files[`recordings/${digit}_${speaker}_${n}.wav`] = `${digit} ${speaker} ${n}`;
    }
  }
  files["copy/0_anna_10.wav"] = "0 anna 10";
  return files;
}

test("avdigits: pairs of one class, no picture twice, recordings by number, the speaker as a second label", async () => {
  const made = await prepareFiles("avdigits", avdigits());
  expect(made.prepared.samples).toEqual({ train: 30, valid: 60, test: 120 });
  expect(made.plan.odd).toEqual(["recordings/README.wav"]);
  expect(made.plan.notes).toEqual(["1 recordings are there twice; the first by name is used."]);
  const { splits } = await loaded(made);
  const pictures = new Set<string>();
  for (const { ids, target, modalities, groups } of allOf(splits)) {
    ids.forEach((id, i) => {
      const [, digit, speaker, row] = /^(\d)_([a-z]+)_\d+\+(\d+)$/.exec(id)!;
      expect(Number(row) % 10).toBe(Number(digit));
      expect(target.values.data[i]).toBe(Number(digit));
      expect(groups![i]).toBe(speaker);
      expect(modalities.image!.data[i * 784]).toBe(Math.fround((Number(row) % 256) / 255));
      expect(pictures.has(row!)).toBe(false);
      pictures.add(row!);
    });
  }
  const bySpeaker = await loaded(made, { label: "speaker" });
  expect(bySpeaker.splits.test.target.names).toEqual(["anna", "ben", "cleo"]);
  expect(bySpeaker.splits.test.groups?.[0]).toBe(
    bySpeaker.splits.test.target.names[bySpeaker.splits.test.target.values.data[0]!],
  );
});

test("avdigits: a split by speaker, another seed, noise that depends on the sample alone", async () => {
  const plan = await planOf("avdigits", avdigits(), { options: { split: "speaker", speaker: "ben" } });
  const speakers = (split: string) => [
    ...new Set(plan.samples.flatMap((own) => (own.split === split ? [own.group] : []))),
  ];
  expect([speakers("train"), speakers("valid"), speakers("test")]).toEqual([["anna"], ["cleo"], ["ben"]]);
  const ids = async (seed: string) =>
    (await planOf("avdigits", avdigits(), { options: { seed } })).samples.map(({ id }) => id);
  expect(await ids("1")).not.toEqual(await ids("0"));
  await expect(planOf("avdigits", avdigits(), { options: { split: "speaker", speaker: "bob" } })).rejects.toThrow(
    'unknown speaker "bob"; did you mean "ben"?',
  );

  const noisy = async (files: Files) => (await prepareFiles("avdigits", files, { options: { noise: "-5" } })).store;
  const one = await arrayOf(await noisy(avdigits()), "train/audio.npy");
  expect(
    await arrayOf(await noisy(Object.fromEntries(Object.entries(avdigits()).reverse())), "train/audio.npy"),
  ).toEqual(one);
  const clean = await arrayOf((await prepareFiles("avdigits", avdigits())).store, "train/audio.npy");
  expect(one).not.toEqual(clean);
});

test("avdigits: too few pictures, and a folder without them", async () => {
  const few = { ...avdigits(), "mnist/t10k-labels-idx1-ubyte": idx([100], (i) => i % 10) };
  await expect(planOf("avdigits", few)).rejects.toThrow("has 10 pictures of the digit 0, too few for its recordings.");
  const { "mnist/t10k-labels-idx1-ubyte": _, ...without } = avdigits();
  await expect(planOf("avdigits", without)).rejects.toThrow(
    "raw: not found: pictures of MNIST with their labels; tried raw/t10k-images-idx3-ubyte.gz",
  );
});

test("avmnist: the last training rows are the validation split, rows keep their labels, bytes become shares of 255", async () => {
  const rows = { train: 30, test: 10 };
  const files: Record<string, Uint8Array> = {};
  for (const [split, n] of Object.entries(rows)) {
    files[`avmnist/image/${split}_data.npy`] = npy([n, 784], (i) => Math.floor(i / 784));
    const audio = Uint8Array.from({ length: n * 112 * 112 }, (_, i) => Math.floor(i / 12544));
    files[`avmnist/audio/${split}_data.npy`] = writeNpy(tensor("uint8", [n, 112, 112], audio));
    files[`avmnist/${split}_labels.npy`] = writeNpy(
      float32(
        [n],
        Array.from({ length: n }, (_, i) => i % 10),
      ),
    );
  }
  const made = await prepareFiles("avmnist", files, { options: { valid: "10" } });
  expect(made.prepared.samples).toEqual({ train: 20, valid: 10, test: 10 });
  const { splits } = await loaded(made);
  expect(splits.validation.ids[0]).toBe("train-00020");
  for (const { ids, target, modalities } of allOf(splits)) {
    ids.forEach((id, i) => {
      const row = Number(id.slice(-5));
      expect(target.values.data[i]).toBe(row % 10);
      expect(modalities.audio!.data[i * 12544]).toBe(Math.fround(row / 255));
      expect(modalities.image!.data[i * 784 + 783]).toBe(Math.fround(row / 255));
    });
  }
  expect(made.plan.notes[0]).toContain("part of the spectrograms does not belong to their labels");
  await expect(planOf("avmnist", { ...files, "avmnist/test_labels.npy": npy([10], () => 10) })).rejects.toThrow(
    "row 0 is 10; labels are digits, 0 to 9.",
  );
});
