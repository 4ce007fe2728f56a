import { expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, mapSplits, SPLITS } from "../../src/data/dataset.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";
import { parseExperiment } from "../../src/experiments/experiment.ts";
import { variantsOf } from "../../src/experiments/variants.ts";

function part(name: string, n: number): Dataset {
  return {
    name,
    ids: Array.from({ length: n }, (_, i) => `s${i}`),
    modalities: {
      x: float32(
        [n, 1],
        Float32Array.from({ length: n }, (_, i) => i),
      ),
    },
    ...classTarget(
      ["a", "b", "c", "d", "e"],
      Int32Array.from({ length: n }, (_, i) => i % 5),
    ),
    groups: Array.from({ length: n }, (_, i) => `${i % 12}`),
  };
}
const data = mapSplits((name) => part(name, { train: 180, validation: 60, test: 60 }[name]));
const variants = (given: object, groups: string | undefined = "speaker", from = data) => [
  ...variantsOf(from, parseExperiment({ data: [{ path: "clips" }], seeds: [0, 7], ...given }), groups),
];
const named = (given: object) =>
  variants(given).map(({ split, trainShare, seeds }) => `${split} | ${trainShare} | ${seeds.join(",")}`);

test("splits have the names of the manifest, and the seeds that they are for", () => {
  expect(named({})).toEqual(["own | 1 | 0,7"]);
  expect(named({ splitBy: "share" })).toEqual(["share 0 | 1 | 0", "share 7 | 1 | 7"]);
  expect(named({ splitBy: "speaker" })).toEqual(["speaker 0 | 1 | 0", "speaker 7 | 1 | 7"]);
  expect(named({ splitBy: "group" })).toEqual(named({ splitBy: "speaker" }));
  expect(named({ folds: 2 })).toEqual(["fold 1/2 | 1 | 0,7", "fold 2/2 | 1 | 0,7"]);
  expect(named({ classesOut: 2 })).toEqual(["classes 0 | 1 | 0", "classes 7 | 1 | 7"]);
  expect(named({ trainShares: [0.5, 1] })).toEqual(["own | 0.5 | 0", "own | 0.5 | 7", "own | 1 | 0,7"]);
});

test("a split by groups keeps them whole, and another seed splits anew", () => {
  const [first, second] = variants({ splitBy: "speaker" });
  for (const { splits } of [first!, second!]) {
    const names = SPLITS.flatMap((split) => [...new Set(splits[split].groups)]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toHaveLength(12);
  }
  expect(first!.splits.test.groups).not.toEqual(second!.splits.test.groups);
});

test("shares take from train alone", () => {
  const [half, , whole] = variants({ trainShares: [0.5, 1] });
  expect(labelsOf(half!.splits.train)).toHaveLength(90);
  expect(half!.splits.validation).toBe(whole!.splits.validation);
  expect(half!.splits.test).toBe(whole!.splits.test);
});

test("a split that the data does not allow says why", () => {
  const without = mapSplits((name) => {
    const { groups: _, ...rest } = data[name];
    return rest;
  });
  expect(() => variants({ splitBy: "speaker" }, undefined, without)).toThrow(/has no groups/);
  expect(() => variants({ splitBy: "speakr" })).toThrow(/did you mean "speaker"/);
  expect(() => variants({ classesOut: 4 })).toThrow(/4 of 5 classes .* from 2 to 3/);
});
