/** @file Synergy in sets of modalities: samples that need exactly one set, and exact posteriors given each set. Source: ours. */
import { type Exact, type HiddenState, type Likelihoods, posteriors } from "./exact.ts";

/** One state of a distribution: blocks are one-hot symbols by modality, -1 for a block of zeros. */
export interface PlantedState {
  readonly weight: number;
  readonly label: number;
  /** By modality; every state has the same modalities in the same order. */
  readonly blocks: Readonly<Record<string, readonly number[]>>;
  readonly bits: Readonly<Record<string, number>>;
  /** The set of modalities that synergises, as in `a+b`. */
  readonly set?: string;
}

/** The name of a set of modalities: `a+b`, in the order of the modalities. */
export function setName(modalities: readonly string[]): string {
  return modalities.join("+");
}

/** Every set of one or more modalities, small ones first. */
export function setsOf(modalities: readonly string[]): string[][] {
  const all = Array.from({ length: 2 ** modalities.length - 1 }, (_, code) =>
    modalities.filter((_, m) => ((code + 1) >> m) % 2 === 1),
  );
  return all.sort((a, b) => a.length - b.length);
}

/**
 * The states of binary symbols: a modality shows a direct block, and one block for each set of two or more that it is in. Redundant and
 * unique samples show y in direct blocks, and random symbols in all others. Synergistic ones show only the blocks of one set, whose
 * symbols add up to y modulo 2: the set is visible, as otherwise the sets could not be distinguished.
 */
export function synergySets(modalities: readonly string[]): PlantedState[] {
  const sets = setsOf(modalities).filter((set) => set.length > 1);
  const places = modalities.flatMap((name) => sets.filter((set) => set.includes(name)).map((set) => ({ name, set })));
  const types = ["redundant", ...modalities.map((name) => `unique_${name}`)];
  const share = 1 / (types.length + 1);
  const blocksOf = (says: (name: string) => number, symbol: (place: (typeof places)[number]) => number) =>
    Object.fromEntries(
      modalities.map((name) => [name, [says(name), ...places.filter((place) => place.name === name).map(symbol)]]),
    );
  const bit = (code: number, i: number): number => (code >> i) % 2;
  const direct = types.flatMap((type) =>
    [0, 1].flatMap((label) =>
      Array.from({ length: 2 ** places.length }, (_, code) => ({
        weight: share / 2 / 2 ** places.length,
        label,
        blocks: blocksOf(
          (name) => (type === "redundant" || type === `unique_${name}` ? label : -1),
          (place) => bit(code, places.indexOf(place)),
        ),
        bits: { [type]: 1 },
      })),
    ),
  );
  const together = sets.flatMap((set) =>
    Array.from({ length: 2 ** set.length }, (_, code) => ({
      weight: share / sets.length / 2 ** set.length,
      label: set.reduce((sum, _, i) => sum + bit(code, i), 0) % 2,
      blocks: blocksOf(
        () => -1,
        (place) => (place.set === set ? bit(code, set.indexOf(place.name)) : -1),
      ),
      bits: { synergistic: 1 },
      set: setName(set),
    })),
  );
  return [...direct, ...together];
}

/** Exact log-probabilities [N, K] given each set of modalities. */
export function posteriorsOfSets(
  hidden: readonly HiddenState[],
  classes: number,
  likelihoods: Readonly<Record<string, Likelihoods>>,
  known: Exact,
): Record<string, Float32Array> {
  const names = Object.keys(likelihoods);
  return Object.fromEntries(
    setsOf(names).map((set) => {
      if (set.length === 1) return [set[0]!, known.unimodal[set[0]!]!];
      if (set.length === names.length) return [setName(set), known.logits];
      const places = set.map((name) => names.indexOf(name));
      const part = hidden.map((state) => ({ ...state, parts: places.map((m) => state.parts[m]!) }));
      const own = Object.fromEntries(set.map((name) => [name, likelihoods[name]!]));
      return [setName(set), posteriors(part, classes, own).logits];
    }),
  );
}
