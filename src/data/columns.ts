/**
 * @file Groups the columns of a table into modalities. `audio_0`, `audio-1`, `audio.2`, `audio3` and `audio[4]` are all features of `audio`
 * when their numbers run from 0 or from 1 without a gap; every other column is a modality of one feature.
 */
import { dataError } from "../core/errors.ts";

/** Forms of a name with a number; the last has no name: columns 0, 1, 2, ... of an array that was saved as a table. */
const NUMBERED = [
  /^(.*\S)\s*\[(\d{1,9})\]$/,
  /^(.*[^\s._-])[\s._-](\d{1,9})$/,
  /^(.*\p{L})(\d{1,9})$/u,
  /^()(\d{1,9})$/,
];

/** The modality of columns without a name, 0, 1, 2, ... */
const NAMELESS = "features";

interface Numbered {
  readonly column: string;
  readonly index: number;
}

/**
 * Modality -> its columns in feature order; modalities in the order of their first column. Invalid characters of a name are replaced:
 * `mean radius` becomes `mean_radius`. @throws DataError when two modalities would have the same name.
 */
export function groupColumns(
  columns: readonly string[],
  where: string,
  warnings: string[],
): ReadonlyMap<string, readonly string[]> {
  const members = new Map<string, Numbered[]>();
  const baseOf = new Map<string, string>();
  for (const column of columns) {
    const match = numberOf(column);
    if (match === undefined) continue;
    baseOf.set(column, match.base);
    const own = members.get(match.base) ?? [];
    own.push({ column, index: match.index });
    members.set(match.base, own);
  }
  const runs = new Map<string, readonly string[]>();
  for (const [base, own] of members) {
    const sorted = [...own].sort((a, b) => a.index - b.index);
    const first = sorted[0]!.index;
    if ((first === 0 || first === 1) && sorted.every(({ index }, i) => index === first + i)) {
      // For a single column, a number that is part of the word (`x1`) is not an index.
      if (own.length > 1 || !/\p{L}\d+$/u.test(own[0]!.column))
        runs.set(
          base,
          sorted.map(({ column }) => column),
        );
    } else if (own.length > 1) {
      warnings.push(
        `${where}: the columns ${abridged(sorted.map(({ column }) => column))} are not numbered without a gap from 0 or from 1, so each is taken as a modality of its own. Rename them, or say in dataset.json which columns make a modality: "modalities": {"${usableName(base) || NAMELESS}": ["${base}*"]}.`,
      );
    }
  }
  const modalities = new Map<string, readonly string[]>();
  const add = (name: string, own: readonly string[]): void => {
    const before = modalities.get(name);
    if (before === own) return;
    if (before !== undefined) {
      throw dataError(
        `${where}: the columns ${abridged(before)} and ${abridged(own)} would both be the modality "${name}"; rename one of them.`,
        { where, modality: name },
      );
    }
    modalities.set(name, own);
  };
  for (const column of columns) {
    const base = baseOf.get(column);
    const run = base === undefined ? undefined : runs.get(base);
    if (run === undefined) add(usableName(column), [column]);
    else add(usableName(base === "" ? NAMELESS : base!), run);
  }
  return modalities;
}

/** Modalities from the columns in dataset.json; `mean *` and `* error` match every column with this beginning or end. @throws DataError for a missing column. */
export function namedColumns(
  given: Readonly<Record<string, readonly string[]>>,
  columns: readonly string[],
  where: string,
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(given).map(([name, patterns]): [string, readonly string[]] => {
      const found = patterns.flatMap((pattern) => {
        const matching = columns.filter((column) => matches(column, pattern));
        if (matching.length > 0) return matching;
        throw dataError(
          `${where}: dataset.json, modalities, ${name}: no column is called ${JSON.stringify(pattern)}; columns of features: ${abridged(columns, 40)}.`,
          { where, column: pattern },
        );
      });
      return [name, [...new Set(found)]];
    }),
  );
}

/** A pattern in which * matches any text. */
function matches(column: string, pattern: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return column === pattern;
  const [start, end] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return column.length >= start.length + end.length && column.startsWith(start) && column.endsWith(end);
}

/** `a, b, c`, for many names `a_0, a_1 ... a_9`. */
export function abridged(names: readonly string[], most = 4): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 2).join(", ")} ... ${names.at(-1)}`;
}

function numberOf(column: string): { readonly base: string; readonly index: number } | undefined {
  for (const form of NUMBERED) {
    const match = form.exec(column);
    if (match !== null) return { base: match[1]!, index: Number(match[2]) };
  }
  return undefined;
}

/** A name that is valid in files and options: other characters become `_`. */
function usableName(column: string): string {
  return column.replace(/[^\p{L}\p{N}_-]+/gu, "_").replace(/^_+|_+$/g, "");
}
