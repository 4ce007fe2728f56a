/** @file Vectors and other arrays of numbers that have no kind of their own: every feature is standardised over the training samples. */
import { shapeError } from "../core/errors.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { featureCount } from "../data/dataset.ts";
import { maximum, minimum, mul, reshape, sub } from "../graph/ops/index.ts";
import type { ModalityType } from "./modality.ts";

/**
 * Standardised values are clipped to ± this: features can be so heavy-tailed that one sample is a hundred standard deviations from the
 * mean and dominates a gradient step. In a normal distribution 10 practically never occurs. Ours.
 */
export const CLIP = 10;

/**
 * `standard`: (x - mean) * scale, clipped to ±10, where mean and scale are [F] over the F numbers of a sample. Mean and inverse standard
 * deviation (population, divided by N) are accumulated in double precision. A feature that is constant, or varies by less than float32 can
 * invert, gets scale 1, so it becomes 0 instead of a huge number. A missing sample becomes zeros, the mean of the training data.
 */
export const vector: ModalityType = {
  kind: "vector",
  numbers: { standard: ["mean", "scale"], none: [] },
  fit: (train, normalize) => (normalize === "none" ? {} : meanAndScale(train)),
  transform(samples, { normalize, numbers }) {
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

/** Two passes, because a one-pass sum of squares of large numbers loses all its digits. */
function meanAndScale({ data, shape }: Tensor<"float32">): { mean: Float32Array; scale: Float32Array } {
  const rows = shape[0]!;
  const width = featureCount({ shape });
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
