/**
 * @file Missing modalities on disk: an array `<modality>_present` [N] of 0 and 1 beside the modality (a file, an .npz key, a
 * CSV column), or, where dataset.json says `"missing": "nan"`, rows of NaN.
 */
import { dataError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { type Dataset, featureCount, type SplitName } from "./dataset.ts";
import { requireNumbers } from "./formats/npy.ts";
import type { Manifest } from "./manifest.ts";
import { LENGTHS, withLengths } from "./sequences.ts";
import { type AnyArray, type Source, toFloat32 } from "./sources/source.ts";

const SUFFIX = "_present";

/** The arrays of a split that may be modalities: all except masks and lengths of other arrays. Columns of tables are no sequences. */
export function modalityNames(source: Source, split: SplitName): readonly string[] {
  const all = source.names(split);
  const suffixes = source.columns === undefined ? [SUFFIX, LENGTHS] : [SUFFIX];
  return all.filter(
    (name) => !suffixes.some((suffix) => name.endsWith(suffix) && all.includes(name.slice(0, -suffix.length))),
  );
}

/**
 * Modalities of one split as float32, with zeros where a sample lacks one, NaN after the end of a sequence, and the masks of those that have
 * one. Arrays in `seen` have been read before. @throws DataError for arrays of text, as readMask, and as withLengths.
 */
export async function readModalities(
  source: Source,
  manifest: Manifest,
  split: SplitName,
  names: readonly string[],
  warnings: string[],
  seen: ReadonlyMap<string, AnyArray> = new Map(),
): Promise<Pick<Dataset, "modalities" | "present">> {
  const tensors: [string, Tensor<"float32">][] = [];
  const masks: [string, Uint8Array][] = [];
  for (const name of names) {
    const array = seen.get(name) ?? (await source.read(split, name));
    const where = source.where(split, name);
    const values = toFloat32(requireNumbers(array, where), where, warnings);
    const mask = await readMask(source, manifest, split, name, values);
    const known = mask === undefined ? values : withoutMissing(values, mask);
    const lengths = await readLengths(source, split, name);
    const lengthsWhere = source.where(split, name + LENGTHS);
    tensors.push([name, lengths === undefined ? known : withLengths(known, lengths, lengthsWhere, mask)]);
    if (mask !== undefined) masks.push([name, mask]);
  }
  return { modalities: Object.fromEntries(tensors), ...(masks.length > 0 && { present: Object.fromEntries(masks) }) };
}

/**
 * The mask [N] of a modality with values [N, ...] in one split; undefined when no sample is declared to lack it.
 * @throws DataError for a mask of another shape or with other numbers, and for rows that are partly NaN.
 */
async function readMask(
  source: Source,
  manifest: Manifest,
  split: SplitName,
  name: string,
  values: Tensor<"float32">,
): Promise<Uint8Array | undefined> {
  const asArray = source.names(split).includes(name + SUFFIX);
  const stored = asArray
    ? toMask(
        requireNumbers(await source.read(split, name + SUFFIX), source.where(split, name + SUFFIX)),
        source.where(split, name + SUFFIX),
      )
    : undefined;
  if (manifest.missing !== "nan") return stored;
  const masked = nanRows(values, source.where(split, name), stored);
  return masked ?? stored;
}

/** The array of lengths beside a modality, if there is one. @throws DataError for an array of text. */
async function readLengths(source: Source, split: SplitName, name: string): Promise<Tensor | undefined> {
  const own = name + LENGTHS;
  if (source.columns !== undefined || !source.names(split).includes(own)) return undefined;
  return requireNumbers(await source.read(split, own), source.where(split, own));
}

/** The values with zeros where the mask is 0; the same tensor when nothing is missing. */
export function withoutMissing(values: Tensor<"float32">, mask: Uint8Array): Tensor<"float32"> {
  if (!mask.includes(0)) return values;
  const width = featureCount(values);
  const data = values.data.slice();
  mask.forEach((present, row) => {
    if (present === 0) data.fill(0, row * width, (row + 1) * width);
  });
  return float32(values.shape, data);
}

function toMask(array: Tensor, where: string): Uint8Array {
  const { data, shape } = array;
  if (!(shape.length === 1 || (shape.length === 2 && shape[1] === 1))) {
    throw dataError(
      `${where}: has the shape ${formatShape(shape)}; a mask has one 0 or 1 for each sample, shape [N]. If it is a modality of its own, rename it.`,
      { where, shape },
    );
  }
  return Uint8Array.from({ length: shape[0]! }, (_, row) => {
    const value = Number(data[row]!);
    if (value === 0 || value === 1) return value;
    throw dataError(
      `${where}: row ${row} (from 0) is ${value}; a mask is 1 where the sample has the modality and 0 where it is missing. If it is a modality of its own, rename it.`,
      { where, row },
    );
  });
}

/** `stored`, or ones, with 0 where a whole row is NaN; undefined when there is no such row. */
function nanRows(values: Tensor<"float32">, where: string, stored: Uint8Array | undefined): Uint8Array | undefined {
  const width = featureCount(values);
  const rows = values.shape[0] ?? 0;
  let mask: Uint8Array | undefined;
  for (let row = 0; row < rows; row++) {
    if (stored?.[row] === 0) continue;
    let gaps = 0;
    for (let f = 0; f < width; f++) if (Number.isNaN(values.data[row * width + f]!)) gaps++;
    if (gaps === 0) continue;
    // A sequence may end with NaN; the checks see whether it is only the end.
    if (gaps < width && values.shape.length === 3 && Number.isNaN(values.data[(row + 1) * width - 1]!)) continue;
    if (gaps < width) {
      throw dataError(
        `${where}: row ${row} (from 0) is NaN in ${gaps} of ${width} features; only a whole row of NaN means a missing modality. Fill the gaps, or make the whole row NaN.`,
        { where, row },
      );
    }
    mask ??= stored?.slice() ?? new Uint8Array(rows).fill(1);
    mask[row] = 0;
  }
  return mask;
}
