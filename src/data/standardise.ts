/** @file Standardising: every feature to mean 0 and standard deviation 1 over the train split. */

import { dataError, hint } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { formatShape } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { type Dataset, featureCount, takeTensorRows } from "./dataset.ts";

/** Per modality, [F] each: `(x - mean) * scale` standardises; scale is one over the standard deviation. */
export type Standardiser = Readonly<Record<string, { readonly mean: Float32Array; readonly scale: Float32Array }>>;

/**
 * Standardised values are clipped to ± this: features can be so heavy-tailed that one sample is a hundred standard deviations from the
 * mean and dominates a gradient step. In a normal distribution 10 practically never occurs. Ours.
 */
export const CLIP = 10;

/**
 * Mean and inverse standard deviation (population, divided by N) of each feature over the samples of `train` that have the modality,
 * accumulated in double precision. A feature that is constant, or varies by less than float32 can invert, gets scale 1, so it becomes 0
 * instead of a huge number. @throws DataError for an empty split, or a modality that no sample has.
 */
export function fitStandardiser(train: Dataset): Standardiser {
  return Object.fromEntries(
    Object.entries(train.modalities).map(([name, values]) => {
      const mask = ownValue(train.present, name);
      if (mask === undefined || !mask.includes(0)) return [name, meanAndScale(values)];
      const rows = [...mask.keys()].filter((row) => mask[row] === 1);
      if (rows.length === 0) {
        throw dataError(
          `fitStandardiser: no sample of the ${train.name} data has the modality "${name}"; leave it out of the modalities.`,
          { modality: name },
        );
      }
      return [name, meanAndScale(takeTensorRows(values, rows))];
    }),
  );
}

/**
 * The dataset with each modality flattened to [N, F], standardised, and clipped to ±10. A missing modality becomes zeros, the mean of
 * the training data, whatever values are stored for it.
 * @throws DataError for a modality the standardiser was not fitted on, or with another number of features.
 */
export function standardise(dataset: Dataset, standardiser: Standardiser): Dataset {
  const modalities = Object.fromEntries(
    Object.entries(dataset.modalities).map(([name, values]): [string, Tensor<"float32">] => {
      if (!Object.hasOwn(standardiser, name)) {
        throw dataError(
          `standardise: modality "${name}" of the ${dataset.name} data was not there when the standardiser was fitted${hint(name, Object.keys(standardiser))}`,
          { modality: name },
        );
      }
      const { mean, scale } = standardiser[name]!;
      const width = featureCount(values);
      if (width !== mean.length) {
        throw dataError(
          `standardise: modality "${name}" of the ${dataset.name} data is ${formatShape(values.shape)}, ${width} features a sample; the standardiser was fitted on ${mean.length}. Use the same features.`,
          { modality: name, features: width, fitted: mean.length },
        );
      }
      return [name, apply(values, mean, scale, ownValue(dataset.present, name))];
    }),
  );
  return { ...dataset, modalities };
}

function apply(
  values: Tensor<"float32">,
  mean: Float32Array,
  scale: Float32Array,
  mask: Uint8Array | undefined,
): Tensor<"float32"> {
  const width = mean.length;
  const out = float32([values.shape[0]!, width]);
  for (let start = 0; start < out.data.length; start += width) {
    if (mask?.[start / width] === 0) continue;
    for (let f = 0; f < width; f++) {
      const z = (values.data[start + f]! - mean[f]!) * scale[f]!;
      out.data[start + f] = Math.max(-CLIP, Math.min(CLIP, z));
    }
  }
  return out;
}

/** Two passes, because a one-pass sum of squares of large numbers loses all its digits. */
function meanAndScale({ data, shape }: Tensor<"float32">): { mean: Float32Array; scale: Float32Array } {
  const rows = shape[0]!;
  const width = featureCount({ shape });
  if (rows === 0) throw dataError("fitStandardiser: the train split is empty; it needs at least one sample.");
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let start = 0; start < data.length; start += width) {
    for (let f = 0; f < width; f++) mean[f]! += data[start + f]!;
  }
  for (let f = 0; f < width; f++) mean[f]! /= rows;
  for (let start = 0; start < data.length; start += width) {
    for (let f = 0; f < width; f++) {
      const difference = data[start + f]! - mean[f]!; // exactly 0 for a constant: its sum fits a double without rounding
      squares[f]! += difference * difference;
    }
  }
  const scale = Float32Array.from(squares, (sum) => {
    const inverse = Math.fround(1 / Math.sqrt(sum / rows));
    return Number.isFinite(inverse) ? inverse : 1;
  });
  return { mean: Float32Array.from(mean), scale };
}
