/** @file `dmil cache ls` and `dmil cache prune`: the features of frozen encoders that are kept on this machine. */
import * as path from "node:path";
import { configError } from "../../core/errors.ts";
import { ENDINGS } from "../../features/cache.ts";
import { headingOf } from "../../features/stored.ts";
import { type CacheFile, cacheFiles, defaultCache } from "../../node/cache-folder.ts";
import { disk } from "../../node/disk.ts";
import type { Answer } from "../answer.ts";
import { count, table } from "../text.ts";

export interface CacheCommandFlags {
  readonly cache?: string;
  readonly olderThan?: string;
}

/** Lists the cache. */
export async function cacheList({ cache = defaultCache() }: CacheCommandFlags): Promise<Answer> {
  const files = (await filesIn(cache)).map(described);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const rows = files.map(({ about, shape, bytes, used }) => [
    used.slice(0, 10),
    size(bytes),
    shape === undefined ? "" : shape.join(" x "),
    about,
  ]);
  const total = `${cache}: ${count(files.length, "file")}, ${size(bytes)}`;
  return {
    text:
      files.length === 0
        ? `${cache}: nothing is kept`
        : `${table([["used", "size", "shape", "features"], ...rows])}\n${total}`,
    json: { cache, bytes, files },
  };
}

/** Removes files of the cache: all, or those that were not used for some time. */
export async function cachePrune({ cache = defaultCache(), olderThan }: CacheCommandFlags): Promise<Answer> {
  const before = olderThan === undefined ? Number.POSITIVE_INFINITY : Date.now() - spanOf(olderThan);
  const removed = (await filesIn(cache)).filter(({ used }) => used.getTime() < before);
  const folder = disk(cache);
  for (const { name } of removed) await folder.remove(name);
  const bytes = removed.reduce((sum, file) => sum + file.bytes, 0);
  return {
    text: `${cache}: ${count(removed.length, "file")} removed, ${size(bytes)}`,
    json: { cache, removed: removed.map(({ name }) => name), bytes },
  };
}

function filesIn(cache: string): Promise<CacheFile[]> {
  return cacheFiles(path.resolve(cache), Object.values(ENDINGS));
}

function described({ name, bytes, used, head }: CacheFile) {
  const heading = headingOf(head);
  const part = name.endsWith(ENDINGS.part) ? ", unfinished" : "";
  return {
    name,
    about: heading === undefined ? "damaged; it is computed again when it is needed" : `${heading.about}${part}`,
    ...(heading !== undefined && { shape: heading.shape }),
    bytes,
    used: used.toISOString(),
  };
}

const UNITS: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 604_800 };

/** Milliseconds of `30d`, `12h` or `2w`. */
function spanOf(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([hdw])$/.exec(text) ?? [];
  if (number !== undefined && unit !== undefined) return 1000 * Number(number) * UNITS[unit]!;
  throw configError(`--older-than ${text}: a number of hours, days or weeks is needed, for example 12h, 30d or 2w.`);
}

/** `1.2 MB` */
function size(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${units[power]}`;
}
