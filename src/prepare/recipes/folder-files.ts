/** @file Files of a set of one's own: which file belongs to which sample, by patterns, and how files of each ending become arrays. */
import { configError, dataError } from "../../core/errors.ts";
import { type CsvTable, csvFeatures, csvTexts, readCsv } from "../../data/formats/csv.ts";
import { readNpy, readNumberTable, rowOf } from "../lists.ts";
import type { Modality, Part } from "../recipe.ts";
import { requireFile, type Source } from "../source.ts";
import type { PictureSize } from "../tools.ts";
import { middles, PICTURES, readPictures, SOUND, VIDEO } from "./clips.ts";

/** What a path says about its sample besides its id. */
export interface PathFacts {
  readonly class?: string;
  readonly split?: string;
  readonly group?: string;
}

/** Files of one modality by id. */
export type FileSet = ReadonlyMap<string, Part & { readonly facts: PathFacts }>;

const PLACES = ["id", "class", "split", "group"] as const;

/** A pattern as a regular expression; endings are compared without letter case. */
function expressionOf(pattern: string): RegExp {
  const seen = new Set<string>();
  const body = pattern.replace(/\{(\w+)\}|\*|[^{*]+|\{/g, (piece, name?: string) => {
    if (piece === "*") return "[^/]*";
    if (name === undefined) return piece.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    if (!PLACES.some((place) => place === name)) {
      throw configError(
        `folder: "${pattern}" has {${name}}; allowed are ${PLACES.map((place) => `{${place}}`).join(", ")} and *.`,
      );
    }
    if (seen.has(name)) return `\\k<${name}>`;
    seen.add(name);
    return `(?<${name}>[^/]+?)`;
  });
  return new RegExp(`^${body}$`, "i");
}

/** Does a pattern have a place? */
export function hasPlace(pattern: string, place: (typeof PLACES)[number]): boolean {
  return pattern.includes(`{${place}}`);
}

/** The files of each sample by a pattern; `prefix` are the places that are part of the id, because ids occur once below each of them. */
export function filesByPattern(source: Source, pattern: string, prefix: readonly ("split" | "class")[]): FileSet {
  const expression = expressionOf(pattern);
  const found = new Map<string, { files: string[]; facts: PathFacts }>();
  for (const file of source.files) {
    const groups = expression.exec(file)?.groups;
    if (groups === undefined) continue;
    const { id = "", ...facts } = groups;
    const key = [...prefix.map((place) => groups[place] ?? ""), id].join("/");
    const own = found.get(key);
    if (own === undefined) found.set(key, { files: [file], facts });
    else own.files.push(file);
  }
  return found;
}

/** The rows of a table of features by id. */
export async function tableRows(source: Source, path: string, id: string): Promise<FileSet> {
  const table = await openTable(source, path);
  return new Map(csvTexts(table, id).map((own, row) => [own, { files: [path], row, facts: {} }]));
}

export async function openTable(source: Source, path: string): Promise<CsvTable> {
  requireFile(source, [path], { recipe: "folder", what: `the table ${path}` });
  return readCsv(await source.read(path), `${source.label}/${path}`);
}

/** How files are read, and which columns of tables are no features. */
export interface ReadingChoices {
  readonly columns: readonly string[];
  readonly preset: string;
  readonly picture: PictureSize;
  /** Pictures of a sample with several, and of a video. */
  readonly frames: number;
}

/** The modality of a pattern, by the ending of its files. @throws ConfigError for an ending that is not read. */
export function modalityOf(name: string, pattern: string, choices: ReadingChoices): Modality {
  const ending = pattern.slice(pattern.lastIndexOf(".") + 1).toLowerCase();
  const { preset, picture, frames } = choices;
  const size = `[${picture.height}, ${picture.width}, ${picture.channels}]`;
  if (ending === "csv" || ending === "tsv") return hasPlace(pattern, "id") ? series() : features(choices.columns);
  if (ending === "npy") return { what: "array", read: ({ files }, { source }) => readNpy(source, files[0]!) };
  if (SOUND.includes(ending)) {
    return { what: `spectrogram ${preset}`, read: ({ files }, { audio }) => audio(files[0]!, preset) };
  }
  if (PICTURES.includes(ending)) {
    const one: Modality = { what: `picture ${size}`, read: ({ files }, { image }) => image(files[0]!, picture) };
    return pattern.includes("*") && frames > 1 ? pictures(frames, picture, size) : one;
  }
  if (VIDEO.includes(ending)) {
    return {
      what: `${frames} frames ${size}`,
      read: ({ files }, tools) =>
        tools.frames(files[0]!, { rate: "every-second-start", pick: middles(frames) }, picture),
    };
  }
  throw configError(
    `folder.${name}: files of the ending .${ending} are not read; allowed are .npy, .csv, .tsv, sound (.${SOUND.join(", .")}), pictures (.${PICTURES.join(", .")}) and video (.${VIDEO.join(", .")}). Of texts, save an embedding of each as .npy.`,
    { option: name },
  );
}

/** A table for each sample: lines are steps, columns features. */
function series(): Modality {
  return {
    what: "table, a line each step",
    sequence: true,
    read: ({ files }, { source }) => readNumberTable(source, files[0]!),
  };
}

/** One table of all samples. */
function features(others: readonly string[]): Modality {
  return {
    what: "features",
    async read({ files: [file = ""], row = 0 }, { source, once }) {
      const all = await once(file, async () => {
        const table = readCsv(await source.read(file), `${source.label}/${file}`);
        return csvFeatures(table, columnsOf(table, others));
      });
      return rowOf(all, row, `${source.label}/${file}`);
    },
  };
}

function columnsOf({ columns, where }: CsvTable, others: readonly string[]): number[] {
  const own = columns.flatMap((column, i) => (others.includes(column) ? [] : [i]));
  if (own.length > 0) return own;
  throw dataError(
    `${where}: there is no column of features besides ${others.filter((name) => columns.includes(name)).join(", ")}.`,
    {
      where,
    },
  );
}

/** Evenly spaced pictures of a sample with several. */
function pictures(count: number, size: PictureSize, shown: string): Modality {
  return {
    what: `${count} pictures ${shown}, evenly spaced`,
    read: ({ files }, tools) => readPictures(files, middles(count), size, tools),
  };
}
