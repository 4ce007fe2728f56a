/** @file Sequences of different lengths on disk: arrays of lengths, NaN behind the last step, what is refused, and the way back. */

import { describe, expect, it } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32, type Tensor, tensor } from "../../src/core/tensor.ts";
import { type DataSplits, takeRows } from "../../src/data/dataset.ts";
import { readInputs } from "../../src/data/inputs.ts";
import { loadDataset, readDataset } from "../../src/data/load.ts";
import { lengthsOf, withoutPadding } from "../../src/data/sequences.ts";
import { kolmogorovSmirnov } from "../../src/data/shift.ts";
import { writeDataset } from "../../src/data/write.ts";
import { joinSources } from "../../src/quantify/sources.ts";
import { rejected } from "./fixtures/reference.ts";
import { archiveFolder, arrayFolder, smallArrays, smallSplits } from "./fixtures/small.ts";

const lengths = (...values: number[]): Tensor => tensor("int32", [values.length], Int32Array.from(values));
const quiet = { onWarning: () => {} };
/** `picture` [N, 2, 2] as sequences of two steps, of which some samples have one. */
const LENGTHS = {
  "train/picture_lengths": lengths(2, 1, 2, 2, 1, 2),
  "valid/picture_lengths": lengths(2, 2, 2),
  "test/picture_lengths": lengths(1, 2, 2, 2),
};
/** The small data with NaN at the second step of these rows. */
function padded(rows: Readonly<Record<keyof DataSplits, readonly number[]>>): DataSplits {
  const splits = smallSplits();
  for (const [name, padding] of Object.entries(rows)) {
    for (const row of padding)
      splits[name as keyof DataSplits].modalities.picture!.data.fill(Number.NaN, 4 * row + 2, 4 * row + 4);
  }
  return splits;
}
const expected = (): DataSplits => padded({ train: [1, 4], validation: [], test: [0] });

describe("lengths beside an array", () => {
  it("make the steps after the end of a sample NaN, in folders and archives", async () => {
    for (const folder of [await arrayFolder(LENGTHS), await archiveFolder("_", LENGTHS)]) {
      const { splits, report } = await readDataset(folder);
      expect(splits).toEqual(expected());
      expect(report.modalities.picture!.lengths).toEqual([1, 2]);
      expect(report.modalities.sound!.lengths).toBeUndefined();
    }
  });
  it("may be floats, [N, 1], and need not be there for every split", async () => {
    const { "valid/picture_lengths": _, ...some } = LENGTHS;
    const changes = { ...some, "train/picture_lengths": float32([6, 1], [2, 1, 2, 2, 1, 2]) };
    expect(await loadDataset(await arrayFolder(changes), quiet)).toEqual(expected());
  });
  it("are written where samples are padded, and read back", async () => {
    const folder = memoryFolder();
    await writeDataset(folder, expected());
    expect((await folder.list()).filter((file) => file.includes("lengths"))).toEqual([
      "test/picture_lengths.npy",
      "train/picture_lengths.npy",
    ]);
    expect(await loadDataset(folder, quiet)).toEqual(expected());
  });
  it("do not matter where the sample is missing", async () => {
    const mask = tensor("uint8", [6], Uint8Array.of(1, 0, 1, 1, 1, 1));
    const { train } = await loadDataset(
      await arrayFolder({
        ...LENGTHS,
        "train/picture_present": mask,
        "train/picture_lengths": lengths(2, 0, 2, 2, 1, 2),
      }),
      quiet,
    );
    expect([...train.modalities.picture!.data.slice(4, 8)]).toEqual([0, 0, 0, 0]);
    expect(lengthsOf(train.modalities.picture!, train.present!.picture)).toEqual(Uint32Array.of(2, 2, 2, 2, 1, 2));
  });
  it("are read with samples to predict", async () => {
    const { inputs } = await readInputs(await arrayFolder(LENGTHS), { shapes: { picture: [2, 2], sound: [2] } });
    expect(inputs.modalities.picture).toEqual(expected().test.modalities.picture);
  });
  it.each([
    [
      { "train/picture_lengths": lengths(2, 0, 2, 2, 1, 2) },
      /train\/picture_lengths\.npy: row 1 \(from 0\) is 0; a length is a whole number from 1 to 2/,
    ],
    [{ "train/picture_lengths": lengths(2, 1, 3, 2, 1, 2) }, /row 2 \(from 0\) is 3/],
    [{ "train/picture_lengths": float32([6], [2, 1.5, 2, 2, 1, 2]) }, /row 1 \(from 0\) is 1\.5/],
    [
      { "train/picture_lengths": lengths(2, 1) },
      /has the shape \[2\]; one length for each of 6 samples is needed, \[6\]/,
    ],
    [
      { "train/sound_lengths": lengths(1, 1, 1, 1, 1, 1) },
      /lengths are of sequences \[N, steps, features\]; the array beside it is \[6, 2\]/,
    ],
    [
      { "test/picture_lengths": lengths(1, 2, 2, 2) },
      /test\/picture\.npy: the shortest sample ends after step 1.*all training samples have 2 steps/,
    ],
  ])("that are wrong are refused: %#", async (changes, message) => {
    expect((await rejected(loadDataset(await arrayFolder(changes), quiet))).message).toMatch(message);
  });
});

describe("NaN in an array [N, T, F]", () => {
  const change = (at: readonly number[]): Record<string, Tensor> => {
    const { data } = smallArrays()["train/picture"] as Tensor<"float32">;
    const values = data.slice();
    for (const i of at) values[i] = Number.NaN;
    return { "train/picture": float32([6, 2, 2], values) };
  };
  it("is padding behind the last step", async () => {
    const { train } = await loadDataset(await arrayFolder(change([6, 7])), quiet);
    expect(lengthsOf(train.modalities.picture!)).toEqual(Uint32Array.of(2, 1, 2, 2, 2, 2));
    expect(lengthsOf(takeRows(train, [1, 0]).modalities.picture!)).toEqual(Uint32Array.of(1, 2));
  });
  it("is padding too where rows of NaN are missing modalities", async () => {
    const manifest = { "dataset.json": JSON.stringify({ missing: "nan", modalities: ["picture", "sound"] }) };
    const { train } = await loadDataset(await arrayFolder({ ...change([0, 1, 2, 3, 6, 7]), ...manifest }), quiet);
    expect(train.present!.picture).toEqual(Uint8Array.of(0, 1, 1, 1, 1, 1));
    expect(lengthsOf(train.modalities.picture!, train.present!.picture)).toEqual(Uint32Array.of(2, 1, 2, 2, 2, 2));
  });
  it.each([
    [
      [4, 5],
      /row 1, step 0 \(from 0\) is NaN, but step 1 is not\. Padding is steps that are NaN throughout, behind the last/,
    ],
    [[6], /row 1, step 1 \(from 0\) is NaN in 1 of 2 features/],
    [[4, 6, 7], /row 1, step 0 \(from 0\) is NaN in 1 of 2 features/],
    [[4, 5, 6, 7], /row 1 \(from 0\) is NaN at every step\..*"missing": "nan"/],
  ])("elsewhere is refused: %j", async (at, message) => {
    expect((await rejected(loadDataset(await arrayFolder(change(at)), quiet))).message).toMatch(message);
  });
  it("does not hide numbers that are infinite", async () => {
    const changes = change([6, 7]);
    (changes["train/picture"] as Tensor<"float32">).data[8] = Number.POSITIVE_INFINITY;
    expect((await rejected(loadDataset(await arrayFolder(changes), quiet))).message).toMatch(
      /1 of 24 numbers are NaN or infinite as float32, the first \(Infinity\) at row 2, column 0/,
    );
  });
});

it("a modality cannot have the name of another's lengths", async () => {
  const splits = smallSplits();
  const renamed = Object.fromEntries(
    Object.entries(splits).map(([name, data]) => [
      name,
      { ...data, modalities: { picture: data.modalities.picture!, picture_lengths: data.modalities.sound! } },
    ]),
  ) as unknown as DataSplits;
  expect((await rejected(writeDataset(memoryFolder(), renamed))).message).toMatch(
    /modality "picture_lengths": on disk this is the lengths of the samples of "picture"/,
  );
});

it("measures of information get zeros and which steps are valid; comparisons of splits leave padding out", () => {
  const { train } = expected();
  const pair = [
    { name: "picture", parts: ["picture"] },
    { name: "sound", parts: ["sound"] },
  ];
  const { picture } = joinSources(train, pair).modalities;
  expect(picture!.shape).toEqual([6, 2, 3]);
  expect([...picture!.data.slice(6, 12)]).toEqual([...train.modalities.picture!.data.slice(4, 6), 1, 0, 0, 0]);
  expect(withoutPadding(train.modalities.picture!).data.every(Number.isFinite)).toBe(true);
  expect(kolmogorovSmirnov(Float64Array.of(1), Float64Array.of(1))).toBe(0);
});
