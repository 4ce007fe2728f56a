/** @file Missing modalities on disk: masks and rows of NaN in every form, what is refused, and the way back. */

import { describe, expect, it } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32, type Tensor, tensor } from "../../src/core/tensor.ts";
import { checkSplits } from "../../src/data/check.ts";
import { type DataSplits, type Dataset, selectModalities, takeRows } from "../../src/data/dataset.ts";
import { loadDataset, readDataset } from "../../src/data/load.ts";
import { withoutMissing } from "../../src/data/masks.ts";
import { splitBy } from "../../src/data/split.ts";
import { labelsOf } from "../../src/data/target.ts";
import { writeDataset } from "../../src/data/write.ts";
import { hashData } from "../../src/runs/identity.ts";
import { caught, rejected } from "./fixtures/reference.ts";
import { archiveFolder, arrayFolder, smallArrays, smallSplits, textFolder } from "./fixtures/small.ts";

const mask = (...values: number[]): Tensor<"uint8"> => tensor("uint8", [values.length], Uint8Array.from(values));
const MASKS = { "train/sound_present": mask(1, 0, 1, 1, 0, 1), "test/sound_present": mask(0, 1, 1, 1) };

/** The small data as it should be read where sound is missing in train rows 1 and 4 and test row 0. */
function masked(): DataSplits {
  const own = (data: Dataset, present: Uint8Array): Dataset => ({
    ...data,
    modalities: { ...data.modalities, sound: withoutMissing(data.modalities.sound!, present) },
    present: { sound: present },
  });
  const { train, validation, test } = smallSplits();
  return {
    train: own(train, MASKS["train/sound_present"].data),
    validation,
    test: own(test, MASKS["test/sound_present"].data),
  };
}

/** Sound with NaN in some rows. */
function withNaN(key: string, rows: readonly number[], features = [0, 1]): Tensor {
  const { shape, data } = smallArrays()[key] as Tensor<"float32">;
  const values = data.slice();
  for (const row of rows) for (const f of features) values[2 * row + f] = Number.NaN;
  return float32(shape, values);
}
const NAN = { "train/sound": withNaN("train/sound", [1, 4]), "test/sound": withNaN("test/sound", [0]) };
const asNaN = { "dataset.json": '{"missing": "nan"}' };

describe("the forms on disk give the same data", () => {
  it("masks beside arrays, of integers or floats, also where the values are NaN", async () => {
    expect(await loadDataset(await arrayFolder(MASKS))).toEqual(masked());
    expect(await loadDataset(await arrayFolder({ ...MASKS, ...NAN }))).toEqual(masked());
    const floats = float32([6, 1], [1, 0, 1, 1, 0, 1]);
    expect(await loadDataset(await arrayFolder({ ...MASKS, "train/sound_present": floats }))).toEqual(masked());
  });
  it("masks as keys of an archive", async () => {
    expect(await loadDataset(await archiveFolder("/", MASKS))).toEqual(masked());
    expect(await loadDataset(await archiveFolder("_", MASKS))).toEqual(masked());
  });
  it("rows of NaN", async () => {
    expect(await loadDataset(await arrayFolder({ ...NAN, ...asNaN }))).toEqual(masked());
  });
  it("columns of a table, with empty cells or any numbers where the mask is 0; or empty cells alone", async () => {
    const { train, validation, test } = masked();
    const table = (dataset: Dataset, gap: string, withMask: boolean): string => {
      const { modalities, present } = dataset;
      const { picture, sound } = modalities;
      const lines = [...labelsOf(dataset)].map((label, i) => {
        const has = present?.sound?.[i] ?? 1;
        const heard = has === 0 ? [gap, gap] : [...sound!.data.subarray(2 * i, 2 * i + 2)];
        return [label, ...picture!.data.subarray(4 * i, 4 * i + 4), ...heard, ...(withMask ? [has] : [])].join(",");
      });
      const columns = `label,picture_0,picture_1,picture_2,picture_3,sound_0,sound_1${withMask ? ",sound_present" : ""}`;
      return [columns, ...lines].join("\n");
    };
    const flat = (data: Dataset): Dataset => ({
      ...data,
      modalities: { ...data.modalities, picture: float32([data.size, 4], data.modalities.picture!.data) },
    });
    const ones = { present: { sound: new Uint8Array(3).fill(1) } };
    for (const gap of ["", "7"]) {
      const files = {
        "train.csv": table(train, gap, true),
        "valid.csv": table(validation, gap, true),
        "test.csv": table(test, gap, true),
      };
      expect(await loadDataset(await textFolder(files))).toEqual({
        train: flat(train),
        validation: { ...flat(validation), ...ones },
        test: flat(test),
      });
    }
    const files = {
      "train.csv": table(train, "", false),
      "valid.csv": table(validation, "", false),
      "test.csv": table(test, "", false),
    };
    const expected = { train: flat(train), validation: flat(validation), test: flat(test) };
    expect(await loadDataset(await textFolder({ ...files, ...asNaN }))).toEqual(expected);
    expect((await rejected(loadDataset(await textFolder(files)))).message).toMatch(/column sound_0 is empty/);
  });
  it("written data comes back identically", async () => {
    const folder = memoryFolder();
    await writeDataset(folder, masked());
    expect(await loadDataset(folder)).toEqual(masked());
  });
  it("what is hidden is not written", async () => {
    const { train, validation, test } = masked();
    const hidden = { ...train, modalities: smallSplits().train.modalities };
    const folder = memoryFolder();
    await writeDataset(folder, { train: hidden, validation, test });
    expect(await loadDataset(folder)).toEqual(masked());
  });
});

describe("the report", () => {
  it("counts samples by pattern, more modalities first", async () => {
    const { report } = await readDataset(await arrayFolder({ ...MASKS, "test/picture_present": mask(1, 1, 0, 1) }));
    expect(report.splits.train.patterns).toEqual({ "picture+sound": 4, picture: 2 });
    expect(report.splits.validation.patterns).toEqual({ "picture+sound": 3 });
    expect(Object.entries(report.splits.test.patterns!)).toEqual([
      ["picture+sound", 2],
      ["picture", 1],
      ["sound", 1],
    ]);
  });
  it("has no patterns where nothing is missing", async () => {
    const full = { "train/sound_present": mask(1, 1, 1, 1, 1, 1) };
    const { report } = await readDataset(await arrayFolder(full));
    expect(report.splits.train).not.toHaveProperty("patterns");
  });
  it("looks for constant columns among present rows alone", () => {
    const splits = masked();
    const sound = float32([6, 2], [5, 1, 0, 0, 5, 2, 5, 3, 0, 0, 5, 4]);
    const train = { ...splits.train, modalities: { ...splits.train.modalities, sound } };
    expect(checkSplits({ ...splits, train }).modalities.sound!.constantColumns).toEqual([0]);
  });
});

describe("errors", () => {
  const text = async (changes: Parameters<typeof arrayFolder>[0], modalities?: readonly string[]): Promise<string> =>
    (await rejected(loadDataset(await arrayFolder(changes), modalities === undefined ? {} : { modalities }))).message;

  it.each<[string, Parameters<typeof arrayFolder>[0], RegExp]>([
    [
      "a mask of other numbers",
      { "train/sound_present": mask(1, 0, 2, 1, 1, 1) },
      /sound_present\.npy: row 2 \(from 0\) is 2; a mask is 1 where/,
    ],
    [
      "a mask of another length",
      { "train/sound_present": mask(1, 0) },
      /sound_present\.npy holds 2 rows, .*labels\.npy 6/,
    ],
    [
      "a mask of two columns",
      { "train/sound_present": tensor("uint8", [6, 2], new Uint8Array(12)) },
      /\[6, 2\]; a mask has one 0 or 1/,
    ],
    [
      "a sample without anything",
      { ...MASKS, "test/picture_present": mask(0, 1, 1, 1) },
      /row 0 \(from 0\) has none of the modalities picture, sound/,
    ],
    [
      "a modality that train never has",
      { "train/sound_present": mask(0, 0, 0, 0, 0, 0) },
      /no training sample has the modality "sound"/,
    ],
    [
      "NaN in part of a row",
      { ...asNaN, "train/sound": withNaN("train/sound", [2], [1]) },
      /row 2 \(from 0\) is NaN in 1 of 2 features/,
    ],
    [
      "NaN where the mask says present",
      { ...MASKS, "train/sound": withNaN("train/sound", [2]) },
      /2 of 12 numbers are NaN.*"missing": "nan"/,
    ],
    ["another word for missing", { "dataset.json": '{"missing": "zero"}' }, /must be "nan"/],
  ])("%s", async (_, changes, message) => {
    expect(await text(changes)).toMatch(message);
  });
  it("a choice of modalities that leaves a sample nothing", async () => {
    expect(await text(MASKS, ["sound"])).toMatch(
      /row 1 \(from 0\) has none of the modalities sound; .* choose other modalities/,
    );
    expect(await text({ ...MASKS }, ["sound_present"])).toMatch(/no modality "sound_present"/);
  });
  it("a mask for a modality that is not there, and a modality that reads as a mask", () => {
    const { train, validation, test } = smallSplits();
    const odd = { ...train, present: { smell: new Uint8Array(6).fill(1) } };
    expect(caught(() => checkSplits({ train: odd, validation, test })).message).toMatch(/no modality "smell"/);
    const named = { ...train, modalities: { sound: train.modalities.sound!, sound_present: float32([6, 1]) } };
    expect(caught(() => checkSplits({ train: named, validation, test })).message).toMatch(
      /is the mask of the modality "sound"/,
    );
  });
});

describe("masks go where the rows go", () => {
  it("takeRows, selectModalities, splitBy", () => {
    const { train } = masked();
    expect([...takeRows(train, [4, 0, 4]).present!.sound!]).toEqual([0, 1, 0]);
    expect(selectModalities(train, ["picture"]).present).toEqual({});
    const ids = (data: Dataset, value: number): string[] =>
      data.ids.filter((_, i) => data.present?.sound?.[i] === value);
    const again = splitBy(masked(), "share", { validation: 0.25, test: 0.25, seed: 1 });
    const missing = Object.values(again).flatMap((data) => ids(data, 0));
    expect(missing.sort()).toEqual(["test/0", "train/1", "train/4"]);
  });
  it("the identity of data knows masks, and that of complete data stays", async () => {
    const before = await hashData(smallSplits(), ["picture", "sound"]);
    const ones = { ...smallSplits().train, present: { sound: new Uint8Array(6).fill(1) } };
    expect(await hashData({ ...smallSplits(), train: ones }, ["picture", "sound"])).toEqual(before);
    const after = await hashData(masked(), ["picture", "sound"]);
    expect(Object.keys(after).filter((key) => !(key in before))).toEqual(["train/sound_present"]);
  });
});
