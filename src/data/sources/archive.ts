/** @file The archive form: one .npz with keys `train/audio` or `train_audio`, `train/labels` or `train_labels`. */
import { type DmilError, dataError, hint } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import type { Tensor } from "../../core/tensor.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import { requireNumbers } from "../formats/npy.ts";
import { openNpz } from "../formats/npz.ts";
import type { Manifest } from "../manifest.ts";
import { integersAsText, type Source, SPLIT_OF } from "./source.ts";

/** Opens the archive form; keys that begin with no split's name leave a warning. */
export async function openArchive(folder: Folder, file: string, manifest: Manifest): Promise<Source> {
  const label = `${folder.label}/${file}`;
  const npz = openNpz(await folder.read(file), label);
  const parts: Record<SplitName, Map<string, string>> = {
    train: new Map(),
    validation: new Map(),
    test: new Map(),
  };
  const warnings: string[] = [];
  for (const key of npz.names) {
    const match = /^([a-z]+)[/_](.+)$/.exec(key);
    const split = SPLIT_OF.get(match?.[1] ?? "");
    const name = match?.[2] ?? "";
    if (split === undefined) {
      warnings.push(`${label}: key "${key}" is not used; keys begin with train, valid or test, as in train/audio.`);
    } else if (parts[split].has(name)) {
      throw dataError(`${label}: keys "${parts[split].get(name)}" and "${key}" mean the same; keep one.`, { key });
    } else {
      parts[split].set(name, key);
    }
  }
  const missing = (split: SplitName, name: string): DmilError => {
    const key = `${split === "validation" ? "valid" : split}/${name}`;
    return dataError(
      `${label}: there is no array "${key}"; every split needs the same arrays. Add it${hint(key, npz.names)}`,
      { key },
    );
  };
  const read = async (split: SplitName, name: string): Promise<Tensor> => {
    const key = parts[split].get(name);
    if (key === undefined) throw missing(split, name);
    return requireNumbers(npz.read(key), `${label}: ${key}`);
  };
  for (const split of SPLITS) if (parts[split].size === 0) throw missing(split, "labels");
  const where = (split: SplitName, part: string): string => {
    const place = part === "ids" || part === "groups" || part === "truth" ? manifest[part] : undefined;
    return `${label}: ${parts[split].get(place ?? part) ?? `${split} ${part}`}`;
  };
  return {
    label,
    warnings,
    defaults: {},
    names: (split) => [...parts[split].keys()].filter((name) => name !== "labels"),
    read,
    labels: (split) => read(split, "labels"),
    texts: async (split, place) => integersAsText(await read(split, place), where(split, place)),
    where,
  };
}
