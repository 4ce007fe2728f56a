/** @file Columns of predictions by set of modalities and class, and what is said of those that are no such grid. */
import { describe, expect, test } from "vitest";
import { predictionColumns } from "../../../src/interactions/foreign/columns.ts";

const grid = (sets: readonly string[], classes: readonly string[]): string[] =>
  sets.flatMap((set) => classes.map((label) => `p_${set}_${label}`));
const found = (columns: readonly string[], wished?: readonly string[]) => {
  const { modalities, classes, sets } = predictionColumns(columns, "t.csv", wished);
  return { modalities, classes, sets: Object.fromEntries(sets) };
};

test("two modalities and both, in any order of columns, beside others", () => {
  const columns = ["id", "p_both_sad", "p_audio_happy", "p_audio_sad", "p_face_sad", "p_face_happy", "p_both_happy"];
  expect(found(columns)).toEqual({
    modalities: ["audio", "face"],
    classes: ["sad", "happy"].toSorted((a, b) => columns.indexOf(`p_both_${a}`) - columns.indexOf(`p_both_${b}`)),
    sets: {
      1: ["p_audio_sad", "p_audio_happy"],
      2: ["p_face_sad", "p_face_happy"],
      3: ["p_both_sad", "p_both_happy"],
    },
  });
});

describe("names with underscores are told by what all sets share", () => {
  test.each([
    [
      ["left_ear", "right_ear", "both"],
      ["low", "high"],
    ],
    [
      ["audio", "face", "both"],
      ["very_sad", "sad"],
    ],
    [
      ["audio", "face", "audio+face"],
      ["class_0", "class_1"],
    ],
    [
      ["audio", "face", "all"],
      ["0", "1", "2"],
    ],
  ])("%j of %j", (sets, classes) => {
    expect(found(grid(sets, classes))).toMatchObject({ modalities: sets.slice(0, 2), classes });
  });
});

test("three modalities with all their sets, parts of a set in any order", () => {
  const columns = grid(["a", "b", "c", "b+a", "a+c", "c+b", "all"], ["no", "yes"]);
  expect(Object.keys(found(columns).sets)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
  expect(found(columns).sets[3]).toEqual(["p_b+a_no", "p_b+a_yes"]);
});

test("of more modalities those that are named are taken, and what is said of all is not theirs", () => {
  const columns = grid(["a", "b", "c", "all"], ["x", "y"]);
  expect(() => found(columns, ["a", "b"])).toThrowError(/no columns of these modalities together: p_a\+b_x, p_a\+b_y/);
  expect(found([...columns, ...grid(["a+b"], ["x", "y"])], ["b", "a"]).sets).toEqual({
    1: ["p_b_x", "p_b_y"],
    2: ["p_a_x", "p_a_y"],
    3: ["p_a+b_x", "p_a+b_y"],
  });
});

test.each([
  [
    "nothing",
    ["id", "label"],
    /t\.csv: no column of predictions; the columns are id, label\. Needed are p_audio_CLASS/,
  ],
  [
    "no joint prediction",
    grid(["a", "b"], ["x", "y"]),
    /no columns of these modalities together: p_both_x, p_both_y are/,
  ],
  ["one modality", grid(["a", "both"], ["x", "y"]), /only one modality \(a\)/],
  ["a class that a set lacks", grid(["a", "b", "both"], ["x", "y"]).filter((c) => c !== "p_b_y"), /there is no p_b_y/],
  ["a class of one set alone", [...grid(["a", "b", "both"], ["x", "y"]), "p_b_z"], /p_b_z ends in none of them/],
  ["one class", grid(["a", "b", "both"], ["x"]), /two or more classes are needed/],
  [
    "all twice",
    grid(["a", "b", "both", "a+b"], ["x", "y"]),
    /p_both_\.\.\. and p_a\+b_\.\.\. both give predictions from a\+b/,
  ],
  ["a set of unknown parts", grid(["a", "b", "a+c", "all"], ["x", "y"]), /not every part of a\+c has columns/],
])("%s is refused", (_, columns, message) => {
  expect(() => found(columns)).toThrowError(message);
});

test("a modality that is not there is told with those that are", () => {
  expect(() => found(grid(["a", "b", "both"], ["x", "y"]), ["a", "c"])).toThrowError(/no column p_c_CLASS/);
});
