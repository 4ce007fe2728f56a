/** @file The raw files of a data set: names in one order, bytes, and errors that say what was looked for and what is there. */
import { dataError, hint, listing, nearest } from "../core/errors.ts";
import { compareByCodePoint } from "./order.ts";

/** A folder of raw files. */
export interface Source {
  /** Name of the folder in messages. */
  readonly label: string;
  /** All files below the folder, with `/`, sorted by code point. */
  readonly files: readonly string[];
  has(path: string): boolean;
  /** The bytes of a file. @throws DmilError if it cannot be read, DataError for a stub of Git LFS. */
  read(path: string): Promise<Uint8Array>;
  /** Some bytes of a file; fewer where it ends. */
  range(path: string, start: number, length: number): Promise<Uint8Array>;
  /** The size of a file in bytes. */
  size(path: string): Promise<number>;
}

/** What a source is made of. */
export type SourceFiles = Pick<Source, "label" | "read" | "range" | "size"> & { readonly files: Iterable<string> };

/** A source whose files are sorted, without those of operating systems, and that refuses stubs of Git LFS. */
export function sourceOf({ label, files, read, range, size }: SourceFiles): Source {
  const sorted = [...files].filter((file) => !isLitter(file)).sort(compareByCodePoint);
  const known = new Set(sorted);
  return {
    label,
    files: sorted,
    has: (path) => known.has(path),
    size,
    async range(path, start, length) {
      const bytes = await range(path, start, length);
      if (start === 0 && isStub(bytes)) throw stubError(label, path);
      return bytes;
    },
    async read(path) {
      const bytes = await read(path);
      if (isStub(bytes)) throw stubError(label, path);
      return bytes;
    },
  };
}

/** Files that operating systems and version control leave in folders. */
function isLitter(file: string): boolean {
  return /(^|\/)(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX\/.*|\.git\/.*|\.gitattributes|\.gitignore)$/.test(
    file,
  );
}

const STUB = new TextEncoder().encode("version https://git-lfs");
/** Stubs have about 130 bytes. */
export const LARGEST_STUB = 1024;

/** Is this a file of Git LFS that stands for one that was not fetched? */
export function isStub(bytes: Uint8Array): boolean {
  return bytes.length <= LARGEST_STUB && STUB.every((byte, i) => bytes[i] === byte);
}

function stubError(label: string, path: string): Error {
  return dataError(
    `${label}/${path}: this is a stub of Git LFS (${"version https://git-lfs ..."}), not the file itself. Fetch the files: install git-lfs, then run \`git lfs pull\` in that repository; archives from its web page hold stubs only.`,
    { path, stub: true },
  );
}

/** What a recipe looks for, for errors about wrong folders. */
export interface Wanted {
  readonly recipe: string;
  /** `the labels of the training samples`. */
  readonly what: string;
}

/**
 * The first of these paths that is there.
 * @throws DataError with what was looked for, the first three paths tried and the nearest existing name.
 */
export function requireFile(source: Source, tried: readonly [string, ...string[]], wanted: Wanted): string {
  const found = tried.find((path) => source.has(path));
  if (found !== undefined) return found;
  throw missing(source, tried, wanted);
}

/** The error for paths that are not there. */
export function missing(source: Source, tried: readonly string[], { recipe, what }: Wanted): Error {
  const { label, files } = source;
  const shown = tried.slice(0, 3).map((path) => `${label}/${path}`);
  const place = whereElse(source, tried);
  const near = place === undefined ? nearestOf(tried, files) : undefined;
  const advice =
    place !== undefined
      ? `It is in ${label}/${place}: give that folder.`
      : near !== undefined
        ? `The nearest existing name is ${near}.`
        : files.length === 0
          ? "The folder is empty."
          : `Found there: ${listing(files, 3)}.`;
  return dataError(
    `${label}: not found: ${what}; tried ${listing(shown, 3)}. ${advice} \`dmil prepare list ${recipe}\` prints the files that it expects.`,
    { tried: tried.slice(0, 3), ...(near !== undefined && { nearest: near }) },
  );
}

/** The folder below the source in which one of the paths exists. */
function whereElse({ files }: Source, tried: readonly string[]): string | undefined {
  for (const path of tried) {
    const found = files.find((file) => file.endsWith(`/${path}`));
    if (found !== undefined) return found.slice(0, -path.length - 1);
  }
  return undefined;
}

function nearestOf(tried: readonly string[], files: readonly string[]): string | undefined {
  const few = files.length > 20_000 ? files.slice(0, 20_000) : files;
  for (const path of tried) {
    const whole = nearest(path, few);
    if (whole !== undefined) return whole;
    const name = path.slice(path.lastIndexOf("/") + 1);
    const near = few.find((file) => nearest(name, [file.slice(file.lastIndexOf("/") + 1)]) !== undefined);
    if (near !== undefined) return near;
  }
  return undefined;
}

/** The files below a folder (`""` for all), without the folder in their names. */
export function filesBelow({ files }: Source, folder: string): string[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  return files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
}

/** Part of a modality with one file among several names. */
export function partOf(
  source: Source,
  tried: readonly string[],
): { readonly files: string[]; readonly tried: string[] } {
  const found = tried.find((path) => source.has(path));
  return { files: found === undefined ? [] : [found], tried: [...tried] };
}

/** @throws DataError for a word of a list that is no class; the message has the nearest one. */
export function classNumber(classes: readonly string[], word: string, where: string): number {
  const k = classes.indexOf(word);
  if (k >= 0) return k;
  throw dataError(`${where}: unknown class "${word.slice(0, 60)}"${hint(word, classes)}`, { where });
}
