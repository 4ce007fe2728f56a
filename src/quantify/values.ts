/**
 * @file Quantifies a numeric target: the information of sources about its values. Cross-fitted classifiers of quantile bins predict the
 * expected bin of each held-out row; a nearest-neighbour estimator gives the information of this expectation about the value.
 *
 * A source is reduced to one number, its expectation, so informations are lower bounds for sources of any width; nearest neighbours in
 * many dimensions underestimate far more. Information about the variance alone is not measured.
 */

import { permutation } from "../core/random.ts";
import type { Dataset } from "../data/dataset.ts";
import { classesOf } from "../data/target.ts";
import { type Interval, miKsgContinuous, mmiEstimate } from "../info/index.ts";
import { order, ranks } from "../info/statistics/agreement.ts";
import { type Crossfit, nullOrder } from "./crossfit.ts";
import { type Context, intervals, withNull } from "./measures.ts";
import { type Amount, ATOMS, type AtomName, heldBy, type Quantified } from "./result.ts";

/** Maximum rows of the nearest-neighbour estimator, which compares all pairs; more would only cost time. */
const MAX_ROWS = 4000;
/** k nearest neighbours: more than the customary 3, because expectations are smooth and variance matters more than bias. */
const NEIGHBOURS = 5;
/** Minimum number of folds for intervals that leave out whole folds. */
const FOLDS = 5;

/** Amounts of information about values. */
interface ValueAmounts extends Pick<Quantified, "informations" | "balance" | "measures" | "rows"> {
  /** Number of rows of the nearest-neighbour estimator. */
  readonly compared: number;
}

/** Amounts of information about `values` [N] of the usable rows, in bits, from classifiers of their bins. */
export function valueAmounts(context: Context, values: Float64Array): ValueAmounts {
  const { usable, terms, permuted, groups, options } = context;
  const chosen = [...permutation(terms.rows.length, options.seed, "quantify.values")].slice(0, MAX_ROWS);
  const estimates = pointwiseOf(terms, values, chosen, options.seed);
  const nulls = permuted.map((fit, round) => {
    const order = nullOrder(usable, options.seed, round);
    return pointwiseOf(
      fit,
      Float64Array.from(order, (row) => values[row]!),
      chosen,
      options.seed,
    );
  });
  const part = {
    ...context,
    terms: { ...terms, folds: Int32Array.from(chosen, (at) => terms.folds[at]!) },
    ...(groups === undefined ? {} : { groups: Int32Array.from(chosen, (at) => groups[at]!) }),
  };
  const columns = ({ i1, i2, i12 }: Pointwise): Float64Array[] => [i1, i2, i12];
  const read = (terms: Pointwise): Interval[] => intervals(part, columns(terms));
  // With enough folds, whole folds are left out: their classifiers differ too.
  const blocks = new Set(part.terms.folds).size >= FOLDS ? part.terms.folds : part.groups;
  const split = (terms: Pointwise): Interval[] => {
    const mmi = mmiEstimate(terms, { seed: options.seed, ...(blocks === undefined ? {} : { groups: blocks }) });
    return ATOMS.map((atom) => mmi[atom]);
  };
  const [I1, I2, I12] = withNull(read(estimates), nulls.map(read)) as [Amount, Amount, Amount];
  const informations = { I1, I2, I12 };
  const amounts = withNull(split(estimates), nulls.map(split));
  const atoms = Object.fromEntries(ATOMS.map((atom, a) => [atom, amounts[a]!])) as Record<AtomName, Amount>;
  const [spread] = intervals(part, [estimates.i12.map((v, i) => v - estimates.i1[i]! - estimates.i2[i]!)]) as [
    Interval,
  ];
  const value = atoms.S.value - atoms.R.value;
  return {
    informations,
    balance: { value, lower: value + spread.lower - spread.value, upper: value + spread.upper - spread.value },
    measures: [
      {
        measure: "mmi",
        atoms: heldBy(atoms, informations),
        notes: [
          "the smaller information is redundant: this holds under every nonnegative measure if sources and the number are jointly Gaussian, and is an upper bound of redundancy otherwise.",
          `each source is reduced to one expectation (classifiers of ${classesOf(usable).length} bins of the values, ${NEIGHBOURS} nearest neighbours, ${chosen.length} rows): a lower bound that misses information about the variance alone.`,
        ],
        details: { neighbours: NEIGHBOURS, rows: chosen.length, parts: classesOf(usable).length },
      },
    ],
    rows: sampleRows(usable, terms, values, estimates, chosen),
    compared: chosen.length,
  };
}

/** Pointwise information of the compared rows, bits, and the expected bins it is computed from. */
interface Pointwise {
  readonly i1: Float64Array;
  readonly i2: Float64Array;
  readonly i12: Float64Array;
  readonly expected: readonly [Float64Array, Float64Array, Float64Array];
}

function pointwiseOf(terms: Crossfit, values: Float64Array, chosen: readonly number[], seed: number): Pointwise {
  const rows = { shape: [chosen.length] };
  const y = { ...rows, data: Float64Array.from(chosen, (at) => values[terms.rows[at]!]!) };
  const expected = (["first", "second", "both"] as const).map((part) => {
    const logs = terms.logs![part];
    const classes = logs.length / terms.rows.length;
    return Float64Array.from(chosen, (at) => {
      let mean = 0;
      for (let k = 0; k < classes; k++) mean += k * Math.exp(logs[at * classes + k]!);
      return mean;
    });
  }) as [Float64Array, Float64Array, Float64Array];
  const ranked = { ...rows, data: ranksOf(y.data) };
  const [i1, i2, i12] = expected.map(
    (data) => miKsgContinuous({ ...rows, data: ranksOf(data) }, ranked, { seed, k: NEIGHBOURS }).local,
  ) as [Float64Array, Float64Array, Float64Array];
  return { i1, i2, i12, expected };
}

/** Ranks from 0 to 1, equal for ties: information is invariant to them, and outliers do not dominate the distances. */
function ranksOf(values: Float64Array): Float64Array {
  return ranks(values, order(values)).map((rank) => (rank - 1) / values.length);
}

/** One row per compared sample, in the order of the data. */
function sampleRows(
  { ids }: Dataset,
  terms: Crossfit,
  values: Float64Array,
  { i1, i2, i12 }: Pointwise,
  chosen: readonly number[],
): Quantified["rows"] {
  const order = [...chosen.keys()].sort((a, b) => terms.rows[chosen[a]!]! - terms.rows[chosen[b]!]!);
  return order.map((at) => {
    const row = terms.rows[chosen[at]!]!;
    return { id: ids[row]!, value: values[row]!, i1: i1[at]!, i2: i2[at]!, i12: i12[at]! };
  });
}
