/** @file Selects the arrays that are modalities: those that are named, else those that contain features. */
import { DmilError, dataError } from "../core/errors.ts";
import { requireModalities, type SplitName } from "./dataset.ts";
import { requireNumbers } from "./formats/npy.ts";
import { isList, type Manifest } from "./manifest.ts";
import { modalityNames } from "./masks.ts";
import type { LeftOut } from "./sources/roles.ts";
import { type AnyArray, describe, isInteger, isText, type Source } from "./sources/source.ts";

export interface Chosen {
  readonly modalities: readonly string[];
  /** The train arrays that had to be read, so that no file is read twice. */
  readonly seen: ReadonlyMap<string, AnyArray>;
  /** Arrays of texts. */
  readonly texts: readonly string[];
  readonly leftOut: readonly LeftOut[];
}

/** The modalities to read; `origin` names the source of `modalities` in messages. @throws DataError when there is none, or a split has others. */
export async function chooseModalities(
  source: Source,
  { modalities, ids, groups, truth }: Manifest,
  origin: string,
  warnings: string[],
  others: readonly SplitName[],
): Promise<Chosen> {
  const available = modalityNames(source, "train");
  const taken = [ids, groups, truth];
  const free = available.filter((name) => !taken.includes(name) && !taken.includes(`${name}.npy`));
  const seen = new Map<string, AnyArray>();
  if (modalities !== undefined) {
    const chosen = isList(modalities) ? modalities : Object.keys(modalities);
    requireModalities(chosen, available, `${source.label}: ${origin}`);
    const leftOut: LeftOut[] = free
      .filter((name) => !chosen.includes(name))
      .map((name) => ({ name, reason: "not among the modalities" }));
    for (const split of source.splitBy === undefined ? [] : others) {
      for (const name of extraNames(source, split, available, taken)) {
        leftOut.push({ name, reason: `only in the ${split} split` });
      }
    }
    return { modalities: chosen, seen, texts: [], leftOut };
  }
  const names: string[] = [];
  const texts: string[] = [];
  const leftOut: LeftOut[] = [];
  for (const name of free) {
    const array = await source.read("train", name).catch((error) => {
      if (!(error instanceof DmilError) || error.code !== "DataError") throw error;
      throw dataError(`${error.message} If it is not a modality, leave it out: --leave-out ${name}.`, error.fields);
    });
    if (isText(array)) {
      texts.push(name);
      // Texts in train but numbers in another split are an error, not side information.
      for (const split of source.splitBy === undefined ? [] : others) {
        const other = source.names(split).includes(name) ? await source.read(split, name) : array;
        if (!isText(other)) requireNumbers(array, source.where("train", name));
      }
    } else if (isInteger(array) && array.shape.length === 1) {
      leftOut.push({ name, reason: `${describe(array)}: side information` });
      warnings.push(
        `${source.where("train", name)} is ${describe(array)}: taken as side information, not as a modality. To use it, name the modalities or give it two axes.`,
      );
    } else {
      names.push(name);
      seen.set(name, array);
    }
  }
  if (names.length === 0) {
    throw dataError(
      `${source.label}: the train split has no array of features beside the labels (found: ${available.join(", ") || "none"}); add one of floats, [N, F].`,
      { available },
    );
  }
  if (source.splitBy === undefined) return { modalities: names, seen, texts, leftOut };
  for (const split of others) {
    const extra = extraNames(source, split, available, taken);
    if (extra.length === 0) continue;
    throw dataError(
      `${source.where(split, extra[0]!)}: the ${split} split has ${extra.join(", ")}, the train split has not; every split needs the same modalities. Add it to train, take it away here, or name the modalities to read: --modalities ${names.join(",")}.`,
      { split, extra },
    );
  }
  return { modalities: names, seen, texts, leftOut };
}

/** Arrays of a split that the train split lacks. */
function extraNames(
  source: Source,
  split: SplitName,
  available: readonly string[],
  taken: readonly (string | undefined)[],
): string[] {
  return modalityNames(source, split).filter((name) => !available.includes(name) && !taken.includes(`${name}.npy`));
}
