/** @file Splits that are made here: seeded, the same on every machine, groups whole, classes in equal shares. */
import { permutation } from "../core/random.ts";
import { compareByCodePoint } from "./order.ts";
import { FOLDERS, type Sample, type SplitFolder } from "./recipe.ts";

/** What a split is made from. */
type Splittable = Pick<Sample, "id" | "group" | "target">;

/**
 * The share of each split of samples, by sample: samples of one group stay together; without groups, each class is split by the
 * shares. The order of `samples` has no effect.
 */
export function drawnSplit(
  samples: readonly Splittable[],
  shares: readonly [number, number, number],
  seed: number,
): ReadonlyMap<string, SplitFolder> {
  const units = new Map<string, Splittable[]>();
  for (const sample of samples) {
    const key = sample.group ?? `\0${sample.id}`;
    const unit = units.get(key);
    if (unit === undefined) units.set(key, [sample]);
    else unit.push(sample);
  }
  const isGrouped = samples.some(({ group }) => group !== undefined);
  const strata = new Map<string, string[]>();
  for (const [key, unit] of [...units].sort(([a], [b]) => compareByCodePoint(a, b))) {
    const stratum = isGrouped ? "" : String(unit[0]!.target);
    const own = strata.get(stratum);
    if (own === undefined) strata.set(stratum, [key]);
    else own.push(key);
  }
  const splitOf = new Map<string, SplitFolder>();
  const total = shares[0] + shares[1] + shares[2];
  [...strata]
    .sort(([a], [b]) => compareByCodePoint(a, b))
    .forEach(([, keys], stratum) => {
      const order = permutation(keys.length, seed, "prepare-split", stratum);
      const all = keys.reduce((sum, key) => sum + units.get(key)!.length, 0);
      let taken = 0;
      for (const i of order) {
        const unit = units.get(keys[i]!)!;
        // The middle of a unit decides, so that the parts have their shares as nearly as whole units allow.
        const at = (taken + unit.length / 2) / all;
        const split = FOLDERS[at < shares[2] / total ? 2 : at < (shares[2] + shares[1]) / total ? 1 : 0]!;
        for (const { id } of unit) splitOf.set(id, split);
        taken += unit.length;
      }
    });
  return splitOf;
}

/** The samples with a share of those in `train` moved to `valid`. */
export function withValidation<S extends Sample>(samples: readonly S[], share: number, seed: number): S[] {
  const train = samples.filter(({ split }) => split === "train");
  const drawn = drawnSplit(train, [1 - share, share, 0], seed);
  return samples.map((sample) => (drawn.get(sample.id) === "valid" ? { ...sample, split: "valid" } : sample));
}
