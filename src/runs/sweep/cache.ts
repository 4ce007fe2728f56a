/**
 * @file Work that many runs of a sweep share, done once: a data folder whose name is made of what it was made from, so that it is found
 * again by later runs and later sweeps into the same place. Split, parsed and reduced data today; frozen features are the same kind of thing.
 */
import type { Folder } from "../../core/folder.ts";
import type { DataSplits } from "../../data/dataset.ts";
import { writeDataset } from "../../data/write.ts";
import { hashValue } from "../identity.ts";

/** What decides the content of a cached folder. */
export interface CacheKey {
  /** Begins the folder's name; for people. */
  readonly name: string;
  /** Hashes of what it is computed from. */
  readonly content: Readonly<Record<string, string>>;
  /** How. */
  readonly parameters?: unknown;
}

/** Places of data in a folder. */
export interface DataCache {
  /** The folder's name of some data, which is there afterwards. */
  place(key: CacheKey, splits: DataSplits): Promise<string>;
}

/** A cache below folders that `open` gives by name; with `write` false, places are told and nothing is written. */
export function dataCache(open: (name: string) => Folder, write: boolean): DataCache {
  return {
    async place({ name, content, parameters }, splits) {
      const own = `${slug(name)}-${(await hashValue([content, parameters ?? null])).slice(0, 12)}`;
      if (write) {
        const folder = open(own);
        // dataset.json is written last, so a folder that has it is whole.
        if (!(await folder.exists("dataset.json"))) await writeDataset(folder, splits);
      }
      return own;
    },
  };
}

/** A text as part of a file's name. */
export function slug(text: string): string {
  return text.replace(/[^\p{L}\p{N}+._-]+/gu, "-");
}
