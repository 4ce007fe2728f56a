/** @file The encoder `vit`: a vision transformer on images and spectrograms. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { checkOptions, shown } from "../core/keys.ts";
import { oneOf } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { add, pad, reshape, slice, transpose } from "../graph/ops/index.ts";
import { linearWith, xavier } from "../nn/linear.ts";
import { checkRate, type Init, type Module } from "../nn/module.ts";
import { dropout as dropoutOf, layerNormOfRows } from "../nn/norm.ts";
import { type BlockSettings, transformerBlock } from "../nn/transformer.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, dropout, type EncoderType } from "./encoder.ts";
import {
  type ImageSize,
  imageNormalize,
  imageSize,
  type Layout,
  layoutOf,
  layoutSetting,
  requireImage,
  requireWhole,
  sampleShape,
  toMaps,
} from "./image.ts";
import { vitNames } from "./published/vit.ts";

/** The sizes of the paper and of DeiT. */
const SIZES = {
  Ti: { width: 192, layers: 12, heads: 3 },
  S: { width: 384, layers: 12, heads: 6 },
  B: { width: 768, layers: 12, heads: 12 },
} as const;

export interface VitOptions {
  /** Width, layers and heads at once: Ti is 192, 12 and 3; S 384, 12 and 6; B 768, 12 and 12. Default Ti. */
  readonly size?: keyof typeof SIZES;
  readonly width?: number;
  readonly layers?: number;
  readonly heads?: number;
  /** Units of the hidden layer of the feed-forward networks. Default 4 times the width. */
  readonly feedForward?: number;
  /** Height and width of a patch, which divide those of the image. One number holds for both. Default 16. */
  readonly patch?: number | readonly [number, number];
  /** Dropout rate. Default 0. */
  readonly dropout?: number;
  /** Where the channels are. Default: the side with at most four. */
  readonly layout?: Layout;
}

const KNOWN = {
  size: true,
  width: true,
  layers: true,
  heads: true,
  feedForward: true,
  patch: true,
  dropout: true,
  layout: true,
} as const;

/** Maps [B, H, W, C] as rows of patches [B P, h w C]: patches row by row, in each its rows, columns and channels. */
function patchRows(maps: Expr, [h, w]: readonly [number, number]): Expr {
  const [batch, height, width, channels] = maps.shape as [number, number, number, number];
  const [down, across] = [height / h, width / w];
  const cut = transpose(reshape(maps, [batch, down, h, across, w, channels]), [0, 1, 3, 2, 4, 5]);
  return reshape(cut, [batch * down * across, h * w * channels]);
}

/** As torchvision: Xavier uniform, biases almost 0. */
const mlpInit: NonNullable<BlockSettings["init"]> = (fanIn, fanOut) => ({
  weight: xavier(fanIn, fanOut),
  bias: { kind: "normal", deviation: 1e-6 },
});

/**
 * An encoder of images: `vit([224, 224, 3], { size: "B" })` cuts images [B, 224, 224, 3] into patches, adds a class token and learned
 * positions, applies blocks that normalise first (epsilon 1e-6, exact GELU), and returns the class token after the last norm, [B, 768].
 * Parameters as torchvision's `vit_b_16` without its head. A spectrogram [mel bands, frames] is an image with one channel.
 * Source: Dosovitskiy et al. 2021. @throws ConfigError for bad options, and patches that do not divide the image; ShapeError for other samples.
 */
export function vit(sample: Shape, options: VitOptions = {}): Module {
  checkOptions<VitOptions>("vit", options, KNOWN);
  const { size = "Ti", dropout = 0, patch = 16 } = options;
  const { width, layers, heads } = { ...SIZES[size], ...options };
  const { feedForward = 4 * width } = options;
  checkRate(dropout, "vit: dropout");
  if (width % heads !== 0) {
    throw configError(`vit: ${heads} heads do not divide the width ${width}.`, { width, heads });
  }
  const layout = layoutOf(sample, options.layout);
  const image = imageSize(sample, layout);
  const side: readonly [number, number] = typeof patch === "number" ? [patch, patch] : patch;
  requirePatch(image, side);
  const patches = (image.height / side[0]) * (image.width / side[1]);
  const settings = { width, layers, heads, feedForward, patch: side, dropout, layout };
  const block: BlockSettings = {
    heads,
    feedForward,
    dropout,
    norm: "pre",
    activation: "gelu",
    epsilon: 1e-6,
    init: mlpInit,
  };
  return {
    description: { kind: "vit", sample, ...settings },
    build(scope, samples) {
      const rows = patchRows(toMaps(requireImage(scope, "vit", sample, samples), layout), side);
      const batch = samples.shape[0]!;
      const zero: Init = { kind: "constant", value: 0 };
      const fanIn: Init = { kind: "normal", deviation: Math.sqrt(1 / rows.shape[1]!) };
      const embedded = linearWith(scope.child("patch"), rows, width, { weight: fanIn, bias: zero });
      const token = scope.parameter("token", [1, 1, width], zero);
      const positions = scope.parameter("positions", [1, 1 + patches, width], { kind: "normal", deviation: 0.02 });
      // The class token is added to a step of zeros in front of the patches, together with the positions.
      const steps = pad(reshape(embedded, [batch, patches, width]), 1, 1, 0);
      const placed = add(steps, add(positions, pad(token, 1, 0, patches)));
      let x = dropoutOf(scope, reshape(placed, [batch * (1 + patches), width]), dropout);
      for (let i = 0; i < layers; i++) {
        x = transformerBlock(scope.child("blocks").child(String(i)), x, [batch, 1 + patches], block);
      }
      const first = slice(reshape(x, [batch, 1 + patches, width]), 1, 0, 1);
      return layerNormOfRows(scope.child("norm"), reshape(first, [batch, width]), 1e-6);
    },
  };
}

/** @throws ConfigError if patches do not divide the image. */
function requirePatch({ height, width }: ImageSize, [h, w]: readonly [number, number]): void {
  if (height % h === 0 && width % w === 0) return;
  const dividing = (n: number): string =>
    Array.from({ length: n }, (_, i) => i + 1)
      .filter((side) => n % side === 0)
      .slice(-7)
      .join(", ");
  throw configError(
    `vit: patches of ${h} x ${w} do not divide an image of ${height} x ${width}. Set patch to [height, width]; heights that do: ${dividing(height)}; widths: ${dividing(width)}.`,
    { height, width, patch: [h, w] },
  );
}

const side = whole(1, "16");
const patch = z.union([side, z.tuple([side, side])], {
  error: ({ input }) => `${shown(input)} given; allowed is a size of patches, for example 16 or [8, 64]`,
});

export const vitEncoder: EncoderType = defineEncoder({
  published: vitNames,
  kind: "vit",
  summary: "a vision transformer on images and spectrograms",
  reads: "images [H, W], [H, W, C] or [C, H, W]",
  fits: (sample) => sample.length === 2 || sample.length === 3,
  normalize: (sample, { layout }) => imageNormalize(sample, layout),
  schema: z.strictObject({
    kind: z.literal("vit").optional(),
    size: oneOf("Ti", "S", "B").default("Ti"),
    width: whole(1, "192").optional(),
    layers: whole(1, "12").optional(),
    heads: whole(1, "3").optional(),
    feedForward: whole(1, "768").optional(),
    patch: patch.default(16),
    dropout: dropout.default(0),
    layout: layoutSetting.optional(),
  }),
  stored: z.strictObject({
    kind: z.literal("vit"),
    sample: sampleShape,
    width: z.int().min(1),
    layers: z.int().min(1),
    heads: z.int().min(1),
    feedForward: z.int().min(1),
    patch: z.tuple([z.int().min(1), z.int().min(1)]),
    dropout: dropout.default(0),
    layout: layoutSetting,
  }),
  create: (sample, { kind: _, ...options }, masked) => vit(requireWhole(sample, "vit", masked), given(options)),
  restore: ({ sample, kind: _, ...options }) => vit(sample, options),
});

/** The settings that are given: an absent one must not hide the default of its size. */
function given(options: { readonly [K in keyof VitOptions]: VitOptions[K] | undefined }): VitOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
