/**
 * @file Planted truth on real media: each sample is a spoken and a handwritten digit, whose meaning is drawn by the seed. Source: ours.
 *
 * In each modality four digits, drawn by the seed, each stand for a class (K = 4), four are paired, and two are uninformative:
 * - redundant: a class digit of y in both;
 * - unique_m: a class digit of y in m, an uninformative digit in the other;
 * - synergistic: paired digits in both; y = (i + j) modulo 4 for their numbers i and j, so one alone has no information about y.
 * A perfect classifier of digits knows the class: 2 bits per sample, all of the sample's type. Classifiers of real recordings are not
 * perfect, so where evidence is given, the exact posterior of the class under it is the ceiling of the data.
 */

import * as z from "zod";
import { parseOptions } from "../../core/options.ts";
import { permutation, type Stream, stream } from "../../core/random.ts";
import { checkSplits } from "../check.ts";
import { type Dataset, mapSplits, rowIds, type SplitName, takeTensorRows } from "../dataset.ts";
import { classTarget } from "../target.ts";
import { DIGITS, type DigitPool, type DigitSource } from "./digits-source.ts";
import { type Exact, type Generated, type HiddenState, type Likelihoods, posteriors } from "./exact.ts";
import { componentShares, drawComponent, type MixtureOptions } from "./mixture.ts";
import { sizesSchema } from "./settings.ts";

/** Settings of the digits. */
export interface DigitsOptions {
  readonly seed: number;
  /** Shares of the components, which sum to 1, as in the interaction mixture; a quarter each if left out. */
  readonly shares?: MixtureOptions["shares"] | undefined;
  /** 4000 / 1000 / 2000 if left out. Recordings and pictures are drawn independently for each sample, from its split only. */
  readonly samples?: Readonly<Record<SplitName, number>> | undefined;
}

/** The roles of the digits of a modality. */
interface DigitRoles {
  /** [4], by class. */
  readonly tellers: readonly number[];
  /** [4], by number. */
  readonly paired: readonly number[];
  /** [2] */
  readonly silent: readonly number[];
}

/** Generated splits with everything that is known about them. */
interface GeneratedDigits extends Generated {
  readonly roles: Readonly<Record<string, DigitRoles>>;
}

const K = 4;

const part = z.number().min(0).max(1);
interface Settings {
  readonly seed: number;
  readonly shares: MixtureOptions["shares"];
  readonly samples: Readonly<Record<SplitName, number>>;
}

const schema: z.ZodType<Settings> = z.strictObject({
  seed: z.int().min(0),
  shares: z
    .strictObject({
      redundant: part,
      unique: z.union([part, z.record(z.string(), part)]),
      synergistic: part,
    })
    .default({ redundant: 0.25, unique: 0.25, synergistic: 0.25 }),
  samples: sizesSchema.default({ train: 4000, validation: 1000, test: 2000 }),
});

/** Checked settings with defaults. @throws ConfigError, before any data is read. */
export function checkedDigits(options: DigitsOptions, modalities: readonly string[]): Settings {
  const settings = parseOptions(schema, options, "digits");
  componentShares({ shares: settings.shares, modalities }, "digits.shares");
  return settings;
}

/** One combination of digits: its component, class and probability, and the digit that each modality shows. */
interface Shown extends HiddenState {
  readonly component: string;
}

/**
 * Three splits of spoken and written digits with true components and bits; with a ceiling where the pools have evidence.
 * @throws ConfigError for settings that do not fit.
 */
export function digits(options: DigitsOptions, source: DigitSource): GeneratedDigits {
  const names = Object.keys(source);
  const { seed, shares, samples } = checkedDigits(options, names);
  const components = componentShares({ shares, modalities: names }, "digits.shares");
  const roles = Object.fromEntries(names.map((name) => [name, drawnRoles(seed, name)]));
  const law = lawOf(components, names, roles);
  const exact: Partial<Record<SplitName, Exact>> = {};
  const splits = mapSplits((split): Dataset => {
    const n = samples[split];
    const draw = stream(seed, `digits ${split}`);
    const shown = Array.from({ length: n }, () => drawShown(law, components, draw));
    const rows = names.map((name, m) => {
      const byDigit = rowsByDigit(source[name]![split]);
      const chance = stream(seed, `digits rows ${split} ${name}`);
      return shown.map(({ parts }) => {
        const own = byDigit[parts[m]!]!;
        return own[chance.below(own.length)]!;
      });
    });
    const pools = names.map((name) => source[name]![split]);
    exact[split] = posteriors(
      law,
      K,
      Object.fromEntries(names.map((name, m) => [name, likelihoods(pools[m]!, rows[m]!)])),
    );
    return {
      name: split,
      ids: shown.map(({ parts }, i) =>
        [i, ...names.map((name, m) => `${name} ${parts[m]} (${pools[m]!.origins[rows[m]![i]!]})`)].join(" "),
      ),
      modalities: Object.fromEntries(names.map((name, m) => [name, takeTensorRows(pools[m]!.values, rows[m]!)])),
      ...classTarget(
        rowIds(K),
        Int32Array.from(shown, ({ label }) => label),
      ),
      truth: shown.map(({ component }) => component),
      truthBits: Object.fromEntries(
        [...components.keys()].map((name) => [
          name,
          Float32Array.from(shown, ({ component }) => (component === name ? Math.log2(K) : 0)),
        ]),
      ),
      ...(pools.every(({ evidence }) => evidence !== undefined) && { ceiling: exact[split]! }),
    };
  });
  checkSplits(splits);
  const means = Object.fromEntries([...components].map(([name, share]) => [name, share * Math.log2(K)]));
  return { splits, exact: exact as Record<SplitName, Exact>, means, roles };
}

function drawnRoles(seed: number, modality: string): DigitRoles {
  const order = [...permutation(DIGITS, seed, `digits roles ${modality}`)];
  return { tellers: order.slice(0, K), paired: order.slice(K, 2 * K), silent: order.slice(2 * K) };
}

/** Every combination of digits that can be shown, with its probability. */
function lawOf(
  components: ReadonlyMap<string, number>,
  names: readonly string[],
  roles: Readonly<Record<string, DigitRoles>>,
): Shown[] {
  const own = names.map((name) => roles[name]!);
  const [first, second] = own as [DigitRoles, DigitRoles];
  const pairsOf = (component: string, label: number): number[][] => {
    if (component === "redundant") return [own.map(({ tellers }) => tellers[label]!)];
    if (component === "synergistic") {
      return first.paired.map((digit, i) => [digit, second.paired[(label - i + K) % K]!]);
    }
    const teller = names.findIndex((name) => component === `unique_${name}`);
    return own[1 - teller]!.silent.map((silent) =>
      own.map(({ tellers }, m) => (m === teller ? tellers[label]! : silent)),
    );
  };
  return [...components].flatMap(([component, share]) =>
    Array.from({ length: K }, (_, label) => {
      const all = pairsOf(component, label);
      return all.map((parts) => ({ component, label, parts, weight: share / K / all.length }));
    }).flat(),
  );
}

/** Draws a component by its share, then one of its combinations uniformly. */
function drawShown(law: readonly Shown[], components: ReadonlyMap<string, number>, draw: Stream): Shown {
  const component = drawComponent(components, draw);
  const own = law.filter((state) => state.component === component);
  return own[draw.below(own.length)]!;
}

function rowsByDigit({ digits: own }: DigitPool): number[][] {
  const rows = Array.from({ length: DIGITS }, (): number[] => []);
  own.forEach((digit, row) => void rows[digit]!.push(row));
  return rows;
}

/** The evidence for each digit; without a classifier, certainty of the shown digit. */
function likelihoods({ evidence, digits: own }: DigitPool, rows: readonly number[]): Likelihoods {
  const logs = new Float64Array(rows.length * DIGITS).fill(Number.NEGATIVE_INFINITY);
  rows.forEach((row, i) => {
    if (evidence === undefined) logs[i * DIGITS + own[row]!] = 0;
    else logs.set(evidence.subarray(row * DIGITS, (row + 1) * DIGITS), i * DIGITS);
  });
  return { states: DIGITS, logs };
}
