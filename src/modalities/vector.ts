/** @file Vectors and other arrays of numbers that have no kind of their own: features or channels are standardised over the training samples. */
import { dataError, shapeError } from "../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { featureCount } from "../data/dataset.ts";
import type { Normalize } from "../data/normalize.ts";
import { maximum, minimum, mul, reshape, sub } from "../graph/ops/index.ts";
import type { ModalityType } from "./modality.ts";

/**
 * Standardised values are clipped to ± this: features can be so heavy-tailed that one sample is a hundred standard deviations from the
 * mean and dominates a gradient step. In a normal distribution 10 practically never occurs. Ours.
 */
export const CLIP = 10;

const FITTED = ["mean", "scale"] as const;

/**
 * `standard`: (x - mean) * scale, clipped to ±10, where mean and scale are [F] over the F numbers of a sample. Mean and inverse standard
 * deviation (population, divided by N) are accumulated in double precision. A feature that is constant, or varies by less than float32 can
 * invert, gets scale 1, so it becomes 0 instead of a huge number. A missing sample becomes zeros, the mean of the training data.
 * `channels-last`, `channels-first` and `all` do the same with one mean and scale for all numbers of a channel; they are stored for each number.
 */
export const vector: ModalityType = {
  kind: "vector",
  numbers: {
    standard: FITTED,
    "channels-last": FITTED,
    "channels-first": FITTED,
    all: FITTED,
    none: [],
  },
  inputShape: (sample) => sample,
  fit: (train, normalize) =>
    normalize === "none" ? {} : meanAndScale(train, groupsOf(train.shape.slice(1), normalize)),
  transform(samples, { normalize, numbers }) {
    requireWhole(samples);
    if (normalize === "none") return float32(samples.shape, samples.data.slice());
    const [mean, scale] = [numbers.mean!, numbers.scale!];
    const width = featureCount(samples);
    if (width !== mean.length) {
      throw shapeError(
        `samples of ${formatShape(samples.shape.slice(1))} have ${width} features; the standardisation was fitted on ${mean.length}. Use the same features.`,
        { features: width, fitted: mean.length },
      );
    }
    const out = float32(samples.shape);
    for (let start = 0; start < out.data.length; start += width) {
      for (let f = 0; f < width; f++) {
        const z = (samples.data[start + f]! - mean[f]!) * scale[f]!;
        out.data[start + f] = Math.max(-CLIP, Math.min(CLIP, z));
      }
    }
    return out;
  },
  collate(samples, present) {
    const width = featureCount(samples);
    present?.forEach((has, row) => {
      if (has === 0) samples.data.fill(0, row * width, (row + 1) * width);
    });
    return samples;
  },
  graph(samples, { normalize }, stored) {
    if (normalize === "none") return samples;
    const width = sizeOf(samples.shape.slice(1));
    const flat = reshape(samples, [samples.shape[0]!, width]);
    const scaled = mul(sub(flat, stored("mean", [width])), stored("scale", [width]));
    return reshape(minimum(maximum(scaled, -CLIP), CLIP), samples.shape);
  },
  describe: ({ normalize }) => (normalize === "none" ? "no normalisation" : "standardisation is inside"),
};

/** @throws DataError for samples that are padded, of which the model knows nothing. */
function requireWhole({ data, shape }: Tensor<"float32">): void {
  const width = featureCount({ shape });
  if (shape.length !== 3) return;
  for (let row = 0; row < shape[0]!; row++) {
    // A sample that is missing may be NaN throughout.
    if (!Number.isNaN(data[(row + 1) * width - 1]!) || Number.isNaN(data[row * width]!)) continue;
    throw dataError(
      `row ${row} (from 0) ends before the last step (NaN), but no training sample did, so the model does not know padding. Train it with samples that are padded, or give all samples ${shape[1]} steps.`,
      { row },
    );
  }
}

/** For each number of a sample, the group of numbers with which it shares mean and scale: its channel, or itself. */
function groupsOf(sample: Shape, normalize: Exclude<Normalize, "none">): Uint32Array {
  const size = sizeOf(sample);
  const axis = {
    standard: undefined,
    all: sample.length,
    "channels-last": sample.length - 1,
    "channels-first": sample.length - 3,
  }[normalize];
  if (axis === undefined) return Uint32Array.from({ length: size }, (_, i) => i);
  if (axis < 0) {
    throw dataError(
      `samples of ${formatShape(sample)} have no channels to normalise by ${normalize}; use standard, or channels-last for [steps, features].`,
      { sample, normalize },
    );
  }
  const after = sizeOf(sample.slice(axis + 1));
  return Uint32Array.from({ length: size }, (_, i) => Math.floor(i / after) % (sample[axis] ?? 1));
}

/** Two passes, because a one-pass sum of squares of large numbers loses all its digits. */
function meanAndScale(
  { data, shape }: Tensor<"float32">,
  groups: Uint32Array,
): { mean: Float32Array; scale: Float32Array } {
  const width = featureCount({ shape });
  const count = new Float64Array(width);
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  for (let f = 0; f < width; f++) count[groups[f]!]! += shape[0]!;
  for (let start = 0; start < data.length; start += width) {
    for (let f = 0; f < width; f++) mean[groups[f]!]! += data[start + f]!;
  }
  for (let f = 0; f < width; f++) if (count[f]! > 0) mean[f]! /= count[f]!;
  for (let start = 0; start < data.length; start += width) {
    for (let f = 0; f < width; f++) {
      const group = groups[f]!;
      const difference = data[start + f]! - mean[group]!; // exactly 0 for a constant: its sum fits a double without rounding
      squares[group]! += difference * difference;
    }
  }
  const scale = Float64Array.from(squares, (sum, group) => {
    const inverse = Math.fround(1 / Math.sqrt(sum / count[group]!));
    return Number.isFinite(inverse) ? inverse : 1;
  });
  return {
    mean: Float32Array.from(groups, (group) => mean[group]!),
    scale: Float32Array.from(groups, (group) => scale[group]!),
  };
}
