/** @file Maxima and means of windows of channel-last maps. */
import { methodError, shapeError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { formatShape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord } from "../expr.ts";
import { outputSize, type Pair, pixelReader, tapsOf, type Window } from "../onnx/convolution/geometry.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { isSeparable, separableMaxima, separableMaximaGradient } from "../onnx/pooling.ts";
import { constant } from "./constant.ts";
import { conv, pairOf } from "./convolution.ts";

type PoolAttributes = Window & Attributes;

/** For each entry of the output [B, h, w, C], the index of the first maximum of its window in x, in row-major order. */
function firstMaxima(data: Float64Array, batch: number, channels: number, geometry: Window): Uint32Array {
  const [height, width] = outputSize(geometry);
  const out = new Uint32Array(batch * height * width * channels);
  const read = pixelReader(geometry);
  for (let i = 0; i < out.length; i++) {
    const c = i % channels;
    let best = -1;
    for (let tap = 0; tap < tapsOf(geometry); tap++) {
      const pixel = read((i - c) / channels, tap);
      if (pixel < 0) continue;
      const index = pixel * channels + c;
      if (best < 0 || data[index]! > data[best]!) best = index;
    }
    out[i] = best;
  }
  return out;
}

/** x [B, H, W, C] as [B, C, H, W] and the attributes of ONNX's MaxPool. */
function pooled(emit: Emitter, x: string, { kernel, padding, stride }: Window, outputs: number): string[] {
  const first = emit.node("Transpose", [x], { perm: [0, 3, 1, 2] });
  const [top, left] = padding;
  return emit.nodeOf(
    "MaxPool",
    [first],
    { kernel_shape: kernel, pads: [top, left, top, left], strides: stride },
    outputs,
  );
}

const maxPoolOp: OpRecord<PoolAttributes> = {
  name: "maxPool",
  shape: ([x], geometry) => [x!.shape[0]!, ...outputSize(geometry), x!.shape[3]!],
  value: ([x], geometry, shape) =>
    Float64Array.from(firstMaxima(x!.data, shape[0]!, shape[3]!, geometry), (i) => x!.data[i]!),
  gradient: ({ inputs: [x] }, g, geometry) => [apply(maxPoolGradientOp, [x!, g], geometry)],
  onnx(emit, [x], geometry, shape) {
    if (isSeparable(geometry) && emit.openAxis === undefined) return separableMaxima(emit, x!, geometry, shape);
    return emit.node("Transpose", [pooled(emit, x!, geometry, 1)[0]!], { perm: [0, 2, 3, 1] });
  },
  rows: (_, [x]) => (x === 0 ? 0 : undefined),
};

/** From x [B, H, W, C] and g [B, h, w, C] to the gradient of x: g goes to the first maximum of each window, as in PyTorch. */
const maxPoolGradientOp: OpRecord<PoolAttributes> = {
  name: "maxPoolGradient",
  shape: ([x]) => x!.shape,
  value([x, g], geometry, shape) {
    const out = new Float64Array(sizeOf(shape));
    firstMaxima(x!.data, shape[0]!, shape[3]!, geometry).forEach((from, i) => {
      out[from]! += g!.data[i]!;
    });
    return out;
  },
  gradient() {
    throw methodError("the gradient of maxPool cannot be differentiated again; stopGradient it first.");
  },
  onnx(emit, [x, g], geometry, shape) {
    if (isSeparable(geometry) && emit.openAxis === undefined) {
      return separableMaximaGradient(emit, x!, g!, geometry, shape);
    }
    const [batch, height, width, channels] = shape as [number, number, number, number];
    const [, indices] = pooled(emit, x!, geometry, 2);
    const slopes = emit.node("Transpose", [g!], { perm: [0, 3, 1, 2] });
    // Indices count through the flat [B, C, H, W].
    const flat = emit.node(
      "ScatterElements",
      [
        emit.constant([batch * channels * height * width], new Float32Array(batch * channels * height * width)),
        emit.reshape(indices!, [sizeOf(outputSize(geometry)) * batch * channels]),
        emit.reshape(slopes, [sizeOf(outputSize(geometry)) * batch * channels]),
      ],
      { axis: 0, reduction: "add" },
    );
    return emit.node("Transpose", [emit.reshape(flat, [batch, channels, height, width])], { perm: [0, 2, 3, 1] });
  },
  rows: (_, [x, g]) => (x === 0 && g === 0 ? 0 : undefined),
};

export interface MaxPoolOptions {
  /** Default: the size of the window. */
  readonly stride?: number | Pair;
  /** Positions on each side that never are the maximum. Default 0; at most half the window. */
  readonly padding?: number | Pair;
}

/**
 * The maximum of each window of maps [B, H, W, C], per channel: [B, h, w, C], as PyTorch's `max_pool2d`. The gradient goes to the first
 * maximum of a window in row-major order. @throws ShapeError for other ranks, and for a window larger than the padded maps.
 */
export function maxPool(x: Expr, window: number | Pair, options: MaxPoolOptions = {}): Expr {
  checkOptions<MaxPoolOptions>("maxPool", options, { stride: true, padding: true });
  const { stride = window, padding = 0 } = options;
  const [, height, width] = x.shape;
  const geometry: Window = {
    padding: pairOf(padding),
    stride: pairOf(stride),
    dilation: [1, 1],
    size: [height!, width!],
    kernel: pairOf(window),
  };
  const problem =
    x.shape.length !== 4
      ? "[B, H, W, C] is needed"
      : geometry.padding.some((n, i) => 2 * n > geometry.kernel[i]!)
        ? `padding ${geometry.padding} is more than half the window ${geometry.kernel}`
        : outputSize(geometry).some((n) => n < 1)
          ? `the window ${geometry.kernel} is larger than the maps`
          : undefined;
  if (problem !== undefined) throw shapeError(`maxPool: ${formatShape(x.shape)}; ${problem}.`, { x: x.shape });
  return apply(maxPoolOp, [x], { ...geometry });
}

export interface AveragePoolOptions {
  /** Default: the size of the window. */
  readonly stride?: number | Pair;
  /** Zeros on each side, which count in the means. Default 0. */
  readonly padding?: number | Pair;
}

/**
 * The mean of each window of maps [B, H, W, C], per channel: [B, h, w, C], as PyTorch's `avg_pool2d`. It is a convolution of each channel
 * with equal weights. @throws ShapeError for other ranks, and for a window larger than the padded maps.
 */
export function averagePool(x: Expr, window: number | Pair, options: AveragePoolOptions = {}): Expr {
  checkOptions<AveragePoolOptions>("averagePool", options, { stride: true, padding: true });
  const { stride = window, padding = 0 } = options;
  const [height, width] = pairOf(window);
  const channels = x.shape.at(-1) ?? 1;
  const weight = constant(1 / (height * width), [height, width, 1, channels]);
  return conv(x, weight, { stride, padding, groups: channels });
}

export const poolingOps: readonly OpRecord[] = [maxPoolOp, maxPoolGradientOp];
