import { describe, expect, it } from "vitest";
import { float32, tensor } from "../../src/core/tensor.ts";
import { checkSplits } from "../../src/data/check.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { caught } from "./fixtures/reference.ts";
import { smallSplits } from "./fixtures/small.ts";

/** The small data with some fields of one split replaced. */
function changed(split: keyof DataSplits, fields: Partial<Dataset>): DataSplits {
  const splits = smallSplits();
  return { ...splits, [split]: { ...splits[split], ...fields } };
}
const withSound = (split: keyof DataSplits, sound: Dataset["modalities"][string]): DataSplits =>
  changed(split, { modalities: { ...smallSplits()[split].modalities, sound } });

describe("the report", () => {
  it("tells shapes, classes and counts", () => {
    const report = checkSplits(changed("test", classTarget(["0", "1"], [0, -1, 1, 1])));
    expect(report.modalities.picture).toEqual({
      dtype: "float32",
      shape: [2, 2],
      finite: true,
      constantColumns: [],
    });
    expect(report.target).toEqual({ kind: "multiclass", names: ["0", "1"] });
    expect(report.splits).toEqual({
      train: { samples: 6, counts: [3, 3], missing: 0 },
      validation: { samples: 3, counts: [2, 1], missing: 0 },
      test: { samples: 4, counts: [1, 2], missing: 1 },
    });
    expect(report.warnings).toEqual([]);
  });
  it("warns of constant columns, of classes a split lacks, and of groups on two sides", () => {
    const sound = float32([6, 2], [1, 5, 2, 5, 3, 5, 4, 5, 5, 5, 6, 5]);
    const splits = {
      train: { ...withSound("train", sound).train, groups: ["p", "p", "q", "q", "r", "r"] },
      validation: { ...smallSplits().validation, ...classTarget(["0", "1"], [0, 0, 0]), groups: ["s", "s", "s"] },
      test: { ...smallSplits().test, groups: ["q", "q", "t", "p"] },
    };
    const report = checkSplits(splits);
    expect(report.modalities.sound!.constantColumns).toEqual([1]);
    expect(report.warnings).toEqual([
      "the validation split has no sample of class 1.",
      "2 groups are in train and in test (q, p): results on test may be too good.",
      expect.stringMatching(/^train\/sound: 1 of 2 columns are constant in train \(1\)/),
    ]);
  });
  it("does not ask for classes of a test split without labels", () => {
    expect(checkSplits(changed("test", classTarget(["0", "1"], [-1, -1, -1, -1]))).warnings).toEqual([]);
  });
});

describe("errors", () => {
  it.each<[string, DataSplits, RegExp]>([
    ["no modality", changed("train", { modalities: {} }), /no modality/],
    ["a modality named labels", changed("train", { modalities: { labels: float32([6, 1]) } }), /not "labels"/],
    [
      "a modality with a number as its name",
      changed("train", { modalities: { 0: float32([6, 1]) } }),
      /modality "0": this name/,
    ],
    [
      "a modality only in train",
      changed("test", { modalities: { sound: smallSplits().test.modalities.sound! } }),
      /lacks the modality "picture"/,
    ],
    [
      "a modality only in test",
      changed("test", { modalities: { ...smallSplits().test.modalities, smell: float32([4, 1]) } }),
      /no modality "smell"/,
    ],
    ["another type", withSound("train", tensor("float64", [6, 2], new Float64Array(12)) as never), /holds float64/],
    [
      "data shorter than its shape",
      withSound("train", { ...float32([6, 2]), data: new Float32Array(3) }),
      /with 3 numbers for shape \[6, 2\]/,
    ],
    [
      "infinite numbers",
      withSound("test", float32([4, 2], [0, 1, 2, 3, 4, Number.NEGATIVE_INFINITY, 6, 7])),
      /test\/sound: 1 of 8 .*\(-Infinity\) at row 2, column 1/,
    ],
    [
      "other classes",
      changed("test", classTarget(["0", "2"], [0, 1, 0, 1])),
      /the test split has the classes \(0, 2\), the train split the classes \(0, 1\)/,
    ],
    [
      "one class",
      {
        ...smallSplits(),
        ...Object.fromEntries(
          Object.entries(smallSplits()).map(([k, d]) => [k, { ...d, ...classTarget(["0"], new Int32Array(d.size)) }]),
        ),
      },
      /only 1 class \(0\)/,
    ],
    [
      "ids that repeat",
      changed("train", { ids: ["a", "b", "c", "d", "b", "e"] }),
      /train\/ids: rows 1 and 4 \(from 0\) have the same id "b"/,
    ],
    ["ids too few", changed("train", { ids: ["a"] }), /train\/ids holds 1 rows, train\/labels 6/],
    ["truth too short", changed("train", { truth: ["redundant"] }), /train\/truth holds 1 rows/],
    [
      "a truth that is no component",
      changed("test", { truth: ["redundant", "unique_sound", "synergy", "redundant"] }),
      /test\/truth: row 2 \(from 0\) is "synergy"/,
    ],
    [
      "labels out of range",
      changed("validation", classTarget(["0", "1"], [0, 1, 2])),
      /validation\/labels: row 2 \(from 0\) has label 2/,
    ],
    [
      "missing labels in validation",
      changed("validation", classTarget(["0", "1"], [0, 1, -1])),
      /1 labels are missing/,
    ],
  ])("%s", (_, splits, message) => {
    const error = caught(() => checkSplits(splits));
    expect(error.code).toBe("DataError");
    expect(error.message).toMatch(message);
  });

  it("name the parts as the caller does", () => {
    const error = caught(() => checkSplits(changed("train", { ids: [] }), (split, part) => `disk/${split}-${part}`));
    expect(error.message).toMatch(/^disk\/train-ids holds 0 rows, disk\/train-labels 6/);
  });
});
