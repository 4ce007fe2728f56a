/** @file The archive form: .npz with keys `train/audio` or `train_audio`; one .npz for each split; or one without a split. */
import { type DmilError, dataError, hint } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { SPLITS, type SplitName } from "../dataset.ts";
import { openNpz } from "../formats/npz.ts";
import type { Manifest } from "../manifest.ts";
import { ASKED, type LeftOut, requireLeavable } from "./roles.ts";
import { type AnyArray, asLabels, asTexts, type Needs, type Source, splitNamed, splitWords } from "./source.ts";
import { stemOf } from "./tables.ts";
import { arrayLabel, arrayTarget } from "./target-array.ts";

interface Part {
  /** The name of the array in messages. */
  readonly place: string;
  /** Decompresses and reads the array. */
  read(): AnyArray;
}

interface Parts {
  readonly label: string;
  readonly arrays: Readonly<Record<SplitName, ReadonlyMap<string, Part>>>;
  readonly splitBy: string | undefined;
  readonly leftOut: readonly LeftOut[];
  /** The location of an array of a split, for messages. */
  place(split: SplitName, name: string): string;
}

/** Opens the archive form; keys that do not begin with the name of a split are left out. */
export async function openArchive(
  folder: Folder,
  files: readonly string[],
  manifest: Manifest,
  needs: Needs,
): Promise<Source> {
  const bySplit = files.every((file) => splitNamed(stemOf(file)) !== undefined);
  const parts = bySplit ? await fileEach(folder, files, needs) : await oneFile(folder, files[0]!, needs);
  const { label, arrays } = parts;
  const missing = (split: SplitName, name: string): DmilError => {
    const known = [...arrays[split].keys()];
    return dataError(
      `${label}: there is no array "${parts.place(split, name)}"; every split needs the same arrays. Add it${hint(name, known.length === 0 ? [...arrays.train.keys()] : known)}`,
      { key: parts.place(split, name) },
    );
  };
  const read = async (split: SplitName, name: string): Promise<AnyArray> => {
    const part = arrays[split].get(name);
    if (part === undefined) throw missing(split, name);
    return part.read();
  };
  const leaveOut = manifest.leaveOut ?? [];
  const train = [...arrays.train.keys()];
  const own = arrayLabel(
    train.filter((name) => !leaveOut.includes(name)),
    manifest,
    { where: label, whole: train, needs },
  );
  for (const split of SPLITS) if (arrays[split].size === 0) throw missing(split, own ?? train[0] ?? "labels");
  requireLeavable(leaveOut, train, label);
  const places = [manifest.ids, manifest.groups, manifest.truth, manifest.ceiling?.array];
  const where = (split: SplitName, part: string): string => {
    const place = part === "ids" || part === "groups" || part === "truth" ? manifest[part] : undefined;
    const name = part === "labels" ? (own ?? part) : (place ?? part);
    return arrays[split].get(name)?.place ?? `${label}: ${split} ${part}`;
  };
  return {
    label,
    warnings: [],
    leftOut: [...parts.leftOut, ...leaveOut.map((name) => ({ name, reason: ASKED }))],
    splitBy: parts.splitBy,
    target: arrayTarget(`array ${own}`, manifest),
    defaults: {},
    names: (split) =>
      [...arrays[split].keys()].filter((name) => name !== own && !leaveOut.includes(name) && !places.includes(name)),
    read,
    from: (name) => `array ${name}`,
    labels: async (split) => asLabels(await read(split, own ?? "labels")),
    texts: async (split, place) => asTexts(await read(split, place), where(split, place)),
    where,
  };
}

/** train.npz, valid.npz, test.npz. */
async function fileEach(folder: Folder, files: readonly string[], { splits }: Needs): Promise<Parts> {
  const fileOf: Partial<Record<SplitName, string>> = {};
  for (const file of files) {
    const split = splitNamed(stemOf(file))!;
    if (fileOf[split] !== undefined) {
      throw dataError(`${folder.label}: ${fileOf[split]} and ${file} are both the ${split} split; keep one.`, { file });
    }
    fileOf[split] = file;
  }
  const arrays = {} as Record<SplitName, ReadonlyMap<string, Part>>;
  for (const split of SPLITS) {
    const file = fileOf[split] ?? (splits.includes(split) ? undefined : fileOf[splits[0]!]);
    if (file === undefined) {
      const name = `${split === "validation" ? "valid" : split}.npz`;
      throw dataError(
        `${folder.label}: ${name} is missing: there is an archive for each split, but none called ${splitWords(split)}. Add it, or put all samples into one archive data.npz and split it: --split-seed 0.`,
        { file: name },
      );
    }
    const where = `${folder.label}/${file}`;
    const npz = openNpz(await folder.read(file), where);
    arrays[split] = new Map(
      npz.names.map((name): [string, Part] => [name, { place: `${where}: ${name}`, read: () => npz.read(name) }]),
    );
  }
  return {
    label: folder.label,
    arrays,
    splitBy: `the files ${SPLITS.map((split) => fileOf[split]).join(", ")}`,
    leftOut: [],
    place: (split, name) => `${fileOf[split]}: ${name}`,
  };
}

/** One archive: names are prefixed by their split, or there is no split. */
async function oneFile(folder: Folder, file: string, { splits }: Needs): Promise<Parts> {
  const label = `${folder.label}/${file}`;
  const npz = openNpz(await folder.read(file), label);
  const part = (key: string): Part => ({ place: `${label}: ${key}`, read: () => npz.read(key) });
  const keyOf = (key: string): { split: SplitName; name: string } | undefined => {
    const match = /^([A-Za-z]+)[/_](.+)$/.exec(key);
    const split = splitNamed(match?.[1] ?? "");
    return split === undefined ? undefined : { split, name: match![2]! };
  };
  if (npz.names.length > 0 && npz.names.every((key) => keyOf(key) === undefined)) {
    const whole = new Map(npz.names.map((key): [string, Part] => [key, part(key)]));
    return {
      label,
      arrays: { train: whole, validation: whole, test: whole },
      splitBy: undefined,
      leftOut: [],
      place: (_, name) => name,
    };
  }
  const arrays: Record<SplitName, Map<string, Part>> = { train: new Map(), validation: new Map(), test: new Map() };
  const leftOut: LeftOut[] = [];
  for (const key of npz.names) {
    const own = keyOf(key);
    if (own === undefined) {
      leftOut.push({ name: key, reason: "the key begins with no split (train, valid, test), as in train/audio" });
      continue;
    }
    const before = arrays[own.split].get(own.name);
    if (before !== undefined) {
      throw dataError(
        `${label}: keys "${before.place.slice(label.length + 2)}" and "${key}" mean the same; keep one.`,
        {
          key,
        },
      );
    }
    arrays[own.split].set(own.name, part(key));
  }
  for (const split of SPLITS) {
    if (arrays[split].size === 0 && !splits.includes(split)) arrays[split] = arrays[splits[0]!];
  }
  return {
    label,
    arrays,
    splitBy: "the names of the arrays",
    leftOut,
    place: (split, name) => `${split === "validation" ? "valid" : split}/${name}`,
  };
}
