/** @file Labels as people write them: each form is read as one thing, says how, or is refused with the way on. */
import { describe, expect, it } from "vitest";
import { float32, type Tensor, tensor } from "../../src/core/tensor.ts";
import { readClasses } from "../../src/data/labels.ts";
import type { RawLabels } from "../../src/data/sources/source.ts";
import { caught } from "./fixtures/reference.ts";

const where = (split: string): string => `d/${split}`;
const ints = (...values: number[]): Tensor => tensor("int64", [values.length], BigInt64Array.from(values, BigInt));
const read = (train: RawLabels, validation: RawLabels = train, test: RawLabels = train, given?: readonly string[]) => {
  const { classes, note, numbers } = readClasses({ train, validation, test }, given, { where });
  return { classes, note, train: [...numbers("train")], test: [...numbers("test")] };
};

describe("are read", () => {
  it.each<[string, RawLabels, readonly string[], number[], RegExp | undefined]>([
    ["class numbers", ints(0, 1, 1, 0), ["0", "1"], [0, 1, 1, 0], undefined],
    ["whole floats", float32([4], [0, 1, 1, 0]), ["0", "1"], [0, 1, 1, 0], undefined],
    ["a column [N, 1]", float32([4, 1], [0, 1, 1, 0]), ["0", "1"], [0, 1, 1, 0], /one column, \[4, 1\]/],
    ["-1 and 1", ints(-1, 1, 1, -1), ["-1", "1"], [0, 1, 1, 0], /the numbers -1, 1 are 2 classes/],
    ["0, 2, 5", ints(0, 2, 5, 5, 2, 0), ["0", "2", "5"], [0, 1, 2, 2, 1, 0], /the numbers 0, 2, 5 are 3 classes/],
    ["counted from 1", ints(1, 2, 2, 1), ["1", "2"], [0, 1, 1, 0], /the numbers 1, 2 are 2 classes/],
    ["one-hot rows", float32([3, 3], [0, 1, 0, 1, 0, 0, 0, 0, 1]), ["0", "1", "2"], [1, 0, 2], /one-hot rows of 3/],
    ["names", ["up", "down", "up", "down"], ["down", "up"], [1, 0, 1, 0], undefined],
    ["booleans of a table", ["True", "False", "True", "False"], ["False", "True"], [1, 0, 1, 0], undefined],
    ["numbers as texts", ["0", "1.0", "1", "0"], ["0", "1"], [0, 1, 1, 0], undefined],
  ])("%s", (_, raw, classes, numbers, note) => {
    const found = read(raw);
    expect(found.classes).toEqual(classes);
    expect(found.train).toEqual(numbers);
    if (note === undefined) expect(found.note).toBeUndefined();
    else expect(found.note).toMatch(note);
  });
  it("as missing: -1, NaN, an empty cell, nan", () => {
    expect(read(ints(0, 1), ints(0, 1), ints(-1, 1)).test).toEqual([-1, 1]);
    expect(read(ints(0, 1), ints(0, 1), float32([2], [Number.NaN, 1])).test).toEqual([-1, 1]);
    expect(read(["a", "b"], ["a", "b"], ["", "nan"]).test).toEqual([-1, -1]);
    // Where -1 is a class of train, it is one in test.
    expect(read(ints(-1, 1, -1, 1), ints(-1, 1), ints(-1, 1)).test).toEqual([0, 1]);
  });
  it("by the names of dataset.json, where those are the labels", () => {
    expect(read(ints(-1, 0, 1), undefined, undefined, ["-1", "0", "1"]).train).toEqual([0, 1, 2]);
    expect(read(ints(0, 1, 0), undefined, undefined, ["no", "yes"]).train).toEqual([0, 1, 0]);
  });
});

describe("are refused", () => {
  it.each<[string, RawLabels, RegExp]>([
    [
      "fractions",
      float32([3], [0, 0.5, 1]),
      /d\/train: row 1 .*0\.5, not a whole number.*\{"target": \{"kind": "regression"\}\}/,
    ],
    ["-1, 0 and 1 without names", ints(-2, 0, 1, -2, 0, 1), /row 0 .* is -2, negative.*names.*"regression"/],
    ["too many", ints(...Array.from({ length: 60 }, (_, i) => i)), /60 samples have 60 different labels.*"regression"/],
    ["yes/no labels", float32([2, 3], [1, 1, 0, 0, 1, 0]), /shape \[2, 3\].*3 yes\/no labels.*"kind": "multilabel"/],
    ["numbers", float32([2, 2], [0.1, 2, 3, 4]), /shape \[2, 2\].*2 numbers.*"kind": "regression"/],
    ["three axes", float32([2, 1, 1], [0, 1]), /shape \[2, 1, 1\]/],
  ])("%s", (_, raw, message) => expect(caught(() => read(raw)).message).toMatch(message));
  it("a number that occurs once is a slip and makes no code of the numbers: check.ts says which class has no sample", () => {
    expect(read(ints(0, 1, 0, 1, 7, 0, 1, 0, 1, 0)).classes).toEqual(["0", "1", "2", "3", "4", "5", "6", "7"]);
  });
  it("a name that only another split has", () => {
    expect(caught(() => read(["up", "down"], ["up"], ["dwn"], ["up", "down"])).message).toMatch(
      /d\/test: row 0 .*unknown class "dwn"; did you mean "down"/,
    );
  });
});
