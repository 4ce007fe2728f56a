/** @file The encoder `lenet`: the small convolution net that MultiBench uses for AV-MNIST. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { parseOptions } from "../core/options.ts";
import { formatShape, type Shape } from "../core/shape.ts";
import { maxPool, relu } from "../graph/ops/index.ts";
import { convolution } from "../nn/convolution.ts";
import type { Module, ModuleStage } from "../nn/module.ts";
import { batchNorm, dropout as drop } from "../nn/norm.ts";
import { meanOfMaps, stagedModule } from "../nn/staged.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, dropout, type EncoderType } from "./encoder.ts";
import {
  freezeSetting,
  imageNormalize,
  imageShapes,
  imageSize,
  isImage,
  type Layout,
  layoutOf,
  layoutSetting,
  requireImage,
  requireWhole,
  sampleShape,
  toMaps,
} from "./image.ts";

export interface LenetOptions {
  /** Channels of the first block; each further block has twice as many. Default 6. */
  readonly width?: number;
  /** Blocks after the first one. Each halves height and width. Default: until one of them is 1. */
  readonly blocks?: number | undefined;
  /** Dropout rate of the output. Default 0. */
  readonly dropout?: number;
  /** Where the channels are. Default: the axis with at most four entries. */
  readonly layout?: Layout | undefined;
  /** Stages that are not trained: `none` (default), `all`, one of `block0`, `block1`, ..., or a range such as `block0-block2`. */
  readonly freeze?: string;
}

/**
 * An encoder of images of a shape, [H, W], [H, W, C], [C, H, W] or frames of these: blocks of a convolution (5 x 5 in the first, 3 x 3 in
 * the others), batch norm, ReLU and a 2 x 2 max pool, then the mean over positions and frames, [B, width 2^blocks]. `lenet([28, 28])` has
 * 13,938 parameters, `lenet([112, 112])` 221,874. Parameters: `block<i>.weight`, `block<i>.norm.{scale, shift}`. Weights start Kaiming uniform.
 * Source: Liang et al., MultiBench, 2021. @throws ConfigError for bad options; ShapeError if samples have another shape.
 */
export function lenet(sample: Shape, options: LenetOptions = {}): Module {
  const { layout, width, blocks, dropout: rate, freeze } = resolve(sample, options);
  const stages = Array.from({ length: blocks + 1 }, (_, i): ModuleStage => {
    const channels = width * 2 ** i;
    const [kernel, padding] = i === 0 ? [5, 2] : [3, 1];
    return {
      name: `block${i}`,
      channels,
      build(scope, below, samples) {
        const block = scope.child(`block${i}`);
        const x = i === 0 ? toMaps(requireImage(scope, "lenet", sample, samples), layout) : below;
        const maps = convolution(block, x, channels, kernel, { padding, bias: false, init: "kaiming-uniform" });
        return maxPool(relu(batchNorm(block.child("norm"), maps)), 2);
      },
    };
  });
  const head: NonNullable<Module["staged"]>["head"] = (scope, maps, samples) =>
    drop(scope, meanOfMaps(maps, samples), rate);
  return stagedModule(
    { kind: "lenet", sample, layout, width, blocks, dropout: rate, freeze },
    { stages, mean: meanOfMaps, head },
    freeze,
  );
}

const schema = z.strictObject({
  kind: z.literal("lenet").optional(),
  width: whole(1, "6").default(6),
  blocks: whole(0, "3").optional(),
  dropout: dropout.default(0),
  layout: layoutSetting.optional(),
  freeze: freezeSetting.default("none"),
});

/** Checked options with what follows from the shape of the samples. */
function resolve(sample: Shape, options: LenetOptions) {
  const { width, blocks, dropout, layout: given, freeze } = parseOptions(schema, options, "lenet");
  const layout = layoutOf(sample, given);
  const { height, width: columns } = imageSize(sample, layout);
  const halvings = Math.floor(Math.log2(Math.min(height, columns)));
  if (halvings < (blocks ?? 0) + 1) {
    throw configError(
      `lenet: images of ${formatShape([height, columns])} can be halved ${halvings} times, and ${blocks ?? 0} blocks after the first need ${(blocks ?? 0) + 1}.${halvings > 0 ? ` Set blocks to ${halvings - 1} or less.` : ""}`,
      { setting: "blocks", sample },
    );
  }
  return { width, blocks: blocks ?? halvings - 1, dropout, layout, freeze };
}

export const lenetEncoder: EncoderType = defineEncoder({
  kind: "lenet",
  summary:
    "a small convolution net: blocks of convolution, batch norm, ReLU and max pool, then the mean over positions",
  reads: imageShapes,
  fits: isImage,
  schema,
  stored: schema.extend({
    kind: z.literal("lenet"),
    sample: sampleShape,
    layout: layoutSetting,
    blocks: whole(0, "3"),
  }),
  normalize: (sample, { layout }) => imageNormalize(sample, layout),
  create: (sample, { kind: _, ...options }, masked) => lenet(requireWhole(sample, "lenet", masked), options),
  restore: ({ sample, kind: _, ...options }) => lenet(sample, options),
});
