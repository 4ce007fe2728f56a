/** @file The measures on out-of-fold terms of features: each gives atoms with intervals and a null. */
import { permutation } from "../../core/random.ts";
import { type Dataset, takeTensorRows } from "../../data/dataset.ts";
import {
  cvxTable,
  type Features,
  type Interval,
  lsmi,
  meanIntervals,
  type PosteriorRedundancy,
  pminScores,
  posteriorRedundancy,
  type SampleScores,
  unitSensitivity,
} from "../../info/index.ts";
import type { Crossfit } from "./crossfit.ts";
import { type Amount, ATOMS, type AtomName, type MeasuredAtoms, type QuantifyMeasure } from "./result.ts";
import { tableAmounts } from "./table-amounts.ts";

/** What measures read. */
export interface Context {
  readonly usable: Dataset;
  readonly terms: Crossfit;
  readonly permuted: readonly Crossfit[];
  readonly groups: Int32Array | undefined;
  readonly options: { readonly seed: number; readonly project?: boolean };
}

/** The measures by name. */
export const MEASURES: Readonly<Record<QuantifyMeasure, (context: Context) => MeasuredAtoms>> = {
  pmin(context) {
    return {
      measure: "pmin",
      atoms: scoreAtoms(context, pminScores),
      notes: ["pointwise minimum, mean over samples: signed, and equal amounts count as the same information."],
      details: {},
    };
  },
  lsmi(context) {
    const { terms, options } = context;
    const { h1, h2, dimensions } = terms.density!;
    const read = (c: Crossfit): ReturnType<typeof lsmi> =>
      lsmi({ ...c, h1, h2 }, { project: options.project === true });
    const { means, projected, shift } = read(terms);
    const units = unitSensitivity({ ...terms, h1, h2 }, dimensions);
    return {
      measure: "lsmi",
      atoms: scoreAtoms(context, (c) => read(c).scores),
      notes: [
        `specificity less ambiguity with densities of ${dimensions} whitened dimensions each; signed, and tied to these units.`,
        `R is ${units.half.toFixed(3)} with the first source's unit halved and ${units.double.toFixed(3)} with it doubled.`,
        `projected on means of 0 or more: R ${projected.R.toFixed(3)} (shift ${shift.toFixed(3)})${options.project === true ? ", applied" : ", not applied"}.`,
      ],
      details: {
        dimensions,
        rawR: means.R,
        projectedR: projected.R,
        shift,
        unitHalf: units.half,
        unitDouble: units.double,
      },
    };
  },
  broja(context) {
    const { terms, permuted } = context;
    const own = posteriorAtoms(context, terms);
    const none = permuted.map((c) => posteriorAtoms(context, c).atoms);
    const { gap, share, lost1, lost2, I1, I2, R } = own.redundancy;
    return {
      measure: "broja",
      atoms: named(withNull(own.atoms, none)),
      notes: [
        `optimal coupling of the sources' posteriors, certified to ${gap.toExponential(0)} bit: ${(100 * Math.min(1, share)).toFixed(1)} % of the smaller information is redundant. Grouping like posteriors lost ${lost1.toFixed(3)} and ${lost2.toFixed(3)} bit, taken to lose all parts alike; R is kept where no part is negative.`,
      ],
      details: { gap, share, lost1, lost2, symbolR: R, symbolI1: I1, symbolI2: I2 },
    };
  },
  cvx({ usable, terms, options }) {
    const rows = [...terms.rows];
    const [first, second] = Object.values(usable.modalities).map(
      (values): Features => takeTensorRows(values, rows),
    ) as [Features, Features];
    const { table, clusters, fittedRows, countedRows } = cvxTable(first, second, terms.labels, { seed: options.seed });
    return {
      measure: "cvx",
      atoms: tableAmounts(table, "broja", options.seed).atoms,
      notes: [
        `BROJA of ${clusters} clusters a source, placed on ${fittedRows} rows and counted on ${countedRows}; clusters lose information, bias is taken off.`,
      ],
      details: { clusters, fittedRows, countedRows },
    };
  },
};

/** Atoms as means of per-sample scores. */
function scoreAtoms(context: Context, score: (terms: Crossfit) => SampleScores): Record<AtomName, Amount> {
  const read = (terms: Crossfit): Interval[] => {
    const { r, u1, u2, s } = score(terms);
    return intervals(context, [r, u1, u2, s]);
  };
  return named(withNull(read(context.terms), context.permuted.map(read)));
}

/** Blocks of rows (of whole groups, where there are any) that the jackknife leaves out one by one. */
const BLOCKS = 10;

/** R from the coupling of posteriors, the rest by the sum rules with held-out informations; intervals by a block jackknife. */
function posteriorAtoms(
  { usable, groups, options }: Context,
  terms: Crossfit,
): { atoms: Interval[]; redundancy: PosteriorRedundancy } {
  const rows = terms.rows.length;
  const units = groups ?? Int32Array.from({ length: rows }, (_, i) => i);
  const unitCount = units.reduce((most, unit) => Math.max(most, unit + 1), 0);
  const dealt = permutation(unitCount, options.seed, "quantify.blocks");
  const count = Math.min(BLOCKS, unitCount);
  const blocks = units.map((unit) => dealt[unit]! % count);
  const redundancy = posteriorRedundancy(terms.logs.first, terms.logs.second, usable.classes.length, {
    seed: options.seed,
    blocks,
  });
  const mean = (values: Float64Array, without: number): number => {
    let [sum, kept] = [0, 0];
    for (let i = 0; i < rows; i++) {
      if (blocks[i] === without) continue;
      sum += values[i]!;
      kept++;
    }
    return sum / kept;
  };
  /** R, U1, U2, S; `free` leaves them where they fall, which is how far they vary. */
  const atomsOf = (share: number, without: number, free: boolean): number[] => {
    const own = [mean(terms.i1, without), mean(terms.i2, without), mean(terms.i12, without)] as const;
    const [I1, I2, I12] = free ? own : atLeast(own);
    const most = Math.max(0, Math.min(I1, I2));
    // The lower bound is what keeps S from being negative; the upper what keeps U1 and U2 so.
    const R = free ? share * most : Math.min(Math.max(share * most, I1 + I2 - I12), most);
    return [R, I1 - R, I2 - R, I12 - I1 - I2 + R];
  };
  const left = redundancy.without.map((share, block) => atomsOf(share, block, true));
  const reach = studentReach(count - 1);
  const atoms = atomsOf(redundancy.share, -1, false).map((value, a): Interval => {
    const centre = left.reduce((sum, own) => sum + own[a]!, 0) / count;
    const se = Math.sqrt(((count - 1) / count) * left.reduce((sum, own) => sum + (own[a]! - centre) ** 2, 0));
    return { value, se, lower: Math.max(0, value - reach * se), upper: value + reach * se };
  });
  return { atoms, redundancy };
}

/**
 * Informations as lower bounds allow: a classifier that ignores a source is one too, so none is below 0, and both sources
 * together are not below either. A value below would otherwise be made up for by synergy.
 */
export function atLeast([I1, I2, I12]: readonly [number, number, number]): [number, number, number] {
  const [first, second] = [Math.max(0, I1), Math.max(0, I2)];
  return [first, second, Math.max(I12, first, second)];
}

/** The 97.5 % point of Student's t, to a few per cent from 3 degrees of freedom on. Source: Cornish and Fisher. */
function studentReach(freedom: number): number {
  const z = 1.959964;
  const n = Math.max(1, freedom);
  return z + (z ** 3 + z) / (4 * n) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * n * n);
}

/** Means of per-row columns with intervals that allow for folds and groups. */
export function intervals({ terms, groups, options }: Context, columns: readonly Float64Array[]): Interval[] {
  return meanIntervals(columns, {
    seed: options.seed,
    folds: terms.folds,
    rounds: 200,
    ...(groups === undefined ? {} : { groups }),
  });
}

/** Amounts against permuted fits: their mean and 1.645 standard deviations, of rows and between fits. */
export function withNull(own: readonly Interval[], none: readonly (readonly Interval[])[]): Amount[] {
  return own.map(({ value, lower, upper }, i): Amount => {
    const values = none.map((run) => run[i]!.value);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const between = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
    const within = none.reduce((sum, run) => sum + run[i]!.se ** 2, 0) / none.length;
    const null95 = mean + 1.645 * Math.sqrt(Math.max(between, within));
    return { value, lower, upper, null95, real: lower > 0 && value > null95 };
  });
}

function named(amounts: readonly Amount[]): Record<AtomName, Amount> {
  return Object.fromEntries(ATOMS.map((atom, i) => [atom, amounts[i]!])) as Record<AtomName, Amount>;
}
