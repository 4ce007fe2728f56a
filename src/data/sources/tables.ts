/** @file The table form: train.csv, valid.csv, test.csv; or one table, with a column `split` or without a split. */

import { dataError, hint } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { abridged, groupColumns, namedColumns } from "../columns.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import {
  type CsvTable,
  csvFeatures,
  csvForm,
  csvNumber,
  csvRows,
  csvTargets,
  csvTexts,
  isMissing,
  readCsv,
} from "../formats/csv.ts";
import { isClassKind } from "../kinds.ts";
import { isList, type Manifest } from "../manifest.ts";
import { ASKED, type LeftOut, requireLeavable } from "./roles.ts";
import { type Needs, type Source, splitNamed, splitWords } from "./source.ts";
import { targetColumns } from "./target-columns.ts";

/** Opens the table form. @throws DataError when a split is missing or there are two tables for one. */
export async function openTables(
  folder: Folder,
  files: readonly string[],
  manifest: Manifest,
  needs: Needs,
): Promise<Source> {
  const { tables: raw, splitBy, splitColumn } = await readTables(folder, files, needs);
  const once = new Map([...new Set(Object.values(raw))].map((table) => [table, withNumbers(table)]));
  const tables = Object.fromEntries(SPLITS.map((split) => [split, once.get(raw[split])])) as Tables;
  const { train } = tables;
  const leaveOut = new Set(manifest.leaveOut ?? []);
  const columns = train.columns.filter((column) => !leaveOut.has(column));
  const leftOut: LeftOut[] = train.columns
    .filter((column) => leaveOut.has(column))
    .map((name) => ({ name, reason: ASKED }));
  const role = (name: string): string | undefined => columns.find((column) => column.toLowerCase() === name);
  const places = { ids: role("id"), groups: role("group") };
  const texts = [manifest.ids, places.ids, manifest.groups, places.groups, manifest.truth, splitColumn];
  const target = targetColumns(
    tables,
    columns.filter((column) => !texts.includes(column) && indexReason(column) === undefined),
    manifest,
    needs,
  );
  const others = columns.filter((column) => !texts.includes(column) && !target.columns.includes(column));
  const features = featuresOf(tables, others, leftOut);
  for (const table of new Set([raw.validation, raw.test])) {
    for (const name of table.columns) if (!train.at.has(name)) leftOut.push({ name, reason: `only in ${table.where}` });
  }
  const warnings: string[] = [];
  const grouped = modalitiesOf(train, others, features, manifest, warnings, leftOut);
  requireLeavable([...leaveOut], [...train.columns, ...grouped.keys()], train.where);
  const own: ReadonlyMap<string, readonly string[]> = new Map([...grouped].filter(([name]) => !leaveOut.has(name)));
  for (const name of grouped.keys()) if (leaveOut.has(name)) leftOut.push({ name, reason: ASKED });
  return {
    label: folder.label,
    warnings,
    leftOut,
    splitBy,
    form: csvForm(raw.train),
    target,
    defaults: {
      ...(places.ids !== undefined && { ids: places.ids }),
      ...(places.groups !== undefined && { groups: places.groups }),
    },
    names: (split) =>
      split === "train"
        ? [...own.keys()]
        : [...own].flatMap(([name, of]) => (of.some((c) => tables[split].at.has(c)) ? [name] : [])),
    async read(split, name) {
      const table = tables[split];
      const positions = (own.get(name) ?? []).map((column) => {
        const at = table.at.get(column);
        if (at !== undefined) return at;
        throw dataError(
          `${table.where}: the column ${JSON.stringify(column)} of modality "${name}" is missing here; every split needs the same columns. Add it, or leave the modality out everywhere: --leave-out ${name}. Columns here: ${abridged(table.columns, 20)}.`,
          { where: table.where, modality: name },
        );
      });
      // Cells may be empty where the modality may be missing.
      const gaps = manifest.missing === "nan" || table.at.has(`${name}_present`);
      return csvFeatures(table, positions, gaps);
    },
    from: (name) => {
      const of = own.get(name) ?? [];
      return `${of.length === 1 ? "column" : "columns"} ${abridged(of)}`;
    },
    columns: (name) => own.get(name) ?? [],
    labels: async (split) =>
      isClassKind(target.kind) ? classTexts(raw[split], target.columns[0]!) : csvTargets(tables[split], target.columns),
    texts: async (split, place) => csvTexts(raw[split], place),
    where: (split, part) =>
      splitBy === undefined
        ? `${tables.train.where}, ${part}`
        : `${tables[split].where}, ${part} of the ${split} split`,
  };
}

type Tables = Record<SplitName, CsvTable>;

/** The columns that can be features; the others are added to `leftOut` with the reason. */
function featuresOf(tables: Tables, columns: readonly string[], leftOut: LeftOut[]): string[] {
  return columns.filter((column) => {
    const reason = noFeature(tables, column);
    if (reason === undefined) return true;
    const nameless = `column ${tables.train.columns.indexOf("") + 1} (without a name)`;
    leftOut.push({ name: column === "" ? nameless : column, reason });
    return false;
  });
}

/** Modality -> columns: from dataset.json, else by their names. */
function modalitiesOf(
  train: CsvTable,
  others: readonly string[],
  features: readonly string[],
  { modalities }: Manifest,
  warnings: string[],
  leftOut: LeftOut[],
): ReadonlyMap<string, readonly string[]> {
  if (modalities === undefined || isList(modalities)) {
    // A column named by the user is always a modality; reading it reports what is wrong with it.
    const asked = modalities === undefined ? [] : others.filter((column) => modalities.includes(column));
    return groupColumns([...features, ...asked.filter((column) => !features.includes(column))], train.where, warnings);
  }
  const named = namedColumns(modalities, others, train.where);
  const used = new Set([...named.values()].flat());
  const unused = features.filter((column) => !used.has(column));
  // A mask is named by its modality.
  const masks = unused.filter((column) => named.has(column.replace(/_present$/, "")));
  for (const name of unused)
    if (!masks.includes(name)) leftOut.push({ name, reason: "not among the columns of dataset.json, modalities" });
  return new Map([...named, ...masks.map((name): [string, string[]] => [name, [name]])]);
}

/** The reason why a column is not a feature: a pandas index, no numbers, or only empty cells. */
function noFeature(tables: Tables, column: string): string | undefined {
  const parts = [...new Set(Object.values(tables))];
  const shown: string[] = [];
  let filled = false;
  for (const table of parts) {
    const at = table.at.get(column);
    if (at === undefined) continue;
    for (let row = 0; row < table.count; row++) {
      const text = table.cell(row, at);
      if (isMissing(text)) continue;
      filled = true;
      if (csvNumber(table, text) !== undefined) return indexReason(column);
      if (shown.length < 4 && !shown.includes(text)) shown.push(text.slice(0, 20));
      if (shown.length === 4 && row > 1000) break;
    }
  }
  if (!filled) return "empty";
  return indexReason(column) ?? `text (${shown.slice(0, 3).join(", ")}${shown.length > 3 ? ", ..." : ""})`;
}

function indexReason(column: string): string | undefined {
  return column === "" || /^Unnamed: \d+$/.test(column) ? "the row index that pandas writes" : undefined;
}

/** Columns of True and False as 1 and 0. */
function withNumbers(table: CsvTable): CsvTable {
  const yesNo = /^(true|false)$/i;
  const boolean = new Set(
    table.columns.flatMap((_, at) => {
      let found = false;
      for (let row = 0; row < table.count; row++) {
        const text = table.cell(row, at);
        if (yesNo.test(text)) found = true;
        else if (!isMissing(text)) return [];
      }
      return found ? [at] : [];
    }),
  );
  if (boolean.size === 0) return table;
  return {
    ...table,
    cell(row, column) {
      const text = table.cell(row, column);
      return boolean.has(column) && yesNo.test(text) ? (text.toLowerCase() === "true" ? "1" : "0") : text;
    },
  };
}

/** Texts of classes; decimal commas in numbers become points. */
function classTexts(table: CsvTable, column: string): string[] {
  const texts = csvTexts(table, column);
  return table.decimal === "," ? texts.map((text) => String(csvNumber(table, text) ?? text)) : texts;
}

interface ReadTables {
  readonly tables: Tables;
  readonly splitBy: string | undefined;
  readonly splitColumn?: string;
}

async function readTables(folder: Folder, files: readonly string[], { splits }: Needs): Promise<ReadTables> {
  const bySplit = files.filter((file) => splitNamed(stemOf(file)) !== undefined);
  if (bySplit.length === 0) return oneTable(folder, files[0]!);
  if (bySplit.length < files.length) {
    throw dataError(
      `${folder.label}: ${files.join(" and ")} are side by side; keep the one table or the tables of the splits.`,
      { files },
    );
  }
  const tables: Partial<Tables> = {};
  const fileOf: Partial<Record<SplitName, string>> = {};
  for (const file of bySplit) {
    const split = splitNamed(stemOf(file))!;
    if (tables[split] !== undefined) {
      throw dataError(`${folder.label}: ${tables[split].where} and ${file} are both the ${split} split; keep one.`, {
        file,
      });
    }
    fileOf[split] = file;
    tables[split] = readCsv(await folder.read(file), `${folder.label}/${file}`);
  }
  for (const split of splits) {
    if (tables[split] !== undefined) continue;
    const file = `${split === "validation" ? "valid" : split}.csv`;
    throw dataError(
      `${folder.label}: ${file} is missing: there is a table for each split, but none called ${splitWords(split)}. Add it, or put all rows into one table data.csv and split it: --split-seed 0.`,
      { file },
    );
  }
  for (const split of SPLITS) tables[split] ??= tables[splits[0]!]!;
  return { tables: tables as Tables, splitBy: `the files ${SPLITS.map((split) => fileOf[split]).join(", ")}` };
}

/** One table: rows by the column `split`, or all of them together. */
async function oneTable(folder: Folder, file: string): Promise<ReadTables> {
  const whole = readCsv(await folder.read(file), `${folder.label}/${file}`);
  const splitColumn = whole.columns.find((column) => column.toLowerCase() === "split");
  if (splitColumn === undefined)
    return { tables: { train: whole, validation: whole, test: whole }, splitBy: undefined };
  const rows: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  csvTexts(whole, splitColumn).forEach((name, row) => {
    const split = splitNamed(name);
    if (split === undefined) {
      throw dataError(
        `${whole.where}: line ${whole.lines[row]}, column ${splitColumn} is "${name.slice(0, 40)}"${hint(name, ["train", "valid", "test"])}`,
        { where: whole.where, line: whole.lines[row] },
      );
    }
    rows[split].push(row);
  });
  const part = (split: SplitName): CsvTable => csvRows(whole, rows[split]);
  return {
    tables: { train: part("train"), validation: part("validation"), test: part("test") },
    splitBy: `the column ${splitColumn}`,
    splitColumn,
  };
}

/** `train` of `train.csv`. */
export function stemOf(file: string): string {
  return file.replace(/\.[^.]+$/, "");
}
