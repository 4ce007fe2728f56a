/**
 * @file Pools of real recordings and pictures of digits, from the arrays of the data set `avdigits` (spoken and handwritten digits). They
 * are unpaired, so that any spoken digit can be combined with any written one.
 */

import { configError, DmilError, dataError, hint, listing } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import type { Tensor } from "../../core/tensor.ts";
import { type DataSplits, featureCount, SPLITS, type SplitName, takeTensorRows } from "../dataset.ts";
import { readDataset } from "../load.ts";
import { classesOf, labelsOf } from "../target.ts";

/** Number of digits. */
export const DIGITS = 10;

/** The arrays of digits, spoken and written; the first of each is the original that the others were made from. */
const DIGIT_ARRAYS = { spoken: ["audio", "audio_noisy"], written: ["image", "image_pca"] } as const;

/** Recordings or pictures of digits, no two of them alike. */
export interface DigitPool {
  /** [N, ...] */
  readonly values: Tensor<"float32">;
  /** [N], 0..9 */
  readonly digits: Int32Array;
  /** [N]; samples made from the same recording or picture have the same origin. */
  readonly origins: readonly string[];
  /** [N, 10], log p(digit given this) - log p(digit), nats, of a classifier not trained on it; left out, digits are known exactly. */
  readonly evidence?: Float32Array;
}

/** Pools by modality, spoken first, and by split. */
export type DigitSource = Readonly<Record<string, Readonly<Record<SplitName, DigitPool>>>>;

/**
 * Reads the arrays of a folder in the form of avdigits. No recording or picture may be in two splits.
 * @throws ConfigError for arrays that are not one spoken and one written; DataError for a folder of another kind.
 */
export async function readDigits(folder: Folder, arrays: readonly string[] = ["audio", "image"]): Promise<DigitSource> {
  const [spoken, written] = requireArrays(arrays);
  const [original] = DIGIT_ARRAYS.spoken;
  const splits = await opened(folder, [...new Set([original, spoken, written])]);
  const classes = classesOf(splits.train);
  if (classes.length !== DIGITS || classes.some((name, digit) => name !== String(digit))) {
    throw dataError(
      `${folder.label}: the classes are ${listing(classes)}; digits need the ten classes 0 to 9. ${wanted()}`,
      { classes },
    );
  }
  return {
    [spoken]: pools(splits, spoken, original, folder.label),
    [written]: pools(splits, written, written, folder.label),
  };
}

function requireArrays(arrays: readonly string[]): readonly [string, string] {
  const { spoken, written } = DIGIT_ARRAYS;
  const known: readonly string[] = [...spoken, ...written];
  const odd = arrays.find((name) => !known.includes(name));
  if (odd !== undefined) throw configError(`digits.modalities: there is no array "${odd}"${hint(odd, known)}`);
  const [first, second] = arrays;
  if (arrays.length !== 2 || !spoken.includes(first as never) || !written.includes(second as never)) {
    throw configError(
      `digits.modalities: ${arrays.join(",")} given; a spoken digit (${spoken.join(" or ")}) and a written one (${written.join(" or ")}) are needed, as in ${spoken[1]},${written[0]}.`,
    );
  }
  return [first!, second!];
}

function wanted(): string {
  return "The set avdigits is needed: folders train, valid and test with audio.npy, image.npy (and audio_noisy.npy, image_pca.npy where they are asked for) and labels.npy of digits.";
}

async function opened(folder: Folder, modalities: readonly string[]): Promise<DataSplits> {
  try {
    return (await readDataset(folder, { modalities })).splits;
  } catch (error) {
    if (!(error instanceof DmilError) || error.fields.interrupted === true) throw error;
    throw dataError(`${error.message} ${wanted()}`, error.fields);
  }
}

/** The distinct rows of an array by split; rows with the same `original` have the same origin. */
function pools(splits: DataSplits, name: string, original: string, label: string): Record<SplitName, DigitPool> {
  const owners = new Map<string, SplitName>();
  const numbers = new Map<string, string>();
  const read = (split: SplitName): DigitPool => {
    const labels = labelsOf(splits[split]);
    const { modalities } = splits[split];
    const [own, made] = [texts(modalities[name]!), texts(modalities[original]!)];
    const first = new Map([...own.entries()].reverse().map(([row, text]) => [text, row] as const));
    const rows = [...own.keys()].filter((row) => first.get(own[row]!) === row);
    for (const row of rows) {
      const owner = owners.get(made[row]!);
      if (owner !== undefined && owner !== split) {
        throw dataError(
          `${label}: row ${row} (from 0) of ${original} in ${split} is in ${owner} too; a recording or picture may be in one split only.`,
          { split, row },
        );
      }
      owners.set(made[row]!, split);
      if (!numbers.has(made[row]!)) numbers.set(made[row]!, String(numbers.size));
    }
    const digits = Int32Array.from(rows, (row) => labels[row]!);
    for (let digit = 0; digit < DIGITS; digit++) {
      if (!digits.includes(digit)) {
        throw dataError(
          `${label}: the ${split} split has no ${digit} in ${name}; every digit is needed in each split.`,
          {
            split,
            digit,
          },
        );
      }
    }
    return {
      values: takeTensorRows(modalities[name]!, rows),
      digits,
      origins: rows.map((row) => numbers.get(made[row]!)!),
    };
  };
  return Object.fromEntries(SPLITS.map((split) => [split, read(split)])) as Record<SplitName, DigitPool>;
}

/** Each row of a tensor as text: equal texts are equal rows. */
function texts(values: Tensor<"float32">): string[] {
  const width = featureCount(values);
  const decoder = new TextDecoder("latin1");
  return Array.from({ length: values.shape[0]! }, (_, row) => {
    const { buffer, byteOffset, byteLength } = values.data.subarray(row * width, (row + 1) * width);
    return decoder.decode(new Uint8Array(buffer, byteOffset, byteLength));
  });
}
