/** @file Reads a covariance matrix from a CSV with a header of names. Rows are in the order of the header, or each begins with its name. */
import * as path from "node:path";
import { configError, dataError, hint, listing } from "../core/errors.ts";
import { type CsvTable, csvForm, csvNumber, readCsv } from "../data/formats/csv.ts";
import { disk } from "../node/disk.ts";

/** A covariance matrix with column names. */
export interface CovarianceFile {
  readonly columns: readonly string[];
  /** [n][n] in the order of `columns`. */
  readonly rows: readonly (readonly number[])[];
  /** How cells are separated if not by commas, for a note. */
  readonly form: string | undefined;
}

/** Reads a covariance matrix as written by pandas `df.cov().to_csv(file)`. @throws DataError for a missing file, a non-square matrix, and cells that are not finite numbers. */
export async function readCovariance(file: string): Promise<CovarianceFile> {
  const folder = disk(path.dirname(file));
  if (!(await folder.exists(path.basename(file)))) {
    throw dataError(`there is no file ${file} (in ${process.cwd()}).`, { file });
  }
  const csv = readCsv(await folder.read(path.basename(file)), file);
  const named = namesItsRows(csv);
  const columns = named ? csv.columns.slice(1) : csv.columns;
  if (csv.count !== columns.length) {
    throw dataError(
      `${file}: ${csv.count} rows and ${columns.length} columns; a covariance matrix has as many rows as columns. ` +
        "If the rows are samples, save their covariance (df.cov() in pandas), or put them into a data folder for `dmil quantify --measure gaussian`.",
      { file },
    );
  }
  const order = named ? rowOrder(csv, columns) : columns.map((_, i) => i);
  const rows = order.map((row) =>
    columns.map((column, j) => {
      const text = csv.cell(row, j + (named ? 1 : 0));
      const value = csvNumber(csv, text);
      if (value === undefined || !Number.isFinite(value)) {
        throw dataError(
          `${file}: line ${csv.lines[row]}, column ${column} is ${text === "" ? "empty" : `"${text}"`}; a covariance matrix contains only finite numbers.`,
          { file, line: csv.lines[row], column },
        );
      }
      return value;
    }),
  );
  return { columns, rows, form: csvForm(csv) };
}

/** Whether the first column contains names: its header is empty, as in files of pandas, or the table has one column more than rows. */
function namesItsRows(csv: CsvTable): boolean {
  return (
    csv.columns[0] === "" || (csv.columns.length === csv.count + 1 && csvNumber(csv, csv.cell(0, 0)) === undefined)
  );
}

function rowOrder(csv: CsvTable, columns: readonly string[]): number[] {
  const rows = Array.from({ length: csv.count }, (_, row) => csv.cell(row, 0));
  // A row index that pandas wrote for rows without names.
  if (rows.every((name, row) => name === String(row)) && !columns.includes("0")) return rows.map((_, row) => row);
  return columns.map((column) => {
    const row = rows.indexOf(column);
    if (row < 0) {
      throw dataError(
        `${csv.where}: no row is called "${column}" as a column is; rows: ${listing(rows)}. Rows and columns of a covariance have the same names.`,
        { column },
      );
    }
    return row;
  });
}

/** The columns that names stand for: one of that name, or, as in data folders, all that are called NAME_1, NAME_2 or NAME.1, NAME.2. */
export function columnsOf(flag: string, wished: readonly string[], columns: readonly string[]): number[] {
  return wished.flatMap((name) => {
    const own = columns.indexOf(name);
    if (own >= 0) return [own];
    const parts = columns.flatMap((column, i) => (partOf(column, name) ? [i] : []));
    if (parts.length === 0) {
      throw configError(`${flag}: there is no column "${name}"${hint(name, columns)}`, { flag, name });
    }
    return parts;
  });
}

function partOf(column: string, name: string): boolean {
  return column.startsWith(name) && /^[._]\d+$/.test(column.slice(name.length));
}
