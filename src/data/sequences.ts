/**
 * @file Sequences of different lengths: in an array [N, T, F], the steps after the end of a sample are NaN throughout. On disk an array
 * `<modality>_lengths` [N] beside the modality says where samples end, and the padding may be any numbers.
 */
import { dataError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";

export const LENGTHS = "_lengths";

type Values = Pick<Tensor<"float32">, "data" | "shape">;

/** Steps T and features F of samples [N, T, F]; undefined for other ranks, which are no sequences. */
export function sequenceSize(shape: Shape): { readonly steps: number; readonly width: number } | undefined {
  return shape.length === 3 ? { steps: shape[1]!, width: shape[2]! } : undefined;
}

/** Features of a step that are NaN. */
function gapsOf({ data, shape }: Values, row: number, step: number): number {
  const [, steps, width] = shape as [number, number, number];
  const start = (row * steps + step) * width;
  let gaps = 0;
  for (let f = 0; f < width; f++) if (Number.isNaN(data[start + f]!)) gaps++;
  return gaps;
}

/** The length of the sample at `row` of an array [N, T, F]: the steps up to the last one that is not NaN throughout. 0 to T. */
export function lengthOf(values: Values, row: number): number {
  const { steps, width } = sequenceSize(values.shape)!;
  let length = steps;
  while (length > 0 && gapsOf(values, row, length - 1) === width) length--;
  return length;
}

/** Lengths [N] of sequences; undefined for arrays that are no sequences, or in which no present sample is padded. */
export function lengthsOf(values: Values, present?: Uint8Array): Uint32Array | undefined {
  const size = sequenceSize(values.shape);
  if (size === undefined) return undefined;
  let padded = false;
  const lengths = Uint32Array.from({ length: values.shape[0]! }, (_, row) => {
    if (present?.[row] === 0) return size.steps;
    const length = lengthOf(values, row);
    padded ||= length < size.steps;
    return length;
  });
  return padded ? lengths : undefined;
}

/** The shortest and the longest of the present samples. */
export function lengthRange(lengths: Uint32Array, present?: Uint8Array): readonly [number, number] {
  const known = lengths.filter((_, row) => present?.[row] !== 0);
  return [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
}

/** What is wrong with NaN in the sample at `row`, or undefined: only whole steps behind the last one may be NaN. */
export function paddingProblem(values: Values, row: number): string | undefined {
  const { width } = sequenceSize(values.shape)!;
  const advice =
    "Padding is steps that are NaN throughout, behind the last step of a sample; fill other gaps, or remove the sample";
  const length = lengthOf(values, row);
  if (length === 0) {
    return `row ${row} (from 0) is NaN at every step. A sample has at least one step; where a modality is missing as a whole, say so in dataset.json with "missing": "nan"`;
  }
  for (let step = 0; step < length; step++) {
    const gaps = gapsOf(values, row, step);
    if (gaps === width) {
      return `row ${row}, step ${step} (from 0) is NaN, but step ${length - 1} is not. ${advice}`;
    }
    if (gaps > 0) return `row ${row}, step ${step} (from 0) is NaN in ${gaps} of ${width} features. ${advice}`;
  }
  return undefined;
}

/**
 * The values with NaN at the steps from each length on; rows that are missing keep their values.
 * @throws DataError for values that are no sequences, another number of lengths, and lengths that are not whole numbers from 1 to T.
 */
export function withLengths(
  values: Tensor<"float32">,
  lengths: Tensor,
  where: string,
  present: Uint8Array | undefined,
): Tensor<"float32"> {
  const size = sequenceSize(values.shape);
  const rows = values.shape[0] ?? 0;
  const rename = `If it does not hold the lengths of ${where.replace(/^.*\//, "").replace(LENGTHS, "")}, rename it or leave it out.`;
  if (size === undefined) {
    throw dataError(
      `${where}: lengths are of sequences [N, steps, features]; the array beside it is ${formatShape(values.shape)}. ${rename}`,
      { where, shape: values.shape },
    );
  }
  const { shape, data } = lengths;
  if (!(shape[0] === rows && (shape.length === 1 || (shape.length === 2 && shape[1] === 1)))) {
    throw dataError(
      `${where}: has the shape ${formatShape(shape)}; one length for each of ${rows} samples is needed, [${rows}]. ${rename}`,
      { where, shape },
    );
  }
  const out = float32(values.shape, values.data.slice());
  const sample = size.steps * size.width;
  for (let row = 0; row < rows; row++) {
    if (present?.[row] === 0) continue;
    const length = Number(data[row]!);
    if (!Number.isInteger(length) || length < 1 || length > size.steps) {
      throw dataError(
        `${where}: row ${row} (from 0) is ${length}; a length is a whole number from 1 to ${size.steps}, the steps of the array. Where a modality is missing as a whole, say so with a mask (docs/data.md).`,
        { where, row, length },
      );
    }
    out.data.fill(Number.NaN, row * sample + length * size.width, (row + 1) * sample);
  }
  return out;
}

/** Zeros in place of the padding: what is written beside `lengths`. */
export function withoutPadding(values: Tensor<"float32">): Tensor<"float32"> {
  return float32(
    values.shape,
    values.data.map((value) => (Number.isNaN(value) ? 0 : value)),
  );
}

/** Sequences [N, T, F] with one more feature, [N, T, F + 1]: 1 at valid steps; padding is zeros throughout. `of` maps the numbers. */
export function withValidity(
  values: Values,
  of: (value: number, feature: number) => number = (value) => value,
): Tensor<"float32"> {
  const { steps, width } = sequenceSize(values.shape)!;
  const rows = values.shape[0]!;
  const out = float32([rows, steps, width + 1]);
  for (let row = 0; row < rows; row++) {
    const length = lengthOf(values, row);
    for (let step = 0; step < length; step++) {
      const [from, to] = [(row * steps + step) * width, (row * steps + step) * (width + 1)];
      for (let f = 0; f < width; f++) out.data[to + f] = of(values.data[from + f]!, f);
      out.data[to + width] = 1;
    }
  }
  return out;
}
