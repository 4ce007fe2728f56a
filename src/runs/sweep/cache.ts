/**
 * @file Work that many runs of a sweep share, done once: a data folder whose name is made of what it was made from, so that it is found
 * again by later runs and later sweeps into the same place. Split, parsed and reduced data today; frozen features are the same kind of thing.
 */
import * as z from "zod";
import type { Folder } from "../../core/folder.ts";
import { sha256 } from "../../core/hash.ts";
import type { DataSplits } from "../../data/dataset.ts";
import { writeDataset } from "../../data/write.ts";
import { readDerived, writeDerived } from "../derived.ts";
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

/**
 * A cache below folders that `open` gives by name; with `write` false, places are told and nothing is written. A folder that is not as
 * it was written is written anew, which `tell` is told.
 */
export function dataCache(
  open: (name: string) => Folder,
  write: boolean,
  tell: (text: string) => void = () => {},
): DataCache {
  return {
    async place({ name, content, parameters }, splits) {
      const own = `${slug(name)}-${(await hashValue([content, parameters ?? null])).slice(0, 12)}`;
      if (write) {
        const folder = open(own);
        if (!(await isWhole(folder, tell))) {
          await writeDataset(folder, splits);
          await writeDerived(folder, CHECKSUMS, await checksumsOf(folder));
        }
      }
      return own;
    },
  };
}

/** SHA-256 of every file of a cached folder, by name; written last. */
const CHECKSUMS = "checksums.json";
const checksums = z.record(z.string(), z.string());

async function checksumsOf(folder: Folder): Promise<Readonly<Record<string, string>>> {
  const names = (await folder.list()).filter((name) => name !== CHECKSUMS);
  const sums: [string, string][] = [];
  for (const name of names) sums.push([name, await sha256(await folder.read(name))]);
  return Object.fromEntries(sums);
}

/** A folder that is not whole is emptied: a file too many would be read as data. */
async function isWhole(folder: Folder, tell: (text: string) => void): Promise<boolean> {
  const written = await readDerived<Readonly<Record<string, string>>>(folder, CHECKSUMS, checksums, tell);
  const found = written === undefined ? {} : await checksumsOf(folder);
  const odd = [...new Set([...Object.keys(written ?? {}), ...Object.keys(found)])].find(
    (name) => written?.[name] !== found[name],
  );
  if (written !== undefined && odd === undefined) return true;
  if (odd !== undefined) tell(`note: ${folder.label}/${odd}: not as it was written; the data is written anew.`);
  for (const name of await folder.list().catch(() => [])) await folder.remove(name);
  return false;
}

/** A text as part of a file's name. */
export function slug(text: string): string {
  return text.replace(/[^\p{L}\p{N}+._-]+/gu, "-");
}
