/** @file Finds out in which of the three forms a folder holds its data. */
import { dataError, listing } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import type { Manifest } from "../manifest.ts";
import { openArchive } from "./archive.ts";
import { openArrays } from "./arrays.ts";
import { type Source, SPLIT_OF } from "./source.ts";
import { openTables } from "./tables.ts";

/** The data of a folder, opened. @throws DataError when there is none, or when there are two forms side by side. */
export async function openSource(folder: Folder, manifest: Manifest): Promise<Source> {
  const files = await folder.list();
  const arrays = files.filter((file) => /^[^/]+\/[^/]+\.npy$/.test(file) && SPLIT_OF.has(file.split("/")[0]!));
  const archives = files.filter((file) => /^[^/]+\.npz$/.test(file));
  const tables = files.filter((file) => /^(data|train|valid|validation|test)\.csv$/.test(file));
  const found = [arrays[0], archives[0], tables[0]].filter((file) => file !== undefined);
  if (found.length === 0) {
    const shown = files.length === 0 ? "nothing" : listing(files, 6);
    throw dataError(
      `${folder.label}: no data set here, found ${shown}. Needed is train|valid|test/<modality>.npy with labels.npy, or one .npz with keys like train/audio, or train.csv, valid.csv, test.csv, or data.csv with a column split.`,
      { files: files.slice(0, 100) },
    );
  }
  if (found.length > 1 || archives.length > 1) {
    const several = archives.length > 1 ? archives : found;
    throw dataError(
      `${folder.label}: ${several.join(" and ")} are two data sets in one folder; keep one and move the others away.`,
      { found: several },
    );
  }
  if (arrays.length > 0) return openArrays(folder, files, manifest);
  if (archives.length > 0) return openArchive(folder, archives[0]!, manifest);
  return openTables(folder, tables, manifest);
}
