import { expect, test } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type DataSplits, type Dataset, mapSplits, SPLITS } from "../../src/data/dataset.ts";
import { classesApart, takeShare } from "../../src/data/subsets.ts";
import { classesOf, classTarget, labelsOf } from "../../src/data/target.ts";

const K = 5;
/** Classes of different sizes: class k has every (k + 1)-th of the rows that are left. */
function part(name: string, n: number): Dataset {
  const labels = Int32Array.from({ length: n }, (_, i) => Math.min(K - 1, Math.floor((i * i) / n / (n / K))));
  return {
    name,
    ids: Array.from(labels, (_, i) => `${name}${i}`),
    modalities: { row: float32([n, 1], Float32Array.from(labels)) },
    ...classTarget(["p", "q", "r", "s", "t"], labels),
  };
}
const splits: DataSplits = mapSplits((name) => part(name, { train: 200, validation: 100, test: 100 }[name]));

test("shares are nested, of every class alike, and whole at 1", () => {
  const count = (data: Dataset, k: number): number => labelsOf(data).filter((label) => label === k).length;
  const shares = [0.01, 0.1, 0.3, 0.7, 1].map((share) => ({ share, data: takeShare(splits.train, share, 3) }));
  shares.forEach(({ share, data }, i) => {
    for (let k = 0; k < K; k++) {
      expect(count(data, k)).toBe(Math.max(1, Math.round(share * count(splits.train, k))));
    }
    const larger = new Set(shares[i + 1]?.data.ids ?? splits.train.ids);
    expect(data.ids.every((id) => larger.has(id))).toBe(true);
  });
  expect(shares.at(-1)!.data).toEqual(splits.train);
  expect(takeShare(splits.train, 0.3, 4).ids).not.toEqual(shares[2]!.data.ids);
  expect(() => takeShare(splits.train, 0, 0)).toThrow(/share is 0; a number above 0/);
});

test("classes apart: none is on both sides, no sample is lost, labels keep their names", () => {
  for (const seed of [0, 1, 2]) {
    const { seen, unseen } = classesApart(splits, 2, seed);
    const named = (data: Dataset): string[] => Array.from(labelsOf(data), (label) => classesOf(data)[label]!);
    const [inside, outside] = [seen, unseen].map((side) => new Set(SPLITS.flatMap((name) => named(side[name]))));
    expect([inside!.size, outside!.size]).toEqual([3, 2]);
    expect([...inside!].filter((name) => outside!.has(name))).toEqual([]);
    const size = (side: DataSplits): number => SPLITS.reduce((n, name) => n + side[name].size, 0);
    expect(size(seen) + size(unseen)).toBe(400);
    expect(Math.abs(unseen.test.size - size(unseen) / 2)).toBeLessThanOrEqual(1.5);
    for (const side of [seen, unseen]) {
      for (const name of SPLITS) {
        labelsOf(side[name]).forEach((label, i) => {
          expect(classesOf(splits.train)[side[name].modalities.row!.data[i]!]).toBe(classesOf(side[name])[label]);
        });
      }
    }
  }
  const chosen = new Set([0, 1, 2, 3].map((seed) => classesOf(classesApart(splits, 2, seed).unseen.train).join("")));
  expect(chosen.size).toBeGreaterThan(1);
});

test("too many classes apart are refused with what is allowed", () => {
  for (const count of [0, 1, 4, 2.5]) {
    expect(() => classesApart(splits, count, 0)).toThrow(DmilError);
    expect(() => classesApart(splits, count, 0)).toThrow(/from 2 to 3/);
  }
});
