/** @file Reads samples to predict: inputs without a target, and without the other splits. */
import { dataError, listing } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { checkOptions, type Keys } from "../core/keys.ts";
import type { Shape } from "../core/shape.ts";
import { float32 } from "../core/tensor.ts";
import { type Inputs, rowIds, type SplitName } from "./dataset.ts";
import { checkFinite } from "./finite.ts";
import { readManifest, withOptions } from "./manifest.ts";
import { modalityNames, readModalities } from "./masks.ts";
import { openSource } from "./sources/open.ts";
import { placesOf, readTexts } from "./texts.ts";

/**
 * Inputs from arrays [N, ...] by modality, with masks [N] of the samples that have a modality, for a program that predicts.
 * @example inputsOf({ audio: float32([1, 40], numbers), face: float32([1, 64], pixels) })
 */
export function inputsOf(modalities: Inputs["modalities"], present?: Inputs["present"]): Inputs {
  const size = Object.values(modalities)[0]?.shape[0] ?? 0;
  for (const [name, { shape }] of Object.entries(modalities)) {
    if (shape[0] === size) continue;
    throw dataError(
      `inputsOf: ${name} has ${shape[0]} samples, the first modality ${size}; every array needs one row per sample.`,
      { modality: name },
    );
  }
  return { name: "given", size, ids: rowIds(size), modalities, ...(present !== undefined && { present }) };
}

/** How to read samples to predict. */
export interface InputOptions {
  /** Modalities to read with the shape of a sample, those of the model (`Fitted.shapes`). */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** The column or array with the target of the training data; it is left out of the inputs where it is present. */
  readonly label?: string | readonly string[];
  /** Which split to read if the data has splits. Default `test`. */
  readonly split?: SplitName;
}

export interface ReadInputs {
  readonly inputs: Inputs;
  /** Modalities that the data does not hold: they are missing in every sample. */
  readonly absent: readonly string[];
  /** What the conversion to float32 rounded. */
  readonly warnings: readonly string[];
}

const KNOWN: Keys<InputOptions> = { shapes: true, label: true, split: true };

/**
 * Reads samples in one of the forms of `loadDataset`. A target is not needed, nor are ids, nor the other splits. Without ids, samples are
 * called by their row. A modality that the data does not hold is missing in every sample. @throws DataError for data without any of the modalities, or with different numbers of samples.
 */
export async function readInputs(folder: Folder, options: InputOptions): Promise<ReadInputs> {
  checkOptions("readInputs", options, KNOWN);
  const { shapes, label, split: asked = "test" } = options;
  const modalities = Object.keys(shapes);
  const manifest = withOptions(await readManifest(folder), label === undefined ? {} : { label });
  const source = await openSource(folder, { ...manifest, ceiling: undefined }, { target: false, splits: [asked] });
  const split = source.splitBy === undefined ? "train" : asked;
  const available = modalityNames(source, split);
  const found = modalities.filter((name) => available.includes(name));
  if (found.length === 0) {
    throw dataError(
      `${source.label}: none of the modalities ${listing(modalities)} is here; found: ${listing(available)}. Name the arrays or columns as in the training data, or copy its dataset.json.`,
      { modalities, available },
    );
  }
  const warnings: string[] = [];
  const { modalities: arrays, present: masks } = await readModalities(source, manifest, split, found, warnings);
  const size = arrays[found[0]!]!.shape[0]!;
  for (const [name, { shape }] of Object.entries(arrays)) {
    if (shape[0] === size) continue;
    throw dataError(
      `${source.where(split, name)}: ${shape[0]} samples, but ${source.where(split, found[0]!)} has ${size}; every modality needs one row per sample.`,
      { modality: name },
    );
  }
  const sizes = { train: size, validation: size, test: size };
  const texts = available.filter((name) => !modalities.includes(name));
  const { places } = await placesOf(source, manifest, texts, [split], sizes);
  const { ids } = await readTexts(source, { ...(places.ids !== undefined && { ids: places.ids }) }, split, size);
  const absent = modalities.filter((name) => !found.includes(name));
  const zeros = absent.map((name) => [name, float32([size, ...shapes[name]!])] as const);
  const present = { ...masks, ...Object.fromEntries(absent.map((name) => [name, new Uint8Array(size)])) };
  const inputs: Inputs = {
    name: source.splitBy === undefined ? "given" : asked,
    size,
    ids,
    modalities: { ...arrays, ...Object.fromEntries(zeros) },
    ...(Object.keys(present).length > 0 && { present }),
  };
  for (const name of found) checkFinite(inputs, name, source.where(split, name));
  return { inputs, absent, warnings };
}
