/** @file Warnings and errors stay a few lines long however many classes and modalities there are. */

import { expect, test } from "vitest";
import { tensor } from "../../src/core/tensor.ts";
import { checkSplits } from "../../src/data/check.ts";
import { type DataSplits, mapSplits, selectModalities } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";

const K = 1000;
const classes = Array.from({ length: K }, (_, k) => `species number ${k}`);
const modalities = Array.from({ length: 200 }, (_, m) => `sensor_${m}`);

/** Train has all classes, the others only the first two. */
const splits: DataSplits = mapSplits((split) => {
  const labels = Int32Array.from({ length: K }, (_, i) => (split === "train" ? i : i % 2));
  return {
    name: "many",
    ...classTarget(classes, labels),
    ids: Array.from(labels, (_, i) => `${split} ${i}`),
    modalities: Object.fromEntries(
      modalities.map((name, m) => [
        name,
        tensor(
          "float32",
          [K, 1],
          Float32Array.from(labels, (_, i) => i + m),
        ),
      ]),
    ),
  };
});

test("classes that a split lacks", () => {
  const { warnings } = checkSplits(splits);
  const [validation] = warnings.filter((warning) => warning.includes("validation split has no sample of class"));
  expect(validation).toMatch(/species number 2, .*, \.\.\. and 986 more\.$/);
  expect(Math.max(...warnings.map((warning) => warning.length))).toBeLessThan(600);
});

test("classes that differ between splits, and a modality that is not there", () => {
  const other = {
    ...splits,
    test: { ...splits.test, target: { ...splits.test.target, names: [...classes].reverse() } },
  };
  const short = expect.objectContaining({ message: expect.stringMatching(/^.{1,1200}$/) });
  expect(() => checkSplits(other)).toThrow(short);
  expect(() => selectModalities(splits.train, ["censor"])).toThrow(short);
  expect(() => selectModalities(splits.train, [])).toThrow(short);
});
