/** @file Tables of predictions as one thing, whatever they are written as: .csv, .tsv, .parquet, .jsonl, .npz. */
import { configError, dataError, hint } from "../../core/errors.ts";
import { formatShape } from "../../core/shape.ts";
import { csvNumber, isMissing, readCsv } from "../../data/formats/csv.ts";
import { readJsonl } from "../../data/formats/jsonl.ts";
import { openNpz } from "../../data/formats/npz.ts";
import { readParquet, type TypedColumns } from "../../data/formats/parquet.ts";

/** A table by column and row. */
export interface PredictionTable {
  readonly where: string;
  readonly columns: readonly string[];
  readonly count: number;
  /** `line 5`, `row 3 (from 0)`: a row for messages. */
  row(row: number): string;
  /** What a cell says; undefined for a missing one. */
  text(row: number, column: string): string | undefined;
  /** The number of a cell; undefined where there is none. */
  number(row: number, column: string): number | undefined;
}

type Reader = (bytes: Uint8Array, where: string) => PredictionTable | Promise<PredictionTable>;

const readers: Readonly<Record<string, Reader>> = {
  csv: fromCsv,
  tsv: fromCsv,
  parquet: async (bytes, where) => fromColumns(await readParquet(bytes, where), where),
  jsonl: (bytes, where) => fromColumns(readJsonl(bytes, where), where),
  npz: fromNpz,
};

/** Reads a table by the ending of its name. @throws ConfigError for another ending, DataError for a file that does not hold one. */
export async function readTable(bytes: Uint8Array, where: string): Promise<PredictionTable> {
  const table = await readerOf(where)(bytes, where);
  if (table.count > 0) return table;
  throw dataError(`${where}: the table has no rows; a row a sample is needed.`, { where });
}

/** Is there a reader for a file of this name? @throws ConfigError when not. */
export function requireTableName(file: string): void {
  readerOf(file);
}

function readerOf(file: string): Reader {
  const ending = /\.([^./\\]+)$/.exec(file)?.[1]?.toLowerCase() ?? "";
  if (Object.hasOwn(readers, ending)) return readers[ending]!;
  if (ending === "npy") {
    throw configError(
      `${file}: an .npy holds one array without names; save all by name: numpy.savez("predictions.npz", p_audio=..., p_face=..., p_both=..., label=...).`,
      { file },
    );
  }
  const known = Object.keys(readers);
  throw configError(
    `${file}: predictions are a table that ends in .csv, .tsv, .parquet, .jsonl or .npz${hint(ending, known)}`,
    {
      file,
    },
  );
}

function fromCsv(bytes: Uint8Array, where: string): PredictionTable {
  const csv = readCsv(bytes, where);
  const text = (row: number, column: string): string | undefined => {
    const cell = csv.cell(row, csv.at.get(column)!);
    return cell === "" ? undefined : cell;
  };
  return {
    where,
    columns: csv.columns,
    count: csv.count,
    row: (row) => `line ${csv.lines[row]}`,
    text,
    number: (row, column) => {
      const cell = text(row, column);
      return cell === undefined || isMissing(cell) ? undefined : csvNumber(csv, cell);
    },
  };
}

function fromColumns(columns: TypedColumns, where: string): PredictionTable {
  const names = [...columns.keys()];
  return {
    where,
    columns: names,
    count: names.length === 0 ? 0 : columns.get(names[0]!)!.length,
    row: (row) => `row ${row} (from 0)`,
    text: (row, column) => {
      const cell = columns.get(column)![row];
      return cell === undefined ? undefined : String(cell);
    },
    number: (row, column) => {
      const cell = columns.get(column)![row];
      return typeof cell === "string" ? csvNumber({ separator: "," }, cell) : cell;
    },
  };
}

/** Arrays `p_audio` [N, K] with an array `classes` of K names (else 0, 1, ...); arrays [N] are columns. */
function fromNpz(bytes: Uint8Array, where: string): PredictionTable {
  const archive = openNpz(bytes, where);
  const columns = new Map<string, (number | string)[]>();
  const arrays = new Map(archive.names.map((name) => [name, archive.read(name)]));
  const named = arrays.get("classes");
  const classes = named === undefined ? undefined : Array.from(named.data as ArrayLike<unknown>, String);
  for (const [name, array] of arrays) {
    if (name === "classes") continue;
    const [n = 0, k] = array.shape;
    if (array.shape.length < 1 || array.shape.length > 2) {
      throw dataError(
        `${where}: the array ${name} is ${formatShape(array.shape)}; predictions are [samples, classes], labels and others [samples].`,
        { where, name },
      );
    }
    if (k !== undefined && classes !== undefined && classes.length !== k) {
      throw dataError(
        `${where}: the array ${name} is ${formatShape(array.shape)}, but the array classes has ${classes.length} names; one a column is needed.`,
        { where, name },
      );
    }
    for (let c = 0; c < (k ?? 1); c++) {
      const cells = Array.from({ length: n }, (_, row) => {
        const value = array.data[row * (k ?? 1) + c]!;
        return typeof value === "bigint" ? String(value) : value;
      });
      columns.set(k === undefined ? name : `${name}_${classes?.[c] ?? c}`, cells);
    }
  }
  const lengths = new Map([...columns].reverse().map(([name, cells]) => [cells.length, name]));
  if (lengths.size > 1) {
    const told = [...lengths]
      .reverse()
      .map(([length, name]) => `${name} ${length}`)
      .join(", ");
    throw dataError(`${where}: arrays of different lengths (${told}); a row of each is one sample.`, { where });
  }
  return fromColumns(columns, where);
}
