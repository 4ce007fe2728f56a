/** @file Texts as ids of words for a trained embedding: 0 is padding, 1 a word that is not in the vocabulary. */
import type * as z from "zod";
import { tensor } from "../core/tensor.ts";
import { wholeOption } from "./options.ts";
import { compareByCodePoint } from "./order.ts";
import type { Modality, Sample } from "./recipe.ts";

export interface WordOptions {
  /** Size of the vocabulary with padding and the unknown word. */
  readonly words: number;
  /** Ids of a text; longer ones are cut. */
  readonly length: number;
}

/** The schemas of these options. */
export function wordOptions(
  words: number,
  length: number,
): { readonly [K in keyof WordOptions]: z.ZodType<WordOptions[K]> } {
  return {
    words: wholeOption(3, words).describe("size of the vocabulary: the most frequent words of the training samples"),
    length: wholeOption(1, length).describe("words of a text; longer texts are cut"),
  };
}

/** A modality whose numbers are the ids that the recipe found in its lists. */
export function wordsModality({ words, length }: WordOptions): Modality {
  return {
    what: `ids of words [${length}], 0 is padding, below ${words}; for the encoder text without normalisation`,
    read: async ({ values = [] }) =>
      tensor(
        "int32",
        [length],
        Int32Array.from({ length }, (_, i) => values[i] ?? 0),
      ),
  };
}

const PADDING = "<pad>";
const UNKNOWN = "<unk>";

/** Lower-case words and numbers of a text, without punctuation. */
export function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKC")
      .toLowerCase()
      .replaceAll(/['\u2019]/g, "")
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? []
  );
}

/** Samples before their texts are ids. */
export type Spoken = Sample & { readonly text: string };

/** Replaces the text of each sample by the part `name` with ids; the vocabulary comes from the training samples alone. */
export function withWords(
  samples: readonly Spoken[],
  name: string,
  { words, length }: WordOptions,
): { samples: Sample[]; vocabulary: string[] } {
  const counts = new Map<string, number>();
  for (const { split, text } of samples) {
    if (split !== "train") continue;
    for (const word of wordsOf(text)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const frequent = [...counts].sort(([a, n], [b, m]) => m - n || compareByCodePoint(a, b)).slice(0, words - 2);
  const vocabulary = [PADDING, UNKNOWN, ...frequent.map(([word]) => word)];
  const idOf = new Map(vocabulary.map((word, id) => [word, id]));
  return {
    vocabulary,
    samples: samples.map(({ text, ...sample }) => {
      const ids = wordsOf(text)
        .slice(0, length)
        .map((word) => idOf.get(word) ?? 1);
      const part = { ...sample.parts[name]!, values: ids.length === 0 ? [1] : ids };
      return { ...sample, parts: { ...sample.parts, [name]: part } };
    }),
  };
}
