/**
 * @file What a recipe is: a record that says how the files of one data set become samples, and how one file becomes one array.
 * Read this first. A recipe touches no disk: it sees names and bytes through a `Source`, and readers through `Tools`.
 */
import type * as z from "zod";
import { parseOptions } from "../core/options.ts";
import type { Tensor } from "../core/tensor.ts";
import type { TargetKind } from "../data/kinds.ts";
import type { Source } from "./source.ts";
import type { Tools } from "./tools.ts";

/** Folders of the splits in a data folder, in order. */
export const FOLDERS = ["train", "valid", "test"] as const;
export type SplitFolder = (typeof FOLDERS)[number];

/** Where one modality of one sample is. */
export interface Part {
  /** The files found; none means that the sample lacks the modality. */
  readonly files: readonly string[];
  /** The paths that were looked for, for messages; at least one where `files` is empty. */
  readonly tried?: readonly string[];
  /** The row of a file that holds all samples, from 0. */
  readonly row?: number;
  /** Numbers that the lists themselves give, such as the words of a question. */
  readonly values?: readonly number[];
}

/** One sample of a data set before its files are read. */
export interface Sample {
  /** Unique in the data set; it also decides the order. */
  readonly id: string;
  readonly split: SplitFolder;
  /** Samples of one group (a speaker, a video) stay in one part of a split that is made here. */
  readonly group?: string;
  /** A class number (-1 is unknown, in the test split only), or the numbers of labels or values. */
  readonly target: number | readonly number[];
  /** Other labels by name, such as the speaker of a recording. */
  readonly others?: Readonly<Record<string, string>>;
  readonly parts: Readonly<Record<string, Part>>;
}

/** All samples of a data set. */
export interface Listing {
  readonly target: { readonly kind: TargetKind; readonly names: readonly string[] };
  readonly samples: readonly Sample[];
  /** Words by id of modalities of text. */
  readonly vocabularies?: Readonly<Record<string, readonly string[]>>;
  /** Files that list samples, labels or splits; their hashes are kept. */
  readonly lists: readonly string[];
  /** What the user should know, as sentences: counts that differ from the published ones, choices made. */
  readonly notes: readonly string[];
  /** Files with names that the recipe does not know. */
  readonly odd: readonly string[];
}

/** How a modality is read. */
export interface Modality {
  /** What the array is, for prepare.json and the list of recipes: `log-mel spectrogram [24, 20]`. */
  readonly what: string;
  /** Whether the first axis is time and differs between samples. */
  readonly sequence?: boolean;
  /** Reads the array of one sample; all samples have the same shape, after the first axis of a sequence. */
  read(part: Part, tools: Tools, sample: Sample): Promise<Tensor>;
}

/** A recipe with its options. */
export interface OpenRecipe {
  /** The options with defaults filled in, as they are kept in prepare.json. */
  readonly options: Readonly<Record<string, unknown>>;
  /** By name, in order. */
  readonly modalities: Readonly<Record<string, Modality>>;
  /** Lists the samples. @throws DataError that says what was looked for, where, and what is there. */
  list(source: Source): Promise<Listing>;
}

/** How one data set is prepared. */
export interface Recipe {
  readonly name: string;
  /** One line. */
  readonly summary: string;
  readonly licence: string;
  /** Samples and bytes of the download. */
  readonly size: string;
  /** Where to get the data, and what to do with it before. */
  readonly get: string;
  /** Files that are expected below SOURCE. */
  readonly layout: readonly string[];
  /** The options with their descriptions. */
  readonly options: z.ZodObject;
  open(options: unknown): OpenRecipe;
}

/** What a recipe's author writes: `modalities` and `list` get the checked options. */
interface RecipeSpec<S extends z.ZodObject> extends Omit<Recipe, "options" | "open"> {
  readonly options: S;
  modalities(options: z.output<S>): Readonly<Record<string, Modality>>;
  list(source: Source, options: z.output<S>): Promise<Listing>;
}

/** A recipe whose options are checked when it is opened. */
export function defineRecipe<S extends z.ZodObject>(spec: RecipeSpec<S>): Recipe {
  return {
    ...spec,
    open(given) {
      const options = parseOptions(spec.options, given, spec.name);
      return {
        options,
        modalities: spec.modalities(options),
        list: (source) => spec.list(source, options),
      };
    },
  };
}
