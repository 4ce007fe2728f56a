/**
 * @file The folder form: `train|valid|test/<modality>.npy` and `labels.npy`, or the arrays without split folders when there is no split.
 * Only the requested arrays are read.
 */
import { dataError, hint } from "../../core/errors.ts";
import { type Folder, readText } from "../../core/folder.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import { readArray } from "../formats/npy.ts";
import type { Manifest } from "../manifest.ts";
import { ASKED, type LeftOut, requireLeavable } from "./roles.ts";
import {
  type AnyArray,
  asLabels,
  asTexts,
  isIdName,
  type Needs,
  type Source,
  splitNamed,
  splitWords,
} from "./source.ts";
import { arrayLabel, arrayTarget } from "./target-array.ts";

/** Opens the folder form. @throws DataError when a split folder is missing or there are two for one split. */
export function openArrays(
  folder: Folder,
  files: readonly string[],
  manifest: Manifest,
  split: boolean,
  needs: Needs,
): Source {
  const dirs = split ? splitFolders(folder, files, needs) : { train: "", validation: "", test: "" };
  const path = (split: SplitName, file: string): string => `${dirs[split]}${file}`;
  const inSplit = (split: SplitName): string[] =>
    files.filter((file) => file.startsWith(dirs[split])).map((file) => file.slice(dirs[split].length));
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
  const array = async (split: SplitName, file: string): Promise<AnyArray> =>
    readArray(await bytesOf(split, file), `${folder.label}/${path(split, file)}`);
  const arraysOf = (split: SplitName): string[] =>
    inSplit(split)
      .filter((file) => /^[^/]+\.npy$/.test(file))
      .map((file) => file.slice(0, -4));

  const train = arraysOf("train");
  const leaveOut = manifest.leaveOut ?? [];
  const places = [manifest.ids, manifest.groups, manifest.truth, manifest.ceiling?.array].map((place) =>
    place?.replace(/\.npy$/, ""),
  );
  const label = arrayLabel(
    train.filter((name) => !leaveOut.includes(name)),
    manifest,
    {
      where: `${folder.label}${dirs.train === "" ? "" : `/${dirs.train.slice(0, -1)}`}`,
      whole: inSplit("train"),
      needs,
    },
  );
  requireLeavable(leaveOut, train, folder.label);
  const idFile = (file: string): boolean => /\.(json|txt)$/.test(file) && isIdName(file.replace(/\.[^.]+$/, ""));
  const ids = manifest.ids === undefined ? inSplit("train").find(idFile) : undefined;
  return {
    label: folder.label,
    warnings: [],
    leftOut: leftOutOf(train, leaveOut, inSplit("train"), [manifest.ids ?? ids, manifest.groups, manifest.truth]),
    splitBy: split ? `the folders ${SPLITS.map((own) => dirs[own]).join(", ")}` : undefined,
    target: arrayTarget(`${label}.npy`, manifest),
    defaults: ids === undefined ? {} : { ids },
    names: (split) =>
      arraysOf(split).filter((name) => name !== label && !leaveOut.includes(name) && !places.includes(name)),
    read: (split, name) => array(split, `${name}.npy`),
    from: (name) => `${name}.npy`,
    labels: async (split) => asLabels(await array(split, `${label}.npy`)),
    async texts(split, place) {
      const where = `${folder.label}/${path(split, place)}`;
      if (place.endsWith(".npy")) return asTexts(await array(split, place), where);
      if (!place.includes(".") && arraysOf(split).includes(place))
        return asTexts(await array(split, `${place}.npy`), where);
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
      const own = part === "labels" ? label : part;
      return `${folder.label}/${path(split, place ?? `${own}.npy`)}`;
    },
  };
}

/** Arrays that the user leaves out, and files beside the arrays that are not read. */
function leftOutOf(
  arrays: readonly string[],
  leaveOut: readonly string[],
  files: readonly string[],
  used: readonly (string | undefined)[],
): LeftOut[] {
  const others = files.filter(
    (file) => !file.endsWith(".npy") && !file.includes("/") && file !== "dataset.json" && !used.includes(file),
  );
  return [
    ...arrays.filter((name) => leaveOut.includes(name)).map((name) => ({ name: `${name}.npy`, reason: ASKED })),
    ...others.map((name) => ({ name, reason: "no array" })),
  ];
}

/** The folder of each split, with a trailing `/`. */
function splitFolders(folder: Folder, files: readonly string[], { splits }: Needs): Record<SplitName, string> {
  const dirs: Partial<Record<SplitName, string>> = {};
  const tops = [...new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]!))];
  for (const dir of tops) {
    const split = splitNamed(dir);
    if (split === undefined) continue;
    if (dirs[split] !== undefined) {
      throw dataError(`${folder.label}: ${dirs[split]} and ${dir}/ are both the ${split} split; keep one.`, { dir });
    }
    dirs[split] = `${dir}/`;
  }
  for (const split of splits) {
    if (dirs[split] !== undefined) continue;
    const dir = split === "validation" ? "valid" : split;
    throw dataError(
      `${folder.label}: there is no folder ${dir}/; a data set has a folder for each split, and none is called ${splitWords(split)}; found: ${tops.map((top) => `${top}/`).join(", ")}. Rename it, put a part of the samples there, or put all arrays into one folder and split them: --split-seed 0.`,
      { split },
    );
  }
  for (const split of SPLITS) dirs[split] ??= dirs[splits[0]!]!;
  return dirs as Record<SplitName, string>;
}

function parseTexts(text: string, where: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw dataError(`${where}: not valid JSON (${(error as Error).message}); it must be a list of strings.`, { where });
  }
  if (!Array.isArray(value)) throw dataError(`${where}: must be a list of strings, one per sample.`, { where });
  return value.map((item, row) => {
    if (typeof item === "string") return item;
    if (typeof item === "number") return String(item);
    throw dataError(`${where}: entry ${row} (from 0) is neither a string nor a number; write one string per sample.`, {
      where,
      row,
    });
  });
}
