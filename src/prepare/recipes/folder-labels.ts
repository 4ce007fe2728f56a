/** @file Labels, groups and splits of a set of one's own: from a table, from the paths of files, from a regular expression on ids, from lists. */
import { configError, dataError, listing } from "../../core/errors.ts";
import { type CsvTable, csvNumber, csvTexts, isMissing, parseNumber } from "../../data/formats/csv.ts";
import { splitNamed, splitWords } from "../../data/sources/source.ts";
import { readLines } from "../lists.ts";
import { compareByCodePoint } from "../order.ts";
import type { Listing, Sample, SplitFolder } from "../recipe.ts";
import { classNumber, requireFile, type Source } from "../source.ts";
import { type FileSet, openTable } from "./folder-files.ts";
import type { FolderOptions } from "./folder-options.ts";

/** What is known of a sample besides its files. */
interface Fact {
  readonly labels: readonly string[];
  readonly group?: string;
  readonly split?: SplitFolder;
  readonly others?: Readonly<Record<string, string>>;
}

export interface Facts {
  readonly samples: Map<string, Fact>;
  readonly hasSplit: boolean;
  readonly hasValid: boolean;
  readonly lists: string[];
  readonly notes: string[];
}

/** What is known of all samples. @throws ConfigError if nothing says what their labels are. */
export async function factsOf(
  source: Source,
  given: FolderOptions,
  sets: ReadonlyMap<string, FileSet>,
): Promise<Facts> {
  const lists: string[] = [];
  const notes: string[] = [];
  const table = given.labels === undefined ? undefined : await openTable(source, given.labels);
  if (given.labels !== undefined) lists.push(given.labels);
  let samples = table === undefined ? fromPaths(sets, given) : fromTable(table, given);
  if (table !== undefined) {
    const stray = new Set([...sets.values()].flatMap((set) => [...set.keys()].filter((id) => !samples.has(id))));
    if (stray.size > 0)
      notes.push(`${stray.size} samples have files but no line in ${given.labels}: ${listing([...stray], 3)}.`);
  }
  const splits = await splitLists(source, given);
  if (splits !== undefined) {
    lists.push(...splits.files);
    const unknown = [...samples.keys()].filter((id) => !splits.splitOf.has(id));
    if (unknown.length > 0)
      notes.push(`${unknown.length} samples are in no split list and are left out: ${listing(unknown, 3)}.`);
    const absent = [...splits.splitOf.keys()].filter((id) => !samples.has(id));
    if (absent.length > 0) notes.push(`${absent.length} ids of the split lists have no label: ${listing(absent, 3)}.`);
    samples = new Map(
      [...samples].flatMap(([id, fact]) => {
        const split = splits.splitOf.get(id);
        return split === undefined ? [] : [[id, { ...fact, split }] as const];
      }),
    );
  }
  const known = [...samples.values()].map(({ split }) => split);
  return {
    samples,
    hasSplit: known.some((split) => split !== undefined),
    hasValid: known.includes("valid"),
    lists,
    notes,
  };
}

/** Samples of a table, one a row. */
function fromTable(table: CsvTable, given: FolderOptions): Map<string, Fact> {
  const ids = csvTexts(table, given.id);
  const labels = given.label.split(",").map((column) => csvTexts(table, column.trim()));
  const optional = (column: string, standard: string): string[] | undefined =>
    table.at.has(column) || column !== standard ? csvTexts(table, column) : undefined;
  const groups = optional(given.group, "group");
  const splits = optional(given.split, "split");
  const others = (given.others ?? "").split(",").filter((name) => name !== "");
  const columns = others.map((name) => [name, csvTexts(table, name)] as const);
  const samples = new Map<string, Fact>();
  ids.forEach((id, row) => {
    const where = `${table.where}: line ${table.lines[row]}`;
    if (id === "" || samples.has(id)) {
      throw dataError(
        `${where}: the id ${id === "" ? "is empty" : `"${id}" occurs twice`}; every sample needs its own.`,
        { where },
      );
    }
    samples.set(id, {
      labels: labels.map((column) => column[row]!),
      ...(groups !== undefined && { group: groups[row]! }),
      ...(splits !== undefined && { split: splitFolder(splits[row]!, where) }),
      ...(columns.length > 0 && { others: Object.fromEntries(columns.map(([name, texts]) => [name, texts[row]!])) }),
    });
  });
  return samples;
}

/** Samples of the files found, with labels from their paths or their ids. */
function fromPaths(sets: ReadonlyMap<string, FileSet>, { name }: FolderOptions): Map<string, Fact> {
  const expression = name === undefined ? undefined : regularExpression(name);
  const samples = new Map<string, Fact>();
  for (const set of sets.values()) {
    for (const [id, { facts }] of set) {
      const named = expression?.exec(id.slice(id.lastIndexOf("/") + 1))?.groups ?? {};
      const label = named.label ?? facts.class;
      const group = named.group ?? facts.group;
      const split = named.split ?? facts.split;
      const before = samples.get(id);
      const labels = label === undefined ? [] : [label];
      if (before === undefined || before.labels.length === 0) {
        samples.set(id, {
          labels,
          ...(group !== undefined && { group }),
          ...(split !== undefined && { split: splitFolder(split, id) }),
        });
      } else if (label !== undefined && before.labels[0] !== label) {
        throw dataError(`${id}: its files say both ${before.labels[0]} and ${label}; a sample has one class.`, { id });
      }
    }
  }
  const [without] = [...samples].find(([, { labels }]) => labels.length === 0) ?? [];
  if (without === undefined) return samples;
  throw configError(
    expression === undefined
      ? 'folder: nothing says what the labels are. Give --labels labels.csv with the columns id and label, or {class} in a pattern, or --name "(?<label>...)", a regular expression on the id.'
      : `folder.name: the regular expression gives no label for the id "${without}"; it needs a group (?<label>...) that matches in every id.`,
    { id: without },
  );
}

function regularExpression(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (error) {
    throw configError(`folder.name: ${(error as Error).message}`);
  }
}

function splitFolder(word: string, where: string): SplitFolder {
  const split = splitNamed(word);
  if (split !== undefined) return split === "validation" ? "valid" : split;
  const allowed = (["train", "validation", "test"] as const).map(splitWords).join("; ");
  throw dataError(`${where}: the split "${word.slice(0, 40)}" is not known; allowed: ${allowed}.`, { where });
}

async function splitLists(
  source: Source,
  given: FolderOptions,
): Promise<{ readonly splitOf: ReadonlyMap<string, SplitFolder>; readonly files: string[] } | undefined> {
  const splitOf = new Map<string, SplitFolder>();
  const files: string[] = [];
  for (const split of ["train", "valid", "test"] as const) {
    const file = given[`${split}-list`];
    if (file === undefined) continue;
    requireFile(source, [file], { recipe: "folder", what: `the list of the ${split} split` });
    files.push(file);
    for (const id of await readLines(source, file)) {
      const before = splitOf.get(id);
      if (before !== undefined) {
        throw dataError(
          `${source.label}/${file}: "${id}" is also in the list of ${before}; a sample is in one split.`,
          { id },
        );
      }
      splitOf.set(id, split);
    }
  }
  if (files.length === 0) return undefined;
  if (given["train-list"] === undefined || given["test-list"] === undefined) {
    throw configError("folder: --train-list and --test-list belong together; give both.");
  }
  return { splitOf, files };
}

/** The targets as numbers, and the names of the classes, labels or values. */
export function targetsOf(
  { samples }: Facts,
  given: FolderOptions,
  isClass: boolean,
): { readonly target: Listing["target"]; readonly targets: Map<string, Sample["target"]> } {
  const kind = given.target;
  if (!isClass) {
    const names = given.label.split(",").map((name) => name.trim());
    const targets = [...samples].map(
      ([id, { labels }]) => [id, labels.map((text, i) => numberOf(text, id, names[i]!))] as const,
    );
    return { target: { kind, names }, targets: new Map(targets) };
  }
  if (kind === "ordinal" && given.classes === undefined) {
    throw configError(
      "folder.classes: the target is ordinal, so its classes have an order: --classes mild,moderate,severe.",
    );
  }
  const texts = [...samples.values()].map(({ labels: [label = ""] }) => label);
  const names = given.classes?.split(",").map((name) => name.trim()) ?? sortedClasses(texts);
  if (names.length < 2) {
    throw dataError(`folder: ${names.length === 0 ? "no class" : `one class, ${names[0]}`}; at least two are needed.`);
  }
  const targets = [...samples].map(
    ([
      id,
      {
        labels: [label = ""],
      },
    ]): [string, number] => [
      id,
      isMissing(label) && !names.includes(label) ? -1 : classNumber(names, label, `sample ${id}`),
    ],
  );
  return { target: { kind, names }, targets: new Map(targets) };
}

/** By number where all are numbers, otherwise by code point. */
function sortedClasses(texts: readonly string[]): string[] {
  const names = [...new Set(texts)].filter((text) => !isMissing(text));
  const numeric = names.every((name) => parseNumber(name) !== undefined);
  return numeric ? names.sort((a, b) => Number(a) - Number(b)) : names.sort(compareByCodePoint);
}

function numberOf(text: string, id: string, name: string): number {
  if (isMissing(text)) return Number.NaN;
  const value = csvNumber({ separator: ";" }, text);
  if (value !== undefined) return value;
  throw dataError(`sample ${id}: ${name} is ${JSON.stringify(text.slice(0, 40))}, not a number.`, { id });
}
