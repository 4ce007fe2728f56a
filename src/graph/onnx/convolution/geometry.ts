/** @file Sizes of windows that slide over channel-last maps, and which pixel each of their taps reads. */

/** A number for height and one for width. */
export type Pair = readonly [number, number];

/** Windows over maps of one size. */
export interface Window {
  /** Positions outside the maps on both sides of height and width. */
  readonly padding: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** Height and width of the maps, and of the window. */
  readonly size: Pair;
  readonly kernel: Pair;
}

/** Everything that decides how a convolution and its gradients are computed. */
export interface ConvGeometry extends Window {
  /** Groups of channels that do not mix. */
  readonly groups: number;
  /** Samples, and channels of the input and of the output. */
  readonly batch: number;
  readonly channels: number;
  readonly outputs: number;
}

/** Height and width of the output maps. */
export function outputSize({ size, kernel, padding, stride, dilation }: Window): Pair {
  const along = (i: 0 | 1): number =>
    Math.floor((size[i] + 2 * padding[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1;
  return [along(0), along(1)];
}

/** Number of products of a window with one channel. */
export function tapsOf({ kernel }: Window): number {
  return kernel[0] * kernel[1];
}

/**
 * A function from an output position (a row of [B h w]) and a tap (counted row by row) to the pixel that the tap reads there: a row of
 * [B H W], or -1 outside the maps.
 */
export function pixelReader(window: Window): (position: number, tap: number) => number {
  const { size, kernel, padding, stride, dilation } = window;
  const [height, width] = outputSize(window);
  return (position, tap) => {
    const column = position % width;
    const line = (position - column) / width;
    const v = column * stride[1] - padding[1] + (tap % kernel[1]) * dilation[1];
    const u = (line % height) * stride[0] - padding[0] + Math.floor(tap / kernel[1]) * dilation[0];
    if (u < 0 || u >= size[0] || v < 0 || v >= size[1]) return -1;
    return (Math.floor(line / height) * size[0] + u) * size[1] + v;
  };
}
