/** @file The encoder `conv1d`: convolutions over the steps of a sequence. */
import * as z from "zod";
import { configError, shapeError } from "../core/errors.ts";
import { allowing, oneOf, parseOptions } from "../core/options.ts";
import { formatShape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { concat, div, max, maximum, mean, mul, relu, reshape, slice, sum } from "../graph/ops/index.ts";
import { convolution } from "../nn/convolution.ts";
import type { Module, ModuleStage } from "../nn/module.ts";
import { batchNorm, dropout as drop, layerNorm } from "../nn/norm.ts";
import { stagedModule } from "../nn/staged.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, dropout, type EncoderType, featuresOf, masked as maskedSetting } from "./encoder.ts";
import { freezeSetting } from "./image.ts";

export interface Conv1dOptions {
  /** Channels of every layer. Default 64. */
  readonly width?: number;
  /** Steps that one output sees in each layer, an odd number. Default 3. */
  readonly kernel?: number;
  /** Default 2. */
  readonly layers?: number;
  /** Dropout rate after each layer. Default 0. */
  readonly dropout?: number;
  /** Normalisation before each ReLU. Batch norm does not work on padded sequences. Default false. */
  readonly norm?: false | "batch" | "layer";
  /** What becomes of the steps: their mean, their maximum, or both beside each other. Default `both`. */
  readonly pool?: "mean" | "max" | "both";
  /** The last feature of each step is 1, or 0 for a step after the end of a padded sequence. Default false. */
  readonly masked?: boolean;
  /** Layers that are not trained: `none` (default), `all`, one of `layer0`, `layer1`, ..., or a range such as `layer0-layer1`. */
  readonly freeze?: string;
}

const schema = z.strictObject({
  kind: z.literal("conv1d").optional(),
  width: whole(1, "64").default(64),
  kernel: whole(1, "3")
    .refine((n) => n % 2 === 1, { error: allowing("an odd number of steps, for example 3") })
    .default(3),
  layers: whole(1, "2").default(2),
  dropout: dropout.default(0),
  norm: z
    .union([z.literal(false), z.literal("batch"), z.literal("layer")], { error: allowing("layer, batch or false") })
    .default(false),
  pool: oneOf("mean", "max", "both").default("both"),
  freeze: freezeSetting.default("none"),
});
const stored = schema.extend({
  kind: z.literal("conv1d").optional(),
  features: whole(1, "74"),
  masked: maskedSetting,
});

/** The steps [B, T, F + 1] or [B, T, F] as maps [B, T, 1, F] and the mask [B, T, 1, 1] of valid steps. */
function parts(samples: Expr, masked: boolean): { readonly steps: Expr; readonly mask: Expr | undefined } {
  const [batch, count, width] = samples.shape as [number, number, number];
  if (!masked) return { steps: reshape(samples, [batch, count, 1, width]), mask: undefined };
  return {
    steps: reshape(slice(samples, 2, 0, width - 1), [batch, count, 1, width - 1]),
    mask: reshape(slice(samples, 2, width - 1, 1), [batch, count, 1, 1]),
  };
}

/**
 * An encoder of sequences [B, T, F]: layers of a convolution over the steps (zeros before the first and after the last step, so that T stays),
 * normalisation, ReLU and dropout, then the mean and the maximum over the steps, [B, 2 width] for both. Padded steps are zeros after each
 * layer and count in neither, so that padding changes nothing. `conv1d(74, { layers: 1 })` has 14,272 parameters. Parameters: `layer<i>.weight`
 * [kernel, 1, F, width], `layer<i>.bias`, `layer<i>.norm....`; initial values are PyTorch's.
 * @throws ConfigError for bad options; ShapeError if samples are not [steps, features].
 */
export function conv1d(features: number, options: Conv1dOptions = {}): Module {
  const settings = parseOptions(stored, { ...options, features }, "conv1d");
  const { width, kernel, layers, dropout: rate, norm, pool, masked, freeze, kind: _, ...sizes } = settings;
  if (masked && norm === "batch") {
    throw configError(
      "conv1d: norm is batch and the sequences are padded; padded steps would count in the statistics of the batch. Use norm: layer.",
    );
  }
  const wide = features + (masked ? 1 : 0);
  const stages = Array.from(
    { length: layers },
    (_, i): ModuleStage => ({
      name: `layer${i}`,
      channels: width,
      build(scope, below, samples) {
        if (samples.shape.length !== 3 || samples.shape[2] !== wide) {
          throw shapeError(
            `${scope.path}: the encoder was declared conv1d(${features}) and reads samples of [steps, ${wide}]; the data has samples of ${formatShape(samples.shape.slice(1))}.`,
            { declared: features },
          );
        }
        const layer = scope.child(`layer${i}`);
        const { steps, mask } = parts(samples, masked);
        const maps = convolution(layer, i === 0 ? steps : below, width, [kernel, 1], {
          padding: [(kernel - 1) / 2, 0],
        });
        const normal = norm === false ? maps : (norm === "batch" ? batchNorm : layerNorm)(layer.child("norm"), maps);
        const out = drop(layer, relu(normal), rate);
        return mask === undefined ? out : mul(out, mask);
      },
    }),
  );
  const meanOfSteps = (maps: Expr, samples: Expr): Expr => {
    const { mask } = parts(samples, masked);
    return mask === undefined ? mean(maps, [1, 2]) : div(sum(maps, [1, 2]), maximum(sum(mask, [1, 2]), 1));
  };
  // Values are not negative after ReLU, so the zeros of padded steps change no maximum.
  const largest = (maps: Expr): Expr => max(maps, [1, 2]);
  return stagedModule(
    { kind: "conv1d", ...sizes, width, kernel, layers, dropout: rate, norm, pool, masked, freeze },
    {
      stages,
      mean: meanOfSteps,
      head(_, maps, samples) {
        if (pool === "mean") return meanOfSteps(maps, samples);
        return pool === "max" ? largest(maps) : concat([meanOfSteps(maps, samples), largest(maps)], -1);
      },
    },
    freeze,
  );
}

export const conv1dEncoder: EncoderType = defineEncoder({
  kind: "conv1d",
  summary: "convolutions over the steps of a sample, then mean and maximum over the steps",
  reads: "samples of [steps, features]",
  fits: (sample) => sample.length === 2,
  schema,
  stored,
  normalize: () => "channels-last",
  create: (sample, { kind: _, ...options }, masked) => conv1d(featuresOf(sample, masked), { ...options, masked }),
  restore: ({ features, kind: _, ...options }) => conv1d(features, options),
});
