/** @file Reads a table of predictions: columns by role, labels by name or number, and the rows that fit the calibration. */
import { configError, dataError, hint, listing } from "../../core/errors.ts";
import { permutation } from "../../core/random.ts";
import { isMissing } from "../../data/formats/csv.ts";
import { splitNamed } from "../../data/sources/source.ts";
import { predictionColumns } from "./columns.ts";
import { logsOf } from "./probabilities.ts";
import type { ForeignPredictions } from "./result.ts";
import { setName } from "./sets.ts";
import type { PredictionTable } from "./table.ts";

/** How a table is read. */
export interface TableOptions {
  readonly seed: number;
  readonly logits?: boolean;
  readonly modalities?: readonly string[];
  /** Names of columns; found by their usual names when left out. */
  readonly label?: string;
  readonly group?: string;
  /** A share of the labelled rows, or a column, that selects the rows to fit the calibration on. Left out: the column `split`, else a cross-fit. */
  readonly validation?: number | string;
}

/** Predictions of a table, and messages that say how its columns were read. */
export interface TablePredictions {
  readonly predictions: ForeignPredictions;
  readonly taken: readonly string[];
}

const LABELS = ["label", "y", "class", "target"];

/** Reads predictions. @throws DataError for invalid columns or cells, with their location; ConfigError for named columns that do not exist. */
export function tablePredictions(table: PredictionTable, options: TableOptions): TablePredictions {
  const { where, columns } = table;
  const { modalities, classes, sets, names } = predictionColumns(columns, where, options.modalities);
  const others = columns.filter((column) => ![...sets.values()].flat().includes(column));
  const taken: string[] = [];
  const logs: [string, Float64Array][] = [];
  let zeros = 0;
  for (const [mask, members] of sets) {
    const read = logsOf(numbers(table, members), classes.length, options.logits === true, (row, k) =>
      place(table, row, members[k]!),
    );
    zeros += read.zeros;
    logs.push([setName(modalities, mask), read.logs]);
    const what = mask < 2 ** modalities.length - 1 ? setName(modalities, mask) : "all modalities together";
    taken.push(`p_${names.get(mask)}_...: ${options.logits === true ? "logits" : "probabilities"} from ${what}`);
  }
  taken.push(`classes: ${listing(classes)}`);
  if (zeros > 0) taken.push(`${zeros} probabilities are 0; each becomes half of the smallest positive one of its set`);
  const role = (chosen: string | undefined, usual: readonly string[], flag: string): string | undefined => {
    if (chosen === undefined)
      return usual.map((name) => others.find((column) => column.toLowerCase() === name)).find(Boolean);
    if (others.includes(chosen)) return chosen;
    throw configError(`${flag} ${chosen}: ${where} has no such column${hint(chosen, others)}`, { column: chosen });
  };
  const label = role(options.label, LABELS, "--label");
  const id = role(undefined, ["id"], "");
  const group = role(options.group, ["group"], "--group");
  const labels = label === undefined ? undefined : labelsOf(table, label, classes, taken);
  taken.push(label === undefined ? "no column of labels" : `labels: column ${label}`);
  if (group !== undefined) taken.push(`groups: column ${group}`);
  const all = {
    classes,
    sets: Object.fromEntries(logs),
    ...(labels && { labels }),
    ...(id !== undefined && { ids: texts(table, id) }),
    ...(group !== undefined && { groups: texts(table, group) }),
  };
  const { validation } = options;
  if (typeof validation === "number") {
    if (labels === undefined) throw noLabels(where, `--validation ${validation}`);
    taken.push(`calibration: fitted to ${validation} of the labelled rows, drawn by the seed; these are not evaluated`);
    return { predictions: { ...all, fitted: drawn(labels, validation, options.seed) }, taken };
  }
  const column = role(validation, ["split"], "--validation");
  if (column === undefined) return { predictions: all, taken };
  const { rows, fitted } = bySplit(table, column);
  if (labels === undefined) throw noLabels(where, `the column ${column}`);
  taken.push(
    `calibration: fitted to rows whose ${column} is validation; ${rows.length < table.count ? "those of train are not used" : "the others are evaluated"}`,
  );
  return { predictions: takeRows({ ...all, fitted }, rows), taken };
}

function noLabels(where: string, what: string): Error {
  return dataError(
    `${where}: ${what} selects rows to fit the calibration on, but there is no column of labels. Add one called label, or name it: --label NAME.`,
    { where },
  );
}

function place(table: PredictionTable, row: number, column: string): string {
  return `${table.where}: ${table.row(row)}, column ${column}`;
}

function numbers(table: PredictionTable, columns: readonly string[]): Float64Array {
  const out = new Float64Array(table.count * columns.length);
  for (let row = 0; row < table.count; row++) {
    for (const [k, column] of columns.entries()) {
      const value = table.number(row, column);
      if (value === undefined) {
        const text = table.text(row, column);
        const shown = text === undefined ? "empty" : JSON.stringify(text.slice(0, 40));
        throw dataError(
          `${place(table, row, column)} is ${shown}, not a number. Every sample needs a prediction for every class from every set; remove the row, or predict it.`,
          { where: table.where, row, column },
        );
      }
      out[row * columns.length + k] = value;
    }
  }
  return out;
}

/** Class indices: by name, or by number from 0 when no label is the name of a class. */
function labelsOf(table: PredictionTable, column: string, classes: readonly string[], taken: string[]): Int32Array {
  const cells = Array.from({ length: table.count }, (_, row) => table.text(row, column));
  const present = cells.map((cell) =>
    cell === undefined || (isMissing(cell) && !classes.includes(cell)) ? undefined : cell,
  );
  // pandas writes a column of whole numbers with gaps as 0.0, 1.0.
  const whole = present.map((cell) =>
    cell !== undefined && /^-?\d+\.0$/.test(cell) && !classes.includes(cell) ? cell.slice(0, -2) : cell,
  );
  const at = new Map(classes.map((name, k) => [name, k]));
  const names = whole.filter((cell) => cell !== undefined);
  const numbered =
    names.length > 0 && names.every((cell) => !at.has(cell) && /^\d+$/.test(cell) && Number(cell) < classes.length);
  if (numbered) taken.push(`labels are numbers: 0 is ${classes[0]}, ${classes.length - 1} is ${classes.at(-1)}`);
  return Int32Array.from(whole, (cell, row) => {
    if (cell === undefined) return -1;
    const k = numbered ? Number(cell) : at.get(cell);
    if (k !== undefined) return k;
    throw dataError(
      `${place(table, row, column)} is ${JSON.stringify(cell.slice(0, 40))}, which is not a class of the predictions${hint(cell, classes)}`,
      { where: table.where, row, column },
    );
  });
}

function texts(table: PredictionTable, column: string): string[] {
  return Array.from({ length: table.count }, (_, row) => table.text(row, column) ?? "");
}

/** Rows of the validation and test splits; `fitted` marks the rows of the table that fit the calibration. */
function bySplit(table: PredictionTable, column: string): { rows: number[]; fitted: Uint8Array } {
  const splits = texts(table, column).map((text, row) => {
    const split = splitNamed(text);
    if (split !== undefined) return split;
    throw dataError(
      `${place(table, row, column)} is ${JSON.stringify(text.slice(0, 40))}; allowed are train (not used), validation (or valid, val, dev) and test.`,
      { where: table.where, row, column },
    );
  });
  const rows = [...splits.keys()].filter((row) => splits[row] !== "train");
  return { rows, fitted: Uint8Array.from(splits, (split) => Number(split === "validation")) };
}

/** Draws a share of the labelled rows, stratified by class. */
function drawn(labels: Int32Array, share: number, seed: number): Uint8Array {
  const fitted = new Uint8Array(labels.length);
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const left = new Map([...counts].map(([label, n]) => [label, label < 0 ? 0 : Math.round(share * n)]));
  for (const row of permutation(labels.length, seed, "bits.validation")) {
    const label = labels[row]!;
    if (left.get(label)! === 0) continue;
    left.set(label, left.get(label)! - 1);
    fitted[row] = 1;
  }
  return fitted;
}

function takeRows(all: ForeignPredictions, rows: readonly number[]): ForeignPredictions {
  const K = all.classes.length;
  const { sets, labels, ids, groups, fitted } = all;
  return {
    classes: all.classes,
    sets: Object.fromEntries(
      Object.entries(sets).map(([name, values]) => [
        name,
        Float64Array.from({ length: rows.length * K }, (_, i) => values[rows[Math.floor(i / K)]! * K + (i % K)]!),
      ]),
    ),
    ...(labels && { labels: Int32Array.from(rows, (row) => labels[row]!) }),
    ids: rows.map((row) => ids?.[row] ?? String(row)),
    ...(groups && { groups: rows.map((row) => groups[row]!) }),
    ...(fitted && { fitted: Uint8Array.from(rows, (row) => fitted[row]!) }),
  };
}
