/** @file Convolution over height and width of channel-last maps, and its two gradients, which are convolutions of each other. */
import { shapeError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord } from "../expr.ts";
import { direct } from "../onnx/convolution/direct.ts";
import type { Formulation } from "../onnx/convolution/formulation.ts";
import { type ConvGeometry, outputSize, type Pair, pixelReader, tapsOf } from "../onnx/convolution/geometry.ts";
import { formulationOf } from "../onnx/convolution/rule.ts";
import type { Emitter } from "../onnx/emitter.ts";

type ConvAttributes = ConvGeometry & Attributes;

/** Calls `visit` for every product of the convolution: indices into x [B, H, W, C], weight [kh, kw, C / groups, O] and output [B, h, w, O]. */
function forEachProduct(geometry: ConvGeometry, visit: (x: number, weight: number, output: number) => void): void {
  const { batch, groups, channels, outputs } = geometry;
  const [height, width] = outputSize(geometry);
  const [perGroup, outPerGroup] = [channels / groups, outputs / groups];
  const read = pixelReader(geometry);
  for (let position = 0; position < batch * height * width; position++) {
    for (let tap = 0; tap < tapsOf(geometry); tap++) {
      const pixel = read(position, tap);
      if (pixel < 0) continue;
      for (let o = 0; o < outputs; o++) {
        const first = pixel * channels + Math.floor(o / outPerGroup) * perGroup;
        for (let c = 0; c < perGroup; c++) {
          visit(first + c, (tap * perGroup + c) * outputs + o, position * outputs + o);
        }
      }
    }
  }
}

/** How the node is written: with an open batch size as ONNX's own Conv, else as its shape wants it. */
function formulation(emit: Emitter, geometry: ConvGeometry): Formulation {
  return emit.openAxis === undefined ? formulationOf(geometry, emit.exact) : direct;
}

const convOp: OpRecord<ConvAttributes> = {
  name: "conv",
  flops: ([, weight], { kernel }, shape) => 2 * sizeOf(shape) * sizeOf(kernel) * weight!.shape[2]!,
  shape: (_, geometry) => [geometry.batch, ...outputSize(geometry), geometry.outputs],
  value([x, weight], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachProduct(geometry, (i, w, o) => {
      out[o]! += x!.data[i]! * weight!.data[w]!;
    });
    return out;
  },
  gradient({ inputs: [x, weight] }, g, geometry) {
    return [apply(convInputGradientOp, [g, weight!], geometry), apply(convWeightGradientOp, [x!, g], geometry)];
  },
  onnx: (emit, [x, weight], geometry) => formulation(emit, geometry).conv(emit, x!, weight!, geometry),
  rows: (_, [x, weight]) => (x === 0 && weight === undefined ? 0 : undefined),
};

/** From g [B, h, w, O] and weight to the gradient [B, H, W, C] of the input. */
const convInputGradientOp: OpRecord<ConvAttributes> = {
  name: "convInputGradient",
  flops: ([g, weight], { kernel }) => 2 * sizeOf(g!.shape) * sizeOf(kernel) * weight!.shape[2]!,
  shape: (_, { batch, size, channels }) => [batch, ...size, channels],
  value([g, weight], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachProduct(geometry, (i, w, o) => {
      out[i]! += g!.data[o]! * weight!.data[w]!;
    });
    return out;
  },
  gradient({ inputs: [g, weight] }, cotangent, geometry) {
    return [apply(convOp, [cotangent, weight!], geometry), apply(convWeightGradientOp, [cotangent, g!], geometry)];
  },
  onnx: (emit, [g, weight], geometry) => formulation(emit, geometry).inputGradient(emit, g!, weight!, geometry),
  rows: (_, [g, weight]) => (g === 0 && weight === undefined ? 0 : undefined),
};

/** From x [B, H, W, C] and g [B, h, w, O] to the gradient [kh, kw, C / groups, O] of the weight. */
const convWeightGradientOp: OpRecord<ConvAttributes> = {
  name: "convWeightGradient",
  flops: ([, g], { kernel }, shape) => 2 * sizeOf(g!.shape) * sizeOf(kernel) * shape[2]!,
  shape: (_, { kernel, groups, channels, outputs }) => [...kernel, channels / groups, outputs],
  value([x, g], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    forEachProduct(geometry, (i, w, o) => {
      out[w]! += x!.data[i]! * g!.data[o]!;
    });
    return out;
  },
  gradient({ inputs: [x, g] }, cotangent, geometry) {
    return [apply(convInputGradientOp, [g!, cotangent], geometry), apply(convOp, [x!, cotangent], geometry)];
  },
  onnx: (emit, [x, g], geometry) => formulation(emit, geometry).weightGradient(emit, x!, g!, geometry),
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
  const [batch, height, width, channels] = x.shape;
  const [kh, kw, perGroup, outputs] = weight.shape;
  if (x.shape.length !== 4 || weight.shape.length !== 4 || perGroup! * groups !== channels || outputs! % groups !== 0) {
    throw convError(x.shape, weight.shape, `[B, H, W, C] and [kh, kw, C / ${groups}, O] are needed`);
  }
  const geometry: ConvGeometry = {
    padding: pairOf(padding),
    stride: pairOf(stride),
    dilation: pairOf(dilation),
    groups,
    batch: batch!,
    channels: channels!,
    outputs: outputs!,
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
