import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, mapSplits } from "../../src/data/dataset.ts";
import { loadDataset } from "../../src/data/load.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { classTarget } from "../../src/data/target.ts";
import { writeDataset } from "../../src/data/write.ts";
import { rejected } from "./fixtures/reference.ts";
import { smallSplits } from "./fixtures/small.ts";

const quiet = { onWarning: () => {} };

it("generated data comes back identically, truth included", async () => {
  const splits = interactionMixture({
    classes: 3,
    noise: 0.3,
    shares: { redundant: 0.4, unique: 0.2, synergistic: 0.2 },
    samples: 100,
    seed: 5,
  });
  const folder = memoryFolder();
  await writeDataset(folder, splits);
  expect(await loadDataset(folder, quiet)).toEqual(splits);
  expect(Object.keys((await loadDataset(folder, { ...quiet, modalities: ["b"] })).test.modalities)).toEqual(["b"]);
});

it("any good data comes back identically: order of modalities, shapes, ids, groups, class names", async () => {
  const text = fc.string({ minLength: 1, maxLength: 6 });
  const shapes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9_-]{0,5}$/), { minLength: 1, maxLength: 3 });
  const setting = fc.record({
    names: names.filter((list) => !list.includes("labels")),
    shapes: fc.array(shapes, { minLength: 3, maxLength: 3 }),
    classes: fc.uniqueArray(text, { minLength: 2, maxLength: 3 }),
    groups: fc.option(fc.array(text, { minLength: 5, maxLength: 5 }), { nil: undefined }),
    ids: fc.uniqueArray(text, { minLength: 5, maxLength: 5 }),
    values: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 9 }),
  });
  await fc.assert(
    fc.asyncProperty(setting, async ({ names, shapes, classes, groups, ids, values }) => {
      const splits = mapSplits((name): Dataset => {
        const tensors = names.map((modality, m) => {
          const empty = float32([5, ...shapes[m]!]);
          return [
            modality,
            float32(
              empty.shape,
              empty.data.map((_, i) => values[i % values.length]!),
            ),
          ] as const;
        });
        const labels = Int32Array.from({ length: 5 }, (_, i) => i % classes.length);
        return {
          name,
          ids,
          modalities: Object.fromEntries(tensors),
          ...classTarget(classes, labels),
          ...(groups ? { groups } : {}),
        };
      });
      const folder = memoryFolder();
      await writeDataset(folder, splits);
      const back = await loadDataset(folder, quiet);
      expect(back).toEqual(splits);
      expect(Object.keys(back.test.modalities)).toEqual(names);
    }),
    { numRuns: 60 },
  );
});

describe("does not write", () => {
  it("data that fails its checks", async () => {
    const splits = smallSplits();
    splits.train.modalities.sound!.data[0] = Number.NaN;
    const folder = memoryFolder();
    expect((await rejected(writeDataset(folder, splits))).message).toMatch(/NaN/);
    expect(await folder.list()).toEqual([]);
  });
  it("groups in some splits only, and says which", async () => {
    const splits = smallSplits();
    const mixed = { ...splits, test: { ...splits.test, groups: ["a", "b", "c", "d"] } };
    const folder = memoryFolder();
    expect((await rejected(writeDataset(folder, mixed))).message).toMatch(/train and test differ in having groups/);
    expect(await folder.exists("dataset.json")).toBe(false);
  });
});
