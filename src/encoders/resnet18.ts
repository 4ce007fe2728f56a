/** @file The encoder `resnet18`: a residual net of basic blocks, on images with any number of channels, spectrograms and frames. */
import * as z from "zod";
import { allowing, parseOptions } from "../core/options.ts";
import type { Shape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { add, maxPool, relu } from "../graph/ops/index.ts";
import { type ConvolutionOptions, convolution } from "../nn/convolution.ts";
import type { Module, ModuleStage, Scope } from "../nn/module.ts";
import { batchNorm, dropout as drop } from "../nn/norm.ts";
import { meanOfMaps, stagedModule } from "../nn/staged.ts";
import { whole } from "../optim/settings.ts";
import { defineEncoder, dropout, type EncoderType } from "./encoder.ts";
import {
  freezeSetting,
  imageNormalize,
  imageShapes,
  isImage,
  type Layout,
  layoutOf,
  layoutSetting,
  requireImage,
  requireWhole,
  sampleShape,
  toMaps,
} from "./image.ts";
import { resnetNames } from "./published/resnet.ts";

export interface ResnetOptions {
  /** Channels of the stem and the first stage; each further stage has twice as many. Default 64. */
  readonly width?: number;
  /** Blocks of each stage. Default [2, 2, 2, 2]. */
  readonly blocks?: readonly number[];
  /** Dropout rate of the output. Default 0. */
  readonly dropout?: number;
  /** Where the channels are. Default: the axis with at most four entries. */
  readonly layout?: Layout | undefined;
  /** Stages that are not trained: `none` (default), `all`, one of `stem`, `stage1`, ..., or a range such as `stem-stage2`. */
  readonly freeze?: string;
}

const schema = z.strictObject({
  kind: z.literal("resnet18").optional(),
  width: whole(1, "64").default(64),
  blocks: z
    .array(whole(1, "2"), { error: allowing("the number of blocks of each stage, for example [2, 2, 2, 2]") })
    .min(1, { error: allowing("one stage or more, for example [2, 2, 2, 2]") })
    .default([2, 2, 2, 2]),
  dropout: dropout.default(0),
  layout: layoutSetting.optional(),
  freeze: freezeSetting.default("none"),
});

/** Convolution without bias, then batch norm: parameters `weight` and `norm....`. */
function normed(scope: Scope, x: Expr, channels: number, kernel: number, options: ConvolutionOptions): Expr {
  const maps = convolution(scope, x, channels, kernel, { ...options, bias: false, init: "kaiming-normal" });
  return batchNorm(scope.child("norm"), maps);
}

/** relu(f(x) + x), where f is two convolutions of 3 x 3; x goes through a convolution of 1 x 1 where its channels or size differ. */
function basicBlock(scope: Scope, x: Expr, channels: number, stride: number): Expr {
  const inner = relu(normed(scope.child("0"), x, channels, 3, { stride, padding: 1 }));
  const outer = normed(scope.child("1"), inner, channels, 3, { padding: 1 });
  const same = stride === 1 && x.shape.at(-1) === channels;
  return relu(add(outer, same ? x : normed(scope.child("shortcut"), x, channels, 1, { stride })));
}

/**
 * ResNet-18 without its last linear layer, for samples of a shape, [H, W], [H, W, C], [C, H, W] or frames of these: the stem (convolution
 * 7 x 7 with stride 2, batch norm, ReLU, max pool 3 x 3 with stride 2), stages of basic blocks, and the mean over positions and frames,
 * [B, 512]. 11,176,512 parameters for three channels. Parameters: `stem.weight`, `stage<s>.<block>.{0,1}.weight`, `.shortcut.weight`, each with
 * `.norm.{scale, shift}` beside the weight. Weights start Kaiming normal with fan_out, as in torchvision.
 * Source: He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition, CVPR 2016.
 * @throws ConfigError for bad options; ShapeError if samples have another shape.
 */
export function resnet18(sample: Shape, options: ResnetOptions = {}): Module {
  const { width, blocks, dropout: rate, layout: given, freeze } = parseOptions(schema, options, "resnet18");
  const layout = layoutOf(sample, given);
  const stem: ModuleStage = {
    name: "stem",
    channels: width,
    build(scope, _, samples) {
      const x = toMaps(requireImage(scope, "resnet18", sample, samples), layout);
      const maps = relu(normed(scope.child("stem"), x, width, 7, { stride: 2, padding: 3 }));
      return maxPool(maps, 3, { stride: 2, padding: 1 });
    },
  };
  const stages = blocks.map((count, s): ModuleStage => {
    const channels = width * 2 ** s;
    return {
      name: `stage${s + 1}`,
      channels,
      build(scope, maps) {
        const stage = scope.child(`stage${s + 1}`);
        return Array.from({ length: count }).reduce<Expr>(
          (x, _, b) => basicBlock(stage.child(String(b)), x, channels, s > 0 && b === 0 ? 2 : 1),
          maps,
        );
      },
    };
  });
  return stagedModule(
    { kind: "resnet18", sample, layout, width, blocks, dropout: rate, freeze },
    {
      stages: [stem, ...stages],
      mean: meanOfMaps,
      head: (scope, maps, samples) => drop(scope, meanOfMaps(maps, samples), rate),
    },
    freeze,
  );
}

export const resnet18Encoder: EncoderType = defineEncoder({
  published: resnetNames,
  kind: "resnet18",
  summary: "ResNet-18: residual blocks of convolutions with batch norm, then the mean over positions",
  reads: imageShapes,
  fits: isImage,
  schema,
  stored: schema.extend({ kind: z.literal("resnet18"), sample: sampleShape, layout: layoutSetting }),
  normalize: (sample, { layout }) => imageNormalize(sample, layout),
  create: (sample, { kind: _, ...options }, masked) => resnet18(requireWhole(sample, "resnet18", masked), options),
  restore: ({ sample, kind: _, ...options }) => resnet18(sample, options),
});
