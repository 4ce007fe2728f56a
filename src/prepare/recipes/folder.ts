/**
 * @file A set of one's own: patterns of paths with `{id}`, labels from a table, from the names of folders or from names of files, and a split by
 * list, by column, by folder, by group or by seed.
 */
import { configError, nearest } from "../../core/errors.ts";
import { isClassKind } from "../../data/kinds.ts";
import { compareByCodePoint } from "../order.ts";
import { defineRecipe, type Recipe, type Sample } from "../recipe.ts";
import { missing, type Source } from "../source.ts";
import { drawnSplit } from "../splits.ts";
import { type FileSet, filesByPattern, hasPlace, modalityOf, type ReadingChoices, tableRows } from "./folder-files.ts";
import { type Facts, factsOf, targetsOf } from "./folder-labels.ts";
import { type FolderOptions, folderOptions, KNOWN } from "./folder-options.ts";

/** The options that are modalities: those the schema does not name. */
function patternsOf(given: FolderOptions): [string, string][] {
  const patterns = Object.entries(given).filter((entry): entry is [string, string] => !KNOWN.includes(entry[0]));
  for (const [name, pattern] of patterns) {
    const near = nearest(name, KNOWN);
    const isTable = /\.(csv|tsv)$/i.test(pattern) && near !== "labels";
    if (pattern.includes("{id}") || isTable) continue;
    throw configError(
      `folder.${name}: "${pattern}" is no pattern of a modality, which needs {id}, as in --audio "audio/{id}.wav"${near === undefined ? "" : `; did you mean --${near}?`}`,
      { option: name },
    );
  }
  if (patterns.length === 0) {
    throw configError(
      'folder: no modality is given; name each with the pattern of its files, for example --audio "audio/{id}.wav" --image "frames/{id}.jpg".',
    );
  }
  return patterns;
}

/** Any set of files with labels. */
export const folder: Recipe = defineRecipe({
  name: "folder",
  summary: "a set of your own: any files whose paths hold the id of the sample",
  licence: "your own",
  size: "any",
  get: "Your own files. Each modality is a flag with the pattern of its paths below SOURCE.",
  layout: [
    '--NAME "folder/{id}.ext": .npy (an array), .csv (rows are steps), .wav and other sound, .jpg, .png and other pictures',
    '--NAME "features.csv": one table with a column id; its other columns are the features',
    "{class}, {split} and {group} in a pattern are read from the path; * is any text, for several files a sample",
  ],
  options: folderOptions,
  modalities: (given) =>
    Object.fromEntries(patternsOf(given).map(([name, pattern]) => [name, modalityOf(name, pattern, choicesOf(given))])),
  async list(source, given) {
    const patterns = patternsOf(given);
    const byPath = patterns.filter(([, pattern]) => hasPlace(pattern, "id"));
    // The same id below several folders means several samples, unless a table of labels says what the ids are.
    const prefix = (["split", "class"] as const).filter(
      (place) =>
        given.labels === undefined &&
        byPath.length === patterns.length &&
        byPath.every(([, pattern]) => hasPlace(pattern, place)),
    );
    const sets = new Map<string, FileSet>();
    for (const [name, pattern] of patterns) {
      const isTable = !hasPlace(pattern, "id");
      sets.set(name, isTable ? await tableRows(source, pattern, given.id) : filesByPattern(source, pattern, prefix));
    }
    const facts = await factsOf(source, given, sets);
    if (facts.samples.size === 0) {
      const [, pattern] = patterns[0]!;
      const tried = patterns.map(([, own]) => own.replaceAll(/\{\w+\}/g, "*"));
      throw missing(source, tried, { recipe: "folder", what: `files like ${pattern}` });
    }
    const { target, targets } = targetsOf(facts, given, isClassKind(given.target));
    const drawn = splitFor(facts, given, targets);
    const samples = [...facts.samples].map(([id, fact]): Sample => {
      const parts = patterns.map(([name, pattern]) => {
        const part = sets.get(name)!.get(id) ?? { files: [], tried: [pattern.replaceAll("{id}", id)] };
        return [name, part] as const;
      });
      return {
        id,
        split: drawn(id),
        target: targets.get(id)!,
        ...(fact.group !== undefined && { group: fact.group }),
        ...(fact.others !== undefined && { others: fact.others }),
        parts: Object.fromEntries(parts),
      };
    });
    const odd = oddOf(source, patterns, samples, facts.lists);
    return { target, samples, lists: facts.lists, notes: facts.notes, odd };
  },
});

/** How files are read; the columns of labels are no features. */
function choicesOf({
  id,
  label,
  group,
  split,
  others = "",
  preset,
  size,
  grey,
  frames,
}: FolderOptions): ReadingChoices {
  const columns = [id, ...label.split(","), group, split, ...others.split(",")].map((name) => name.trim());
  return { columns, preset, picture: { width: size, height: size, channels: grey ? 1 : 3 }, frames };
}

/** The split of each sample: as given, with a validation split drawn from train where there is none, or drawn. */
function splitFor(
  { samples, hasSplit, hasValid }: Facts,
  { shares, seed }: FolderOptions,
  targets: ReadonlyMap<string, Sample["target"]>,
): (id: string) => Sample["split"] {
  const all = [...samples].map(([id, { group, split }]) => ({
    id,
    split,
    target: targets.get(id)!,
    ...(group !== undefined && { group }),
  }));
  if (!hasSplit) {
    const drawn = drawnSplit(all, shares, seed);
    return (id) => drawn.get(id)!;
  }
  const [train, valid] = shares;
  const rest = all.filter(({ split }) => split === "train");
  const drawn = hasValid ? new Map() : drawnSplit(rest, [train, valid, 0], seed);
  return (id) => drawn.get(id) ?? samples.get(id)!.split ?? "train";
}

/** Files beside those of the modalities, with the same endings: probably names that a pattern does not match. */
function oddOf(
  source: Source,
  patterns: readonly [string, string][],
  samples: readonly Sample[],
  lists: readonly string[],
): string[] {
  const used = new Set([
    ...lists,
    ...samples.flatMap(({ parts }) => Object.values(parts).flatMap(({ files }) => files)),
  ]);
  const endings = new Set(patterns.map(([, pattern]) => endingOf(pattern)));
  return source.files.filter((file) => !used.has(file) && endings.has(endingOf(file))).sort(compareByCodePoint);
}

function endingOf(file: string): string {
  return file.slice(file.lastIndexOf(".") + 1).toLowerCase();
}
