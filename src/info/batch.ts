/**
 * @file A decomposition of continuous sources from classifiers: informations from held-out log-likelihoods, the redundant share of
 * the smaller one from the coupling of posteriors, the rest by the sum rules; intervals from blocks of rows left out.
 */
import { dataError, shapeError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import type { Interval } from "./intervals.ts";
import { checkKeys, checkWhole } from "./options.ts";
import { type PosteriorRedundancy, posteriorRedundancy } from "./posterior.ts";
import { checkSameLength, type SampleInformation } from "./samplewise.ts";

/** Predictions of two sources' classifiers for N held-out rows. */
export interface BatchTerms extends SampleInformation {
  /** log p(y | x_k) of the first source alone and of the second, [N, K], nats. */
  readonly logs: { readonly first: ArrayLike<number>; readonly second: ArrayLike<number> };
}

/** Options of batchEstimate. */
export interface BatchOptions {
  readonly seed: number;
  /** Maximal number of symbols per source; 24. */
  readonly clusters?: number;
  /** [N] group numbers: rows of a group are left out together. Each row is its own group by default. */
  readonly groups?: ArrayLike<number>;
  /** Called with the share of couplings solved so far. */
  readonly onSolved?: (share: number) => void;
}

/** Atoms in bits with 95 % intervals, none below 0. */
export interface SplitIntervals {
  readonly R: Interval;
  readonly U1: Interval;
  readonly U2: Interval;
  readonly S: Interval;
}

/** Atoms, and how R was found. */
export interface BatchEstimate extends SplitIntervals {
  readonly redundancy: PosteriorRedundancy;
}

/** Number of blocks of the jackknife. */
const BLOCKS = 10;

/**
 * BROJA of two continuous sources, bits: R = share min(I1, I2) with the share that posteriorRedundancy finds (certified on its
 * symbols), U_k = I_k - R, S = I12 - I1 - I2 + R, kept where no atom is negative. Intervals include the variation of rows and, on both
 * sides, the error of grouping, measured on a source paired with itself. Needs classifiers not trained on these rows.
 * Source: ours, in place of BATCH (Liang et al. 2023), whose fitted coupling has no certificate.
 *
 * @throws ShapeError when the sizes do not fit; DataError for NaN or a single group of rows; ConfigError for bad options.
 * @example batchEstimate({ i1, i2, i12, logs: { first, second } }, classes, { seed: 0 }).S.value
 */
export function batchEstimate(terms: BatchTerms, classes: number, options: BatchOptions): BatchEstimate {
  checkKeys("batchEstimate", options, ["seed", "clusters", "groups", "onSolved"]);
  const seed = checkWhole("batchEstimate", "seed", options.seed, 0);
  const { i1, i2, i12, logs } = terms;
  const rows = checkSameLength("batchEstimate", { i1, i2, i12 });
  checkWhole("batchEstimate", "classes", classes, 2);
  const { blocks, count } = blocksOf(rows, options.groups, seed);
  const redundancy = posteriorRedundancy(logs.first, logs.second, classes, {
    seed,
    blocks,
    ...(options.clusters === undefined ? {} : { clusters: options.clusters }),
    ...(options.onSolved === undefined ? {} : { onSolved: options.onSolved }),
  });
  // The error of the procedure for a source paired with itself, where the truth is known; resampling rows cannot show it.
  const unknown = (1 - redundancy.selfShare) * Math.max(0, Math.min(meanOf(i1), meanOf(i2)));
  const { share, without } = redundancy;
  return { ...split(terms, { share, without, unknown }, { blocks, count }), redundancy };
}

/**
 * R = min(I1, I2) and the other atoms by the sum rules, bits, from informations of N rows; intervals as of batchEstimate, without the
 * grouping error. All non-negative measures agree on it where sources and a number are jointly Gaussian.
 * Source: Barrett 2015.
 *
 * @throws DataError for a single group of rows, ShapeError when sizes differ.
 * @example mmiEstimate({ i1, i2, i12 }, { seed: 0 }).R.value
 */
export function mmiEstimate(terms: SampleInformation, options: Pick<BatchOptions, "seed" | "groups">): SplitIntervals {
  checkKeys("mmiEstimate", options, ["seed", "groups"]);
  const rows = checkSameLength("mmiEstimate", { i1: terms.i1, i2: terms.i2, i12: terms.i12 });
  const blocks = blocksOf(rows, options.groups, checkWhole("mmiEstimate", "seed", options.seed, 0));
  const without = new Array<number>(blocks.count).fill(1);
  return split(terms, { share: 1, without, unknown: 0 }, blocks);
}

/** Mean of the rows outside block `without`; of all rows by default. */
function meanOf(values: Float64Array, blocks?: Int32Array, without?: number): number {
  let [sum, kept] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (blocks !== undefined && blocks[i] === without) continue;
    sum += values[i]!;
    kept++;
  }
  return sum / kept;
}

/** R, U1, U2, S where R is a share of the smaller information; intervals by the jackknife over blocks, for which shares are given too. */
function split(
  { i1, i2, i12 }: SampleInformation,
  { share, without, unknown }: { share: number; without: readonly number[]; unknown: number },
  { blocks, count }: { blocks: Int32Array; count: number },
): SplitIntervals {
  /** With `free`, atoms may be negative, as needed to measure their variation. */
  const atomsOf = (part: number, block: number, free: boolean): Atoms => {
    const means = [meanOf(i1, blocks, block), meanOf(i2, blocks, block), meanOf(i12, blocks, block)] as const;
    const [I1, I2, I12] = free ? means : atLeast(means);
    const smaller = Math.max(0, Math.min(I1, I2));
    // The lower bound keeps S non-negative, the upper bound keeps U1 and U2 non-negative.
    const R = free ? part * smaller : Math.min(Math.max(part * smaller, I1 + I2 - I12), smaller);
    return [R, I1 - R, I2 - R, I12 - I1 - I2 + R];
  };
  const replicates = without.map((part, block) => atomsOf(part, block, true));
  const t = tQuantile(count - 1);
  const [R, U1, U2, S] = atomsOf(share, -1, false).map((value, a): Interval => {
    const mean = replicates.reduce((sum, atoms) => sum + atoms[a]!, 0) / count;
    const se = Math.sqrt(((count - 1) / count) * replicates.reduce((sum, atoms) => sum + (atoms[a]! - mean) ** 2, 0));
    const half = t * se + unknown;
    return { value, se, lower: Math.max(0, value - half), upper: value + half };
  }) as [Interval, Interval, Interval, Interval];
  return { R, U1, U2, S };
}

/** [N] block numbers of rows, whole groups together, and how many blocks there are. */
export function blocksOf(
  rows: number,
  groups: ArrayLike<number> | undefined,
  seed: number,
): { blocks: Int32Array; count: number } {
  if (groups !== undefined && groups.length !== rows) {
    throw shapeError(`batchEstimate: ${groups.length} groups for ${rows} rows; give one a row.`);
  }
  const groupOf = Float64Array.from({ length: rows }, (_, i) => groups?.[i] ?? i);
  const indices = new Map([...new Set(groupOf)].map((group, index) => [group, index]));
  if (indices.size < 2) {
    throw dataError("batchEstimate: all rows are of one group; two are needed, so that one can be left out.");
  }
  const order = permutation(indices.size, seed, "info.batch-blocks");
  const count = Math.min(BLOCKS, indices.size);
  return { blocks: Int32Array.from(groupOf, (group) => order[indices.get(group)!]! % count), count };
}

type Atoms = readonly [number, number, number, number];

/**
 * Informations raised to what lower bounds allow: a classifier may ignore a source, so no information is below 0, and that of
 * both sources is not below either one. Otherwise a value below would appear as synergy.
 */
export function atLeast([I1, I2, I12]: readonly [number, number, number]): [number, number, number] {
  const [first, second] = [Math.max(0, I1), Math.max(0, I2)];
  return [first, second, Math.max(I12, first, second)];
}

/** The 97.5 % point of Student's t, to a few per cent from 3 degrees of freedom on. Source: Cornish and Fisher. */
export function tQuantile(freedom: number): number {
  const z = 1.959964;
  const n = Math.max(1, freedom);
  return z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n * n);
}
