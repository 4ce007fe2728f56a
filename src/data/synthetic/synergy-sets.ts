/** @file Synergy in sets of modalities: samples that need exactly these, and what is known given each set. Source: ours. */
import { type Exact, type HiddenState, type Likelihoods, posteriors } from "./exact.ts";
import type { PlantedState } from "./several.ts";

/** How a set of modalities is written: `a+b`, in the order of the modalities. */
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
 * unique samples show y in direct blocks; of synergistic ones the blocks of one set add up to y. All other blocks are drawn evenly.
 */
export function synergySets(modalities: readonly string[]): PlantedState[] {
  const sets = setsOf(modalities).filter((set) => set.length > 1);
  const own = modalities.map((name) => sets.filter((set) => set.includes(name)));
  const count = own.reduce((sum, mine) => sum + mine.length, 0);
  const bitsOf = (code: number): number[][] => {
    let at = 0;
    return own.map((mine) => mine.map(() => (code >> at++) % 2));
  };
  const types = ["redundant", ...modalities.map((name) => `unique_${name}`), "synergistic"];
  const kinds = types.flatMap((type): { type: string; set?: string[]; share: number }[] =>
    type === "synergistic"
      ? sets.map((set) => ({ type, set, share: 1 / types.length / sets.length }))
      : [{ type, share: 1 / types.length }],
  );
  return kinds.flatMap(({ type, set, share }) => {
    const states = Array.from({ length: 2 ** count }, (_, code) => bitsOf(code)).flatMap((symbols) =>
      [0, 1].flatMap((label) => {
        const sum = (set ?? []).reduce((total, name) => {
          const m = modalities.indexOf(name);
          return total + symbols[m]![own[m]!.indexOf(set!)]!;
        }, 0);
        if (set !== undefined && sum % 2 !== label) return [];
        const blocks = Object.fromEntries(
          modalities.map((name, m) => {
            const says = type === "redundant" || type === `unique_${name}`;
            return [name, [says ? label : -1, ...symbols[m]!]];
          }),
        );
        return [{ label, blocks }];
      }),
    );
    const weight = share / states.length;
    return states.map((state) => ({
      ...state,
      weight,
      bits: { [type]: 1 },
      ...(set !== undefined && { set: setName(set) }),
    }));
  });
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
