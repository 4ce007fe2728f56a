/** @file A CSV of discrete columns: two or more sources and a target, read as symbols and never as measurements. */
import * as path from "node:path";
import { configError, dataError, hint, listing } from "../core/errors.ts";
import { type CsvTable, csvForm, csvNumber, csvTexts, readCsv, TEXT_COLUMNS } from "../data/formats/csv.ts";
import { disk } from "../node/disk.ts";
import { note } from "./answer.ts";

/** Columns by role. */
export interface SymbolFile {
  /** Columns that can be sources, in their order. */
  readonly known: readonly string[];
  readonly target: string;
  /** How cells are separated, where not by commas; for a note. */
  readonly form: string | undefined;
  readonly labels: readonly string[];
  readonly ids?: readonly string[];
  /** A source's symbols: those of its columns side by side. */
  column(parts: readonly string[]): string[];
}

/** What a target column may be called, in any case of letters; the first that is there. */
const TARGETS = ["label", "y", "class", "target"];

/**
 * Reads a CSV with a header. `id` names rows; `group` and `split` are left aside. The target is the column `wished`, else the one of a
 * name that targets have, wherever it stands, else the last; a note says where the name does not.
 * @throws DataError for a missing file, empty cells, fractions, or an id that occurs twice; each with its line. ConfigError where
 * there is no such column.
 */
export async function readSymbols(file: string, wished?: string): Promise<SymbolFile> {
  const folder = disk(path.dirname(file));
  if (!(await folder.exists(path.basename(file)))) {
    throw dataError(`there is no file ${file} (in ${process.cwd()}).`, { file });
  }
  const csv = readCsv(await folder.read(path.basename(file)), file);
  if (wished !== undefined && !csv.columns.includes(wished)) {
    throw configError(`--label ${wished}: ${file} has no such column${hint(wished, csv.columns)}`, { file, wished });
  }
  const others = csv.columns.filter(
    (column) =>
      column === "label" || column === wished || !(["", ...TEXT_COLUMNS] as readonly string[]).includes(column),
  );
  const named = TARGETS.map((name) => others.find((column) => column.toLowerCase() === name)).find(
    (column) => column !== undefined,
  );
  const target = wished ?? named ?? others.at(-1);
  if (target === undefined) {
    throw dataError(`${file}: columns ${listing(csv.columns)}; two sources and a target are needed.`, { file });
  }
  if (wished === undefined && !["label", "y"].includes(target)) {
    const why = named === undefined ? "the last column, as none is called label, y, class or target" : "by its name";
    note(`note: information is about ${target} (${why}). --label NAME takes another column.`);
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

/** A column's texts, none of them empty or a fraction. */
function symbols(csv: CsvTable, column: string): string[] {
  const values = csvTexts(csv, column);
  values.forEach((value, row) => {
    const number = csvNumber(csv, value);
    const whole = number === undefined || Number.isInteger(number);
    if (value !== "" && whole) return;
    const where = `${csv.where}: line ${csv.lines[row]}, column ${column}`;
    const fields = { file: csv.where, line: csv.lines[row], column };
    if (value === "" || !Number.isFinite(number)) {
      throw dataError(`${where} is ${value === "" ? "empty" : value}. Fill it in, or take the row out.`, fields);
    }
    throw dataError(
      `${where} is ${value}, a fraction. A table is counted by symbols: whole numbers or texts. ` +
        "Round to a few levels, or put measurements into a data folder as features.",
      fields,
    );
  });
  return values;
}

function checkIds(file: string, ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw dataError(`${file}: the id "${id}" occurs twice; ids name one sample each. Make them differ.`, { id });
    }
    seen.add(id);
  }
}
