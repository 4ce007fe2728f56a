/** @file Batches: the seeded order of an epoch and the sizes of batches. */
import { configError, dataError } from "../core/errors.ts";
import { permutation } from "../core/random.ts";

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
