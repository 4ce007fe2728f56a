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
    const { target } = unit[0]!;
    const stratum = isGrouped || typeof target !== "number" ? "" : String(target);
    const own = strata.get(stratum);
    if (own === undefined) strata.set(stratum, [key]);
    else own.push(key);
  }
  const splitOf = new Map<string, SplitFolder>();
  const total = shares[0] + shares[1] + shares[2];
  const counts = [0, 0, 0];
  let all = 0;
  [...strata]
    .sort(([a], [b]) => compareByCodePoint(a, b))
    .forEach(([, keys], stratum) => {
      for (const i of permutation(keys.length, seed, "prepare-split", stratum)) {
        const unit = units.get(keys[i]!)!;
        all += unit.length;
        // Each unit goes where most is missing, so that the shares hold within classes and over all of them, however few each has.
        const lacking = shares.map((share, k) => (share / total) * all - counts[k]!);
        const k = lacking.indexOf(Math.max(...lacking));
        counts[k]! += unit.length;
        for (const { id } of unit) splitOf.set(id, FOLDERS[k]!);
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
