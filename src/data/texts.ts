/** @file Texts of samples (ids, groups, true components): their locations from dataset.json or by name, and their contents. */
import { type Dataset, rowIds, type SplitName } from "./dataset.ts";
import type { Manifest } from "./manifest.ts";
import type { LeftOut } from "./sources/roles.ts";
import { isIdName, type Source } from "./sources/source.ts";

/** The locations of texts. */
export type Texts = Readonly<Partial<Record<"ids" | "groups" | "truth", string>>>;

/** Finds the locations, where splits have `sizes` samples. Arrays of texts that are not ids are left out, as are ids that are missing for a sample or not unique. */
export async function placesOf(
  source: Source,
  manifest: Manifest,
  texts: readonly string[],
  splits: readonly SplitName[],
  sizes: Readonly<Record<SplitName, number>>,
): Promise<{ readonly places: Texts; readonly leftOut: readonly LeftOut[] }> {
  const leftOut: LeftOut[] = [];
  const places: Partial<Record<keyof Texts, string>> = {};
  for (const part of ["ids", "groups", "truth"] as const) {
    const own = source.defaults[part];
    const place = manifest[part] ?? (part === "ids" ? undefined : own);
    if (place !== undefined) places[part] = place;
    if (part !== "ids" && own !== undefined && own !== place) {
      leftOut.push({ name: own, reason: `${part} are taken from ${place}` });
    }
  }
  const candidates = [source.defaults.ids, ...texts.filter(isIdName)].filter(
    (place) => place !== undefined && place !== places.ids,
  ) as string[];
  for (const place of candidates) {
    if (places.ids !== undefined) leftOut.push({ name: place, reason: `ids are taken from ${places.ids}` });
    else {
      const reason = await whyNoIds(source, place, splits, sizes);
      if (reason === undefined) places.ids = place;
      else leftOut.push({ name: place, reason });
    }
  }
  for (const name of texts) if (!candidates.includes(name)) leftOut.push({ name, reason: "texts" });
  return { places, leftOut };
}

async function whyNoIds(
  source: Source,
  place: string,
  splits: readonly SplitName[],
  sizes: Readonly<Record<SplitName, number>>,
): Promise<string | undefined> {
  for (const split of splits) {
    const samples = sizes[split];
    const ids = await source.texts(split, place).catch(() => undefined);
    if (ids === undefined) return `no readable ids in the ${split} split`;
    if (ids.length !== samples) return `${ids.length} texts for ${samples} samples`;
    if (new Set(ids).size !== ids.length)
      return `the same text for several samples, so not ids; as groups: --group ${place.replace(/\.npy$/, "")}`;
  }
  return undefined;
}

/** Ids (row numbers when the data has none), and groups and truth where there are any. */
export async function readTexts(
  source: Source,
  places: Texts,
  split: SplitName,
  samples: number,
): Promise<Pick<Dataset, "ids" | "groups" | "truth">> {
  const read = async (part: keyof Texts): Promise<readonly string[] | undefined> => {
    const place = places[part];
    return place === undefined ? undefined : source.texts(split, place);
  };
  const ids = (await read("ids")) ?? rowIds(samples);
  const groups = await read("groups");
  const truth = await read("truth");
  return { ids, ...(groups === undefined ? {} : { groups }), ...(truth === undefined ? {} : { truth }) };
}
