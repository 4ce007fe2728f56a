/** @file The measures of features: each computes atoms with intervals and a null from out-of-fold terms. */

import { type Dataset, takeTensorRows } from "../data/dataset.ts";
import { classesOf, labelsOf } from "../data/target.ts";
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
} from "../info/index.ts";
import type { Crossfit } from "./crossfit.ts";
import { type Amount, ATOMS, type AtomName, amountOf, type FeatureMeasure, type MeasuredAtoms } from "./result.ts";
import { tableAmounts } from "./table-amounts.ts";
import { inRowSpace } from "./wide.ts";

/** The input of a measure. */
export interface Context {
  readonly usable: Dataset;
  readonly terms: Crossfit;
  readonly permuted: readonly Crossfit[];
  readonly groups: Int32Array | undefined;
  readonly options: { readonly seed: number; readonly project?: boolean };
  /** Called with the progress of the measure, from 0 to 1. */
  readonly onShare?: (share: number) => void;
}

export const MEASURES: Readonly<Record<FeatureMeasure, (context: Context) => MeasuredAtoms>> = {
  pmin(context) {
    return {
      measure: "pmin",
      atoms: scoreAtoms(context, pminScores),
      notes: ["pointwise minimum, mean over samples: signed; equal amounts are treated as the same information."],
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
    const shown = densities?.map(({ value }) => value.toFixed(3)).join(" and ");
    return {
      measure: "lsmi",
      atoms: scoreAtoms(context, (c) => read(c).scores),
      notes: [
        `specificity less ambiguity with densities of ${dimensions} whitened dimensions each; signed, and dependent on these units.`,
        `R is ${units.half.toFixed(3)} with the first source's unit halved and ${units.double.toFixed(3)} with it doubled.`,
        `projected on means of 0 or more: R ${projected.R.toFixed(3)} (shift ${shift.toFixed(3)})${options.project === true ? ", applied" : ", not applied"}.`,
        shown === undefined
          ? `the densities are not checked: fewer than two classes have ${KNIFE_ROWS} rows.`
          : `check: densities of all rows and of each class give ${shown} bit for the sources; if this is far from the bits of the classifiers, do not trust the densities.`,
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
    const read = (fit: Crossfit): BatchEstimate => {
      const estimate = batchEstimate({ ...fit, logs: fit.logs! }, classesOf(usable).length, {
        seed: options.seed,
        onSolved: (share) => onShare((done + share) / (1 + permuted.length)),
        ...(groups === undefined ? {} : { groups }),
      });
      done++;
      return estimate;
    };
    const estimate = read(terms);
    const list = (batch: BatchEstimate): Interval[] => ATOMS.map((atom) => batch[atom]);
    const { gap, share, selfShare, lost1, lost2, I1, I2, R } = estimate.redundancy;
    return {
      measure: "broja",
      atoms: named(
        withNull(
          list(estimate),
          permuted.map((fit) => list(read(fit))),
        ),
      ),
      notes: [
        `optimal coupling of the sources' posteriors, certified to ${gap.toExponential(0)} bit: ${(100 * Math.min(1, share)).toFixed(1)} % of the smaller information is redundant.`,
        `grouping similar posteriors lost ${lost1.toFixed(3)} and ${lost2.toFixed(3)} bit of the sources, assumed in equal proportion from all parts: a source paired with itself was ${(100 * selfShare).toFixed(1)} % redundant, which the estimate corrects and the intervals include. Parts are clipped at 0.`,
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
        `BROJA of ${clusters} clusters per source, fitted on ${fittedRows} rows and counted on ${countedRows}; clustering loses information; bias is subtracted.`,
      ],
      details: { clusters, fittedRows, countedRows },
    };
  },
};

/** Information of each source from densities alone, a consistency check of LSMI; undefined unless two classes have enough rows. */
function densityCheck(dataset: Dataset, seed: number): KnifeEstimate[] | undefined {
  const labels = labelsOf(dataset);
  const classes = classesOf(dataset);
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

/** Means of per-row columns, with intervals that account for folds and groups. */
export function intervals({ terms, groups, options }: Context, columns: readonly Float64Array[]): Interval[] {
  return meanIntervals(columns, {
    seed: options.seed,
    folds: terms.folds,
    rounds: 200,
    ...(groups === undefined ? {} : { groups }),
  });
}

/** Amounts with their null: mean of the permuted fits + 1.645 standard deviations (the larger of that of rows and that between fits). */
export function withNull(estimates: readonly Interval[], nulls: readonly (readonly Interval[])[]): Amount[] {
  return estimates.map(({ value, lower, upper }, i): Amount => {
    const values = nulls.map((run) => run[i]!.value);
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    const between = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, values.length - 1);
    const within = nulls.reduce((sum, run) => sum + run[i]!.se ** 2, 0) / nulls.length;
    const null95 = mean + 1.645 * Math.sqrt(Math.max(between, within));
    return amountOf(value, lower, upper, null95);
  });
}

function named(amounts: readonly Amount[]): Record<AtomName, Amount> {
  return Object.fromEntries(ATOMS.map((atom, i) => [atom, amounts[i]!])) as Record<AtomName, Amount>;
}
