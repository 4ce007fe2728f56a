/**
 * @file Small sets with planted atoms: gates, a modality of pure noise, unique content that also feeds a synergy, and samples
 * that hold two atoms at once. Source: ours; gates after the PID literature.
 *
 * Every set is a finite law: a sample draws a hidden state, which determines the label and, per modality, a vector of one-hot blocks.
 * A fixed random matrix with standard normal entries maps the vector to D features, plus normal noise (as in mixture.ts).
 */

import * as z from "zod";
import { hint } from "../../core/errors.ts";
import { parseOptions } from "../../core/options.ts";
import { stream } from "../../core/random.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { checkSplits } from "../check.ts";
import { type Dataset, mapSplits, rowIds, type SplitName } from "../dataset.ts";
import { classTarget } from "../target.ts";
import { type Exact, type Generated, type HiddenState, normalLikelihoods, posteriors, type SetTruth } from "./exact.ts";
import { sizesSchema } from "./settings.ts";
import { type PlantedState, posteriorsOfSets, synergySets } from "./synergy-sets.ts";

/** Settings of a planted set. */
interface PlantedOptions {
  readonly kind: PlantedKind;
  readonly seed: number;
  readonly samples: { readonly train: number; readonly validation: number; readonly test: number };
  /** Standard deviation of the noise on each feature; .3 if left out. */
  readonly noise?: number | undefined;
  /** D, features per modality; 20 if left out. */
  readonly features?: number | undefined;
}

/**
 * - `xor`: y = p xor q; 1 bit of synergy in every sample.
 * - `and`: y = p and q; atoms of the whole law (BROJA): .3113 redundant, .5 synergistic. A sample has no one true atom.
 * - `copy`: y = (p, q), four classes; 1 bit unique to each modality.
 * - `noise`: a holds y, b holds nothing but noise; 1 bit unique to a.
 * - `unique-feeds-synergy`: a holds (u, p), b holds q; y = (u, p xor q xor u), four classes: u is unique to a, and the second
 *   bit cannot be read without it. 1 bit unique to a, 1 bit of synergy.
 * - `synergy-sets`: three modalities, two classes; each sample is redundant, unique to one, or synergistic in one set of modalities: a+b,
 *   a+c, b+c or a+b+c, whose symbols add up to y modulo 2 and of which no part alone has information. Types and sets evenly: 1 bit each.
 * - `two-atoms`: y = (y1, y2), four classes; each bit has a type of its own (redundant, unique_a, unique_b, synergistic, evenly) and lies
 *   in blocks of its own, as in the interaction mixture. Each sample holds 2 bits: two atoms, or one twice.
 */
export type PlantedKind = "xor" | "and" | "copy" | "noise" | "unique-feeds-synergy" | "two-atoms" | "synergy-sets";

interface Law {
  readonly classes: number;
  readonly states: readonly PlantedState[];
  /** False when the true atoms of single samples are not known. */
  readonly planted: boolean;
  /** True bits of the whole distribution, when single samples have none. */
  readonly means?: Readonly<Record<string, number>>;
}

const BITS = [0, 1] as const;
const COMPONENTS = ["redundant", "unique_a", "unique_b", "synergistic"] as const;
const pairs = BITS.flatMap((p) => BITS.map((q) => [p, q] as const));

const laws: Readonly<Record<PlantedKind, () => Law>> = {
  xor: () => gateLaw(2, (p, q) => p ^ q, { synergistic: 1 }),
  and: () => {
    const redundant = 0.75 * Math.log2(4 / 3);
    return { ...gateLaw(2, (p, q) => p & q, {}), planted: false, means: { redundant, synergistic: 0.5 } };
  },
  copy: () => gateLaw(4, (p, q) => 2 * p + q, { unique_a: 1, unique_b: 1 }),
  noise: () => ({
    classes: 2,
    planted: true,
    states: BITS.map((y) => ({ weight: 1 / 2, label: y, blocks: { a: [y], b: [-1] }, bits: { unique_a: 1 } })),
  }),
  "unique-feeds-synergy": () => ({
    classes: 4,
    planted: true,
    states: BITS.flatMap((u) =>
      pairs.map(([p, q]) => ({
        weight: 1 / 8,
        label: 2 * u + (p ^ q ^ u),
        blocks: { a: [u, p], b: [q] },
        bits: { unique_a: 1, synergistic: 1 },
      })),
    ),
  }),
  "two-atoms": () => {
    const half = oneBit();
    return {
      classes: 4,
      planted: true,
      states: half.flatMap((first) =>
        half.map((second) => ({
          weight: first.weight * second.weight,
          label: 2 * first.label + second.label,
          blocks: { a: [...first.blocks.a!, ...second.blocks.a!], b: [...first.blocks.b!, ...second.blocks.b!] },
          bits: Object.fromEntries(COMPONENTS.map((c) => [c, (first.bits[c] ?? 0) + (second.bits[c] ?? 0)])),
        })),
      ),
    };
  },
  "synergy-sets": () => ({ classes: 2, planted: true, states: synergySets(["a", "b", "c"]) }),
};

/** The kinds, by name. */
export const PLANTED_KINDS: readonly PlantedKind[] = [
  "xor",
  "and",
  "copy",
  "noise",
  "unique-feeds-synergy",
  "two-atoms",
  "synergy-sets",
];

const schema = z.strictObject({
  kind: z.custom<PlantedKind>((kind) => (PLANTED_KINDS as readonly unknown[]).includes(kind), {
    error: (issue) => `unknown kind "${issue.input}"${hint(String(issue.input), PLANTED_KINDS)}`,
  }),
  seed: z.int().min(0),
  samples: sizesSchema,
  noise: z.number().positive().default(0.3),
  features: z.int().min(1).max(100_000).default(20),
});

/** Three splits of a planted set with true bits, exact probabilities and means. @throws ConfigError for settings that do not fit. */
export function plantedSet(options: PlantedOptions): Generated {
  const { kind, seed, samples, noise, features } = parseOptions(schema, options, "plantedSet");
  const law = laws[kind]();
  const names = Object.keys(law.states[0]!.blocks);
  const sides = names.map((side) => ownStates(law, side, seed, features));
  const hidden = law.states.map((state): HiddenState => ({ ...state, parts: sides.map((side) => side.of(state)) }));
  const sets: Partial<Record<SplitName, SetTruth>> = {};
  const exact: Partial<Record<SplitName, Exact>> = {};
  const splits = mapSplits((split): Dataset => {
    const n = samples[split];
    const draw = stream(seed, `planted ${kind} ${split}`);
    const rows = Array.from({ length: n }, () => drawState(law.states, draw.uniform()));
    const modalities = Object.fromEntries(
      names.map((side, m): [string, Tensor<"float32">] => {
        const chance = stream(seed, `planted noise ${split} ${side}`);
        const values = float32([n, features]);
        rows.forEach((row, i) => {
          const mean = sides[m]!.means[hidden[row]!.parts[m]!]!;
          for (let d = 0; d < features; d++) values.data[i * features + d] = mean[d]! + noise * chance.normal();
        });
        return [side, values];
      }),
    );
    const likelihoods = Object.fromEntries(
      names.map((side, m) => [side, normalLikelihoods(modalities[side]!.data, sides[m]!.means, noise)]),
    );
    exact[split] = posteriors(hidden, law.classes, likelihoods);
    if (law.states.some(({ set }) => set !== undefined)) {
      sets[split] = {
        truth: rows.map((row) => law.states[row]!.set),
        exact: posteriorsOfSets(hidden, law.classes, likelihoods, exact[split]),
      };
    }
    return {
      name: split,
      ids: rowIds(n),
      modalities,
      ...classTarget(
        rowIds(law.classes),
        Int32Array.from(rows, (row) => law.states[row]!.label),
      ),
      ...(law.planted ? truthOf(law, names, rows) : {}),
    };
  });
  checkSplits(splits);
  const means = law.means ?? weightedBits(law, names);
  return {
    splits,
    exact: exact as Record<SplitName, Exact>,
    means,
    ...(sets.train !== undefined && { sets: sets as Record<SplitName, SetTruth> }),
  };
}

/** A two-input gate on fair bits. */
function gateLaw(classes: number, y: (p: number, q: number) => number, bits: Record<string, number>): Law {
  const states = pairs.map(([p, q]) => ({ weight: 1 / 4, label: y(p, q), blocks: { a: [p], b: [q] }, bits }));
  return { classes, states, planted: true };
}

/** The interaction mixture of one bit, types evenly: blocks are [direct, paired]. */
function oneBit(): PlantedState[] {
  const make = (component: string, label: number, a: readonly number[], b: readonly number[], weight: number) => ({
    weight: weight / 4,
    label,
    blocks: { a, b },
    bits: { [component]: 1 },
  });
  return BITS.flatMap((y) => [
    ...pairs.flatMap(([p, q]) => [
      make("redundant", y, [y, p], [y, q], 1 / 8),
      make("unique_a", y, [y, p], [-1, q], 1 / 8),
      make("unique_b", y, [-1, p], [y, q], 1 / 8),
    ]),
    ...BITS.map((p) => make("synergistic", y, [-1, p], [-1, p ^ y], 1 / 4)),
  ]);
}

interface OwnStates {
  /** [L] vectors [D]. */
  readonly means: readonly Float64Array[];
  /** Which of them a state of the law shows. */
  of(state: PlantedState): number;
}

/** The distinct blocks of a modality, mapped to features. All symbols are binary. */
function ownStates(law: Law, side: string, seed: number, features: number): OwnStates {
  const keys = [...new Set(law.states.map((state) => state.blocks[side]!.join(" ")))];
  const places = new Map(keys.map((key, i) => [key, i]));
  const draw = stream(seed, `planted map ${side}`);
  const blocks = law.states[0]!.blocks[side]!.length;
  const map = Float64Array.from({ length: 2 * blocks * features }, () => draw.normal());
  const means = keys.map((key) => {
    const mean = new Float64Array(features);
    key.split(" ").forEach((symbol, block) => {
      if (symbol === "-1") return;
      const row = (2 * block + Number(symbol)) * features;
      for (let d = 0; d < features; d++) mean[d]! += map[row + d]!;
    });
    return mean;
  });
  return { means, of: (state) => places.get(state.blocks[side]!.join(" "))! };
}

function drawState(states: readonly PlantedState[], uniform: number): number {
  let left = uniform;
  for (let s = 0; s < states.length; s++) if ((left -= states[s]!.weight) < 0) return s;
  return states.length - 1;
}

/** True bits of every sample, and the true component when each sample has a single one. */
function truthOf(
  { states }: Law,
  names: readonly string[],
  rows: readonly number[],
): Pick<Dataset, "truth" | "truthBits"> {
  const components = componentsOf(names);
  const held = (state: PlantedState): string[] => components.filter((name) => (state.bits[name] ?? 0) > 0);
  const truthBits = Object.fromEntries(
    components.map((name) => [name, Float32Array.from(rows, (row) => states[row]!.bits[name] ?? 0)]),
  );
  const single = states.every((state) => held(state).length === 1);
  return { truthBits, ...(single && { truth: rows.map((row) => held(states[row]!)[0]!) }) };
}

function weightedBits({ states }: Law, names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    componentsOf(names).map((name) => [
      name,
      states.reduce((sum, { weight, bits }) => sum + weight * (bits[name] ?? 0), 0),
    ]),
  );
}

function componentsOf(names: readonly string[]): string[] {
  return ["redundant", ...names.map((name) => `unique_${name}`), "synergistic"];
}
