/** @file Encodes tables as CSV, JSON Lines or Parquet. */

import { parquetWriteBuffer } from "hyparquet-writer";
import { configError, hint, internalError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import type { Cell } from "../interactions/report.ts";

/** A row by column; every row of a table has the same columns in the same order. */
export type Row = Readonly<Record<string, Cell>>;

/** The formats of tables, by file extension. */
export type TableFormat = "csv" | "jsonl" | "parquet";

const writers: Readonly<Record<TableFormat, (rows: readonly Row[], columns: readonly string[]) => Uint8Array>> = {
  csv: toCsv,
  jsonl: toJsonl,
  parquet: toParquet,
};

/** Encodes rows in the format of the file extension. @throws ConfigError for another extension. */
export function encodeTable(rows: readonly Row[], file: string): Uint8Array {
  const format = tableFormat(file);
  const columns = Object.keys(rows[0] ?? {});
  const odd = rows.findIndex((row) => Object.keys(row).join("\n") !== columns.join("\n"));
  if (odd >= 0) throw internalError(`row ${odd} of a table has other columns than row 0.`);
  return writers[format](rows, columns);
}

/** The format of a file extension. @throws ConfigError for another extension. */
export function tableFormat(file: string): TableFormat {
  const ending = /\.([^./\\]+)$/.exec(file)?.[1] ?? "";
  if (Object.hasOwn(writers, ending)) return ending as TableFormat;
  throw configError(
    `${file}: the name of a table ends in .csv, .jsonl or .parquet${hint(ending, Object.keys(writers))}`,
    { file },
  );
}

/**
 * A header line, then one line per row; cells with a comma, a quote or a line break are quoted (RFC 4180), no value is an empty cell.
 * A text that a spreadsheet would run as a formula (it begins with = + - @, a tab or a line break, and is not a number) gets an
 * apostrophe in front, so that it is shown as text; the readers of dmil keep the apostrophe, because it may be part of a name.
 */
function toCsv(rows: readonly Row[], columns: readonly string[]): Uint8Array {
  const quote = (cell: Cell): string => {
    const text = typeof cell === "string" ? inert(cell) : cell === undefined ? "" : String(cell);
    return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map(quote), ...rows.map((row) => columns.map((name) => quote(row[name])))];
  return new TextEncoder().encode(lines.map((cells) => `${cells.join(",")}\n`).join(""));
}

/** Escapes a text that a spreadsheet would run as a formula. */
function inert(text: string): string {
  return /^[=+\-@\t\r\n]/.test(text) && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? `'${text}` : text;
}

/** One object per line with every column; null if there is no value. */
function toJsonl(rows: readonly Row[]): Uint8Array {
  const line = (row: Row): string => `${JSON.stringify(row, (_, value) => (value === undefined ? null : value))}\n`;
  return new TextEncoder().encode(rows.map(line).join(""));
}

/** Texts are STRING and numbers DOUBLE, both nullable; a column without values is STRING. */
function toParquet(rows: readonly Row[], columns: readonly string[]): Uint8Array {
  const columnData = columns.map((name) => {
    const cells = rows.map((row) => ownValue(row, name) ?? null);
    const isNumber = cells.some((cell) => typeof cell === "number");
    return { name, data: cells, type: isNumber ? ("DOUBLE" as const) : ("STRING" as const), nullable: true };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}
