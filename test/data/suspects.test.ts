/** @file Features that are probably none leave a warning that says how to leave them out; good ones leave none. */

import { describe, expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds } from "../../src/data/dataset.ts";
import { suspectWarnings } from "../../src/data/suspects.ts";
import { classTarget } from "../../src/data/target.ts";

const N = 60;
const labels = Int32Array.from({ length: N }, (_, i) => (i * 7) % 3);
const single = (of: (row: number) => number) =>
  float32(
    [N, 1],
    Float32Array.from({ length: N }, (_, row) => of(row)),
  );
const noise = float32(
  [N, 4],
  Float32Array.from({ length: 4 * N }, (_, i) => Math.sin(i * i)),
);
const data = (modalities: Dataset["modalities"], more: Partial<Dataset> = {}): Dataset => ({
  name: "train",
  ids: rowIds(N),
  modalities: { noise, ...modalities },
  ...classTarget(["a", "b", "c"], labels),
  ...more,
});
const told = (modalities: Dataset["modalities"], more?: Partial<Dataset>): string =>
  suspectWarnings(data(modalities, more), "d").join("\n");

describe("a warning for", () => {
  it.each<[string, Dataset["modalities"], RegExp]>([
    [
      "a row index",
      { nr: single((row) => 1000 + row) },
      /nr \(a different whole number in each row.*--leave-out nr,.*"leaveOut": \["nr"\]/,
    ],
    ["a fold", { fold: single((row) => row % 5) }, /fold \(whole numbers, and a name that suggests a code\)/],
    ["a subject number", { subject_id: single((row) => row % 7) }, /subject_id \(whole numbers/],
    ["a copy of the label", { copy: single((row) => labels[row]! + 0.5) }, /copy \(its few values determine the class/],
    [
      "a finer code",
      { kind: single((row) => 10 * labels[row]! + (row % 2)) },
      /kind \(its few values determine the class/,
    ],
    [
      "one-hot rows of the label",
      {
        hot: float32(
          [N, 3],
          Float32Array.from({ length: 3 * N }, (_, i) => Number(labels[Math.floor(i / 3)] === i % 3)),
        ),
      },
      /hot \(its few distinct rows determine the class/,
    ],
    [
      "a copy among features",
      {
        mixed: float32(
          [N, 2],
          Float32Array.from({ length: 2 * N }, (_, i) => (i % 2 === 0 ? noise.data[i]! : labels[i >> 1]!)),
        ),
      },
      /mixed \(feature 1 of 2: its few values determine/,
    ],
    ["the same numbers twice", { again: noise }, /again \(the same numbers as noise\)/],
  ])("%s", (_, modalities, message) => expect(told(modalities)).toMatch(message));

  it("a copy of a target's numbers", () => {
    const values = single((row) => row * 0.37);
    const target = { kind: "regression" as const, names: ["mood"], values };
    const more = { target, classes: [], labels: new Int32Array(N).fill(-1) };
    expect(told({ same: values }, more)).toMatch(/same \(the same numbers as the target mood\)/);
    expect(told({}, more)).toBe("");
  });
  it("many modalities of one feature, with the columns that could be one", () => {
    const many = Object.fromEntries(
      Array.from({ length: 17 }, (_, i) => [`c${i}`, single((row) => Math.sin(i + row))]),
    );
    expect(told(many)).toMatch(/17 modalities of one feature each\. Put arrays/);
    expect(suspectWarnings(data(many), "d", (name) => [`col ${name}`]).join()).toMatch(/"NAME": \["col c0","col c1"\]/);
  });
});

describe("no warning for", () => {
  it.each<[string, Dataset["modalities"]]>([
    ["measurements", {}],
    ["whole numbers that repeat", { age: single((row) => 20 + (row % 30)) }],
    ["a yes or no that is often right", { smokes: single((row) => (row < 5 ? 0 : Number(labels[row] === 1))) }],
    ["a feature that is constant", { still: single(() => 3) }],
  ])("%s", (_, modalities) => expect(told(modalities)).toBe(""));
  it("a handful of rows", () => {
    const few = {
      ...data({}),
      labels: labels.slice(0, 9),
      modalities: { nr: float32([9, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8]) },
    };
    expect(suspectWarnings(few, "d")).toEqual([]);
  });
});
