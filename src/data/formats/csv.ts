/**
 * @file .csv: one line a sample, comma separated, with a header. Bytes in, tensors and texts out, no disk.
 *
 * Columns and modalities: `audio.0,audio.1` or `audio_0,audio_1` are the features of `audio`, numbered without a gap from
 * 0 or from 1, in any column order; a column without a number is a modality of one feature. The columns `label`, `id`,
 * `group`, `split`, and those the caller names, are texts and never features.
 */
import { parse } from "csv-parse/browser/esm/sync"; // the build that needs no Node; it runs in Node as well
import { dataError, listing } from "../../core/errors.ts";
import { float32, type Tensor } from "../../core/tensor.ts";

/** A table by column; features are made only for the modalities asked for. */
export interface CsvTable {
  /** How messages name the file. */
  readonly where: string;
  readonly columns: readonly string[];
  /** [N] rows of texts, one a column. */
  readonly rows: readonly (readonly string[])[];
  /** [N] the line of the file each row begins on, from 1. */
  readonly lines: readonly number[];
}

/** Columns that are never features. */
export const TEXT_COLUMNS = ["label", "id", "group", "split"] as const;

/** Reads a CSV file in UTF-8. @throws DataError for lines of unequal length, unclosed quotes, no rows, or repeated columns. */
export function readCsv(bytes: Uint8Array, where = "csv"): CsvTable {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw dataError(`${where}: not text in UTF-8; save the table as CSV in UTF-8.`, { where });
  }
  const [header, ...records] = parseRecords(text, where);
  if (header === undefined || records.length === 0) {
    throw dataError(`${where}: the table has no rows; it needs a header line and at least one sample.`, { where });
  }
  const columns = header.record;
  columns.forEach((column, i) => {
    if (column === "")
      throw dataError(`${where}: column ${i + 1} has no name in the header line.`, { where, column: i });
    if (columns.indexOf(column) !== i) {
      throw dataError(`${where}: column ${JSON.stringify(column)} occurs twice; give each column its own name.`, {
        where,
        column,
      });
    }
  });
  return {
    where,
    columns,
    rows: records.map(({ record }) => record),
    lines: records.map(({ line }) => line),
  };
}

/** The texts of a column. @throws DataError when there is none of that name. */
export function csvTexts(table: CsvTable, column: string): string[] {
  const at = table.columns.indexOf(column);
  if (at < 0) {
    throw dataError(`${table.where}: there is no column "${column}"; columns: ${listing(table.columns)}.`, {
      where: table.where,
      column,
    });
  }
  return table.rows.map((row) => row[at]!);
}

/** Modality -> its column positions in feature order. @throws DataError when numbers are missing or repeated. */
export function csvModalities(table: CsvTable, texts: readonly string[] = []): Map<string, number[]> {
  const groups = new Map<string, { at: number; index: number | undefined }[]>();
  table.columns.forEach((column, at) => {
    if ((TEXT_COLUMNS as readonly string[]).includes(column) || texts.includes(column)) return;
    const match = /^(.+)[._](\d{1,9})$/.exec(column);
    const name = match?.[1] ?? column;
    const members = groups.get(name) ?? [];
    members.push({ at, index: match === null ? undefined : Number(match[2]) });
    groups.set(name, members);
  });
  return new Map([...groups].map(([name, members]) => [name, inOrder(table, name, members)]));
}

function inOrder(table: CsvTable, name: string, members: { at: number; index: number | undefined }[]): number[] {
  if (members.length === 1 && members[0]!.index === undefined) return [members[0]!.at];
  const sorted = [...members].sort((a, b) => (a.index ?? -1) - (b.index ?? -1));
  const first = sorted[0]!.index;
  sorted.forEach(({ index }, i) => {
    if ((first !== 0 && first !== 1) || index !== first + i) {
      const listed = sorted.map(({ at }) => table.columns[at]).slice(0, 12);
      throw dataError(
        `${table.where}: the columns of modality "${name}" (${listed.join(", ")}${sorted.length > 12 ? ", ..." : ""}) must be numbered without a gap from 0 or from 1; rename them.`,
        { where: table.where, modality: name },
      );
    }
  });
  return sorted.map(({ at }) => at);
}

/**
 * The features [N, F] of columns. `nan` and `inf` are read as such, and with `gaps` an empty cell as NaN.
 * @throws DataError for a cell that is no number.
 */
export function csvFeatures(table: CsvTable, columns: readonly number[], gaps = false): Tensor<"float32"> {
  const out = float32([table.rows.length, columns.length]);
  let at = 0;
  table.rows.forEach((row, i) => {
    for (const column of columns) {
      const value = gaps && row[column] === "" ? Number.NaN : parseNumber(row[column]!);
      if (value === undefined) {
        const shown = row[column] === "" ? "empty" : JSON.stringify(row[column]!.slice(0, 40));
        throw dataError(
          `${table.where}: line ${table.lines[i]}, column ${table.columns[column]} is ${shown}, not a number. Fill it in, or choose the modalities to read so that this column is left out.`,
          { where: table.where, line: table.lines[i], column: table.columns[column] },
        );
      }
      out.data[at++] = value;
    }
  });
  return out;
}

/** Labels or values [N, L] of columns; an empty cell is NaN, unknown. @throws DataError for a missing column, and a cell that is no number. */
export function csvTargets(table: CsvTable, columns: readonly string[]): Tensor<"float32"> {
  const texts = columns.map((column) => csvTexts(table, column));
  const out = float32([table.rows.length, columns.length]);
  table.rows.forEach((_, row) => {
    texts.forEach((cells, c) => {
      const value = cells[row] === "" ? Number.NaN : parseNumber(cells[row]!);
      if (value === undefined) {
        throw dataError(
          `${table.where}: line ${table.lines[row]}, column ${columns[c]} is ${JSON.stringify(cells[row]!.slice(0, 40))}, not a number. Leave the cell empty where nothing is known.`,
          { where: table.where, line: table.lines[row], column: columns[c] },
        );
      }
      out.data[row * columns.length + c] = value;
    });
  });
  return out;
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

function parseRecords(text: string, where: string): { record: string[]; line: number }[] {
  try {
    const parsed = parse(text, { info: true, skip_empty_lines: true, trim: true, max_record_size: 2 ** 24 }) as unknown;
    return (parsed as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => {
      const inside = record.reduce((count, cell) => count + (cell.includes("\n") ? cell.split("\n").length - 1 : 0), 0);
      return { record, line: info.lines - inside };
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw dataError(`${where}: not a comma separated table: ${reason.replace(/\.$/, "")}. Correct that line.`, {
      where,
    });
  }
}
