/** @file Images, spectrograms and videos as channel-last maps: how the shape of a sample is read. */
import * as z from "zod";
import { configError, shapeError } from "../core/errors.ts";
import { allowing, oneOf } from "../core/options.ts";
import { formatShape, type Shape, sameShape } from "../core/shape.ts";
import type { Normalize } from "../data/normalize.ts";
import type { Expr } from "../graph/expr.ts";
import { reshape, transpose } from "../graph/ops/index.ts";
import type { Scope } from "../nn/module.ts";

/** Where the channels of an image are: `last` is [H, W, C], `first` is [C, H, W]. */
export type Layout = "last" | "first";

export const layoutSetting: z.ZodType<Layout> = oneOf("last", "first");

/** The shape of a sample in a model file. */
export const sampleShape: z.ZodType<number[]> = z.array(z.int().min(1)).min(2).max(4);

/** Frozen stages; `stagedModule` checks their names. */
export const freezeSetting: z.ZodType<string> = z.string({
  error: allowing("none, all, a stage, or a range of stages such as stem-stage2"),
});

/** The most channels that are recognised without `layout`: grey, grey and alpha, RGB, RGB and alpha. */
const FEW = 4;

/** The samples that encoders of images read, for messages. */
export const imageShapes = "images [H, W], [H, W, C] or [C, H, W], and frames of such [T, H, W, C] or [T, C, H, W]";
export const isImage = (sample: Shape): boolean => sample.length >= 2 && sample.length <= 4;

/** The size of an image as maps. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * The layout of samples: the setting, else the one with at most four channels. @throws ConfigError if both layouts are possible, or neither.
 */
export function layoutOf(sample: Shape, setting: Layout | undefined): Layout {
  if (setting !== undefined || sample.length === 2) return setting ?? "last";
  const [first, , last] = sample.slice(-3) as [number, number, number];
  if (first <= FEW !== last <= FEW) return first <= FEW ? "first" : "last";
  throw configError(
    `samples of ${formatShape(sample)} can be images with ${last} channels (layout: last) or with ${first} channels (layout: first). Set layout to one of them.`,
    { setting: "layout", allowed: ["last", "first"] },
  );
}

/** The size of an image, or of one frame. */
export function imageSize(sample: Shape, layout: Layout): ImageSize {
  if (sample.length === 2) return { height: sample[0]!, width: sample[1]!, channels: 1 };
  const [a, b, c] = sample.slice(-3) as [number, number, number];
  return layout === "last" ? { height: a, width: b, channels: c } : { height: b, width: c, channels: a };
}

/**
 * Samples [B, H, W], [B, H, W, C], [B, C, H, W] or with frames [B, T, ...] as maps [B, H, W, C] or [B * T, H, W, C]. The number of channels
 * and the layout are those of `layoutOf` and `imageSize`.
 */
export function toMaps(samples: Expr, layout: Layout): Expr {
  const sample = samples.shape.slice(1);
  const { height, width, channels } = imageSize(sample, layout);
  const count = samples.shape[0]! * (sample.length === 4 ? sample[0]! : 1);
  if (layout === "last" || sample.length === 2) return reshape(samples, [count, height, width, channels]);
  return transpose(reshape(samples, [count, channels, height, width]), [0, 2, 3, 1]);
}

/** The normalisation of images: one mean and deviation for each channel, so that neighbouring pixels keep their differences. */
export function imageNormalize(sample: Shape, layout: Layout | undefined): Normalize {
  if (sample.length === 2) return "all";
  return layoutOf(sample, layout) === "last" ? "channels-last" : "channels-first";
}

/** The samples, if they have the shape that the encoder was made for. @throws ShapeError */
export function requireImage({ path }: Scope, kind: string, declared: Shape, samples: Expr): Expr {
  const found = samples.shape.slice(1);
  if (sameShape(found, declared)) return samples;
  throw shapeError(
    `${path}: the encoder was declared ${kind}(${formatShape(declared)}); the data has samples of ${formatShape(found)}.`,
    { declared, found },
  );
}

/** The shape of samples that are not padded. @throws ConfigError for sequences that end before the last step: an image has no such end. */
export function requireWhole(sample: Shape, kind: string, masked: boolean): Shape {
  if (!masked) return sample;
  throw configError(
    `${kind} reads images, and these samples are sequences that end before the last step (NaN). Use an encoder of sequences, for example conv1d, or fill the ends.`,
  );
}
