/** @file The loader: from a folder to three checked splits. */
import { configError, dataError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { ceilingFrom, isCeilingOf } from "./ceiling.ts";
import { checkSplits, type DataReport } from "./check.ts";
import { chooseModalities } from "./choose.ts";
import { type DataSplits, type Dataset, mapSplits, SPLITS, type SplitName } from "./dataset.ts";
import { requireNumbers } from "./formats/npy.ts";
import { readClasses } from "./labels.ts";
import { type Manifest, readManifest, withOptions } from "./manifest.ts";
import { readMask, withoutMissing } from "./masks.ts";
import { checkedReading, type ReadOptions, type SplitRequest } from "./reading.ts";
import { shiftWarnings } from "./shift.ts";
import { openSource } from "./sources/open.ts";
import { type AnyArray, type RawLabels, type Source, toFloat32 } from "./sources/source.ts";
import { splitBy } from "./split.ts";
import { suspectWarnings } from "./suspects.ts";
import type { Taken } from "./taken.ts";
import { isKnown, readTarget, targetNames } from "./target.ts";
import { placesOf, readTexts, type Texts } from "./texts.ts";

/** How to read a folder. */
export interface LoadOptions extends ReadOptions {
  /** Receives each warning; without it they go to console.warn. */
  readonly onWarning?: (message: string) => void;
}

/** What the checks found, and what of the folder was taken as what. */
export interface ReadReport extends DataReport {
  readonly taken: Taken;
}

const KNOWN: Keys<LoadOptions> = {
  modalities: true,
  leaveOut: true,
  label: true,
  group: true,
  split: true,
  keepSplit: true,
  onWarning: true,
};

/** Data with what its checks found. */
export interface LoadedData {
  readonly splits: DataSplits;
  readonly report: ReadReport;
}

/**
 * Reads a folder of data, checks it, and gives the three splits. Three forms are known, each also without a split, which `split` then
 * makes: `train|valid|test/<modality>.npy` with `labels.npy`; `.npz` with keys such as `train/audio` or `train_audio`, or one for each
 * split; `train.csv, valid.csv, test.csv` or one table with a column `split` (columns: see columns.ts).
 *
 * Modalities are those of the options, else of dataset.json, else: every array but the labels that holds floats, and
 * integer arrays of two or more axes. Integer arrays [N] (an event flag, a speaker number) are then side information:
 * they are left out with a warning. A CSV table has no integer type, so there every column of numbers is a modality, and one
 * that is probably no feature leaves a warning. Everything becomes float32. Where samples lack modalities, see masks.ts.
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
export async function readDataset(folder: Folder, options: ReadOptions = {}): Promise<LoadedData> {
  checkOptions<LoadOptions>("readDataset", options, KNOWN);
  const given = checkedReading("readDataset", options);
  const reading = await begin(folder, given, ["validation", "test"]);
  const { source, manifest } = reading;
  const request = splitRequest(source, manifest, given);
  let splits: DataSplits;
  if (request === undefined) {
    const parts = {} as Record<SplitName, Dataset>;
    for (const split of SPLITS) parts[split] = await readSplit(reading, split);
    splits = mapSplits((split) => parts[split]);
  } else splits = splitAnew(await readSplit(reading, "train"), request, source);
  const checked = checkSplits(splits, source.where);
  const taken = takenOf(reading, splits, request);
  const odd = [...suspectWarnings(splits.train, source.label, source.columns), ...shiftWarnings(splits, source.label)];
  return { splits, report: { ...checked, warnings: [...reading.warnings, ...odd, ...checked.warnings], taken } };
}

/**
 * The training and validation splits alone: of folders with a file for each split, nothing of the test split is opened, so that whoever
 * chooses settings cannot have seen it. @throws as readDataset.
 */
export async function readTraining(
  folder: Folder,
  options: ReadOptions = {},
): Promise<Pick<DataSplits, "train" | "validation">> {
  const given = checkedReading("readTraining", options);
  const reading = await begin(folder, given, ["validation"]);
  const request = splitRequest(reading.source, reading.manifest, given);
  if (request !== undefined) {
    const { train, validation } = splitAnew(await readSplit(reading, "train"), request, reading.source);
    return { train, validation };
  }
  const train = await readSplit(reading, "train");
  const validation = await readSplit(reading, "validation");
  checkSplits({ train, validation, test: validation }, reading.source.where);
  return { train, validation };
}

/** What the splits of a data set are read with. */
interface Reading {
  readonly source: Source;
  readonly manifest: Manifest;
  readonly modalities: readonly string[];
  readonly texts: Texts;
  readonly readLabels: (split: SplitName) => Pick<Dataset, "labels" | "classes" | "target">;
  readonly labelNote: string | undefined;
  readonly warnings: string[];
  readonly leftOut: Taken["leftOut"];
  /** Arrays of the train split that were read before. */
  readonly seen: ReadonlyMap<string, AnyArray>;
}

/** Opens a folder and decides what is what; of the other splits only those in `others` are looked at. */
async function begin(folder: Folder, options: ReadOptions, others: readonly SplitName[]): Promise<Reading> {
  const manifest = withOptions(await readManifest(folder), options);
  const source = await openSource(folder, manifest);
  const warnings = [...source.warnings];
  const used: readonly SplitName[] = source.splitBy === undefined ? ["train"] : ["train", ...others];
  const labels = {} as Record<SplitName, RawLabels>;
  for (const split of used) labels[split] = await source.labels(split);
  // Every class is in train, or the data is refused; what is not looked at is taken for what is.
  for (const split of SPLITS) labels[split] ??= labels[used.at(-1)!];
  const asked = options.modalities === undefined ? "dataset.json, modalities" : "the option modalities";
  const chosen = await chooseModalities(source, manifest, asked, warnings, others);
  const texts = await placesOf(source, manifest, chosen.texts, used, labels);
  const { readLabels, note } = labelReader(labels, manifest, source, warnings);
  return {
    source,
    manifest,
    modalities: chosen.modalities,
    texts: texts.places,
    readLabels,
    labelNote: note,
    warnings,
    leftOut: [...source.leftOut, ...chosen.leftOut, ...texts.leftOut],
    seen: chosen.seen,
  };
}

async function readSplit(reading: Reading, split: SplitName): Promise<Dataset> {
  const { source, manifest, modalities, readLabels, warnings, seen } = reading;
  const tensors: [string, Dataset["modalities"][string]][] = [];
  const masks: [string, Uint8Array][] = [];
  for (const name of modalities) {
    const array = (split === "train" ? seen.get(name) : undefined) ?? (await source.read(split, name));
    const where = source.where(split, name);
    const values = toFloat32(requireNumbers(array, where), where, warnings);
    const mask = await readMask(source, manifest, split, name, values);
    tensors.push([name, mask === undefined ? values : withoutMissing(values, mask)]);
    if (mask !== undefined) masks.push([name, mask]);
  }
  const labelled = readLabels(split);
  const ceiling = await readCeiling(reading, split, labelled.classes.length);
  return {
    name: split,
    modalities: Object.fromEntries(tensors),
    ...(masks.length > 0 && { present: Object.fromEntries(masks) }),
    ...labelled,
    ...(await readTexts(source, reading.texts, split, labelled.labels.length)),
    ...(ceiling !== undefined && { ceiling }),
  };
}

/** The ceiling that dataset.json names; none where other modalities were chosen than it speaks of. */
async function readCeiling(
  { source, manifest, modalities, warnings }: Reading,
  split: SplitName,
  classes: number,
): Promise<Dataset["ceiling"]> {
  const { ceiling } = manifest;
  if (ceiling === undefined || !isCeilingOf(ceiling.of, modalities)) return undefined;
  const where = source.where(split, ceiling.array);
  const array = toFloat32(requireNumbers(await source.read(split, ceiling.array), where), where, warnings);
  return ceilingFrom(array, ceiling.of, classes, where);
}

/** Labels of a split, as the data and dataset.json say what they are. */
function labelReader(
  labels: Readonly<Record<SplitName, RawLabels>>,
  manifest: Manifest,
  source: Source,
  warnings: string[],
): Pick<Reading, "readLabels"> & { readonly note: string | undefined } {
  const { kind, note } = source.target;
  if (kind === "classes") {
    const { label } = manifest;
    const text = JSON.stringify({ ...(label !== undefined && { label }), target: { kind: "values" } });
    const values = `To predict numbers and not classes, write ${text} into dataset.json, in the folder of the data.`;
    const read = readClasses(labels, manifest.classes, source, values);
    return { readLabels: (split) => ({ labels: read.numbers(split), classes: read.classes }), note: read.note };
  }
  const names = targetNames(source.target, kind, labels.train);
  return {
    note,
    readLabels(split) {
      const read = readTarget(labels[split], kind, names, source.where(split, "labels"), warnings);
      return { labels: new Int32Array(read.values.shape[0]!).fill(-1), classes: [], target: read };
    },
  };
}

/** How data without a split is to be split; undefined where it has its own. @throws DataError when nobody says so, ConfigError for both. */
function splitRequest(source: Source, manifest: Manifest, options: ReadOptions): SplitRequest | undefined {
  const { splitBy: own, label } = source;
  if (own === undefined && manifest.split !== undefined) return manifest.split;
  if (own === undefined) {
    throw dataError(
      `${label}: nothing here says which samples are for training, validation and test. To split them at random (70, 15 and 15 in 100, classes or whole groups evenly): --split-seed 0, with other shares --split-shares 0.8,0.1,0.1; or "split": {"seed": 0} in dataset.json. Or say it yourself: a column "split" with train, valid and test, or folders of these names.`,
      { split: "none" },
    );
  }
  if (options.split !== undefined && options.keepSplit !== true) {
    throw configError(
      `${label}: the data has a split of its own (${own}), so it is not split anew; leave --split-seed and --split-shares out. \`dmil sweep --split-by share\` splits anew.`,
      { split: own },
    );
  }
  return undefined;
}

/** All samples, split by the request: groups kept whole where there are any, else every class in these shares. */
function splitAnew(all: Dataset, { seed, shares }: SplitRequest, source: Source): DataSplits {
  const unknown = all.labels.findIndex((_, row) => !isKnown(all, row));
  if (unknown >= 0) {
    throw dataError(
      `${source.where("train", "labels")}: of row ${unknown} (from 0) nothing is known to predict; take such rows out, or give the data a column "split" and put them into test.`,
      { row: unknown },
    );
  }
  const options = { validation: shares[1]!, test: shares[2]!, seed };
  return splitBy(all, all.groups === undefined ? "share" : "group", options);
}

function takenOf(reading: Reading, { train }: DataSplits, request: SplitRequest | undefined): Taken {
  const { source, texts, labelNote, leftOut } = reading;
  const { from, kind, note } = source.target;
  const how = labelNote ?? note;
  const drawn = train.groups === undefined ? (train.target === undefined ? "by class" : "at random") : "whole groups";
  return {
    modalities: Object.fromEntries(
      Object.entries(train.modalities).map(([name, { shape }]) => [
        name,
        { from: source.from(name), shape: shape.slice(1) },
      ]),
    ),
    target: { from, kind, names: train.target?.names ?? train.classes, ...(how !== undefined && { note: how }) },
    ...texts,
    split:
      request === undefined
        ? `${source.splitBy}`
        : `${drawn}, shares ${request.shares.join(", ")}, seed ${request.seed}`,
    ...(source.form !== undefined && { form: source.form }),
    leftOut,
  };
}
