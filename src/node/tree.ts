/** @file A folder of raw files: the names of all files below it, however many, and their bytes. */
import * as fs from "node:fs/promises";
import * as path from "node:path";
import { dataError } from "../core/errors.ts";
import { explained } from "../core/system-errors.ts";
import { disk } from "./disk.ts";

/** Maximum number of files; the largest known set of frames has about a tenth. */
const MOST_FILES = 5_000_000;

/** Names with `/`, in no order, and access to the files. */
export interface Tree {
  readonly label: string;
  readonly files: readonly string[];
  read(name: string): Promise<Uint8Array>;
  /** Some bytes of a file; fewer where it ends. */
  range(name: string, start: number, length: number): Promise<Uint8Array>;
  size(name: string): Promise<number>;
}

/** Lists a folder; links are followed, a circle of links ends. @throws DataError if there is no such folder. */
export async function tree(directory: string): Promise<Tree> {
  const root = path.resolve(directory);
  if (!(await fs.stat(root).catch(() => undefined))?.isDirectory()) await disk(directory).list(); // says what is wrong, and the nearest name
  const files: string[] = [];
  const walk = async (at: string, prefix: string, above: readonly string[]): Promise<void> => {
    const real = await fs.realpath(at);
    if (above.includes(real)) return;
    for (const entry of await fs.readdir(at, { withFileTypes: true })) {
      const full = path.join(at, entry.name);
      const kind = entry.isSymbolicLink() ? await fs.stat(full).catch(() => undefined) : entry;
      if (kind?.isDirectory()) await walk(full, `${prefix}${entry.name}/`, [...above, real]);
      else if (kind?.isFile()) files.push(prefix + entry.name);
      if (files.length > MOST_FILES) {
        throw dataError(`${directory} contains more than ${MOST_FILES} files; give the folder of one data set.`);
      }
    }
  };
  await walk(root, "", []).catch((cause) => {
    throw explained(directory, "list", ".", cause);
  });
  return { ...unlisted(directory), files };
}

/** Access to files whose names are known, without a list of them. */
export function unlisted(directory: string): Tree {
  const root = path.resolve(directory);
  const guarded = async <T>(act: string, name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw explained(directory, act, name, cause);
    }
  };
  return {
    label: directory,
    files: [],
    read: disk(directory).read,
    range: (name, start, length) =>
      guarded("read", name, async () => {
        const handle = await fs.open(path.join(root, name), "r");
        try {
          const bytes = new Uint8Array(length);
          let at = 0;
          while (at < length) {
            // One system call reads at most 2 GiB.
            const { bytesRead } = await handle.read(bytes, at, Math.min(length - at, 2 ** 30), start + at);
            if (bytesRead === 0) break;
            at += bytesRead;
          }
          return bytes.subarray(0, at);
        } finally {
          await handle.close();
        }
      }),
    size: (name) => guarded("look at", name, async () => (await fs.stat(path.join(root, name))).size),
  };
}

/** Free bytes of the disk that a path is or will be on. */
export async function freeBytes(directory: string): Promise<number> {
  let at = path.resolve(directory);
  for (;;) {
    const stats = await fs.statfs(at).catch(() => undefined);
    if (stats !== undefined) return stats.bavail * stats.bsize;
    if (path.dirname(at) === at) return 0;
    at = path.dirname(at);
  }
}
