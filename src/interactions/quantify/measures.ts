/** @file The measures on out-of-fold terms of features: each gives atoms with intervals and a null. */
import { type Dataset, takeTensorRows } from "../../data/dataset.ts";
import {
  batchRedundancy,
  cvxTable,
  type Features,
  type Interval,
  lsmi,
  meanIntervals,
  pminScores,
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
        `R is ${units.half.toFixed(3)} with ${terms.density === undefined ? "" : "the first source's "}unit halved and ${units.double.toFixed(3)} with it doubled.`,
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
    const { terms, permuted, usable, options } = context;
    const own = batchAtoms(terms, usable.classes.length, options.seed, 16);
    const none = permuted.map((c) => batchAtoms(c, usable.classes.length, options.seed, 8).atoms);
    const { atHalf, atSize, size, gap } = own.estimate;
    return {
      measure: "broja",
      atoms: named(withNull(own.atoms, none)),
      notes: [
        `optimal coupling of ${own.estimate.batches.length} batches of ${size} rows' posteriors (R ${atSize.toFixed(3)}; ${atHalf.toFixed(3)} at half that size, extrapolated), each bracketed to ${gap.toFixed(3)} bit or less.`,
      ],
      details: { batches: own.estimate.batches.length, size, atSize, atHalf, gap },
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

/** Batch atoms: R from couplings, the rest by the sum rules with held-out informations; intervals over batches. */
function batchAtoms(
  terms: Crossfit,
  classes: number,
  seed: number,
  batches: number,
): { atoms: Interval[]; estimate: ReturnType<typeof batchRedundancy> } {
  const estimate = batchRedundancy(terms.logs.first, terms.logs.second, classes, { seed, batches });
  const atomsOf = (R: number, mean: (values: Float64Array) => number): number[] => {
    const [I1, I2, I12] = [mean(terms.i1), mean(terms.i2), mean(terms.i12)];
    return [R, I1 - R, I2 - R, I12 - I1 - I2 + R];
  };
  const whole = atomsOf(estimate.R, (values) => values.reduce((a, b) => a + b, 0) / values.length);
  const each = estimate.batches.map(({ rows, R }) =>
    atomsOf(R, (values) => rows.reduce((sum, row) => sum + values[row]!, 0) / rows.length),
  );
  const n = each.length;
  const atoms = whole.map((value, a): Interval => {
    const mean = each.reduce((sum, own) => sum + own[a]!, 0) / n;
    const variance = each.reduce((sum, own) => sum + (own[a]! - mean) ** 2, 0) / Math.max(1, n - 1);
    const se = Math.sqrt(variance / n);
    const reach = studentReach(n - 1) * se;
    return { value, se, lower: value - reach, upper: value + reach };
  });
  return { atoms, estimate };
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
