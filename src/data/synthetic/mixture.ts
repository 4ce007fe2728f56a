/**
 * @file Interaction mixture: generated data whose true component is known for every sample. Source: ours.
 *
 * A sample draws a component c by the given shares and a label y uniform over K classes. The latent vector of a modality is
 * a direct one-hot block [K], one or more paired one-hot blocks [K], and 2 normal nuisance numbers:
 * - redundant: y in the direct block of every modality;
 * - unique_m: y in the direct block of m, zeros in the direct blocks of the others;
 * - synergistic: every direct block is zero; symbols in the paired blocks add up to y modulo K, so that one alone has no information.
 * In samples that are not synergistic the paired blocks hold independent random symbols: they look alike, and mislead.
 * A fixed random matrix with standard normal entries maps the latent vector to D features, plus normal noise.
 *
 * With M > 2 modalities, synergy "all" has one paired block and the symbols of all M add up to y: any M - 1 of them tell
 * nothing. Synergy "pairs" has a paired block for each partner, and every pair of modalities alone gives y. Alike for M = 2.
 */

import * as z from "zod";
import { configError } from "../../core/errors.ts";
import { parseOptions } from "../../core/options.ts";
import { permutation, type Stream, stream } from "../../core/random.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { checkSplits } from "../check.ts";
import { type DataSplits, type Dataset, mapSplits, rowIds, type SplitName } from "../dataset.ts";
import { classTarget } from "../target.ts";
import { sizesSchema } from "./settings.ts";

/** Settings of the mixture. */
export interface MixtureOptions {
  /** K, from 2. */
  readonly classes: number;
  /** Standard deviation of the noise on each feature; the features' own is about the root of the blocks that are set. */
  readonly noise: number;
  /** They sum to 1; a number for `unique` holds for each modality, not for all together. */
  readonly shares: {
    readonly redundant: number;
    readonly unique: number | Readonly<Record<string, number>>;
    readonly synergistic: number;
  };
  /** Per split, or a total of which 60% are train, 20% validation, 20% test. */
  readonly samples: number | { readonly train: number; readonly validation: number; readonly test: number };
  readonly seed: number;
  /** D, features per modality; 20 if left out. */
  readonly features?: number | undefined;
  /** `["a", "b"]` if left out. */
  readonly modalities?: readonly string[] | undefined;
  /** For more than two modalities, see above; "all" if left out. */
  readonly synergy?: "all" | "pairs" | undefined;
  /** Components and labels in exact shares (to a sample) instead of independent draws; false if left out. */
  readonly stratified?: boolean | undefined;
}

/** Settings with every default filled in. */
export interface Mixture extends MixtureOptions {
  readonly features: number;
  readonly modalities: readonly string[];
  readonly synergy: "all" | "pairs";
  readonly stratified: boolean;
}

const part = z.number().min(0).max(1);
const schema: z.ZodType<Mixture> = z.strictObject({
  classes: z.int().min(2).max(1000),
  noise: z.number().min(0),
  shares: z.strictObject({
    redundant: part,
    unique: z.union([part, z.record(z.string(), part)]),
    synergistic: part,
  }),
  samples: z.union([z.int().min(5), sizesSchema]),
  seed: z.int().min(0),
  features: z.int().min(1).max(100_000).default(20),
  modalities: z.array(z.string().min(1)).min(2).max(16).default(["a", "b"]),
  synergy: z.enum(["all", "pairs"]).default("all"),
  stratified: z.boolean().default(false),
});

/** What one split is made of, before it is mapped to features. */
interface Latents {
  /** [N] */
  readonly labels: Int32Array;
  /** [N] */
  readonly truth: readonly string[];
  /** Per modality [N, L], L = K (direct) + K times the paired blocks + 2 (nuisance). */
  readonly vectors: Readonly<Record<string, Tensor<"float32">>>;
}

const NUISANCE = 2;

/**
 * Three independent splits from one random map; ids are row numbers.
 * @throws ConfigError for settings that do not fit together, DataError when chance leaves train without some class.
 */
export function interactionMixture(options: MixtureOptions): DataSplits {
  const mixture = parseMixture(options);
  const components = componentShares(mixture);
  const sizes = splitSizes(mixture.samples);
  const maps = Object.fromEntries(mixture.modalities.map((name) => [name, mixtureMap(mixture, name)]));
  const classes = rowIds(mixture.classes);
  const splits = mapSplits((split): Dataset => {
    const { labels, truth, vectors } = mixtureLatents(mixture, components, split, sizes[split]);
    const modalities = Object.fromEntries(
      mixture.modalities.map((name) => [
        name,
        mapped(vectors[name]!, maps[name]!, mixture.noise, stream(mixture.seed, `mixture noise ${split} ${name}`)),
      ]),
    );
    return { name: split, ids: rowIds(labels.length), modalities, ...classTarget(classes, labels), truth };
  });
  checkSplits(splits); // few samples of many classes may leave train without one
  return splits;
}

/** Settings with every default filled in. @throws ConfigError for settings that are wrong one by one. */
export function parseMixture(options: MixtureOptions): Mixture {
  return parseOptions(schema, options, "interactionMixture");
}

/** The fixed map of a modality, [L, D], entries standard normal. */
export function mixtureMap(mixture: Mixture, modality: string): Tensor<"float32"> {
  const draw = stream(mixture.seed, `mixture map ${modality}`);
  const map = float32([latentSize(mixture), mixture.features]);
  for (let i = 0; i < map.data.length; i++) map.data[i] = draw.normal();
  return map;
}

/** Components, labels and latent vectors of one split. */
export function mixtureLatents(
  mixture: Mixture,
  components: ReadonlyMap<string, number>,
  split: SplitName,
  n: number,
): Latents {
  const { classes: K, modalities, seed } = mixture;
  const draw = stream(seed, `mixture latent ${split}`);
  const cells = mixture.stratified ? dealtCells(components, K, n, seed, split) : undefined;
  const names = [...components.keys()];
  const size = latentSize(mixture);
  const tensors = modalities.map(() => float32([n, size]));
  const labels = new Int32Array(n);
  const truth: string[] = [];
  for (let row = 0; row < n; row++) {
    const component = cells === undefined ? drawComponent(components, draw) : names[Math.floor(cells[row]! / K)]!;
    const label = cells === undefined ? draw.below(K) : cells[row]! % K;
    labels[row] = label;
    truth.push(component);
    const symbols = pairedSymbols(mixture, component === "synergistic" ? label : undefined, draw);
    modalities.forEach((name, m) => {
      const data = tensors[m]!.data;
      const start = row * size;
      if (component === "redundant" || component === `unique_${name}`) data[start + label] = 1;
      symbols[m]!.forEach((symbol, block) => {
        data[start + (1 + block) * K + symbol] = 1;
      });
      for (let i = size - NUISANCE; i < size; i++) data[start + i] = draw.normal();
    });
  }
  return { labels, truth, vectors: Object.fromEntries(modalities.map((name, m) => [name, tensors[m]!])) };
}

/** Component -> share, in the order redundant, unique of each modality, synergistic. @throws ConfigError unless they sum to 1. */
export function componentShares(
  { shares, modalities }: Pick<Mixture, "shares" | "modalities">,
  where = "interactionMixture.shares",
): Map<string, number> {
  const { unique } = shares;
  modalities.forEach((name, i) => {
    if (modalities.indexOf(name) !== i) throw configError(`interactionMixture.modalities: "${name}" is named twice.`);
  });
  if (typeof unique !== "number") {
    const names = Object.keys(unique);
    if (names.length !== modalities.length || modalities.some((name) => !Object.hasOwn(unique, name))) {
      throw configError(
        `${where}.unique: gives ${names.join(", ") || "nothing"}; one share is needed for each of ${modalities.join(", ")}.`,
      );
    }
  }
  const all = new Map<string, number>([["redundant", shares.redundant]]);
  for (const name of modalities) all.set(`unique_${name}`, typeof unique === "number" ? unique : unique[name]!);
  all.set("synergistic", shares.synergistic);
  const sum = [...all.values()].reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) > 1e-6) {
    const listed = [...all].map(([name, value]) => `${name} ${value}`).join(" + ");
    throw configError(
      `${where}: ${listed} = ${Number(sum.toFixed(6))}; they must sum to 1 (a number for unique counts once per modality).`,
    );
  }
  return all;
}

function latentSize({ classes, modalities, synergy }: Mixture): number {
  return classes * (1 + (synergy === "pairs" ? modalities.length - 1 : 1)) + NUISANCE;
}

/** Per modality, the symbol of each paired block; with a sum given, they add up to it modulo K (all, or each pair). */
function pairedSymbols(
  { classes: K, modalities, synergy }: Mixture,
  sum: number | undefined,
  draw: Stream,
): number[][] {
  const M = modalities.length;
  if (synergy === "all") {
    const symbols = modalities.map(() => draw.below(K));
    if (sum !== undefined) {
      const others = symbols.slice(0, -1).reduce((a, b) => a + b, 0);
      symbols[M - 1] = (((sum - others) % K) + K) % K;
    }
    return symbols.map((symbol) => [symbol]);
  }
  const symbols = modalities.map(() => new Array<number>(M - 1).fill(0));
  for (let m = 0; m < M; m++) {
    for (let n = m + 1; n < M; n++) {
      const first = draw.below(K);
      const second = draw.below(K);
      symbols[m]![n - 1] = first; // m's blocks are its partners in order, itself left out
      symbols[n]![m] = sum === undefined ? second : (sum - first + K) % K;
    }
  }
  return symbols;
}

/** A component by its share. */
export function drawComponent(components: ReadonlyMap<string, number>, draw: Stream): string {
  let left = draw.uniform();
  let last = "";
  for (const [name, share] of components) {
    if (share === 0) continue;
    last = name;
    if ((left -= share) < 0) break;
  }
  return last;
}

/** [N] cells (component times K plus label), each in its exact share: largest remainders first, then shuffled. */
function dealtCells(
  components: ReadonlyMap<string, number>,
  K: number,
  n: number,
  seed: number,
  split: string,
): Int32Array {
  const exact = [...components.values()].flatMap((share) => new Array<number>(K).fill((share * n) / K));
  const counts = exact.map((value) => Math.floor(value + 1e-9));
  const left = n - counts.reduce((a, b) => a + b, 0);
  const ties = permutation(exact.length, seed, `mixture ties ${split}`);
  const byRemainder = exact
    .map((_, i) => i)
    .sort((a, b) => exact[b]! - counts[b]! - (exact[a]! - counts[a]!) || ties[a]! - ties[b]!);
  for (const i of byRemainder.slice(0, left)) counts[i]!++;
  const cells = counts.flatMap((times, cell) => new Array<number>(times).fill(cell));
  return Int32Array.from(permutation(n, seed, `mixture order ${split}`), (i) => cells[i]!);
}

/** Latent [N, L] times map [L, D] plus noise: [N, D]. */
function mapped(latent: Tensor<"float32">, map: Tensor<"float32">, noise: number, draw: Stream): Tensor<"float32"> {
  const [n, L] = latent.shape as [number, number];
  const D = map.shape[1]!;
  const out = float32([n, D]);
  const row = new Float64Array(D);
  for (let i = 0; i < n; i++) {
    row.fill(0);
    for (let l = 0; l < L; l++) {
      const value = latent.data[i * L + l]!;
      if (value === 0) continue;
      for (let d = 0; d < D; d++) row[d]! += value * map.data[l * D + d]!;
    }
    for (let d = 0; d < D; d++) out.data[i * D + d] = row[d]! + noise * draw.normal();
  }
  return out;
}

/** Sizes of the splits: as given, or three fifths of the samples for train and one fifth for each of the others. */
export function splitSizes(samples: MixtureOptions["samples"]): Record<SplitName, number> {
  if (typeof samples !== "number") return { ...samples };
  const fifth = Math.round(samples / 5);
  return { train: samples - 2 * fifth, validation: fifth, test: fifth };
}
