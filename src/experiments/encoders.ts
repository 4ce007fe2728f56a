/** @file The files of frozen encoders in experiments: read once for the settings of all runs, their features computed before the runs start. */
import type { Folder } from "../core/folder.ts";
import { isRecord } from "../core/keys.ts";
import { type DataSplits, type Dataset, SPLITS } from "../data/dataset.ts";
import type { EncoderSettings } from "../encoders/index.ts";
import { createEncoding, type Descriptions, type Frozen } from "../features/frozen.ts";
import { type EncoderSources, readEncoders } from "../features/settings.ts";
import type { BackendName } from "../runtime/backend.ts";

/** Reads files by the paths in settings, through `open`. */
export function encoderSources(
  open: (path: string) => Folder,
  cache?: Folder,
  tell?: (note: string) => void,
): EncoderSources {
  return {
    cache,
    tell,
    async read(path) {
      const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
      const directory = at < 0 ? "." : path.slice(0, at) || "/";
      return open(directory).read(path.slice(at + 1));
    },
  };
}

/** Settings, not yet checked, with the facts of their frozen encoders; see `readEncoders`. */
export async function withEncoderFacts(
  settings: Readonly<Record<string, unknown>>,
  train: Dataset,
  sources: EncoderSources,
): Promise<{ readonly settings: Readonly<Record<string, unknown>>; readonly frozen?: Frozen }> {
  const { encoder = {}, encoders = {} } = settings;
  if (!isRecord(encoder) || !isRecord(encoders)) return { settings };
  const own = Object.entries(encoders).filter((entry): entry is [string, EncoderSettings] => isRecord(entry[1]));
  // Settings of a sweep name all modalities of the data, whatever a method reads of them.
  const read = await readEncoders({ encoder, encoders: Object.fromEntries(own) }, train, sources);
  if (read.frozen === undefined) return { settings };
  return { settings: { ...settings, encoders: { ...encoders, ...read.settings.encoders } }, frozen: read.frozen };
}

/** Computes the features of all splits, so that the runs of a sweep find them in the cache; without a cache each run computes its own. */
export async function keepFeatures(
  splits: DataSplits,
  encoders: Descriptions,
  frozen: Frozen | undefined,
  backend: BackendName,
): Promise<void> {
  if (frozen?.cache === undefined) return;
  const encoding = createEncoding(encoders, frozen, { backend });
  try {
    for (const split of SPLITS) await encoding.encode(splits[split]);
  } finally {
    await encoding.dispose();
  }
}
