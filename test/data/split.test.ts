import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds, SPLITS } from "../../src/data/dataset.ts";
import { foldSplits } from "../../src/data/folds.ts";
import { splitBy } from "../../src/data/split.ts";
import { classesApart, takeShare } from "../../src/data/subsets.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { classesOf, classTarget, labelsOf } from "../../src/data/target.ts";
import { caught } from "./fixtures/reference.ts";

/** Each sample's one feature is its row number, so its path can be followed. */
function datasetOf(labels: number[], groups?: string[]): Dataset {
  const n = labels.length;
  const classes = rowIds(Math.max(...labels) + 1);
  const modalities = {
    row: float32(
      [n, 1],
      Array.from({ length: n }, (_, i) => i),
    ),
  };
  return {
    name: "all",
    ids: labels.map((_, i) => `s${i}`),
    modalities,
    ...classTarget(classes, Int32Array.from(labels)),
    ...(groups ? { groups } : {}),
  };
}
const byTurns = (n: number, K: number): number[] => Array.from({ length: n }, (_, i) => i % K);

function everySampleOnce(splits: ReturnType<typeof splitBy>, data: Dataset): void {
  const ids = SPLITS.flatMap((split) => splits[split].ids);
  expect([...ids].sort()).toEqual([...data.ids].sort());
  for (const split of SPLITS) {
    const part = splits[split];
    expect(part.name).toBe(split);
    expect(part.ids).toEqual(Array.from(part.modalities.row!.data, (row) => `s${row}`));
    expect([...labelsOf(part)]).toEqual(Array.from(part.modalities.row!.data, (row) => labelsOf(data)[row]));
  }
}

describe("by share", () => {
  it("gives each class its shares, to a sample", () => {
    const shares = fc.record({
      validation: fc.double({ min: 0.1, max: 0.4, noNaN: true }),
      test: fc.double({ min: 0.1, max: 0.4, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 10, max: 40 }),
        shares,
        fc.nat(),
        (K, perClass, parts, seed) => {
          const data = datasetOf(byTurns(K * perClass, K));
          const splits = splitBy(data, "share", { ...parts, seed });
          everySampleOnce(splits, data);
          for (const split of ["validation", "test"] as const) {
            expect(Math.abs(splits[split].size - parts[split] * K * perClass)).toBeLessThanOrEqual(1.5);
            for (let k = 0; k < K; k++) {
              const count = labelsOf(splits[split]).filter((label) => label === k).length;
              expect(Math.abs(count - parts[split] * perClass)).toBeLessThan(3);
            }
          }
        },
      ),
      { numRuns: 40 },
    );
  });
  it("is exact where it can be, the same for a seed, another for another", () => {
    const data = datasetOf(byTurns(100, 2));
    const split = (seed: number) => splitBy(data, "share", { validation: 0.2, test: 0.2, seed });
    const counts = SPLITS.map((name) =>
      [0, 1].map((k) => labelsOf(split(0)[name]).filter((label) => label === k).length),
    );
    expect(counts).toEqual([
      [30, 30],
      [10, 10],
      [10, 10],
    ]);
    expect(split(3)).toEqual(split(3));
    expect(split(3).test.ids).not.toEqual(split(4).test.ids);
  });
  it("keeps a rare class in train", () => {
    for (let n = 10; n < 40; n++) {
      const data = datasetOf([...byTurns(n, 2), 2]);
      expect([...labelsOf(splitBy(data, "share", { validation: 0.4, test: 0.3, seed: n }).train)]).toContain(2);
    }
  });
});

describe("by group", () => {
  it("never has one group on two sides, fills every split, and comes near the shares", () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 30 }), fc.nat(), (G, seed) => {
        const groups = Array.from({ length: 12 * G }, (_, i) => `g${Math.floor(i / 12) % G}`);
        const data = datasetOf(byTurns(12 * G, 2), groups);
        const splits = splitBy(data, "group", { validation: 0.2, test: 0.2, seed });
        everySampleOnce(splits, data);
        const sets = SPLITS.map((split) => new Set(splits[split].groups));
        expect(sets[0]!.size + sets[1]!.size + sets[2]!.size).toBe(G);
        for (const split of ["validation", "test"] as const) {
          expect(Math.abs(splits[split].size - 0.2 * 12 * G)).toBeLessThanOrEqual(12);
        }
      }),
      { numRuns: 40 },
    );
  });
  it("three groups are enough, whatever the shares; the seed decides", () => {
    const data = datasetOf(byTurns(9, 2), ["x", "x", "y", "y", "z", "z", "x", "y", "z"]);
    const tests = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      tests.add(splitBy(data, "group", { validation: 0.01, test: 0.01, seed }).test.groups![0]!);
    }
    expect(tests.size).toBe(3);
  });
});

describe("refusals", () => {
  const data = datasetOf(byTurns(20, 2));
  const shares = { validation: 0.2, test: 0.2, seed: 0 };
  it.each([
    [{ ...shares, test: 0 }, /splitBy\.test: must be above 0/],
    [{ ...shares, validation: 0.9 }, /nothing to train on/],
    [{ ...shares, sed: 1 }, /unknown option "sed"; did you mean "seed"/],
  ])("%o", (options, message) => {
    const error = caught(() => splitBy(data, "share", options));
    expect(error.code).toBe("ConfigError");
    expect(error.message).toMatch(message);
  });
  it("no groups, too few groups, missing labels, a class that train would lack", () => {
    expect(caught(() => splitBy(data, "group", shares)).message).toMatch(/has no groups/);
    const two = datasetOf(byTurns(4, 2), ["a", "a", "b", "b"]);
    expect(caught(() => splitBy(two, "group", shares)).message).toMatch(/2 groups cannot fill three splits/);
    const labelled = labelsOf(data).map((label, i) => (i === 7 ? -1 : label));
    const unlabelled = { ...data, ...classTarget(classesOf(data), labelled) };
    expect(caught(() => splitBy(unlabelled, "share", shares)).message).toMatch(/row 7 .*no label/);
    const labels = [0, 0, 1, 1, 2, 2];
    const apart = datasetOf(labels, ["a", "a", "b", "b", "c", "c"]);
    expect(caught(() => splitBy(apart, "group", shares)).message).toMatch(/of class/);
  });
});

it("three splits are pooled and split anew", () => {
  const splits = interactionMixture({
    classes: 2,
    noise: 0.3,
    shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
    samples: { train: 60, validation: 20, test: 20 },
    features: 4,
    seed: 1,
  });
  const again = splitBy(splits, "share", { validation: 0.1, test: 0.2, seed: 3 });
  expect([again.train, again.validation, again.test].map((own) => own.size)).toEqual([70, 10, 20]);
  const at = again.train.ids.findIndex((id) => id.startsWith("test/"));
  const row = Number(again.train.ids[at]!.slice("test/".length));
  expect([...again.train.modalities.a!.data.subarray(4 * at, 4 * at + 4)]).toEqual([
    ...splits.test.modalities.a!.data.subarray(4 * row, 4 * row + 4),
  ]);
  expect(again.train.truth![at]).toBe(splits.test.truth![row]);
});

it("values go with their samples, also where splits are pooled; classes cannot be kept apart", () => {
  const { splits } = sums({ target: "regression", samples: { train: 60, validation: 20, test: 20 }, seed: 1 });
  const again = splitBy(splits, "share", { validation: 0.1, test: 0.2, seed: 3 });
  expect([again.train, again.validation, again.test].map((own) => own.ids.length)).toEqual([70, 10, 20]);
  const at = again.train.ids.findIndex((id) => id.startsWith("test/"));
  const row = Number(again.train.ids[at]!.slice("test/".length));
  expect(again.train.target!.values.data[at]).toBe(splits.test.target!.values.data[row]);
  expect(takeShare(splits.train, 0.5, 0).ids).toHaveLength(30);
  expect(foldSplits(splits, 4, 0).map(({ test }) => test.ids.length)).toEqual([25, 25, 25, 25]);
  expect(caught(() => classesApart(splits, 2, 0)).message).toMatch(/needs classes; this data has values/);
});
