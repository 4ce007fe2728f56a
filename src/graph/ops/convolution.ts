/** @file Convolution over height and width of channel-last maps, and its two gradients, which are convolutions of each other. */
import { shapeError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord } from "../expr.ts";
import type { Emitter } from "../onnx/emitter.ts";

/** A number for height and one for width. */
export type Pair = readonly [number, number];

/** Settings of a convolution as the ops store them. */
export interface ConvGeometry {
  /** Zeros on both sides of height and width. */
  readonly padding: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Groups of channels that do not mix. */
  readonly groups: number;
  /** Height and width of the input maps, and of the kernel: the gradients need them. */
  readonly size: Pair;
  readonly kernel: Pair;
}

type ConvAttributes = ConvGeometry & Attributes;

/** Height and width of the output maps. */
export function outputSize({ size, kernel, padding, stride, dilation }: ConvGeometry): Pair {
  const along = (i: 0 | 1): number =>
    Math.floor((size[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1;
  return [along(0), along(1)];
}

/** Calls `visit` for every product of the convolution: indices into x [B, H, W, C], weight [kh, kw, C / groups, O] and output [B, h, w, O]. */
function forEachProduct(
  batch: number,
  channels: number,
  outputs: number,
  geometry: ConvGeometry,
  visit: (x: number, weight: number, output: number) => void,
): void {
  const { size, kernel, padding, stride, dilation, groups } = geometry;
  const [height, width] = outputSize(geometry);
  const [perGroup, outPerGroup] = [channels / groups, outputs / groups];
  for (let position = 0; position < batch * height * width; position++) {
    const column = position % width;
    const row = Math.floor(position / width) % height;
    const sample = Math.floor(position / (width * height));
    for (let tap = 0; tap < kernel[0] * kernel[1]; tap++) {
      const v = column * stride[1] - padding[1] + (tap % kernel[1]) * dilation[1];
      const u = row * stride[0] - padding[0] + Math.floor(tap / kernel[1]) * dilation[0];
      if (u < 0 || u >= size[0] || v < 0 || v >= size[1]) continue;
      const from = ((sample * size[0] + u) * size[1] + v) * channels;
      for (let o = 0; o < outputs; o++) {
        const first = Math.floor(o / outPerGroup) * perGroup;
        for (let c = 0; c < perGroup; c++) {
          visit(from + first + c, (tap * perGroup + c) * outputs + o, position * outputs + o);
        }
      }
    }
  }
}

/** Attributes of ONNX's Conv. */
function onnxAttributes({ kernel, padding, stride, dilation, groups }: ConvGeometry) {
  const [top, left] = padding;
  return { kernel_shape: kernel, pads: [top, left, top, left], strides: stride, dilations: dilation, group: groups };
}

/** [B, H, W, C] as [B, C, H, W], and back. */
const channelsFirst = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [0, 3, 1, 2] });
const channelsLast = (emit: Emitter, x: string): string => emit.node("Transpose", [x], { perm: [0, 2, 3, 1] });

const convOp: OpRecord<ConvAttributes> = {
  name: "conv",
  flops: ([, weight], { kernel }, shape) => 2 * sizeOf(shape) * sizeOf(kernel) * weight!.shape[2]!,
  shape: ([x, weight], geometry) => [x!.shape[0]!, ...outputSize(geometry), weight!.shape[3]!],
  value([x, weight], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachProduct(shape[0]!, x!.shape[3]!, shape[3]!, geometry, (i, w, o) => {
      out[o]! += x!.data[i]! * weight!.data[w]!;
    });
    return out;
  },
  gradient({ inputs: [x, weight] }, g, geometry) {
    return [apply(convInputGradientOp, [g, weight!], geometry), apply(convWeightGradientOp, [x!, g], geometry)];
  },
  onnx(emit, [x, weight], geometry) {
    const kernel = emit.node("Transpose", [weight!], { perm: [3, 2, 0, 1] });
    return channelsLast(emit, emit.node("Conv", [channelsFirst(emit, x!), kernel], onnxAttributes(geometry)));
  },
  rows: (_, [x, weight]) => (x === 0 && weight === undefined ? 0 : undefined),
};

/** From g [B, h, w, O] and weight to the gradient [B, H, W, C] of the input. */
const convInputGradientOp: OpRecord<ConvAttributes> = {
  name: "convInputGradient",
  flops: ([g, weight], { kernel }) => 2 * sizeOf(g!.shape) * sizeOf(kernel) * weight!.shape[2]!,
  shape: ([g, weight], { size, groups }) => [g!.shape[0]!, ...size, weight!.shape[2]! * groups],
  value([g, weight], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachProduct(shape[0]!, shape[3]!, g!.shape[3]!, geometry, (i, w, o) => {
      out[i]! += g!.data[o]! * weight!.data[w]!;
    });
    return out;
  },
  gradient({ inputs: [g, weight] }, cotangent, geometry) {
    return [apply(convOp, [cotangent, weight!], geometry), apply(convWeightGradientOp, [cotangent, g!], geometry)];
  },
  onnx(emit, [g, weight], geometry) {
    const { size, kernel, padding, stride, dilation } = geometry;
    const [height, width] = outputSize(geometry);
    const rest = (i: 0 | 1, n: number): number =>
      size[i] - ((n - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1);
    const transposed = emit.node("Transpose", [weight!], { perm: [3, 2, 0, 1] });
    return channelsLast(
      emit,
      emit.node("ConvTranspose", [channelsFirst(emit, g!), transposed], {
        ...onnxAttributes(geometry),
        output_padding: [rest(0, height), rest(1, width)],
      }),
    );
  },
  rows: (_, [g, weight]) => (g === 0 && weight === undefined ? 0 : undefined),
};

/** From x [B, H, W, C] and g [B, h, w, O] to the gradient [kh, kw, C / groups, O] of the weight. */
const convWeightGradientOp: OpRecord<ConvAttributes> = {
  name: "convWeightGradient",
  flops: ([, g], { kernel }, shape) => 2 * sizeOf(g!.shape) * sizeOf(kernel) * shape[2]!,
  shape: ([x, g], { kernel, groups }) => [...kernel, x!.shape[3]! / groups, g!.shape[3]!],
  value([x, g], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachProduct(x!.shape[0]!, x!.shape[3]!, shape[3]!, geometry, (i, w, o) => {
      out[w]! += x!.data[i]! * g!.data[o]!;
    });
    return out;
  },
  gradient({ inputs: [x, g] }, cotangent, geometry) {
    return [apply(convInputGradientOp, [g!, cotangent], geometry), apply(convOp, [x!, cotangent], geometry)];
  },
  onnx(emit, [x, g], geometry, shape) {
    const { groups, kernel, padding, stride, dilation } = geometry;
    // A convolution of the channels of x, as samples, with those of g, as kernels; stride and dilation change places.
    const samples = emit.node("Transpose", [x!], { perm: [3, 0, 1, 2] });
    const kernels = emit.node("Transpose", [g!], { perm: [3, 0, 1, 2] });
    const parts = (all: string, total: number): string[] =>
      groups === 1
        ? [all]
        : emit.nodeOf(
            "Split",
            [all, emit.integers(new Array<number>(groups).fill(total / groups))],
            { axis: 0 },
            groups,
          );
    const [xs, gs] = [parts(samples, shape[2]! * groups), parts(kernels, shape[3]!)];
    const attributes = {
      kernel_shape: outputSize(geometry),
      pads: [padding[0], padding[1], padding[0], padding[1]],
      strides: dilation,
      dilations: stride,
    };
    const products = xs.map((part, i) => {
      const all = emit.node("Conv", [part, gs[i]!], attributes);
      // Rows and columns that no output reaches make the result larger than the kernel.
      return emit.node("Slice", [all, emit.integers([0, 0]), emit.integers(kernel), emit.integers([2, 3])]);
    });
    const joined = groups === 1 ? products[0]! : emit.node("Concat", products, { axis: 1 });
    return emit.node("Transpose", [joined], { perm: [2, 3, 0, 1] });
  },
  rows: () => undefined,
};

export interface ConvOptions {
  /** Default 1. One number holds for height and width. */
  readonly stride?: number | Pair;
  /** Zeros on each side. Default 0. */
  readonly padding?: number | Pair;
  /** Default 1. */
  readonly dilation?: number | Pair;
  /** Default 1. */
  readonly groups?: number;
}

export const pairOf = (value: number | Pair): Pair => (typeof value === "number" ? [value, value] : value);

/**
 * Convolution (cross-correlation, as in PyTorch's `conv2d`) of maps x [B, H, W, C] with a weight [kh, kw, C / groups, O]: [B, h, w, O],
 * h = floor((H + 2 padding - dilation (kh - 1) - 1) / stride) + 1. @throws ShapeError if the channels do not fit, or the kernel is larger
 * than the padded maps.
 */
export function conv(x: Expr, weight: Expr, options: ConvOptions = {}): Expr {
  checkOptions<ConvOptions>("conv", options, { stride: true, padding: true, dilation: true, groups: true });
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const [, height, width, channels] = x.shape;
  const [kh, kw, perGroup, outputs] = weight.shape;
  if (x.shape.length !== 4 || weight.shape.length !== 4 || perGroup! * groups !== channels || outputs! % groups !== 0) {
    throw convError(x.shape, weight.shape, `[B, H, W, C] and [kh, kw, C / ${groups}, O] are needed`);
  }
  const geometry: ConvGeometry = {
    padding: pairOf(padding),
    stride: pairOf(stride),
    dilation: pairOf(dilation),
    groups,
    size: [height!, width!],
    kernel: [kh!, kw!],
  };
  if (outputSize(geometry).some((n) => n < 1)) {
    throw convError(x.shape, weight.shape, `the kernel is larger than the maps with padding ${geometry.padding}`);
  }
  return apply(convOp, [x, weight], { ...geometry });
}

function convError(x: Shape, weight: Shape, problem: string): Error {
  return shapeError(`conv: ${formatShape(x)} with the weight ${formatShape(weight)}; ${problem}.`, { x, weight });
}

export const convolutionOps: readonly OpRecord[] = [convOp, convInputGradientOp, convWeightGradientOp];
