/** @file The measures on out-of-fold terms of features: each gives atoms with intervals and a null. */
import { type Dataset, takeTensorRows } from "../../data/dataset.ts";
import {
  type BatchEstimate,
  batchEstimate,
  cvxTable,
  type Features,
  type Interval,
  KNIFE_ROWS,
  type KnifeEstimate,
  lsmi,
  meanIntervals,
  miKnife,
  pminScores,
  type SampleScores,
  unitSensitivity,
} from "../../info/index.ts";
import type { Crossfit } from "./crossfit.ts";
import { type Amount, ATOMS, type AtomName, amountOf, type FeatureMeasure, type MeasuredAtoms } from "./result.ts";
import { tableAmounts } from "./table-amounts.ts";
import { inRowSpace } from "./wide.ts";

/** What measures read. */
export interface Context {
  readonly usable: Dataset;
  readonly terms: Crossfit;
  readonly permuted: readonly Crossfit[];
  readonly groups: Int32Array | undefined;
  readonly options: { readonly seed: number; readonly project?: boolean };
  /** Told how much of the measure is done, from 0 to 1. */
  readonly onShare?: (share: number) => void;
}

/** The measures by name. */
export const MEASURES: Readonly<Record<FeatureMeasure, (context: Context) => MeasuredAtoms>> = {
  pmin(context) {
    return {
      measure: "pmin",
      atoms: scoreAtoms(context, pminScores),
      notes: ["pointwise minimum, mean over samples: signed, and equal amounts count as the same information."],
      details: {},
    };
  },
  lsmi(context) {
    const { usable, terms, options } = context;
    const { h1, h2, dimensions } = terms.density!;
    const read = (c: Crossfit): ReturnType<typeof lsmi> =>
      lsmi({ ...c, h1, h2 }, { project: options.project === true });
    const { means, projected, shift } = read(terms);
    const units = unitSensitivity({ ...terms, h1, h2 }, dimensions);
    const densities = densityCheck(usable, options.seed);
    const told = densities?.map(({ value }) => value.toFixed(3)).join(" and ");
    return {
      measure: "lsmi",
      atoms: scoreAtoms(context, (c) => read(c).scores),
      notes: [
        `specificity less ambiguity with densities of ${dimensions} whitened dimensions each; signed, and tied to these units.`,
        `R is ${units.half.toFixed(3)} with the first source's unit halved and ${units.double.toFixed(3)} with it doubled.`,
        `projected on means of 0 or more: R ${projected.R.toFixed(3)} (shift ${shift.toFixed(3)})${options.project === true ? ", applied" : ", not applied"}.`,
        told === undefined
          ? `no check of the densities: fewer than two classes have ${KNIFE_ROWS} rows.`
          : `check: densities of all rows and of each class give ${told} bit for the sources; far from what classifiers give, densities are not to be trusted.`,
      ],
      details: {
        ...(densities === undefined ? {} : { densityI1: densities[0]!.value, densityI2: densities[1]!.value }),
        dimensions,
        rawR: means.R,
        projectedR: projected.R,
        shift,
        unitHalf: units.half,
        unitDouble: units.double,
      },
    };
  },
  broja({ usable, terms, permuted, groups, options, onShare = () => {} }) {
    let done = 0;
    const read = (own: Crossfit): BatchEstimate => {
      const found = batchEstimate({ ...own, logs: own.logs! }, usable.classes.length, {
        seed: options.seed,
        onSolved: (share) => onShare((done + share) / (1 + permuted.length)),
        ...(groups === undefined ? {} : { groups }),
      });
      done++;
      return found;
    };
    const found = read(terms);
    const list = (own: BatchEstimate): Interval[] => ATOMS.map((atom) => own[atom]);
    const { gap, share, selfShare, lost1, lost2, I1, I2, R } = found.redundancy;
    return {
      measure: "broja",
      atoms: named(
        withNull(
          list(found),
          permuted.map((own) => list(read(own))),
        ),
      ),
      notes: [
        `optimal coupling of the sources' posteriors, certified to ${gap.toExponential(0)} bit: ${(100 * Math.min(1, share)).toFixed(1)} % of the smaller information is redundant.`,
        `grouping like posteriors lost ${lost1.toFixed(3)} and ${lost2.toFixed(3)} bit of the sources, taken to lose all parts alike: a source beside itself came out ${(100 * selfShare).toFixed(1)} % redundant, which is made up for and allowed for in the intervals. No part is let below 0.`,
      ],
      details: { gap, share, selfShare, lost1, lost2, symbolR: R, symbolI1: I1, symbolI2: I2 },
    };
  },
  cvx({ usable, terms, options }) {
    const rows = [...terms.rows];
    const [first, second] = Object.values(inRowSpace(usable, rows).modalities).map(
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

/** Informations from densities alone, which LSMI's must be consistent with; undefined where classes are too small for any. */
function densityCheck(dataset: Dataset, seed: number): KnifeEstimate[] | undefined {
  const { labels, classes } = dataset;
  const counts = classes.map((_, k) => labels.reduce((n, label) => n + (label === k ? 1 : 0), 0));
  if (counts.filter((count) => count >= KNIFE_ROWS).length < 2) return undefined;
  const all = [...labels.keys()];
  return Object.values(inRowSpace(dataset, all).modalities).map((values) => miKnife(values, labels, { seed }));
}

/** Atoms as means of per-sample scores. */
function scoreAtoms(context: Context, score: (terms: Crossfit) => SampleScores): Record<AtomName, Amount> {
  const read = (terms: Crossfit): Interval[] => {
    const { r, u1, u2, s } = score(terms);
    return intervals(context, [r, u1, u2, s]);
  };
  return named(withNull(read(context.terms), context.permuted.map(read)));
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
    return amountOf(value, lower, upper, null95);
  });
}

function named(amounts: readonly Amount[]): Record<AtomName, Amount> {
  return Object.fromEntries(ATOMS.map((atom, i) => [atom, amounts[i]!])) as Record<AtomName, Amount>;
}
