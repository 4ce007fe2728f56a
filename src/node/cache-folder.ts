/** @file The folder of this user for features that were computed once: where it is, what is in it, and what is removed from it. */
import * as fs from "node:fs/promises";
import * as os from "node:os";
import * as path from "node:path";
import type { Folder } from "../core/folder.ts";
import { disk } from "./disk.ts";

/** The default folder, by the convention of the platform. */
export function defaultCache(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const home = os.homedir();
  if (platform === "win32") return path.join(env.LOCALAPPDATA || path.join(home, "AppData", "Local"), "dmil", "cache");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "dmil");
  // The convention says that a relative path is ignored.
  const base = path.isAbsolute(env.XDG_CACHE_HOME ?? "") ? env.XDG_CACHE_HOME! : path.join(home, ".cache");
  return path.join(base, "dmil");
}

/** A cache as a folder; a file that is read counts as used now. */
export function cacheFolder(directory: string): Folder {
  const folder = disk(directory);
  return {
    ...folder,
    async read(name) {
      const bytes = await folder.read(name);
      const now = new Date();
      await fs.utimes(path.join(directory, name), now, now).catch(() => {}); // a cache that can only be read is used too
      return bytes;
    },
  };
}

/** A file of a cache. */
export interface CacheFile {
  readonly name: string;
  readonly bytes: number;
  readonly used: Date;
  /** The beginning of the file. */
  readonly head: Uint8Array;
}

/** Longest beginning of a file that is read for a list. */
const HEAD = 4096;

/** The files of a cache with one of the endings, the last used first; empty if there is no cache. */
export async function cacheFiles(directory: string, endings: readonly string[]): Promise<CacheFile[]> {
  const names = await fs.readdir(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return [];
    throw cause;
  });
  const files: CacheFile[] = [];
  for (const name of names.filter((own) => endings.some((ending) => own.endsWith(ending)))) {
    const handle = await fs.open(path.join(directory, name), "r").catch(() => undefined); // another process has removed it
    if (handle === undefined) continue;
    try {
      const { size, mtime } = await handle.stat();
      const head = new Uint8Array(Math.min(size, HEAD));
      await handle.read(head, 0, head.length, 0);
      files.push({ name, bytes: size, used: mtime, head });
    } finally {
      await handle.close();
    }
  }
  return files.sort((a, b) => b.used.getTime() - a.used.getTime());
}
