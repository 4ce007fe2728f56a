/** @file Finds the target columns of a table, and their kind: from dataset.json, else by their names. */

import { dataError, hint } from "../../core/errors.ts";
import { abridged } from "../columns.ts";
import type { SplitName, TargetKind } from "../dataset.ts";
import { type CsvTable, csvNumber, isMissing } from "../formats/csv.ts";
import { isClassKind, kindWords } from "../kinds.ts";
import type { Manifest } from "../manifest.ts";
import { labelAlias, noLabel, requireNamed } from "./roles.ts";
import type { Needs, SourceTarget } from "./source.ts";

/** The target columns; one for classes. */
export type TargetColumns = SourceTarget & { readonly columns: readonly string[] };

/**
 * The target's columns among `names`: those in `label`; else `label` for classes, `label_<name>` for labels, `value_<name>` or
 * `value` for values, in the order of their names in dataset.json, else of the table. Without the need of a target: those there are. @throws DataError when there is none, or one is missing.
 */
export function targetColumns(
  tables: Readonly<Record<SplitName, CsvTable>>,
  names: readonly string[],
  { target, label }: Manifest,
  needs: Needs,
): TargetColumns {
  const { where } = tables.train;
  if (!needs.target) {
    const own = label === undefined ? [labelAlias(names, "label")] : [label].flat();
    const columns = own.filter((column) => column !== undefined && names.includes(column)) as string[];
    return { columns, kind: target?.kind ?? "multiclass", from: `columns ${abridged(columns)}` };
  }
  const among = { where, noun: "column", names } as const;
  if (label !== undefined) return given([label].flat(), target, among);
  if (target === undefined || isClassKind(target.kind)) {
    const own = labelAlias(names, "label");
    if (own !== undefined) return { columns: [own], kind: target?.kind ?? "multiclass", from: `column ${own}` };
    const found = target === undefined ? (byPrefix("multilabel") ?? byPrefix("regression")) : undefined;
    if (found === undefined) throw noLabel("label", among);
    return found;
  }
  const { kind } = target;
  const single = kindWords[kind].one;
  if (target.names === undefined) {
    const columns = prefixed(single);
    if (columns.length > 0) return of(kind, columns, withoutPrefix(columns, single));
    const own = alone(single);
    if (own !== undefined) return of(kind, [own], [own]);
    throw dataError(
      `${where}: the target is ${kindWords[kind].many}, but no column is called ${single}_<name> or ${single}. Name the columns: "label": ["NAME", ...] in dataset.json; columns: ${names.join(", ").slice(0, 400)}.`,
      { where },
    );
  }
  if (target.names.length === 1) {
    const own = alone(single);
    if (own !== undefined) return of(kind, [own], target.names);
  }
  const columns = target.names.map((name) => {
    const column = [single + "_" + name, name].find((own) => names.includes(own));
    if (column !== undefined) return column;
    throw dataError(
      `${where}: there is no column "${single}_${name}" for the target's "${name}"${hint(
        `${single}_${name}`,
        names.filter((own) => own.startsWith(single)),
      )}`,
      { where, column: `${single}_${name}` },
    );
  });
  return of(kind, columns, target.names);

  function prefixed(word: string): string[] {
    return names.filter((column) => column.startsWith(`${word}_`) && column.length > word.length + 1);
  }
  function alone(word: string): string | undefined {
    return names.includes(word) ? word : labelAlias(names, "label");
  }
  /** Columns with the prefix of a kind, used when the target is not specified. */
  function byPrefix(kind: "multilabel" | "regression"): TargetColumns | undefined {
    const word = kindWords[kind].one;
    const columns = prefixed(word);
    if (columns.length === 0 && kind === "regression" && names.includes("value")) columns.push("value");
    const allowed = (value: number): boolean => kind === "regression" || value === 0 || value === 1 || value === -1;
    if (columns.length === 0 || !columns.every((column) => holdsOnly(tables, column, allowed))) return undefined;
    const targetNames = columns.map((column) => (column === word ? word : column.slice(word.length + 1)));
    return {
      ...of(kind, columns, targetNames),
      note: `taken as ${kindWords[kind].many} by the names of the columns; to say so: "target": ${JSON.stringify({ kind, names: targetNames })} in dataset.json`,
    };
  }
}

/** The target of the columns in `label`. */
function given(
  columns: readonly string[],
  target: Manifest["target"],
  among: { readonly where: string; readonly noun: "column"; readonly names: readonly string[] },
): TargetColumns {
  for (const column of columns) requireNamed(column, among);
  const kind = target?.kind ?? "multiclass";
  if (isClassKind(kind)) {
    if (columns.length === 1) return { columns, kind, from: `column ${columns[0]}` };
    throw dataError(
      `${among.where}: ${columns.length} columns are to be predicted (${abridged(columns)}); classes have one. For numbers write ${JSON.stringify({ label: columns, target: { kind: "regression" } })} into dataset.json; for yes/no labels "multilabel" instead of "regression".`,
      { where: among.where },
    );
  }
  if (target?.names !== undefined && target.names.length !== columns.length) {
    throw dataError(
      `${among.where}: dataset.json names ${target.names.length} ${kindWords[kind].many} (${abridged(target.names)}) for ${columns.length} columns (${abridged(columns)}); one name is needed for each.`,
      { where: among.where },
    );
  }
  return of(kind, columns, target?.names ?? columns);
}

function of(kind: TargetKind, columns: readonly string[], names: readonly string[]): TargetColumns {
  return { kind, columns, names, from: `${columns.length === 1 ? "column" : "columns"} ${abridged(columns)}` };
}

function withoutPrefix(columns: readonly string[], single: string): string[] {
  return columns.map((column) => column.slice(single.length + 1));
}

function holdsOnly(
  tables: Readonly<Record<SplitName, CsvTable>>,
  column: string,
  allowed: (value: number) => boolean,
): boolean {
  return Object.values(tables).every((table) => {
    const at = table.at.get(column);
    if (at === undefined) return false;
    for (let row = 0; row < table.count; row++) {
      const text = table.cell(row, at);
      if (isMissing(text)) continue;
      const value = csvNumber(table, text);
      if (value === undefined || !allowed(value)) return false;
    }
    return true;
  });
}
