import { expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, mapSplits, SPLITS } from "../../src/data/dataset.ts";
import { foldSplits } from "../../src/data/folds.ts";
import { classTarget } from "../../src/data/target.ts";

function part(name: string, n: number, groups: boolean): Dataset {
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
      ["a", "b", "c"],
      Int32Array.from({ length: n }, (_, i) => i % 3),
    ),
    ...(groups && { groups: Array.from({ length: n }, (_, i) => `g${Math.floor(i / 7)}`) }),
  };
}
const sizes = { train: 80, validation: 33, test: 40 };

for (const groups of [false, true]) {
  test(`folds ${groups ? "of groups" : "by class"} test each sample once, and keep three sides apart`, () => {
    const folds = foldSplits(
      mapSplits((name) => part(name, sizes[name], groups)),
      5,
      1,
    );
    expect(folds).toHaveLength(5);
    const tested = folds.flatMap(({ test: held }) => held.ids);
    expect(new Set(tested).size).toBe(153);
    expect(tested).toHaveLength(153);
    for (const fold of folds) {
      expect(new Set(SPLITS.flatMap((name) => fold[name].ids)).size).toBe(153);
      expect(fold.test.size).toBeGreaterThan(20);
      expect(fold.validation.size).toBeGreaterThan(10);
      if (!groups) continue;
      const sides = SPLITS.map((name) => new Set(fold[name].groups));
      const names = sides.flatMap((side) => [...side]);
      expect(new Set(names).size).toBe(names.length);
    }
    expect(
      foldSplits(
        mapSplits((name) => part(name, sizes[name], groups)),
        5,
        1,
      )[2]!.test.ids,
    ).toEqual(folds[2]!.test.ids);
  });
}

test("one fold is refused", () => {
  expect(() => foldSplits(part("all", 30, false), 1, 0)).toThrow(/folds is 1; a whole number from 2/);
});
