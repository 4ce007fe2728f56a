import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../../src/core/folder.ts";
import { checkSplits } from "../../../src/data/check.ts";
import { SPLITS, type SplitName } from "../../../src/data/dataset.ts";
import { loadDataset } from "../../../src/data/load.ts";
import { digits } from "../../../src/data/synthetic/digits.ts";
import { type DigitPool, type DigitSource, readDigits } from "../../../src/data/synthetic/digits-source.ts";
import { labelsOf } from "../../../src/data/target.ts";
import { writeDataset } from "../../../src/data/write.ts";
import { hasSharedData, readOnlyDisk, sharedData } from "../fixtures/reference.ts";
import { digitsFixture } from "./digits-fixture.ts";

if (!hasSharedData) console.warn("skipped: avdigits is not beside this checkout (../shared/data)");

const source = await readDigits(await digitsFixture());
const samples = { train: 400, validation: 60, test: 60 };
const made = digits({ seed: 3, samples }, source);
const LOG2K = 2;

/** The digit that a row shows, as the fixture writes it. */
const digitOf = (values: Float32Array, width: number, row: number): number =>
  values.subarray(row * width, row * width + 10).indexOf(1);
const shownIn = (split: SplitName) => {
  const { audio, image } = made.splits[split].modalities;
  return (row: number) => [digitOf(audio!.data, 11, row), digitOf(image!.data, 12, row)] as [number, number];
};

describe("pools", () => {
  test("hold each recording once; noisy versions of one have one origin", async () => {
    expect(source.audio!.test.digits.length).toBe(20);
    expect(source.image!.test.digits.length).toBe(40);
    const noisy = (await readDigits(await digitsFixture(), ["audio_noisy", "image_pca"])).audio_noisy!.test;
    expect(noisy.digits.length).toBe(40);
    expect(new Set(noisy.origins).size).toBe(20);
    noisy.origins.forEach((origin, row) => {
      const others = noisy.origins.flatMap((other, i) => (other === origin ? [noisy.digits[i]] : []));
      expect(others).toEqual([noisy.digits[row], noisy.digits[row]]);
    });
  });

  test("refuse a recording in two splits, other data and other arrays", async () => {
    await expect(readDigits(await digitsFixture({ same: true }))).rejects.toThrow(/row 0.*in test is in train too/);
    await expect(readDigits(await digitsFixture({ digits: 9 }))).rejects.toThrow(/ten classes 0 to 9/);
    await expect(readDigits(memoryFolder("EMPTY"))).rejects.toThrow(/EMPTY.*avdigits is needed/s);
    const folder = await digitsFixture();
    await expect(readDigits(folder, ["image", "audio"])).rejects.toThrow(/spoken digit .* and a written one/);
    await expect(readDigits(folder, ["audio", "image", "image_pca"])).rejects.toThrow(/spoken digit/);
    await expect(readDigits(folder, ["audio", "picture"])).rejects.toThrow(/no array "picture"/);
  });
});

describe("what digits mean", () => {
  test("is ten roles a modality, drawn by the seed", () => {
    for (const { tellers, paired, silent } of Object.values(made.roles)) {
      expect([tellers.length, paired.length, silent.length]).toEqual([4, 4, 2]);
      expect([...tellers, ...paired, ...silent].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    expect(made.roles.audio).not.toEqual(made.roles.image);
    expect(digits({ seed: 4, samples }, source).roles).not.toEqual(made.roles);
    expect(digits({ seed: 3, samples }, source)).toEqual(made);
  });

  test("is what every sample shows, from recordings of its own split", () => {
    const { audio, image } = made.roles as Required<typeof made.roles>;
    for (const split of SPLITS) {
      const labels = labelsOf(made.splits[split]);
      const { truth } = made.splits[split];
      const shown = shownIn(split);
      truth!.forEach((type, i) => {
        const [heard, seen] = shown(i);
        const y = labels[i]!;
        const says = {
          redundant: heard === audio!.tellers[y] && seen === image!.tellers[y],
          unique_audio: heard === audio!.tellers[y] && image!.silent.includes(seen),
          unique_image: seen === image!.tellers[y] && audio!.silent.includes(heard),
          synergistic:
            audio!.paired.includes(heard) &&
            image!.paired.includes(seen) &&
            (audio!.paired.indexOf(heard) + image!.paired.indexOf(seen)) % 4 === y,
        };
        expect(says[type as keyof typeof says]).toBe(true);
      });
      for (const [name, width] of [
        ["audio", 11],
        ["image", 12],
      ] as const) {
        const own = new Set(
          Array.from({ length: source[name]![split].digits.length }, (_, row) =>
            source[name]![split].values.data.subarray(row * width, (row + 1) * width).join(),
          ),
        );
        const { data } = made.splits[split].modalities[name]!;
        for (let row = 0; row < labels.length; row++) {
          expect(own.has(data.subarray(row * width, (row + 1) * width).join())).toBe(true);
        }
      }
    }
    expect(checkSplits(made.splits).warnings).toEqual([]);
  });

  test("holds two bits a sample, all of its own type, for whoever reads digits without fault", () => {
    for (const split of SPLITS) {
      const { logits, unimodal } = made.exact[split];
      const labels = labelsOf(made.splits[split]);
      const { truth, truthBits, ceiling } = made.splits[split];
      expect(ceiling).toBeUndefined(); // nobody read the recordings
      const even = (logs: Float32Array, i: number) =>
        logs.subarray(4 * i, 4 * i + 4).every((log) => Math.abs(log - Math.log(1 / 4)) < 1e-6);
      const sure = (logs: Float32Array, i: number) => Math.abs(logs[4 * i + labels[i]!]!) < 1e-6;
      truth!.forEach((type, i) => {
        expect(sure(logits, i)).toBe(true);
        // A paired or silent digit alone leaves all four classes equally likely: nothing leaks.
        for (const name of ["audio", "image"]) {
          const tells = type === "redundant" || type === `unique_${name}`;
          expect((tells ? sure : even)(unimodal[name]!, i)).toBe(true);
        }
        for (const [component, bits] of Object.entries(truthBits!))
          expect(bits[i]).toBe(component === type ? LOG2K : 0);
      });
    }
  });

  test("keeps shares, and says which do not fit", () => {
    const shares = { redundant: 0, unique: { audio: 0.5, image: 0 }, synergistic: 0.5 };
    const { truth } = digits({ seed: 0, samples, shares }, source).splits.train;
    expect(new Set(truth)).toEqual(new Set(["unique_audio", "synergistic"]));
    expect(truth!.filter((type) => type === "synergistic").length / truth!.length).toBeCloseTo(0.5, 1);
    expect(() => digits({ seed: 0, shares: { ...shares, redundant: 1 } }, source)).toThrow(/digits.shares.*sum to 1/);
    expect(() => digits({ seed: 0, shares: { ...shares, unique: { face: 0.5 } } }, source)).toThrow(/audio, image/);
  });
});

describe("with a reader's evidence", () => {
  /** A reader that holds the true digit for nine times as likely as each other one. */
  const doubtful: DigitSource = Object.fromEntries(
    Object.entries(source).map(([name, pools]) => [
      name,
      Object.fromEntries(
        Object.entries(pools as Record<string, DigitPool>).map(([split, pool]) => [
          split,
          {
            ...pool,
            evidence: Float32Array.from({ length: 10 * pool.digits.length }, (_, i) =>
              i % 10 === pool.digits[Math.floor(i / 10)] ? Math.log(9) : 0,
            ),
          },
        ]),
      ) as unknown as DigitSource[string],
    ]),
  );
  const read = digits({ seed: 3, samples }, doubtful);

  test("the ceiling is the exact posterior under it", () => {
    const labels = labelsOf(read.splits.train);
    const { ceiling, truth } = read.splits.train;
    const i = truth!.indexOf("unique_audio");
    // Audio alone: p(digit) is .125 for tellers (redundant and unique), .0625 for paired, .125 for silent ones.
    const [own, other] = [9 * 0.125, 0.125];
    const nothing = 4 * 0.0625 + 2 * 0.125;
    const p = (own + nothing / 4) / (own + 3 * other + nothing);
    expect(Math.exp(ceiling!.unimodal.audio![4 * i + labels[i]!]!)).toBeCloseTo(p, 5);
    expect(read.splits.train.truth).toEqual(made.splits.train.truth); // evidence changes no sample
  });

  test("goes to a folder and comes back, but not to a choice of modalities", async () => {
    const folder = memoryFolder("made");
    await writeDataset(folder, read.splits);
    const back = await loadDataset(folder);
    expect(back.test.ceiling).toEqual(read.splits.test.ceiling);
    expect(back.test.truth).toEqual(read.splits.test.truth);
    expect((await loadDataset(folder, { modalities: ["audio"] })).test.ceiling).toBeUndefined();
    const swapped = await loadDataset(folder, { modalities: ["image", "audio"] });
    expect(swapped.test.ceiling).toEqual(read.splits.test.ceiling);
  });
});

test.skipIf(!hasSharedData)("real recordings: no two splits share one", async () => {
  const { audio_noisy, image } = await readDigits(readOnlyDisk(new URL("avdigits/", sharedData), "avdigits"), [
    "audio_noisy",
    "image",
  ]);
  const sizes = (pools: DigitSource[string]) => SPLITS.map((split) => pools[split].digits.length);
  const origins = (pools: DigitSource[string]) => SPLITS.map((split) => new Set(pools[split].origins).size);
  expect([sizes(audio_noisy!), origins(audio_noisy!)]).toEqual([
    [2400, 600, 1200],
    [2400, 300, 300],
  ]);
  expect([sizes(image!), origins(image!)]).toEqual([
    [2400, 600, 1200],
    [2400, 600, 1200],
  ]);
  const all = SPLITS.flatMap((split) => [...new Set(audio_noisy![split].origins)]);
  expect(new Set(all).size).toBe(3000);
});
