/** @file The settings of the recovery suite: sizes, encoders and methods, the same for every method. */
import { methodNamed } from "../../methods/index.ts";
import type { Method } from "../../methods/method.ts";
import { mlp } from "../../nn/mlp.ts";

/** Samples per split. */
export interface Sizes {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Interaction mixtures and planted sets. */
export const SIZES: Sizes = { train: 4000, validation: 1000, test: 4000 };
/** The mixture of eight classes. */
export const MANY_CLASSES: Sizes = { train: 16_000, validation: 2000, test: 4000 };
/** The quad mixture. */
export const QUAD: Sizes = { train: 8000, validation: 1000, test: 2000 };
/** Spoken and handwritten digits. */
export const DIGITS: Sizes = { train: 4000, validation: 1000, test: 2000 };
/** Everything in the quick suite. */
export const QUICK: Sizes = { train: 4000, validation: 1000, test: 2000 };

/** Hidden layers of every encoder, width of every embedding, samples per step, threads within one operation. */
export const HIDDEN: readonly number[] = [64, 64];
/** Dropout probability of hidden units; selected on validation data, and the default of the command line. */
export const DROPOUT = 0.2;
export const EMBEDDING = 64;
export const BATCH_SIZE = 64;
export const THREADS = 1;
/** Modality dropout in training, for cases that evaluate a model with hidden modalities. */
export const SETS_DROPOUT = 0.5;

/** Offset of the data seed from the model seed, so that they share no random stream. */
export const DATA_SEED = 100;

/** The methods of the suite by name, with their options besides the common ones. */
export const SUITE_METHODS: Readonly<Record<string, { readonly method: string; readonly options: object }>> = {
  joint: { method: "joint", options: {} },
  ensemble: { method: "ensemble", options: {} },
  published: { method: "dmil-published", options: {} },
  purified: { method: "dmil-published", options: { synergy: "purified" } },
  dmil: { method: "dmil", options: {} },
  i2moe: { method: "i2moe", options: {} },
};

/** A method of the suite for data with these features by modality. */
export function suiteMethod(name: string, features: Readonly<Record<string, number>>): Method {
  const { method, options } = SUITE_METHODS[name]!;
  const encoders = Object.fromEntries(
    Object.entries(features).map(([modality, width]) => [modality, mlp([width, ...HIDDEN], { dropout: DROPOUT })]),
  );
  return methodNamed(method).configure({ encoders, embedding: EMBEDDING, ...options });
}
