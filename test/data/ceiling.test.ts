import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32 } from "../../src/core/tensor.ts";
import { ceilingArray, ceilingFrom, takeCeiling } from "../../src/data/ceiling.ts";
import { type Dataset, mapSplits, selectModalities, takeRows } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { writeDataset } from "../../src/data/write.ts";

const logs = (...p: number[]) => Float32Array.from(p, Math.log);
const ceiling = {
  logits: logs(0.9, 0.1, 0.2, 0.8),
  unimodal: { a: logs(0.5, 0.5, 0.4, 0.6), b: logs(0.7, 0.3, 0.1, 0.9) },
};
const dataset: Dataset = {
  name: "train",
  ids: ["0", "1"],
  modalities: { a: float32([2, 1], Float32Array.of(1, 2)), b: float32([2, 1], Float32Array.of(3, 4)) },
  ...classTarget(["0", "1"], Int32Array.of(0, 1)),
  ceiling,
};

test("an array holds all modalities first, then each, row by row", () => {
  const array = ceilingArray(ceiling, 2);
  expect(array.shape).toEqual([2, 3, 2]);
  expect([...array.data.slice(0, 6)]).toEqual([...logs(0.9, 0.1, 0.5, 0.5, 0.7, 0.3)]);
  expect(ceilingFrom(array, ["a", "b"], 2, "here")).toEqual(ceiling);
});

test("another shape and no probabilities are refused", () => {
  expect(() => ceilingFrom(ceilingArray(ceiling, 2), ["a"], 2, "here")).toThrow(
    /here is \[2, 3, 2\].*\[samples, 2, 2\]/,
  );
  const wrong = ceilingArray(ceiling, 2);
  wrong.data[6] = 0;
  expect(() => ceilingFrom(wrong, ["a", "b"], 2, "here")).toThrow(/row 1 .*sum to/);
});

test("rows and choices of modalities keep it right", () => {
  expect(takeRows(dataset, [1, 1]).ceiling).toEqual(takeCeiling(ceiling, [1, 1], 2));
  expect(takeRows(dataset, [1]).ceiling!.unimodal.b).toEqual(logs(0.1, 0.9));
  expect(selectModalities(dataset, ["b", "a"]).ceiling).toBe(ceiling);
  expect(selectModalities(dataset, ["b"])).not.toHaveProperty("ceiling");
});

test("all splits have one, or none", async () => {
  const { ceiling: _, ...bare } = dataset;
  const splits = mapSplits((name) => (name === "test" ? { ...bare, name } : { ...dataset, name }));
  await expect(writeDataset(memoryFolder("out"), splits)).rejects.toThrow(/train and test differ in having ceiling/);
  const short = mapSplits((name) => ({ ...dataset, name, ceiling: takeCeiling(ceiling, [0], 2) }));
  await expect(writeDataset(memoryFolder("out"), short)).rejects.toThrow(/ceiling.*1 rows.*2/);
});
