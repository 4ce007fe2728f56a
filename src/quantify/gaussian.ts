/**
 * @file Quantifies values from covariances alone: sources and values are assumed to be jointly normal, and no classifier is trained.
 * Several values form one vector target, for which redundancy is in general not the smaller information.
 */

import { configError, dataError, hint, listing } from "../core/errors.ts";
import { type Dataset, featureCount, takeRows } from "../data/dataset.ts";
import { presentAt } from "../data/presence.ts";
import { requireKind } from "../data/target.ts";
import { type GaussianAmount, type GaussianEstimate, gaussianEstimate } from "../info/index.ts";
import { bits, findingsOf } from "./findings.ts";
import { type Amount, ATOMS, type AtomName, amountOf, heldBy, type Quantified } from "./result.ts";

/** Minimum rows to estimate a covariance. */
const MIN_ROWS = 50;
/** Minimum rounds of the null, whose 95 % quantile is estimated from them. */
const ROUNDS = 60;

/** Amounts of information of a dataset's two modalities about one of its values (`target`), or about all of them. */
export function gaussianAmounts(
  dataset: Dataset,
  { target, seed, nulls = 1 }: { target?: string; seed: number; nulls?: number },
): Quantified {
  const [first, second] = Object.keys(dataset.modalities) as [string, string];
  const { names, columns } = chosenValues(dataset, target);
  const { rows, warnings } = rowsWithValues(dataset, columns);
  const usable = takeRows(dataset, rows);
  const all = usable.target.values;
  const width = all.shape[1]!;
  const y = {
    shape: [rows.length, columns.length],
    data: Float64Array.from({ length: rows.length * columns.length }, (_, i) => {
      const [row, column] = [Math.floor(i / columns.length), i % columns.length];
      return all.data[row * width + columns[column]!]!;
    }),
  };
  const source = (name: string) => {
    const { data } = usable.modalities[name]!;
    return { shape: [rows.length, featureCount(usable.modalities[name]!)], data };
  };
  const groupIndex = new Map([...new Set(usable.groups ?? [])].map((name, i) => [name, i]));
  const groups = usable.groups?.map((name) => groupIndex.get(name)!);
  if (groupIndex.size === 1)
    throw dataError("quantify: all rows are in one group, so none can be left out; name smaller groups.");
  const estimate = gaussianEstimate(source(first), source(second), y, {
    seed,
    nulls: Math.max(ROUNDS, nulls),
    ...(groups === undefined ? {} : { groups }),
  });
  const amount = (name: GaussianAmount): Amount => {
    const { value, lower, upper, null95 } = estimate[name];
    return amountOf(value, lower, upper, null95);
  };
  const informations = { I1: amount("I1"), I2: amount("I2"), I12: amount("I12") };
  const atoms = Object.fromEntries(ATOMS.map((atom) => [atom, amount(atom)])) as Record<AtomName, Amount>;
  const { balance } = estimate;
  const result = {
    from: "values" as const,
    sources: [first, second] as [string, string],
    target: names.join("+"),
    samples: rows.length,
    ...{ classes: [], entropy: 0, byClass: [], types: {} },
    informations,
    balance: { value: balance.value, lower: balance.lower, upper: balance.upper },
    measures: [
      { measure: "gaussian" as const, atoms: heldBy(atoms, informations), ...notesOf(estimate, names.length) },
    ],
    warnings,
    rows: [],
  };
  return { ...result, findings: findingsOf(result) };
}

function notesOf(
  { plugIn, equalShows }: GaussianEstimate,
  values: number,
): { notes: string[]; details: Record<string, number> } {
  const { gap, widths, dropped } = plugIn;
  return {
    notes: [
      "sources and target are assumed to be jointly normal: nonlinear dependence is not measured, and for values that are far from normal the bits are only an approximation.",
      `informations are corrected for the bias of ${widths.both + widths.target} columns; the split of the sample's covariance is certified to ${gap.toExponential(0)} bit.`,
      ...(values === 1
        ? ["for a single value the smaller information is redundant, as under mmi."]
        : [
            `two sources with the same information would show ${bits(equalShows)} bit unique to each by chance: U1 and U2 may be too large, and R and S too small, by this much.`,
          ]),
    ],
    details: { gap, equalShows, dropped: dropped.length },
  };
}

/** The names and columns of the requested values. @throws ConfigError when the target is not of values, or the name is unknown. */
function chosenValues({ target }: Dataset, name: string | undefined): { names: string[]; columns: number[] } {
  requireKind(
    { target },
    ["regression"],
    "quantify: the measure gaussian",
    "These have no covariance. Use broja or pmin.",
  );
  if (name === undefined) return { names: [...target.names], columns: target.names.map((_, i) => i) };
  const column = target.names.indexOf(name);
  if (column < 0) throw configError(`quantify: there is no target "${name}"${hint(name, target.names)}`, { name });
  return { names: [name], columns: [column] };
}

/** Rows that have both modalities and all values. */
function rowsWithValues(dataset: Dataset, columns: readonly number[]): { rows: number[]; warnings: string[] } {
  const modalities = Object.keys(dataset.modalities);
  const { data, shape } = dataset.target.values;
  const hasValues = (row: number): boolean => columns.every((column) => !Number.isNaN(data[row * shape[1]! + column]!));
  const isComplete = (row: number): boolean =>
    dataset.present === undefined || presentAt(dataset, row).length === modalities.length;
  const all = dataset.ids.map((_, row) => row);
  const valued = all.filter(hasValues);
  const rows = valued.filter(isComplete);
  if (rows.length < MIN_ROWS) {
    throw dataError(`quantify: ${rows.length} usable rows; at least ${MIN_ROWS} are needed for a covariance.`, {
      rows: rows.length,
    });
  }
  const unknown = all.length - valued.length;
  const incomplete = valued.length - rows.length;
  return {
    rows,
    warnings: [
      ...(unknown > 0 ? [`${unknown} rows without a value are left out.`] : []),
      ...(incomplete > 0 ? [`${incomplete} rows lack ${listing(modalities)} and are left out.`] : []),
    ],
  };
}
