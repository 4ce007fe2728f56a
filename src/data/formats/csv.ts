/**
 * @file .csv: one line per sample, with a header, separated by comma, semicolon or tab. Bytes in, tensors and texts out, no disk.
 *
 * Columns and modalities: `audio.0,audio.1` or `audio_0,audio_1` are the features of `audio`, numbered without a gap from
 * 0 or from 1, in any column order; a column without a number is a modality of one feature. The columns `label`, `id`,
 * `group`, `split`, those the caller names, and a first column without a name (the row index that pandas writes), are texts and never
 * features.
 */
import { dataError, listing } from "../../core/errors.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { findCells, findSeparator, type Separator } from "./cells.ts";

/** A table by row and column; texts and features are created for requested columns only. */
export interface CsvTable {
  /** The name of the file in messages. */
  readonly where: string;
  readonly columns: readonly string[];
  /** Number of rows without the header. */
  readonly count: number;
  /** [N] the line of the file each row begins on, from 1. */
  readonly lines: ArrayLike<number>;
  /** The cell separator, detected in the header line. */
  readonly separator: Separator;
  /** A comma when cells are not separated by commas and some column contains numbers like `1,5`. */
  readonly decimal: "." | ",";
  /** The position of a column, by name. */
  readonly at: ReadonlyMap<string, number>;
  /** The text of a cell. */
  cell(row: number, column: number): string;
}

/** Columns that are never features. */
export const TEXT_COLUMNS = ["label", "id", "group", "split"] as const;

const MAX_BYTES = 2 ** 29 - 64; // the longest text that JavaScript engines hold

/** Reads a CSV file in UTF-8. @throws DataError for lines of unequal length, misplaced quotation marks, no rows, or repeated columns. */
export function readCsv(bytes: Uint8Array, where = "csv"): CsvTable {
  if (bytes.length > MAX_BYTES) {
    throw dataError(
      `${where}: ${bytes.length} bytes; tables of up to ${MAX_BYTES} are read. Save the features as .npy files, which are also smaller.`,
      { where, bytes: bytes.length },
    );
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes); // leaves a byte order mark out
  } catch {
    throw dataError(`${where}: not text in UTF-8; save the table as CSV in UTF-8.`, { where });
  }
  const named = /^sep=([,;\t])\r?\n/.exec(text); // a line that Excel writes and reads
  const separator = (named?.[1] as Separator | undefined) ?? findSeparator(text);
  const cells = findCells(text, separator, where, named?.[0].length, named === null ? 1 : 2);
  const count = cells.lines.length - 1;
  if (count < 1) {
    throw dataError(`${where}: the table has no rows; it needs a header line and at least one sample.`, { where });
  }
  const columns = Array.from({ length: cells.width }, (_, column) => cells.text(0, column));
  const table = {
    where,
    columns,
    count,
    lines: cells.lines.subarray(1),
    separator,
    at: positions(columns, where),
    cell: (row: number, column: number) => cells.text(row + 1, column),
  };
  return { ...table, decimal: separator !== "," && text.includes(",") && hasDecimalCommas(table) ? "," : "." };
}

/** Some rows of a table, in the order given. */
export function csvRows(table: CsvTable, rows: readonly number[]): CsvTable {
  return {
    ...table,
    count: rows.length,
    lines: rows.map((row) => table.lines[row]!),
    cell: (row, column) => table.cell(rows[row]!, column),
  };
}

/** `"separated by semicolons, with decimal commas"` for any form but comma-separated with decimal points; for messages. */
export function csvForm({ separator, decimal }: Pick<CsvTable, "separator" | "decimal">): string | undefined {
  if (separator === ",") return undefined;
  return `separated by ${separator === ";" ? "semicolons" : "tabs"}${decimal === "," ? ", with decimal commas" : ""}`;
}

function positions(columns: readonly string[], where: string): ReadonlyMap<string, number> {
  const at = new Map<string, number>();
  columns.forEach((column, i) => {
    if (column === "" && i > 0) {
      throw dataError(`${where}: column ${i + 1} has no name in the header line.`, { where, column: i });
    }
    if (at.has(column)) {
      throw dataError(`${where}: column ${JSON.stringify(column)} occurs twice; give each column its own name.`, {
        where,
        column,
      });
    }
    at.set(column, i);
  });
  return at;
}

/** The texts of a column. @throws DataError when there is no column of that name. */
export function csvTexts(table: CsvTable, column: string): string[] {
  const at = positionOf(table, column);
  return Array.from({ length: table.count }, (_, row) => table.cell(row, at));
}

function positionOf(table: CsvTable, column: string): number {
  const at = table.at.get(column);
  if (at !== undefined) return at;
  throw dataError(`${table.where}: there is no column "${column}"; columns: ${listing(table.columns)}.`, {
    where: table.where,
    column,
  });
}

/**
 * The features [N, F] of columns. `nan` and `inf` are read as such, and with `gaps` a missing cell (see `isMissing`) as NaN.
 * @throws DataError for a cell that is not a number.
 */
export function csvFeatures(table: CsvTable, columns: readonly number[], gaps = false): Tensor<"float32"> {
  return numbers(
    table,
    columns,
    (text) => (gaps && isMissing(text) ? Number.NaN : undefined),
    (text) =>
      isMissing(text) && text !== ""
        ? "Such a cell says that nothing is known: fill it in, or say in dataset.json that values may be missing."
        : "Fill it in, or choose the modalities to read so that this column is left out.",
  );
}

/** Labels or values [N, L] of columns; a missing cell is NaN, unknown. @throws DataError for a missing column, and a cell that is not a number. */
export function csvTargets(table: CsvTable, columns: readonly string[]): Tensor<"float32"> {
  return numbers(
    table,
    columns.map((column) => positionOf(table, column)),
    (text) => (isMissing(text) ? Number.NaN : undefined),
    () => "Leave the cell empty where nothing is known.",
  );
}

/** Cells [N, columns] as numbers; the result of `other` for a text takes precedence over parsing it. */
function numbers(
  table: CsvTable,
  columns: readonly number[],
  other: (text: string) => number | undefined,
  advice: (text: string) => string,
): Tensor<"float32"> {
  const out = float32([table.count, columns.length]);
  let next = 0;
  for (let row = 0; row < table.count; row++) {
    for (const column of columns) {
      const text = table.cell(row, column);
      const value = other(text) ?? csvNumber(table, text);
      if (value === undefined || (table.decimal === "," && text.includes("."))) {
        const place = `${table.where}: line ${table.lines[row]}, column ${table.columns[column]} is`;
        const shown = text === "" ? "empty" : JSON.stringify(text.slice(0, 40));
        throw dataError(
          value === undefined
            ? `${place} ${shown}, not a number. ${commaAdvice(table, text) ?? advice(text)}`
            : `${place} ${shown}, with a decimal point, but other numbers of this table have a decimal comma. Write all of them in one way, without marks for thousands.`,
          { where: table.where, line: table.lines[row], column: table.columns[column] },
        );
      }
      out.data[next++] = value;
    }
  }
  return out;
}

/** Parses a cell as a number in this table's format; undefined when it is not a number. */
export function csvNumber(table: Pick<CsvTable, "separator">, text: string): number | undefined {
  return parseNumber(table.separator !== "," && DECIMAL_COMMA.test(text) ? text.replace(",", ".") : text);
}

const DECIMAL_COMMA = /^[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?$/;

/** Does a column that contains only numbers contain one like `1,5`? */
function hasDecimalCommas(table: Pick<CsvTable, "columns" | "count" | "separator" | "cell">): boolean {
  return table.columns.some((column, at) => {
    if (column !== "label" && (TEXT_COLUMNS as readonly string[]).includes(column)) return false;
    let found = false;
    for (let row = 0; row < table.count; row++) {
      const text = table.cell(row, at);
      if (DECIMAL_COMMA.test(text)) found = true;
      else if (!isMissing(text) && parseNumber(text) === undefined) return false;
    }
    return found;
  });
}

function commaAdvice(table: CsvTable, text: string): string | undefined {
  if (table.separator !== "," || !DECIMAL_COMMA.test(text)) return undefined;
  return "Decimal commas are read from tables that separate cells by semicolons or tabs; save it so, or write a point.";
}

/** Is a cell a missing value: empty, or a word that R, pandas, SQL or Excel write for it? */
export function isMissing(text: string): boolean {
  return /^(|na|n\/a|<na>|#n\/a|null|none|nan)$/i.test(text);
}

/** A decimal number, `nan` or `inf`; undefined for any other text (Number() would take "" and "0x10"). */
export function parseNumber(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = text.toLowerCase();
  if (word === "nan") return Number.NaN;
  if (/^[+-]?inf(inity)?$/.test(word))
    return word.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}
