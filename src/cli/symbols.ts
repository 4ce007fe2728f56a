/** @file Reads a CSV of discrete columns (two or more sources and a target) as symbols, never as measurements. */
import * as path from "node:path";
import { configError, dataError, hint, listing } from "../core/errors.ts";
import { type CsvTable, csvForm, csvNumber, csvTexts, readCsv, TEXT_COLUMNS } from "../data/formats/csv.ts";
import { disk } from "../node/disk.ts";
import { note } from "./answer.ts";

/** Columns by role. */
export interface SymbolFile {
  /** Columns that can be sources, in the order of the file. */
  readonly known: readonly string[];
  readonly target: string;
  /** How cells are separated if not by commas, for a note. */
  readonly form: string | undefined;
  readonly labels: readonly string[];
  readonly ids?: readonly string[];
  /** The symbols of a source: for each row, the symbols of its columns joined by spaces. */
  column(parts: readonly string[]): string[];
}

/** Names of target columns, in order of priority; case is ignored. */
const TARGETS = ["label", "y", "class", "target"];

/**
 * Reads a CSV with a header. `id` names rows; `group` and `split` are ignored. The target is the column `label` (the argument) if given,
 * otherwise a column with a name from TARGETS, otherwise the last column; a note says which if it is not named label or y.
 * @throws DataError for a missing file, empty cells, fractions (each with its line), or an id that occurs twice. ConfigError if there
 * is no such column.
 */
export async function readSymbols(file: string, label?: string): Promise<SymbolFile> {
  const folder = disk(path.dirname(file));
  if (!(await folder.exists(path.basename(file)))) {
    throw dataError(`there is no file ${file} (in ${process.cwd()}).`, { file });
  }
  const csv = readCsv(await folder.read(path.basename(file)), file);
  if (label !== undefined && !csv.columns.includes(label)) {
    throw configError(`--label ${label}: ${file} has no such column${hint(label, csv.columns)}`, {
      file,
      wished: label,
    });
  }
  const others = csv.columns.filter(
    (column) =>
      column === "label" || column === label || !(["", ...TEXT_COLUMNS] as readonly string[]).includes(column),
  );
  const named = TARGETS.map((name) => others.find((column) => column.toLowerCase() === name)).find(
    (column) => column !== undefined,
  );
  const target = label ?? named ?? others.at(-1);
  if (target === undefined) {
    throw dataError(`${file}: columns ${listing(csv.columns)}; two sources and a target are needed.`, { file });
  }
  if (label === undefined && !["label", "y"].includes(target)) {
    const why = named === undefined ? "the last column, none is named label, y, class or target" : "by its name";
    note(`note: the target is ${target} (${why}). Use --label NAME for another column.`);
  }
  const ids = csv.columns.includes("id") ? csvTexts(csv, "id") : undefined;
  checkIds(file, ids ?? []);
  return {
    known: others.filter((column) => column !== target),
    target,
    form: csvForm(csv),
    labels: symbols(csv, target),
    ...(ids === undefined ? {} : { ids }),
    column(parts) {
      const all = parts.map((part) => symbols(csv, part));
      return all[0]!.map((_, i) => all.map((values) => values[i]!).join(" "));
    },
  };
}

/** The texts of a column. @throws DataError for an empty cell or a fraction. */
function symbols(csv: CsvTable, column: string): string[] {
  const values = csvTexts(csv, column);
  values.forEach((value, row) => {
    const number = csvNumber(csv, value);
    const whole = number === undefined || Number.isInteger(number);
    if (value !== "" && whole) return;
    const where = `${csv.where}: line ${csv.lines[row]}, column ${column}`;
    const fields = { file: csv.where, line: csv.lines[row], column };
    if (value === "" || !Number.isFinite(number)) {
      throw dataError(`${where} is ${value === "" ? "empty" : value}. Fill it in, or remove the row.`, fields);
    }
    throw dataError(
      `${where} is ${value}, a fraction. Columns must contain symbols: whole numbers or texts. ` +
        "Round the values to a few levels, or put measurements into a data folder as features.",
      fields,
    );
  });
  return values;
}

function checkIds(file: string, ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw dataError(`${file}: the id "${id}" occurs twice; every sample needs its own id.`, { id });
    }
    seen.add(id);
  }
}
