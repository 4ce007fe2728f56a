/**
 * @file A cache of data that many runs of a sweep share: split, parsed and subsampled data. The name of a cached folder contains a hash of
 * its inputs, so that later runs, and later sweeps into the same folder, find it again.
 */
import * as z from "zod";
import type { Folder } from "../core/folder.ts";
import { sha256 } from "../core/hash.ts";
import type { DataSplits } from "../data/dataset.ts";
import { writeDataset } from "../data/write.ts";
import { readCached, writeCached } from "../runs/cached.ts";
import { hashValue } from "../runs/identity.ts";

/** What determines the content of a cached folder. */
export interface CacheKey {
  /** Readable start of the folder name. */
  readonly name: string;
  /** Hashes of the inputs. */
  readonly content: Readonly<Record<string, string>>;
  /** Parameters of the computation. */
  readonly parameters?: unknown;
}

/** A cache of data folders. */
export interface DataCache {
  /** Stores data if needed and returns the name of its folder. */
  place(key: CacheKey, splits: DataSplits): Promise<string>;
}

/**
 * A cache in the folders that `open` returns by name; with `write` false, it returns names and writes nothing. A damaged folder is
 * written again, with a note to `tell`.
 */
export function dataCache(
  open: (name: string) => Folder,
  write: boolean,
  tell: (text: string) => void = () => {},
): DataCache {
  return {
    async place({ name, content, parameters }, splits) {
      const folderName = `${slug(name)}-${(await hashValue([content, parameters ?? null])).slice(0, 12)}`;
      if (write) {
        const folder = open(folderName);
        if (!(await isWhole(folder, tell))) {
          await writeDataset(folder, splits);
          await writeCached(folder, CHECKSUMS, await checksumsOf(folder));
        }
      }
      return folderName;
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

/** Whether a cached folder is complete and undamaged; otherwise it is emptied, because an extra file would be read as data. */
async function isWhole(folder: Folder, tell: (text: string) => void): Promise<boolean> {
  const written = await readCached<Readonly<Record<string, string>>>(folder, CHECKSUMS, checksums, tell);
  const current = written === undefined ? {} : await checksumsOf(folder);
  const changed = [...new Set([...Object.keys(written ?? {}), ...Object.keys(current)])].find(
    (name) => written?.[name] !== current[name],
  );
  if (written !== undefined && changed === undefined) return true;
  if (changed !== undefined) tell(`note: ${folder.label}/${changed}: changed or damaged; the data is written again.`);
  for (const name of await folder.list().catch(() => [])) await folder.remove(name);
  return false;
}

/** A text made safe as part of a file name. */
export function slug(text: string): string {
  return text.replace(/[^\p{L}\p{N}+._-]+/gu, "-");
}
