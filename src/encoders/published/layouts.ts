/** @file Layouts of published tensors: each is turned into ours and back. */
import { configError, type DmilError } from "../../core/errors.ts";
import { formatShape, type Shape, sizeOf, stridesOf } from "../../core/shape.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { bicubic } from "./resize.ts";

type Values = Tensor<"float32">;

/** Sizes of an encoder of patches: [height, width] of a patch, and the rows and columns of patches of a sample. */
export interface PatchSizes {
  readonly patch: readonly [number, number];
  readonly grid: readonly [number, number];
}

/** What a layout knows besides the tensor. */
export interface LayoutContext {
  /** Shape of our parameter. */
  readonly shape: Shape;
  readonly patches: PatchSizes | undefined;
  /** Records a change of numbers. */
  note(change: string): void;
}

interface LayoutType {
  /** Our array from the published one. @throws ConfigError if it cannot be made to fit. */
  read(tensor: Values, context: LayoutContext): Values;
  /** The published array from ours. */
  write(tensor: Values, context: LayoutContext): Values;
}

export type Layout = "same" | "linear" | "convolution" | "first convolution" | "patches" | "positions";

/** All layouts by name. */
export const layouts: Readonly<Record<Layout, LayoutType>> = {
  same: { read: (tensor) => tensor, write: (tensor) => tensor },
  /** [out, in] there, [in, out] here. */
  linear: { read: (tensor) => permuted(tensor, [1, 0]), write: (tensor) => permuted(tensor, [1, 0]) },
  /** [out, in, height, width] there, [height, width, in, out] here. */
  convolution: { read: channelsLast, write: channelsFirst },
  /** A convolution on the data's channels, whose number may be another one. */
  "first convolution": {
    read: (tensor, context) => channelsLast(withChannels(tensor, context.shape.at(-2), context)),
    write: channelsFirst,
  },
  /** A convolution whose steps are as long as its kernel: here a linear layer on rows of (row, column, channel). */
  patches: {
    read(tensor, context) {
      const { shape, patches } = context;
      const [out, , ...size] = rank(tensor, 4).shape as [number, number, number, number];
      if (patches !== undefined && String(size) !== String(patches.patch)) {
        throw unfit(`its patches are ${size.join(" x ")}, those of the encoder ${patches.patch.join(" x ")}`);
      }
      const { data } = channelsLast(withChannels(tensor, shape[0]! / sizeOf(size), context));
      return float32([data.length / out, out], data);
    },
    write({ shape, data }, { patches }) {
      const [height, width] = patches!.patch;
      const [rows, out] = shape as [number, number];
      return channelsFirst(float32([height, width, rows / (height * width), out], data));
    },
  },
  /** The class token and one row for each patch, [1, 1 + patches, D]; a square grid there. */
  positions: { read: resized, write: (tensor) => tensor },
};

function unfit(what: string): DmilError {
  return configError(what);
}

function rank(tensor: Values, axes: number): Values {
  if (tensor.shape.length === axes) return tensor;
  throw unfit(`it is ${formatShape(tensor.shape)}, and ${axes} axes are needed`);
}

function channelsLast(tensor: Values): Values {
  return permuted(rank(tensor, 4), [2, 3, 1, 0]);
}

function channelsFirst(tensor: Values): Values {
  return permuted(tensor, [3, 2, 0, 1]);
}

/**
 * A kernel [out, I, height, width] for another number N of input channels: each is the sum over the I channels / N, so that N equal channels
 * give what I equal ones gave. N = 1 is the sum over red, green and blue.
 */
function withChannels(tensor: Values, channels: number | undefined, { note }: LayoutContext): Values {
  const [out, before, height, width] = rank(tensor, 4).shape as [number, number, number, number];
  if (channels === before || channels === undefined || !Number.isInteger(channels) || channels < 1) return tensor;
  const size = height * width;
  const data = new Float32Array(out * channels * size);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let c = 0; c < before; c++) sum += tensor.data[(o * before + c) * size + i]!;
      for (let c = 0; c < channels; c++) data[(o * channels + c) * size + i] = sum / channels;
    }
  }
  const share = channels === 1 ? "the sum" : `each 1/${channels} of the sum`;
  note(`${before} input channels -> ${channels}: ${share} over the ${before}`);
  return float32([out, channels, height, width], data);
}

/** Positions for another grid of patches, resized bicubically; that of the class token is kept. */
function resized(tensor: Values, { shape, patches, note }: LayoutContext): Values {
  const [, count, width] = rank(tensor, 3).shape as [number, number, number];
  const side = Math.round(Math.sqrt(count - 1));
  const grid = patches?.grid;
  if (grid === undefined || (count === shape[1] && grid[0] === grid[1])) return tensor;
  if (side * side !== count - 1 || side === 0) {
    throw unfit(
      `its ${count - 1} positions of patches are no square grid, so they cannot be resized to ${grid.join(" x ")}`,
    );
  }
  if (grid[0] === side && grid[1] === side) return tensor;
  const data = new Float32Array((1 + grid[0] * grid[1]) * width);
  data.set(tensor.data.subarray(0, width));
  data.set(bicubic(tensor.data.subarray(width), [side, side], grid, width), width);
  note(`${side} x ${side} positions -> ${grid.join(" x ")}, resized bicubically`);
  return float32([1, 1 + grid[0] * grid[1], width], data);
}

/** A copy whose axis i is axis `order[i]` of the tensor. */
function permuted(tensor: Values, order: readonly number[]): Values {
  const { shape, data } = rank(tensor, order.length);
  const strides = stridesOf(shape);
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const out = new Float32Array(data.length);
  const index = new Array<number>(order.length).fill(0);
  for (let i = 0, at = 0; i < out.length; i++) {
    out[i] = data[at]!;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      at += steps[axis]!;
      if (index[axis]! < sizes[axis]!) break;
      at -= steps[axis]! * sizes[axis]!;
      index[axis] = 0;
    }
  }
  return float32(sizes, out);
}
