/**
 * @file Quantify values by covariances alone: sources and values taken as jointly normal, no classifier trained. Several values are one
 * target, a vector, where the smaller information is no longer what is redundant.
 */
import { configError, dataError, hint, listing } from "../../core/errors.ts";
import { type Dataset, featureCount, takeRows } from "../../data/dataset.ts";
import { presentAt } from "../../data/presence.ts";
import { type GaussianAmount, type GaussianEstimate, gaussianEstimate } from "../../info/index.ts";
import { bits, findingsOf } from "./findings.ts";
import { type Amount, ATOMS, type AtomName, amountOf, heldBy, type Quantified } from "./result.ts";

/** Rows below which a covariance says little. */
const FEWEST_ROWS = 50;
/** Rounds of the null at least: its 95 % level is read off them. */
const ROUNDS = 60;

/** What the amounts of a dataset of two modalities are, about `target`, one of its values, or about all of them. */
export function gaussianAmounts(
  dataset: Dataset,
  { target, seed, nulls = 1 }: { target?: string; seed: number; nulls?: number },
): Quantified {
  const [first, second] = Object.keys(dataset.modalities) as [string, string];
  const { names, columns } = chosenValues(dataset, target);
  const { rows, warnings } = knownRows(dataset, columns);
  const usable = takeRows(dataset, rows);
  const all = usable.target!.values;
  const width = all.shape[1]!;
  const y = {
    shape: [rows.length, columns.length],
    data: Float64Array.from({ length: rows.length * columns.length }, (_, i) => {
      const [row, place] = [Math.floor(i / columns.length), i % columns.length];
      return all.data[row * width + columns[place]!]!;
    }),
  };
  const source = (name: string) => {
    const { data } = usable.modalities[name]!;
    return { shape: [rows.length, featureCount(usable.modalities[name]!)], data };
  };
  const places = new Map([...new Set(usable.groups ?? [])].map((name, i) => [name, i]));
  const groups = usable.groups?.map((name) => places.get(name)!);
  if (places.size === 1)
    throw dataError("quantify: all rows are in one group, so none can be left out; name smaller groups.");
  const found = gaussianEstimate(source(first), source(second), y, {
    seed,
    nulls: Math.max(ROUNDS, nulls),
    ...(groups === undefined ? {} : { groups }),
  });
  const amount = (name: GaussianAmount): Amount => {
    const { value, lower, upper, null95 } = found[name];
    return amountOf(value, lower, upper, null95);
  };
  const informations = { I1: amount("I1"), I2: amount("I2"), I12: amount("I12") };
  const atoms = Object.fromEntries(ATOMS.map((atom) => [atom, amount(atom)])) as Record<AtomName, Amount>;
  const { balance } = found;
  const result = {
    from: "values" as const,
    sources: [first, second] as [string, string],
    target: names.join("+"),
    samples: rows.length,
    ...{ classes: [], entropy: 0, byClass: [], types: {} },
    informations,
    balance: { value: balance.value, lower: balance.lower, upper: balance.upper },
    measures: [{ measure: "gaussian" as const, atoms: heldBy(atoms, informations), ...told(found, names.length) }],
    warnings,
    rows: [],
  };
  return { ...result, findings: findingsOf(result) };
}

function told(
  { plugIn, equalShows }: GaussianEstimate,
  values: number,
): { notes: string[]; details: Record<string, number> } {
  const { gap, widths, dropped } = plugIn;
  return {
    notes: [
      "sources and target are taken as jointly normal: what is told otherwise than linearly is not seen, and values that are far from normal make the bits a manner of speaking.",
      `informations are corrected by the bias that ${widths.both + widths.target} columns bring; the split of the sample's covariance is certified to ${gap.toExponential(0)} bit.`,
      ...(values === 1
        ? ["of one value the smaller information is redundant, as under mmi."]
        : [
            `two sources that know the same would show ${bits(equalShows)} bit unique to each by chance: so much U1 and U2 may be too large and R and S too small.`,
          ]),
    ],
    details: { gap, equalShows, dropped: dropped.length },
  };
}

/** The values asked about. @throws ConfigError where the target is none, or the name is unknown. */
function chosenValues({ target }: Dataset, name: string | undefined): { names: string[]; columns: number[] } {
  if (target?.kind !== "values") {
    throw configError(
      `quantify: gaussian is a measure of values; this data has ${target === undefined ? "classes" : "labels"}, which no covariance describes. Use broja or pmin.`,
    );
  }
  if (name === undefined) return { names: [...target.names], columns: target.names.map((_, i) => i) };
  const place = target.names.indexOf(name);
  if (place < 0) throw configError(`quantify: there is no target "${name}"${hint(name, target.names)}`, { name });
  return { names: [name], columns: [place] };
}

/** Rows that have both modalities and all values. */
function knownRows(dataset: Dataset, columns: readonly number[]): { rows: number[]; warnings: string[] } {
  const modalities = Object.keys(dataset.modalities);
  const { data, shape } = dataset.target!.values;
  const known = (row: number): boolean => columns.every((column) => !Number.isNaN(data[row * shape[1]! + column]!));
  const there = (row: number): boolean =>
    dataset.present === undefined || presentAt(dataset, row).length === modalities.length;
  const all = dataset.ids.map((_, row) => row);
  const valued = all.filter(known);
  const rows = valued.filter(there);
  if (rows.length < FEWEST_ROWS) {
    throw dataError(`quantify: ${rows.length} usable rows; at least ${FEWEST_ROWS} are needed for a covariance.`, {
      rows: rows.length,
    });
  }
  const without = all.length - valued.length;
  const lacking = valued.length - rows.length;
  return {
    rows,
    warnings: [
      ...(without > 0 ? [`${without} rows without a value are left out.`] : []),
      ...(lacking > 0 ? [`${lacking} rows lack ${listing(modalities)} and are left out.`] : []),
    ],
  };
}
