/** @file Reads tables of predictions from .csv, .tsv, .parquet, .jsonl and .npz behind one interface. */
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
  /** Describes a row in messages: `line 5`, `row 3 (from 0)`. */
  row(row: number): string;
  /** The text of a cell; undefined for a missing one. */
  text(row: number, column: string): string | undefined;
  /** The number in a cell; undefined where there is none. */
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

/** Reads a table by its file extension. @throws ConfigError for an unknown extension, DataError for a file that is not a table with rows. */
export async function readTable(bytes: Uint8Array, where: string): Promise<PredictionTable> {
  const table = await readerOf(where)(bytes, where);
  if (table.count > 0) return table;
  throw dataError(`${where}: the table has no rows; one row per sample is needed.`, { where });
}

/** @throws ConfigError for a file name without a reader. */
export function requireTableName(file: string): void {
  readerOf(file);
}

function readerOf(file: string): Reader {
  const extension = /\.([^./\\]+)$/.exec(file)?.[1]?.toLowerCase() ?? "";
  if (Object.hasOwn(readers, extension)) return readers[extension]!;
  if (extension === "npy") {
    throw configError(
      `${file}: an .npy file contains one array without a name; save all arrays by name: numpy.savez("predictions.npz", p_audio=..., p_face=..., p_both=..., label=...).`,
      { file },
    );
  }
  const extensions = Object.keys(readers);
  throw configError(
    `${file}: predictions must be a table that ends in .csv, .tsv, .parquet, .jsonl or .npz${hint(extension, extensions)}`,
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
        `${where}: the array ${name} is ${formatShape(array.shape)}, but the array classes has ${classes.length} names; one per column is needed.`,
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
    const sizes = [...lengths]
      .reverse()
      .map(([length, name]) => `${name} ${length}`)
      .join(", ");
    throw dataError(`${where}: arrays of different lengths (${sizes}); all arrays need one row per sample.`, { where });
  }
  return fromColumns(columns, where);
}
