/**
 * @file Resizing, to the same bits as Pillow's `Image.resize`, which torchvision's `Resize` calls for pictures of Pillow.
 *
 * Every output value is a weighted mean of source values under a kernel that grows with the shrink factor (antialiasing). Weights are
 * rounded to 22 bits after the point. There are two passes, one along each axis, which both round to 8 bits, so their order matters: it is
 * that of Pillow 13 (found by trying sizes). Earlier versions always begin with the columns; bilinear results then differ by one level.
 */
import { configError, dataError } from "../core/errors.ts";
import type { Picture } from "../core/media.ts";

/** Kernels by name. */
export type Kernel = "bilinear" | "bicubic";

/** A part of a picture in pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface KernelRecord {
  /** Half of the width in which the kernel is not 0. */
  readonly support: number;
  readonly at: (x: number) => number;
}

const KERNELS: { readonly [K in Kernel]: KernelRecord } = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: (x) => cubic(Math.abs(x), -0.5) },
};

/** Bits of a weight after the point. */
const PRECISION = 22;
/** Largest side of a result: above it the number of values is no longer that of a picture. */
const LARGEST_SIDE = 65_535;

/** A picture of `width` x `height`; the aspect is not kept. @throws ConfigError for a size that is none. */
export function resize(picture: Picture, width: number, height: number, kernel: Kernel = "bilinear"): Picture {
  requireSize("resize", { width, height });
  const [fewerRows, fewerColumns] = [picture.height - height, picture.width - width];
  const rowsFirst = fewerRows > 0 && fewerRows > 2 * fewerColumns;
  const columns = (from: Picture): Picture =>
    width === from.width ? from : resizeColumns(from, width, KERNELS[kernel]);
  const rows = (from: Picture): Picture => (height === from.height ? from : resizeRows(from, height, KERNELS[kernel]));
  return rowsFirst ? columns(rows(picture)) : rows(columns(picture));
}

/**
 * A picture whose shorter side is `size`; the longer one is rounded down. As torchvision's `Resize(size)`.
 * @throws ConfigError for a size that is none.
 */
export function resizeShortSide(picture: Picture, size: number, kernel: Kernel = "bilinear"): Picture {
  const { width, height } = picture;
  requireSize("resize", { size });
  return width <= height
    ? resize(picture, size, Math.trunc((size * height) / width), kernel)
    : resize(picture, Math.trunc((size * width) / height), size, kernel);
}

/** The middle of a picture; a half is rounded to the even pixel, as in torchvision. @throws DataError when the picture is smaller. */
export function centreCrop(picture: Picture, width: number, height: number): Picture {
  requireSize("crop", { width, height });
  if (picture.width < width || picture.height < height) {
    throw dataError(
      `crop: the picture has ${picture.width} x ${picture.height} pixels, fewer than ${width} x ${height}. Resize it first.`,
      { width: picture.width, height: picture.height },
    );
  }
  const left = halfToEven(picture.width - width);
  const top = halfToEven(picture.height - height);
  return crop(picture, { left, top, width, height });
}

/** A part of a picture, which must lie inside it. */
export function crop({ width: stride, channels, data }: Picture, { left, top, width, height }: Box): Picture {
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * stride + left) * channels;
    out.set(data.subarray(start, start + width * channels), y * width * channels);
  }
  return { width, height, channels, data: out };
}

/** n / 2, to the even neighbour when it lies between two numbers. */
function halfToEven(n: number): number {
  const half = Math.floor(n / 2);
  return n % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}

/** The weights of every output position: from source position `first[i]` on, `weights[i * most ...]`. */
interface Weights {
  readonly first: Int32Array;
  readonly count: Int32Array;
  readonly most: number;
  readonly weights: Int32Array;
}

function weightsOf(from: number, to: number, { support, at }: KernelRecord): Weights {
  const scale = from / to;
  const stretch = Math.max(1, scale);
  const reach = support * stretch;
  const most = 2 * Math.ceil(reach) + 1;
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  const weights = new Int32Array(to * most);
  const exact = new Float64Array(most);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - reach + 0.5));
    const number = Math.min(from, Math.trunc(centre + reach + 0.5)) - low;
    let sum = 0;
    for (let k = 0; k < number; k++) sum += exact[k] = at((low + k - centre + 0.5) * (1 / stretch));
    for (let k = 0; k < number; k++) {
      const weight = (sum === 0 ? exact[k]! : exact[k]! / sum) * 2 ** PRECISION;
      weights[i * most + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    first[i] = low;
    count[i] = number;
  }
  return { first, count, most, weights };
}

function resizeColumns({ width, height, channels, data }: Picture, to: number, kernel: KernelRecord): Picture {
  const { first, count, most, weights } = weightsOf(width, to, kernel);
  const out = new Uint8ClampedArray(to * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < to; x++) {
      const source = (y * width + first[x]!) * channels;
      const number = count[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 1 << (PRECISION - 1);
        for (let k = 0; k < number; k++) sum += data[source + k * channels + c]! * weights[x * most + k]!;
        out[(y * to + x) * channels + c] = sum >> PRECISION;
      }
    }
  }
  return { width: to, height, channels, data: new Uint8Array(out.buffer) };
}

function resizeRows({ width, height, channels, data }: Picture, to: number, kernel: KernelRecord): Picture {
  const { first, count, most, weights } = weightsOf(height, to, kernel);
  const row = width * channels;
  const out = new Uint8ClampedArray(to * row);
  const sums = new Int32Array(row);
  for (let y = 0; y < to; y++) {
    sums.fill(1 << (PRECISION - 1));
    for (let k = 0; k < count[y]!; k++) {
      const weight = weights[y * most + k]!;
      const source = (first[y]! + k) * row;
      for (let x = 0; x < row; x++) sums[x]! += data[source + x]! * weight;
    }
    for (let x = 0; x < row; x++) out[y * row + x] = sums[x]! >> PRECISION;
  }
  return { width, height: to, channels, data: new Uint8Array(out.buffer) };
}

/** Keys' cubic kernel at x >= 0. */
function cubic(x: number, a: number): number {
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

function requireSize(what: string, sides: Readonly<Record<string, number>>): void {
  for (const [name, side] of Object.entries(sides)) {
    if (!Number.isInteger(side) || side < 1 || side > LARGEST_SIDE) {
      throw configError(`${what}: ${name} is ${side}; allowed is a whole number from 1 to ${LARGEST_SIDE}.`, {
        [name]: side,
      });
    }
  }
}
