/** @file Convolution as one product: the pixels under each window are gathered into a row ("im2col" on channel-last maps). */
import type { Emitter } from "../emitter.ts";
import type { Formulation } from "./formulation.ts";
import { type ConvGeometry, outputSize, pixelReader, tapsOf } from "./geometry.ts";
import { gatherRows, lateZeroRow, scatterRows, type Table, transposed } from "./rows.ts";

const positionsOf = (geometry: ConvGeometry): number =>
  geometry.batch * outputSize(geometry)[0] * outputSize(geometry)[1];
const pixelsOf = ({ batch, size, channels }: ConvGeometry) => ({ count: batch * size[0] * size[1], channels });

/** Each output position in order reads the pixel of the same number: nothing is to be gathered. */
function readsInOrder(geometry: ConvGeometry): boolean {
  return (
    tapsOf(geometry) === 1 &&
    positionsOf(geometry) === pixelsOf(geometry).count &&
    geometry.padding.every((n) => n === 0)
  );
}

/** The pixel of each position and tap: [B h w, taps]. */
function tableOf(geometry: ConvGeometry): Table {
  const { batch, size, kernel, padding, stride, dilation } = geometry;
  const taps = tapsOf(geometry);
  return {
    key: `windows ${[batch, size, kernel, padding, stride, dilation].join()}`,
    make() {
      const read = pixelReader(geometry);
      return Int32Array.from({ length: positionsOf(geometry) * taps }, (_, i) => read(Math.floor(i / taps), i % taps));
    },
  };
}

/** [B h w, taps C] */
function columns(emit: Emitter, x: string, geometry: ConvGeometry, zeros?: string): string {
  const pixels = pixelsOf(geometry);
  const flat = emit.reshape(x, [pixels.count, pixels.channels]);
  if (readsInOrder(geometry)) return flat;
  const shape = [positionsOf(geometry), tapsOf(geometry)];
  const found = gatherRows(emit, flat, pixels, tableOf(geometry), shape, zeros);
  return emit.reshape(found, [shape[0]!, shape[1]! * pixels.channels]);
}

const asMatrix = (emit: Emitter, weight: string, geometry: ConvGeometry): string =>
  emit.reshape(weight, [tapsOf(geometry) * geometry.channels, geometry.outputs]);
const asRows = (emit: Emitter, g: string, geometry: ConvGeometry): string =>
  emit.reshape(g, [positionsOf(geometry), geometry.outputs]);

export const gather: Formulation = {
  name: "gather",
  conv(emit, x, weight, geometry) {
    const y = emit.node("MatMul", [columns(emit, x, geometry), asMatrix(emit, weight, geometry)]);
    return emit.reshape(y, [geometry.batch, ...outputSize(geometry), geometry.outputs]);
  },
  inputGradient(emit, g, weight, geometry) {
    const pixels = pixelsOf(geometry);
    const slopes = emit.matmul(asRows(emit, g, geometry), asMatrix(emit, weight, geometry), false, true);
    const rows = emit.reshape(slopes, [positionsOf(geometry) * tapsOf(geometry), geometry.channels]);
    const sums = readsInOrder(geometry) ? rows : scatterRows(emit, rows, pixels, tableOf(geometry));
    return emit.reshape(sums, [geometry.batch, ...geometry.size, geometry.channels]);
  },
  weightGradient(emit, x, g, geometry) {
    const { kernel, channels, outputs } = geometry;
    const found = columns(emit, x, geometry, lateZeroRow(emit, g, channels));
    const left = transposed(emit, found, [], positionsOf(geometry), tapsOf(geometry) * channels);
    return emit.reshape(emit.node("MatMul", [left, asRows(emit, g, geometry)]), [...kernel, channels, outputs]);
  },
};
