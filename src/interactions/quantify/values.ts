/**
 * @file Quantify a number: what sources tell of its values, not of classes. Cross-fitted classifiers of its parts say where each held-out
 * row is to be expected; distances to neighbours say how many bits such an expectation tells of the value itself.
 *
 * A source is read through one number, its expectation, so informations are lower bounds, whatever the source's width: distances in
 * many dimensions understate far more. What a source tells of the spread alone is not seen.
 */

import { permutation } from "../../core/random.ts";
import type { Dataset } from "../../data/dataset.ts";
import { type Interval, miKsgContinuous, mmiEstimate } from "../../info/index.ts";
import { order, ranks } from "../../info/statistics/agreement.ts";
import { type Crossfit, nullOrder } from "./crossfit.ts";
import { type Context, intervals, withNull } from "./measures.ts";
import { type Amount, ATOMS, type AtomName, heldBy, type Quantified } from "./result.ts";

/** Rows that are compared in pairs; more would only cost time. */
const MOST_ROWS = 4000;
/** Neighbours: more than the customary 3, as expectations are blurred anyway and noise matters. */
const NEIGHBOURS = 5;
/** Folds from which on their differences say how sure a split is. */
const FOLDS = 5;

/** What is told of values. */
export interface ValueAmounts extends Pick<Quantified, "informations" | "balance" | "measures" | "rows"> {
  /** Rows that were compared. */
  readonly compared: number;
}

/** Amounts of information about `values` [N] of the usable rows, in bits, from classifiers of their parts. */
export function valueAmounts(context: Context, values: Float64Array): ValueAmounts {
  const { usable, terms, permuted, groups, options } = context;
  const chosen = [...permutation(terms.rows.length, options.seed, "quantify.values")].slice(0, MOST_ROWS);
  const told = tellsOf(terms, values, chosen, options.seed);
  const none = permuted.map((own, round) => {
    const order = nullOrder(usable, options.seed, round);
    return tellsOf(
      own,
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
  const columns = ({ i1, i2, i12 }: Told): Float64Array[] => [i1, i2, i12];
  const read = (own: Told): Interval[] => intervals(part, columns(own));
  // Whole folds are left out where there are enough: their classifiers differ too.
  const blocks = new Set(part.terms.folds).size >= FOLDS ? part.terms.folds : part.groups;
  const split = (own: Told): Interval[] => {
    const found = mmiEstimate(own, { seed: options.seed, ...(blocks === undefined ? {} : { groups: blocks }) });
    return ATOMS.map((atom) => found[atom]);
  };
  const [I1, I2, I12] = withNull(read(told), none.map(read)) as [Amount, Amount, Amount];
  const informations = { I1, I2, I12 };
  const amounts = withNull(split(told), none.map(split));
  const atoms = Object.fromEntries(ATOMS.map((atom, a) => [atom, amounts[a]!])) as Record<AtomName, Amount>;
  const [spread] = intervals(part, [told.i12.map((v, i) => v - told.i1[i]! - told.i2[i]!)]) as [Interval];
  const value = atoms.S.value - atoms.R.value;
  return {
    informations,
    balance: { value, lower: value + spread.lower - spread.value, upper: value + spread.upper - spread.value },
    measures: [
      {
        measure: "mmi",
        atoms: heldBy(atoms, informations),
        notes: [
          "the smaller information is redundant: so it is under every measure that is never negative where sources and the number are jointly Gaussian, and the most that can be elsewhere.",
          `read through one expectation a source (classifiers of ${usable.classes.length} parts of the values, ${NEIGHBOURS} nearest neighbours, ${chosen.length} rows): a lower bound, blind to what a source tells of the spread alone.`,
        ],
        details: { neighbours: NEIGHBOURS, rows: chosen.length, parts: usable.classes.length },
      },
    ],
    rows: sampleRows(usable, terms, values, told, chosen),
    compared: chosen.length,
  };
}

/** Pointwise informations of the compared rows, bits, with the expectations behind them. */
interface Told {
  readonly i1: Float64Array;
  readonly i2: Float64Array;
  readonly i12: Float64Array;
  readonly expected: readonly [Float64Array, Float64Array, Float64Array];
}

function tellsOf(terms: Crossfit, values: Float64Array, chosen: readonly number[], seed: number): Told {
  const rows = { shape: [chosen.length] };
  const y = { ...rows, data: Float64Array.from(chosen, (at) => values[terms.rows[at]!]!) };
  const expected = (["first", "second", "both"] as const).map((part) => {
    const logs = terms.logs![part];
    const classes = logs.length / terms.rows.length;
    return Float64Array.from(chosen, (at) => {
      let place = 0;
      for (let k = 0; k < classes; k++) place += k * Math.exp(logs[at * classes + k]!);
      return place;
    });
  }) as [Float64Array, Float64Array, Float64Array];
  const ranked = { ...rows, data: ranksOf(y.data) };
  const [i1, i2, i12] = expected.map(
    (data) => miKsgContinuous({ ...rows, data: ranksOf(data) }, ranked, { seed, k: NEIGHBOURS }).local,
  ) as [Float64Array, Float64Array, Float64Array];
  return { i1, i2, i12, expected };
}

/** Ranks from 0 to 1, equal values sharing theirs: information does not change, and no far value stretches the distances. */
function ranksOf(values: Float64Array): Float64Array {
  return ranks(values, order(values)).map((rank) => (rank - 1) / values.length);
}

/** A row a compared sample, in the order of the data. */
function sampleRows(
  { ids }: Dataset,
  terms: Crossfit,
  values: Float64Array,
  { i1, i2, i12 }: Told,
  chosen: readonly number[],
): Quantified["rows"] {
  const order = [...chosen.keys()].sort((a, b) => terms.rows[chosen[a]!]! - terms.rows[chosen[b]!]!);
  return order.map((at) => {
    const row = terms.rows[chosen[at]!]!;
    return { id: ids[row]!, value: values[row]!, i1: i1[at]!, i2: i2[at]!, i12: i12[at]! };
  });
}
