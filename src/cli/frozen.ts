/** @file What commands do for frozen encoders: the cache of --cache, files by their paths. */
import * as path from "node:path";
import type { Dataset } from "../data/dataset.ts";
import type { Frozen, FrozenOptions } from "../features/frozen.ts";
import { readEncoders, type WithEncoders } from "../features/settings.ts";
import { cacheFolder, defaultCache } from "../node/cache-folder.ts";
import { disk } from "../node/disk.ts";
import { note } from "./answer.ts";

export interface CacheFlags {
  /** The folder of the cache; false with --no-cache. */
  readonly cache?: string | false;
}

/** The folder of the cache; undefined with --no-cache. */
export function cachePath({ cache }: CacheFlags): string | undefined {
  return cache === false ? undefined : (cache ?? defaultCache());
}

/** Where features are kept; what is damaged there is told as a note. */
export function frozenOptions(flags: CacheFlags): FrozenOptions {
  const directory = cachePath(flags);
  return { cache: directory === undefined ? undefined : cacheFolder(directory), tell: note };
}

/** Reads the files that settings of encoders name. @throws as `readEncoders`. */
export function withFrozenFiles<S extends WithEncoders>(
  settings: S,
  train: Dataset,
  flags: CacheFlags,
): Promise<{ readonly settings: S; readonly frozen?: Frozen }> {
  const read = (file: string): Promise<Uint8Array> => disk(path.dirname(file)).read(path.basename(file));
  return readEncoders(settings, train, { ...frozenOptions(flags), read });
}
