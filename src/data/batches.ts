/** @file Batches: the seeded order of an epoch, the sizes of batches, and copying rows into an existing array. */
import { configError, dataError, shapeError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";
import { formatShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { featureCount } from "./dataset.ts";

/** The order of 0..n-1 in an epoch (from 0): stream `order` of the seed at step `epoch`, so a resumed run gets the same order. */
export function epochOrder(n: number, seed: number, epoch: number): Uint32Array {
  return permutation(n, seed, "order", epoch);
}

/**
 * The sizes of the batches of n samples; the last may be short. For training, a short last batch of one sample is left
 * out: batch statistics and re-pairings need at least two samples. Evaluation keeps it.
 * @throws ConfigError for a batch size below 1, DataError for training on one sample.
 */
export function batchPlan(n: number, batchSize: number, use: "train" | "evaluate"): number[] {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw configError(`batchSize is ${batchSize}; it must be a whole number from 1.`, { batchSize });
  }
  if (use === "train" && n === 1 && batchSize > 1) {
    throw dataError("there is only one sample to train on; at least two are needed.", { samples: n });
  }
  const sizes = new Array<number>(Math.floor(n / batchSize)).fill(batchSize);
  const rest = n % batchSize;
  if (rest > 1 || (rest === 1 && use === "evaluate")) sizes.push(rest);
  return sizes;
}

/**
 * Copies the rows `rows[from], ..., rows[from + count - 1]` of `source` [N, ...] one after the other into `target`, from
 * `targetOffset` (in numbers) on. @throws ShapeError when they do not fit, DataError for a row outside the source.
 */
export function fillRows(
  target: Float32Array,
  targetOffset: number,
  source: Tensor<"float32">,
  rows: Uint32Array | readonly number[],
  from: number,
  count: number,
): void {
  const width = featureCount(source);
  const total = source.shape[0] ?? 0;
  if (targetOffset < 0 || targetOffset + count * width > target.length || from < 0 || from + count > rows.length) {
    throw shapeError(
      `fillRows: ${count} rows of ${width} numbers, from place ${from} of ${rows.length} rows, do not fit at ${targetOffset} of an array of ${target.length}.`,
      { targetOffset, from, count, width },
    );
  }
  for (let i = 0; i < count; i++) {
    const row = rows[from + i]!;
    if (!(row >= 0 && row < total)) {
      throw dataError(`fillRows: row ${row} is not a row of a source of shape ${formatShape(source.shape)}.`, { row });
    }
    target.set(source.data.subarray(row * width, (row + 1) * width), targetOffset + i * width);
  }
}
