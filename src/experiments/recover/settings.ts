/** @file The settings of the recovery suite: sizes, encoders and methods, the same for every method. */
import { configError, hint } from "../../core/errors.ts";
import { ownValue } from "../../core/record.ts";

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

/** Threads within one operation. */
export const THREADS = 1;
/** Modality dropout in training, for cases that evaluate a model with hidden modalities. */
export const SETS_DROPOUT = 0.5;

/** Offset of the data seed from the model seed, so that they share no random stream. */
export const DATA_SEED = 100;

/** The settings of every run; the dropout is the default of the command line, selected on validation data. */
const COMMON = { batchSize: 64, threads: THREADS, encoder: { hidden: [64, 64], dropout: 0.2 } } as const;
const EMBEDDING = 64;

/** The methods of the suite by name, with their options besides the common ones. */
export const SUITE_METHODS: Readonly<Record<string, { readonly method: string; readonly options: object }>> = {
  joint: { method: "joint", options: {} },
  ensemble: { method: "ensemble", options: {} },
  published: { method: "dmil-published", options: {} },
  purified: { method: "dmil-published", options: { synergy: "purified" } },
  dmil: { method: "dmil", options: {} },
  i2moe: { method: "i2moe", options: {} },
};

/** The settings of a run of the suite, without data and seed. @throws ConfigError that suggests the most similar name. */
export function suiteSettings(name: string): Readonly<Record<string, unknown>> {
  const found = ownValue(SUITE_METHODS, name);
  if (found === undefined) throw configError(`unknown method "${name}"${hint(name, Object.keys(SUITE_METHODS))}`);
  return { ...COMMON, method: found.method, options: { embedding: EMBEDDING, ...found.options } };
}
