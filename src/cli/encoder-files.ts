/** @file Paths of files in the settings of encoders: those of a configuration file are relative to its folder. */
import * as path from "node:path";
import { isRecord } from "../core/keys.ts";
import { withEncoderFiles } from "../encoders/index.ts";

/** Settings of a run or of an experiment whose files of encoders lie in `directory` unless their paths are absolute. */
export function withFilesFrom(
  directory: string,
  settings: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return withFiles(settings, (file) => (path.isAbsolute(file) ? file : path.join(directory, file)));
}

/** Settings of a run or of an experiment (`set`, `data[].settings`) with other paths of the files of encoders. */
export function withFiles(
  settings: Readonly<Record<string, unknown>>,
  change: (file: string) => string,
): Readonly<Record<string, unknown>> {
  const { set, data } = settings;
  return {
    ...withEncoderFiles(settings, change),
    ...(isRecord(set) && { set: withEncoderFiles(set, change) }),
    ...(Array.isArray(data) && {
      data: data.map((entry: unknown) =>
        isRecord(entry) && isRecord(entry.settings)
          ? { ...entry, settings: withEncoderFiles(entry.settings, change) }
          : entry,
      ),
    }),
  };
}
