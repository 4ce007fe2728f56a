/** @file The loader: reads a folder, checks it and returns three splits. */

import { configError, dataError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import { ceilingFrom, isCeilingOf } from "./ceiling.ts";
import { checkSplits, type DataReport } from "./check.ts";
import { chooseModalities } from "./choose.ts";
import { type DataSplits, type Dataset, mapSplits, SPLITS, type SplitName } from "./dataset.ts";
import { requireNumbers } from "./formats/npy.ts";
import { isClassKind } from "./kinds.ts";
import { readClasses } from "./labels.ts";
import { type Manifest, readManifest, withOptions } from "./manifest.ts";
import { readModalities } from "./masks.ts";
import { checkedReading, type ReadOptions, type SplitRequest } from "./reading.ts";
import { shiftWarnings } from "./shift.ts";
import { openSource } from "./sources/open.ts";
import { type AnyArray, type RawLabels, type Source, toFloat32 } from "./sources/source.ts";
import { splitBy } from "./split.ts";
import { suspectWarnings } from "./suspects.ts";
import type { Taken } from "./taken.ts";
import { classTarget, hasTarget, readTarget, targetNames } from "./target.ts";
import { placesOf, readTexts, type Texts } from "./texts.ts";

/** How to read a folder. */
export interface LoadOptions extends ReadOptions {
  /** Called with each warning; the default is console.warn. */
  readonly onWarning?: (message: string) => void;
}

/** Results of the checks, and how the parts of the folder were interpreted. */
export interface ReadReport extends DataReport {
  readonly taken: Taken;
}

const OPTION_KEYS: Keys<LoadOptions> = {
  modalities: true,
  leaveOut: true,
  label: true,
  group: true,
  split: true,
  keepSplit: true,
  onWarning: true,
};

/** Data with the report of its checks. */
export interface LoadedData {
  readonly splits: DataSplits;
  readonly report: ReadReport;
}

/**
 * Reads a folder of data, checks it, and returns the three splits. Three forms are supported: `train|valid|test/<modality>.npy` with
 * `labels.npy`; `.npz` with keys such as `train/audio` or `train_audio`, or one file per split; `train.csv, valid.csv, test.csv` or one
 * table with a column `split` (columns: see columns.ts). Each form may come without a split, which the option `split` then draws.
 *
 * Modalities are those of the options, else of dataset.json, else every array but the labels that contains floats or has two or more
 * axes. Integer arrays [N] (an event flag, a speaker number) are then treated as side information and left out with a warning. A CSV
 * table has no integer type, so every numeric column is a modality, with a warning for one that is probably not a feature. Arrays are
 * converted to float32. Missing modalities: see masks.ts.
 *
 * @throws DataError for invalid data (see check.ts), ConfigError for an invalid dataset.json or option.
 */
export async function loadDataset(folder: Folder, options: LoadOptions = {}): Promise<DataSplits> {
  const { splits, report } = await readDataset(folder, options);
  const warn = options.onWarning ?? ((message: string) => console.warn(`${folder.label}: ${message}`));
  for (const message of report.warnings) warn(message);
  return splits;
}

/** As loadDataset, but also returns the report of the checks, and prints nothing. */
export async function readDataset(folder: Folder, options: ReadOptions = {}): Promise<LoadedData> {
  checkOptions<LoadOptions>("readDataset", options, OPTION_KEYS);
  const readOptions = checkedReading("readDataset", options);
  const reading = await begin(folder, readOptions, ["validation", "test"]);
  const { source, manifest } = reading;
  const request = splitRequest(source, manifest, readOptions);
  let splits: DataSplits;
  if (request === undefined) {
    const parts = {} as Record<SplitName, Dataset>;
    for (const split of SPLITS) parts[split] = await readSplit(reading, split);
    splits = mapSplits((split) => parts[split]);
  } else splits = splitAnew(await readSplit(reading, "train"), request, source);
  const checked = checkSplits(splits, source.where);
  const taken = takenOf(reading, splits, request);
  const more = [...suspectWarnings(splits.train, source.label, source.columns), ...shiftWarnings(splits, source.label)];
  return { splits, report: { ...checked, warnings: [...reading.warnings, ...more, ...checked.warnings], taken } };
}

/**
 * Reads the training and validation splits only. In folders with separate files per split no test file is opened, so that
 * hyperparameters cannot be tuned on it. @throws as readDataset.
 */
export async function readTraining(
  folder: Folder,
  options: ReadOptions = {},
): Promise<Pick<DataSplits, "train" | "validation">> {
  const readOptions = checkedReading("readTraining", options);
  const reading = await begin(folder, readOptions, ["validation"]);
  const request = splitRequest(reading.source, reading.manifest, readOptions);
  if (request !== undefined) {
    const { train, validation } = splitAnew(await readSplit(reading, "train"), request, reading.source);
    return { train, validation };
  }
  const train = await readSplit(reading, "train");
  const validation = await readSplit(reading, "validation");
  checkSplits({ train, validation, test: validation }, reading.source.where);
  return { train, validation };
}

/** The opened data set and the decisions that its splits are read with. */
interface Reading {
  readonly source: Source;
  readonly manifest: Manifest;
  readonly modalities: readonly string[];
  readonly texts: Texts;
  readonly readLabels: (split: SplitName) => Pick<Dataset, "size" | "target">;
  readonly labelNote: string | undefined;
  readonly warnings: string[];
  readonly leftOut: Taken["leftOut"];
  /** Arrays of the train split that have already been read. */
  readonly seen: ReadonlyMap<string, AnyArray>;
}

/** Opens a folder and decides the role of each array; of the other splits it opens only those in `others`. */
async function begin(folder: Folder, options: ReadOptions, others: readonly SplitName[]): Promise<Reading> {
  const manifest = withOptions(await readManifest(folder), options);
  const source = await openSource(folder, manifest);
  const warnings = [...source.warnings];
  const used: readonly SplitName[] = source.splitBy === undefined ? ["train"] : ["train", ...others];
  const labels = {} as Record<SplitName, RawLabels>;
  for (const split of used) labels[split] = await source.labels(split);
  // A split that is not opened gets the labels of another: classes are the same, as train must contain every class.
  for (const split of SPLITS) labels[split] ??= labels[used.at(-1)!];
  const origin = options.modalities === undefined ? "dataset.json, modalities" : "the option modalities";
  const chosen = await chooseModalities(source, manifest, origin, warnings, others);
  const countOf = (raw: RawLabels): number => ("shape" in raw ? (raw.shape[0] ?? 0) : raw.length);
  const sizes = {
    train: countOf(labels.train),
    validation: countOf(labels.validation),
    test: countOf(labels.test),
  };
  const texts = await placesOf(source, manifest, chosen.texts, used, sizes);
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
  const known = split === "train" ? seen : undefined;
  const arrays = await readModalities(source, manifest, split, modalities, warnings, known);
  const labelled = readLabels(split);
  const ceiling = await readCeiling(reading, split, labelled.target.names.length);
  return {
    name: split,
    ...arrays,
    ...labelled,
    ...(await readTexts(source, reading.texts, split, labelled.size)),
    ...(ceiling !== undefined && { ceiling }),
  };
}

/** The ceiling that dataset.json names; undefined unless it is for exactly the chosen modalities. */
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

/** A reader of a split's labels, for the kind of target that the data and dataset.json declare. */
function labelReader(
  labels: Readonly<Record<SplitName, RawLabels>>,
  manifest: Manifest,
  source: Source,
  warnings: string[],
): Pick<Reading, "readLabels"> & { readonly note: string | undefined } {
  const { kind, note } = source.target;
  if (isClassKind(kind)) {
    const { label } = manifest;
    const text = JSON.stringify({ ...(label !== undefined && { label }), target: { kind: "regression" } });
    const values = `To predict numbers and not classes, write ${text} into dataset.json, in the folder of the data.`;
    const read = readClasses(labels, manifest.classes, source, values);
    return { readLabels: (split) => classTarget(read.classes, read.numbers(split), kind), note: read.note };
  }
  const names = targetNames(source.target, kind, labels.train);
  return {
    note,
    readLabels(split) {
      const read = readTarget(labels[split], kind, names, source.where(split, "labels"), warnings);
      return { size: read.values.shape[0]!, target: read };
    },
  };
}

/** How to split data without a split; undefined when it has one. @throws DataError when there is neither, ConfigError for both. */
function splitRequest(source: Source, manifest: Manifest, options: ReadOptions): SplitRequest | undefined {
  const { splitBy: existing, label } = source;
  if (existing === undefined && manifest.split !== undefined) return manifest.split;
  if (existing === undefined) {
    throw dataError(
      `${label}: nothing assigns samples to training, validation and test. To split them at random (70, 15 and 15 in 100, classes or whole groups evenly): --split-seed 0, with other shares --split-shares 0.8,0.1,0.1; or "split": {"seed": 0} in dataset.json. Or assign them yourself: a column "split" with train, valid and test, or folders of these names.`,
      { split: "none" },
    );
  }
  if (options.split !== undefined && options.keepSplit !== true) {
    throw configError(
      `${label}: the data has a split of its own (${existing}), so it is not split anew; leave --split-seed and --split-shares out. \`dmil sweep --split-by share\` splits anew.`,
      { split: existing },
    );
  }
  return undefined;
}

/** Splits all samples as requested: whole groups where there are any, else stratified by class. */
function splitAnew(all: Dataset, { seed, shares }: SplitRequest, source: Source): DataSplits {
  const unknown = all.ids.findIndex((_, row) => !hasTarget(all, row));
  if (unknown >= 0) {
    throw dataError(
      `${source.where("train", "labels")}: row ${unknown} (from 0) has no label; remove such rows, or give the data a column "split" and put them into test.`,
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
  const drawn =
    train.groups === undefined ? (isClassKind(train.target.kind) ? "by class" : "at random") : "whole groups";
  return {
    modalities: Object.fromEntries(
      Object.entries(train.modalities).map(([name, { shape }]) => [
        name,
        { from: source.from(name), shape: shape.slice(1) },
      ]),
    ),
    target: { from, kind, names: train.target.names, ...(how !== undefined && { note: how }) },
    ...texts,
    split:
      request === undefined
        ? `${source.splitBy}`
        : `${drawn}, shares ${request.shares.join(", ")}, seed ${request.seed}`,
    ...(source.form !== undefined && { form: source.form }),
    leftOut,
  };
}
