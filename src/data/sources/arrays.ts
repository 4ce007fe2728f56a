/** @file The folder form: `train|valid|test/<modality>.npy` and `labels.npy`. Only the arrays asked for are read. */
import { dataError, hint } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import type { Tensor } from "../../core/tensor.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import { readNpy } from "../formats/npy.ts";
import type { Manifest } from "../manifest.ts";
import { integersAsText, type Source, SPLIT_OF } from "./source.ts";

/** Opens the folder form. @throws DataError when a split folder is missing or there are two for one split. */
export function openArrays(folder: Folder, files: readonly string[], manifest: Manifest): Source {
  const dirs = splitFolders(folder, files);
  const path = (split: SplitName, file: string): string => `${dirs[split]}/${file}`;
  const inSplit = (split: SplitName): string[] => {
    const prefix = path(split, "");
    return files.filter((file) => file.startsWith(prefix)).map((file) => file.slice(prefix.length));
  };
  const bytesOf = async (split: SplitName, file: string): Promise<Uint8Array> => {
    const present = inSplit(split);
    if (!present.includes(file)) {
      throw dataError(
        `${folder.label}: ${path(split, file)} is missing; every split needs the same files. Add it${hint(file, present)}`,
        { path: path(split, file) },
      );
    }
    return folder.read(path(split, file));
  };
  const array = async (split: SplitName, file: string): Promise<Tensor> =>
    readNpy(await bytesOf(split, file), `${folder.label}/${path(split, file)}`);

  return {
    label: folder.label,
    warnings: [],
    defaults: {},
    names: (split) =>
      inSplit(split)
        .filter((file) => /^[^/]+\.npy$/.test(file) && file !== "labels.npy")
        .map((file) => file.slice(0, -4)),
    read: (split, name) => array(split, `${name}.npy`),
    labels: (split) => array(split, "labels.npy"),
    async texts(split, place) {
      const where = `${folder.label}/${path(split, place)}`;
      if (place.endsWith(".npy")) return integersAsText(await array(split, place), where);
      await bytesOf(split, place);
      const text = await readText(folder, path(split, place));
      if (place.endsWith(".json")) return parseTexts(text, where);
      if (place.endsWith(".txt")) return text.replace(/\r?\n$/, "").split(/\r?\n/);
      throw dataError(
        `${where}: ids, groups and truth are read from .json, .txt and .npy files; rename or convert it.`,
        {
          where,
        },
      );
    },
    where: (split, part) => {
      const place = part === "ids" || part === "groups" || part === "truth" ? manifest[part] : undefined;
      return `${folder.label}/${path(split, place ?? `${part}.npy`)}`;
    },
  };
}

function splitFolders(folder: Folder, files: readonly string[]): Record<SplitName, string> {
  const dirs: Partial<Record<SplitName, string>> = {};
  for (const [dir, split] of SPLIT_OF) {
    if (!files.some((file) => file.startsWith(`${dir}/`))) continue;
    if (dirs[split] !== undefined) {
      throw dataError(`${folder.label}: ${dirs[split]}/ and ${dir}/ are both the ${split} split; keep one.`, { dir });
    }
    dirs[split] = dir;
  }
  for (const split of SPLITS) {
    if (dirs[split] === undefined) {
      const dir = split === "validation" ? "valid" : split;
      throw dataError(
        `${folder.label}: there is no folder ${dir}/; a data set has train/, valid/ and test/. Make the split first.`,
        { split },
      );
    }
  }
  return dirs as Record<SplitName, string>;
}

function parseTexts(text: string, where: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw dataError(`${where}: not valid JSON (${(error as Error).message}); it must be a list of texts.`, { where });
  }
  if (!Array.isArray(value)) throw dataError(`${where}: must be a list of texts, one a sample.`, { where });
  return value.map((item, row) => {
    if (typeof item === "string") return item;
    if (typeof item === "number") return String(item);
    throw dataError(`${where}: entry ${row} (from 0) is neither text nor number; write one text a sample.`, {
      where,
      row,
    });
  });
}
