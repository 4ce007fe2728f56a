/** @file Detects the form of the data in a folder. */
import { dataError, listing } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import type { Manifest } from "../manifest.ts";
import { openArchive } from "./archive.ts";
import { openArrays } from "./arrays.ts";
import { type Needs, type Source, splitNamed, TRAINING } from "./source.ts";
import { openTables, stemOf } from "./tables.ts";

/** Opens the data of a folder. @throws DataError when there is none, or when there are two forms side by side. */
export async function openSource(folder: Folder, manifest: Manifest, needs: Needs = TRAINING): Promise<Source> {
  const files = (await folder.list()).filter((file) => !isLitter(file));
  const top = (ending: RegExp): string[] => files.filter((file) => !file.includes("/") && ending.test(file));
  const arrays = files.filter(
    (file) => /^[^/]+\/[^/]+\.npy$/.test(file) && splitNamed(file.split("/")[0]!) !== undefined,
  );
  const loose = arrays.length > 0 ? [] : top(/\.npy$/i);
  const archives = top(/\.npz$/i);
  const tables = tablesOf(folder, top(/\.(csv|tsv)$/i), arrays.length + loose.length + archives.length > 0);
  await requireWholeFolders(folder, files);
  const found = [arrays[0] ?? loose[0], archives[0], tables[0]].filter((file) => file !== undefined);
  if (found.length === 0) {
    const shown = files.length === 0 ? "nothing" : listing(files, 6);
    const forms = needs.target
      ? "train|valid|test/<modality>.npy with labels.npy, or one .npz with keys like train/audio, or train.csv, valid.csv, test.csv, or data.csv with a column split; a table, an .npz or arrays without a split are split by --split-seed 0"
      : "an array of each modality (audio.npy), one .npz with them, or a .csv with the columns of the training data";
    throw dataError(`${folder.label}: no data set here, found ${shown}. Needed is ${forms}.`, {
      files: files.slice(0, 100),
    });
  }
  const one = archives.length < 2 || archives.every((file) => splitNamed(stemOf(file)) !== undefined);
  if (found.length > 1 || !one) {
    const several = one ? found : archives;
    throw dataError(
      `${folder.label}: ${several.join(" and ")} are two data sets in one folder; keep one and move the others away.`,
      { found: several },
    );
  }
  if (arrays.length > 0) return openArrays(folder, files, manifest, true, needs);
  if (loose.length > 0)
    return openArrays(
      folder,
      files.filter((file) => !file.includes("/")),
      manifest,
      false,
      needs,
    );
  if (archives.length > 0) return openArchive(folder, archives, manifest, needs);
  return openTables(folder, tables, manifest, needs);
}

/** Hidden files, and files that operating systems create: `._audio.npy`, `.DS_Store`, `Thumbs.db`. */
function isLitter(file: string): boolean {
  return file.split("/").some((part) => part.startsWith(".") || /^(Thumbs\.db|desktop\.ini|__MACOSX)$/i.test(part));
}

/** The tables that are the data: those of splits, `data`, or the only one. @throws DataError when this is ambiguous. */
function tablesOf(folder: Folder, files: readonly string[], beside: boolean): string[] {
  const named = files.filter((file) => /^data$/i.test(stemOf(file)) || splitNamed(stemOf(file)) !== undefined);
  if (named.length > 0) return named;
  if (beside) return []; // tables beside arrays are metadata
  if (files.length < 2) return [...files];
  const perModality = files.filter((file) => /_(tr|te|train|test)\.(csv|tsv)$/i.test(file));
  const advice =
    perModality.length > 1
      ? `It looks like a table for each modality and split, which is read as arrays: save each as train/NAME.npy, valid/NAME.npy, test/NAME.npy, and the labels as labels.npy, in Python numpy.save("train/NAME.npy", numpy.loadtxt("${perModality[0]}", delimiter=",")) for a table without a header line.`
      : "Rename the one to read data.csv, or name them train.csv, valid.csv and test.csv.";
  throw dataError(
    `${folder.label}: several tables (${files.slice(0, 6).join(", ")}${files.length > 6 ? ", ..." : ""}), but none of them is called data.csv or train.csv. ${advice}`,
    { files: files.slice(0, 100) },
  );
}

/** Reads a split's folder that is listed as a file, i.e. a broken link, for the error message of the read. */
async function requireWholeFolders(folder: Folder, files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (splitNamed(file) !== undefined && !files.some((path) => path.startsWith(`${file}/`))) await folder.read(file);
  }
}
