/** @file Sequences of different lengths [T, F]: every feature is standardised over the valid steps, and a channel says which steps are valid. */
import { dataError, shapeError } from "../core/errors.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { lengthOf, sequenceSize, withValidity } from "../data/sequences.ts";
import { concat, greater, maximum, minimum, mul, reshape, slice, sub, where } from "../graph/ops/index.ts";
import type { ModalityType } from "./modality.ts";
import { CLIP, vector } from "./vector.ts";

/**
 * Steps after the end of a sample are NaN in the data. The encoder gets [T, F + 1]: F features, 0 at padding, and a channel that is 1 at
 * valid steps. `standard`, the same as `channels-last` here: (x - mean) * scale, clipped to ±10, with mean and scale [F] of all valid steps
 * of the training samples; `all`: one mean and scale for all features. A missing sample is zeros throughout, so it has no valid step.
 */
export const sequence: ModalityType = {
  kind: "sequence",
  numbers: vector.numbers,
  inputShape: ([steps, width]) => [steps!, width! + 1],
  fit(train, normalize) {
    if (normalize === "none") return {};
    if (normalize === "channels-first") {
      throw dataError(
        "samples that are padded are [steps, features], which have no channels in front to normalise by channels-first; use standard.",
        { normalize },
      );
    }
    return vector.fit(validRows(train), normalize);
  },
  transform(samples, { normalize, numbers }) {
    if (normalize === "none") return withValidity(samples);
    const [mean, scale] = [numbers.mean!, numbers.scale!];
    const width = sequenceSize(samples.shape)?.width;
    if (width !== mean.length) {
      throw shapeError(
        `samples of ${formatShape(samples.shape.slice(1))} have ${width ?? "no"} features at each step; the standardisation was fitted on ${mean.length}. Use the same features.`,
        { features: width, fitted: mean.length },
      );
    }
    return withValidity(samples, (value, f) => Math.max(-CLIP, Math.min(CLIP, (value - mean[f]!) * scale[f]!)));
  },
  collate: vector.collate,
  graph(samples, { normalize }, stored) {
    const [batch, steps, width] = samples.shape as [number, number, number];
    const first = slice(samples, 2, 0, 1);
    // Every number is above 0 or below 1; NaN is neither.
    const valid = maximum(greater(first, 0), greater(1, first));
    const scaled =
      normalize === "none" ? samples : mul(sub(samples, stored("mean", [width])), stored("scale", [width]));
    const clipped = normalize === "none" ? scaled : minimum(maximum(scaled, -CLIP), CLIP);
    return concat([where(valid, clipped, 0), reshape(valid, [batch, steps, 1])], 2);
  },
  describe: (transform) => `NaN at the steps after the end of a sample; ${vector.describe(transform)}`,
};

/** The valid steps of all samples [N, T, F]: [steps, F]. */
function validRows(train: Tensor<"float32">): Tensor<"float32"> {
  const { steps, width } = sequenceSize(train.shape)!;
  const parts = Array.from({ length: train.shape[0]! }, (_, row) => {
    const start = row * steps * width;
    return train.data.subarray(start, start + lengthOf(train, row) * width);
  });
  const shape: Shape = [parts.reduce((n, { length }) => n + length, 0) / width, width];
  const out = float32(shape);
  let start = 0;
  for (const part of parts) {
    out.data.set(part, start);
    start += part.length;
  }
  return out;
}
