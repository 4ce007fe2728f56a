/** @file The table form: train.csv, valid.csv, test.csv, or one data.csv with a column `split`. */
import { dataError, hint } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import { type CsvTable, csvFeatures, csvModalities, csvRows, csvTargets, csvTexts, readCsv } from "../formats/csv.ts";
import type { Manifest } from "../manifest.ts";
import { type Source, SPLIT_OF } from "./source.ts";

/** Opens the table form. @throws DataError when a split is missing or there are two tables for one. */
export async function openTables(folder: Folder, files: readonly string[], manifest: Manifest): Promise<Source> {
  const tables = files.includes("data.csv") ? await oneTable(folder, files) : await tableEach(folder, files);
  const targets = targetColumns(tables, manifest);
  const texts = [manifest.ids, manifest.groups, manifest.truth].filter((place) => place !== undefined);
  const named = [...texts, ...(targets?.columns ?? [])];
  const modalities = {} as Record<SplitName, Map<string, number[]>>;
  for (const split of SPLITS) modalities[split] = csvModalities(tables[split], named);
  const has = (column: string): boolean => tables.train.at.has(column);
  return {
    label: folder.label,
    warnings: [],
    defaults: { ...(has("id") ? { ids: "id" } : {}), ...(has("group") ? { groups: "group" } : {}) },
    names: (split) => [...modalities[split].keys()],
    async read(split, name) {
      const columns = modalities[split].get(name);
      if (columns === undefined) {
        throw dataError(
          `${tables[split].where}: modality "${name}" of the train split is missing here; every split needs the same columns${hint(name, [...modalities[split].keys()])}`,
          { where: tables[split].where, modality: name },
        );
      }
      // Where a modality may be missing, nobody has numbers to write.
      const gaps = manifest.missing === "nan" || tables[split].at.has(`${name}_present`);
      return csvFeatures(tables[split], columns, gaps);
    },
    labels: async (split) =>
      targets === undefined ? csvTexts(tables[split], "label") : csvTargets(tables[split], targets.columns),
    ...(targets !== undefined && { targetNames: targets.names }),
    texts: async (split, place) => csvTexts(tables[split], place),
    where: (split, part) => `${tables[split].where}, ${part} of the ${split} split`,
  };
}

/**
 * The columns of labels (`label_<name>`) or values (`value_<name>`, or one `value`), in the order of their names in dataset.json, else
 * of the table; undefined for classes. @throws DataError when there is none, or one is missing.
 */
function targetColumns(
  { train }: Tables,
  { target }: Manifest,
): { readonly columns: readonly string[]; readonly names: readonly string[] } | undefined {
  if (target === undefined || target.kind === "classes") return undefined;
  const single = target.kind === "values" ? "value" : "label";
  const prefix = `${single}_`;
  const { columns } = train;
  if (target.names === undefined) {
    const found = columns.filter((column) => column.startsWith(prefix));
    if (found.length > 0) return { columns: found, names: found.map((column) => column.slice(prefix.length)) };
    if (columns.includes(single)) return { columns: [single], names: [single] };
    throw dataError(
      `${train.where}: the target is ${target.kind}, but no column is called ${prefix}<name> or ${single}; columns: ${columns.join(", ").slice(0, 400)}.`,
      { where: train.where },
    );
  }
  if (target.names.length === 1 && columns.includes(single)) return { columns: [single], names: target.names };
  for (const name of target.names) {
    if (columns.includes(prefix + name)) continue;
    throw dataError(
      `${train.where}: there is no column "${prefix}${name}" for the target's "${name}"${hint(
        prefix + name,
        columns.filter((column) => column.startsWith(single)),
      )}`,
      { where: train.where, column: prefix + name },
    );
  }
  return { columns: target.names.map((name) => prefix + name), names: target.names };
}

type Tables = Record<SplitName, CsvTable>;

async function tableEach(folder: Folder, files: readonly string[]): Promise<Tables> {
  const tables: Partial<Tables> = {};
  for (const [name, split] of SPLIT_OF) {
    const file = `${name}.csv`;
    if (!files.includes(file)) continue;
    if (tables[split] !== undefined) {
      throw dataError(`${folder.label}: ${tables[split].where} and ${file} are both the ${split} split; keep one.`, {
        file,
      });
    }
    tables[split] = readCsv(await folder.read(file), `${folder.label}/${file}`);
  }
  for (const split of SPLITS) {
    if (tables[split] === undefined) {
      const file = split === "validation" ? "valid.csv" : `${split}.csv`;
      throw dataError(`${folder.label}: ${file} is missing; needed are train.csv, valid.csv and test.csv.`, { file });
    }
  }
  return tables as Tables;
}

async function oneTable(folder: Folder, files: readonly string[]): Promise<Tables> {
  if (files.length > 1) {
    throw dataError(
      `${folder.label}: ${files.join(" and ")} lie side by side; keep data.csv or the tables of the splits.`,
      {
        files,
      },
    );
  }
  const whole = readCsv(await folder.read("data.csv"), `${folder.label}/data.csv`);
  const names = csvTexts(whole, "split");
  const rows: Record<SplitName, number[]> = { train: [], validation: [], test: [] };
  names.forEach((name, row) => {
    const split = SPLIT_OF.get(name);
    if (split === undefined) {
      throw dataError(
        `${whole.where}: line ${whole.lines[row]}, column split is "${name.slice(0, 40)}"${hint(name, ["train", "valid", "test"])}`,
        { where: whole.where, line: whole.lines[row] },
      );
    }
    rows[split].push(row);
  });
  const part = (split: SplitName): CsvTable => csvRows(whole, rows[split]);
  return { train: part("train"), validation: part("validation"), test: part("test") };
}
