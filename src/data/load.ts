/** @file The loader: from a folder to three checked splits. */
import { dataError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, type Keys } from "../core/options.ts";
import type { Tensor } from "../core/tensor.ts";
import { checkSplits, type DataReport } from "./check.ts";
import {
  type DataSplits,
  type Dataset,
  mapSplits,
  requireModalities,
  rowIds,
  SPLITS,
  type SplitName,
} from "./dataset.ts";
import { classNames, classNumbers } from "./labels.ts";
import { type Manifest, readManifest } from "./manifest.ts";
import { modalityNames, readMask, withoutMissing } from "./masks.ts";
import { openSource } from "./sources/open.ts";
import { describe, isInteger, type RawLabels, type Source, toFloat32 } from "./sources/source.ts";
import { readTarget, targetNames } from "./target.ts";

/** How to read a folder. */
export interface LoadOptions {
  /** Which modalities, in which order; before dataset.json. */
  readonly modalities?: readonly string[];
  /** Receives each warning; without it they go to console.warn. */
  readonly onWarning?: (message: string) => void;
}

const KNOWN: Keys<LoadOptions> = { modalities: true, onWarning: true };

/** Data with what its checks found. */
export interface LoadedData {
  readonly splits: DataSplits;
  readonly report: DataReport;
}

/**
 * Reads a folder of data, checks it, and gives the three splits. Three forms are known:
 * `train|valid|test/<modality>.npy` with `labels.npy`; one `.npz` with keys such as `train/audio` or `train_audio`;
 * `train.csv, valid.csv, test.csv` or one `data.csv` with a column `split` (columns: see formats/csv.ts).
 *
 * Modalities are those of the options, else of dataset.json, else: every array but the labels that holds floats, and
 * integer arrays of two or more axes. Integer arrays [N] (an event flag, a speaker number) are then side information:
 * they are left out with a warning. A CSV table has no integer type, so there every column is a modality.
 * Everything becomes float32. Where samples lack modalities, see masks.ts.
 *
 * @throws DataError for data that is wrong (see check.ts), ConfigError for a wrong dataset.json or option.
 */
export async function loadDataset(folder: Folder, options: LoadOptions = {}): Promise<DataSplits> {
  const { splits, report } = await readDataset(folder, options);
  const warn = options.onWarning ?? ((message: string) => console.warn(`${folder.label}: ${message}`));
  for (const message of report.warnings) warn(message);
  return splits;
}

/** As loadDataset, and gives the report of the checks with it; prints nothing. */
export async function readDataset(folder: Folder, options: Pick<LoadOptions, "modalities"> = {}): Promise<LoadedData> {
  checkOptions<LoadOptions>("loadDataset", options, KNOWN);
  const manifest = await readManifest(folder);
  const source = await openSource(folder, manifest);
  const warnings = [...source.warnings];
  const seen = new Map<string, Tensor>();
  const modalities = await chooseModalities(source, manifest, options, warnings, seen);

  const labels = {} as Record<SplitName, RawLabels>;
  for (const split of SPLITS) labels[split] = await source.labels(split);
  const readLabels = labelReader(labels, manifest, source, warnings);
  const reading = { source, manifest, modalities, readLabels, warnings, seen };
  const parts = {} as Record<SplitName, Dataset>;
  for (const split of SPLITS) parts[split] = await readSplit(reading, split, labels[split]);
  const splits = mapSplits((split) => parts[split]);
  const report = checkSplits(splits, source.where);
  return { splits, report: { ...report, warnings: [...warnings, ...report.warnings] } };
}

/**
 * The training and validation splits alone: of folders with a file for each split, nothing of the test split is opened, so that whoever
 * chooses settings cannot have seen it. @throws as readDataset.
 */
export async function readTraining(
  folder: Folder,
  options: Pick<LoadOptions, "modalities"> = {},
): Promise<Pick<DataSplits, "train" | "validation">> {
  const manifest = await readManifest(folder);
  const source = await openSource(folder, manifest);
  const seen = new Map<string, Tensor>();
  const modalities = await chooseModalities(source, manifest, options, [], seen, ["validation"]);
  const labels = { train: await source.labels("train"), validation: await source.labels("validation") };
  // Every class is in train, or the data is refused.
  const readLabels = labelReader({ ...labels, test: labels.validation }, manifest, source, []);
  const reading = { source, manifest, modalities, readLabels, warnings: [], seen };
  const train = await readSplit(reading, "train", labels.train);
  const validation = await readSplit(reading, "validation", labels.validation);
  checkSplits({ train, validation, test: validation }, source.where);
  return { train, validation };
}

/** What the splits of a data set are read with. */
interface Reading {
  readonly source: Source;
  readonly manifest: Manifest;
  readonly modalities: readonly string[];
  readonly readLabels: ReturnType<typeof labelReader>;
  readonly warnings: string[];
  /** Arrays of the train split that were read before. */
  readonly seen: ReadonlyMap<string, Tensor>;
}

async function readSplit(reading: Reading, split: SplitName, labels: RawLabels): Promise<Dataset> {
  const { source, manifest, modalities, readLabels, warnings, seen } = reading;
  const tensors: [string, Tensor<"float32">][] = [];
  const masks: [string, Uint8Array][] = [];
  for (const name of modalities) {
    const array = (split === "train" ? seen.get(name) : undefined) ?? (await source.read(split, name));
    const values = toFloat32(array, source.where(split, name), warnings);
    const mask = await readMask(source, manifest, split, name, values);
    tensors.push([name, mask === undefined ? values : withoutMissing(values, mask)]);
    if (mask !== undefined) masks.push([name, mask]);
  }
  return {
    name: split,
    modalities: Object.fromEntries(tensors),
    ...(masks.length > 0 && { present: Object.fromEntries(masks) }),
    ...readLabels(split),
    ...(await sampleTexts(source, manifest, split, labels)),
  };
}

/** Labels of a split, as dataset.json says what they are. */
function labelReader(
  labels: Readonly<Record<SplitName, RawLabels>>,
  manifest: Manifest,
  source: Source,
  warnings: string[],
): (split: SplitName) => Pick<Dataset, "labels" | "classes" | "target"> {
  const { target } = manifest;
  if (target === undefined || target.kind === "classes") {
    const classes = classNames(labels, manifest.classes, source);
    return (split) => ({ labels: classNumbers(labels[split], classes, source.where(split, "labels")), classes });
  }
  const { kind } = target;
  const names = targetNames(target, labels.train, source);
  return (split) => {
    const read = readTarget(labels[split], kind, names, source.where(split, "labels"), warnings);
    return { labels: new Int32Array(read.values.shape[0]!).fill(-1), classes: [], target: read };
  };
}

/** Ids (row numbers when the data brings none), and groups and truth where there are any. */
async function sampleTexts(
  source: Source,
  manifest: Manifest,
  split: SplitName,
  labels: RawLabels,
): Promise<Pick<Dataset, "ids" | "groups" | "truth">> {
  const read = async (part: "ids" | "groups" | "truth"): Promise<readonly string[] | undefined> => {
    const place = manifest[part] ?? source.defaults[part];
    return place === undefined ? undefined : source.texts(split, place);
  };
  const ids = (await read("ids")) ?? rowIds("shape" in labels ? labels.shape[0]! : labels.length);
  const groups = await read("groups");
  const truth = await read("truth");
  return { ids, ...(groups === undefined ? {} : { groups }), ...(truth === undefined ? {} : { truth }) };
}

/** The modalities to read; the train arrays that had to be looked at are kept in `seen`, so no file is read twice. */
async function chooseModalities(
  source: Source,
  manifest: Manifest,
  options: LoadOptions,
  warnings: string[],
  seen: Map<string, Tensor>,
  others: readonly SplitName[] = ["validation", "test"],
): Promise<readonly string[]> {
  const available = modalityNames(source, "train");
  const chosen = options.modalities ?? manifest.modalities;
  if (chosen !== undefined) {
    const where = options.modalities === undefined ? "dataset.json, modalities" : "the option modalities";
    requireModalities(chosen, available, `${source.label}: ${where}`);
    return chosen;
  }
  const taken = [manifest.ids, manifest.groups, manifest.truth];
  const names: string[] = [];
  for (const candidate of available) {
    if (taken.includes(candidate) || taken.includes(`${candidate}.npy`)) continue;
    const array = await source.read("train", candidate);
    if (isInteger(array) && array.shape.length === 1) {
      warnings.push(
        `${source.where("train", candidate)} is ${describe(array)}: taken as side information, not as a modality. To use it, name the modalities or give it two axes.`,
      );
    } else {
      names.push(candidate);
      seen.set(candidate, array);
    }
  }
  if (names.length === 0) {
    throw dataError(
      `${source.label}: the train split has no array of features beside the labels (found: ${available.join(", ") || "none"}); add one of floats, [N, F].`,
      { available },
    );
  }
  for (const split of others) {
    const extra = modalityNames(source, split).filter((name) => !available.includes(name));
    if (extra.length > 0) {
      warnings.push(
        `${source.label}: ${extra.join(", ")} of the ${split} split is not in the train split and not used.`,
      );
    }
  }
  return names;
}
