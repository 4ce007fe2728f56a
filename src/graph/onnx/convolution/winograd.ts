/**
 * @file Convolution with stride 1 by Winograd's minimal filtering, with fewer multiplications than a direct product: F(4x4, 3x3) needs a
 * quarter of them, F(2x2, 3x3) four ninths, F(4, 3) along one axis half. The gradients are those of exactly these nodes.
 * Source: Lavin, Gray 2016.
 */
import type { Emitter } from "../emitter.ts";
import type { Formulation } from "./formulation.ts";
import { type ConvGeometry, outputSize, type Pair } from "./geometry.ts";
import { gatherRows, lateZeroRow, scatterRows, type Table, transposed } from "./rows.ts";

/** The matrices along one axis: input [a, a], weight [a, k] and output [m, a]; a = m + k - 1. */
interface Filter {
  readonly input: readonly (readonly number[])[];
  readonly weight: readonly (readonly number[])[];
  readonly output: readonly (readonly number[])[];
}

/** The points 0, 1, -1 and infinity. */
const two: Filter = {
  input: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  weight: [
    [1, 0, 0],
    [1 / 2, 1 / 2, 1 / 2],
    [1 / 2, -1 / 2, 1 / 2],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
};

/** The points 0, 1, -1, 2, -2 and infinity. */
const four: Filter = {
  input: [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
  ],
  weight: [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
  ],
  output: [
    [1, 1, 1, 1, 1, 0],
    [0, 1, -1, 2, -2, 0],
    [0, 1, 1, 4, 4, 0],
    [0, 1, -1, 8, -8, 1],
  ],
};

/** An axis along which the kernel has one entry. */
const one: Filter = { input: [[1]], weight: [[1]], output: [[1]] };

/** Filters along height and width. */
type Filters = readonly [Filter, Filter];
type Which = keyof Filter;

const tileOf = (filters: Filters): Pair => [filters[0].output.length, filters[1].output.length];
const sideOf = (filters: Filters): Pair => [filters[0].input.length, filters[1].input.length];

/** The matrix that applies those of height and width to a tile with flat pixels (their Kronecker product), or its transpose. */
function matrixOf(emit: Emitter, filters: Filters, which: Which, transpose: boolean): string {
  const [tall, wide] = [filters[0][which], filters[1][which]];
  const [rows, columns] = [tall.length * wide.length, tall[0]!.length * wide[0]!.length];
  const shape = transpose ? [columns, rows] : [rows, columns];
  const key = `winograd ${tileOf(filters).join()} ${sideOf(filters).join()} ${which} ${transpose}`;
  return emit.table(key, shape, () => {
    const out = new Float32Array(rows * columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        const value =
          tall[Math.floor(i / wide.length)]![Math.floor(j / wide[0]!.length)]! *
          wide[i % wide.length]![j % wide[0]!.length]!;
        out[transpose ? j * rows + i : i * columns + j] = value;
      }
    }
    return out;
  });
}

/** Tiles of the output along height and width, their number over the batch, and pixels of an output and of an input tile. */
function tilesOf(geometry: ConvGeometry, filters: Filters) {
  const tile = tileOf(filters);
  const [height, width] = outputSize(geometry).map((n, i) => Math.ceil(n / tile[i]!)) as [number, number];
  const side = sideOf(filters);
  return { height, width, count: geometry.batch * height * width, tile, side, area: side[0] * side[1] };
}

/** The pixel [a a, tiles] at each place of each input tile; -1 outside the maps. Neighbouring tiles overlap. */
function tableOf(geometry: ConvGeometry, filters: Filters): Table {
  const { batch, size, padding } = geometry;
  const { height, width, count, area, tile, side } = tilesOf(geometry, filters);
  return {
    key: `tiles ${[batch, size, padding, tile, side].join()}`,
    make: () =>
      Int32Array.from({ length: area * count }, (_, i) => {
        const place = Math.floor(i / count);
        const column = i % width;
        const line = Math.floor((i % count) / width);
        const u = (line % height) * tile[0] - padding[0] + Math.floor(place / side[1]);
        const v = column * tile[1] - padding[1] + (place % side[1]);
        if (u < 0 || u >= size[0] || v < 0 || v >= size[1]) return -1;
        return (Math.floor(line / height) * size[0] + u) * size[1] + v;
      }),
  };
}

const pixelsOf = ({ batch, size, channels }: ConvGeometry) => ({ count: batch * size[0] * size[1], channels });

function winograd(name: string, filters: Filters): Formulation {
  const matrix = (emit: Emitter, which: Which, transpose = false): string => matrixOf(emit, filters, which, transpose);
  const product = (emit: Emitter, left: string, right: string, shape: readonly number[]): string =>
    emit.reshape(emit.node("MatMul", [left, right]), shape);

  /** Transformed weight [a a, C, O]. */
  const weights = (emit: Emitter, weight: string, geometry: ConvGeometry): string => {
    const { kernel, channels, outputs } = geometry;
    const flat = emit.reshape(weight, [kernel[0] * kernel[1], channels * outputs]);
    return product(emit, matrix(emit, "weight"), flat, [tilesOf(geometry, filters).area, channels, outputs]);
  };
  /** Transformed input tiles [a a, T, C]. */
  const inputs = (emit: Emitter, x: string, geometry: ConvGeometry, zeros?: string): string => {
    const pixels = pixelsOf(geometry);
    const { area, count } = tilesOf(geometry, filters);
    const flat = emit.reshape(x, [pixels.count, pixels.channels]);
    const found = gatherRows(emit, flat, pixels, tableOf(geometry, filters), [area, count], zeros);
    const wide = emit.reshape(found, [area, count * pixels.channels]);
    return product(emit, matrix(emit, "input"), wide, [area, count, pixels.channels]);
  };
  /** Gradients [a a, T, O] of the products of tiles, from those of the output maps. */
  const slopes = (emit: Emitter, g: string, geometry: ConvGeometry): string => {
    const { batch, outputs } = geometry;
    const { height, width, area, count, tile } = tilesOf(geometry, filters);
    const [h, w] = outputSize(geometry);
    const [below, right] = [height * tile[0] - h, width * tile[1] - w];
    const whole = below + right === 0 ? g : emit.node("Pad", [g, emit.integers([0, 0, 0, 0, 0, below, right, 0])]);
    const parts = emit.reshape(whole, [batch, height, tile[0], width, tile[1], outputs]);
    const tiles = emit.node("Transpose", [parts], { perm: [2, 4, 0, 1, 3, 5] });
    const wide = emit.reshape(tiles, [tile[0] * tile[1], count * outputs]);
    return product(emit, matrix(emit, "output", true), wide, [area, count, outputs]);
  };

  return {
    name,
    conv(emit, x, weight, geometry) {
      const { batch, outputs } = geometry;
      const { height, width, area, count, tile } = tilesOf(geometry, filters);
      const [h, w] = outputSize(geometry);
      const products = emit.node("MatMul", [inputs(emit, x, geometry), weights(emit, weight, geometry)]);
      const wide = emit.reshape(products, [area, count * outputs]);
      const parts = product(emit, matrix(emit, "output"), wide, [...tile, batch, height, width, outputs]);
      const turned = emit.node("Transpose", [parts], { perm: [2, 3, 0, 4, 1, 5] });
      const whole = emit.reshape(turned, [batch, height * tile[0], width * tile[1], outputs]);
      if (height * tile[0] === h && width * tile[1] === w) return whole;
      return emit.node("Slice", [whole, emit.integers([0, 0]), emit.integers([h, w]), emit.integers([1, 2])]);
    },
    inputGradient(emit, g, weight, geometry) {
      const { batch, size, channels } = geometry;
      const { area, count } = tilesOf(geometry, filters);
      const tiles = emit.matmul(slopes(emit, g, geometry), weights(emit, weight, geometry), false, true);
      const wide = emit.reshape(tiles, [area, count * channels]);
      const rows = product(emit, matrix(emit, "input", true), wide, [area * count, channels]);
      const sums = scatterRows(emit, rows, pixelsOf(geometry), tableOf(geometry, filters));
      return emit.reshape(sums, [batch, ...size, channels]);
    },
    weightGradient(emit, x, g, geometry) {
      const { kernel, channels, outputs } = geometry;
      const { area, count } = tilesOf(geometry, filters);
      const again = inputs(emit, x, geometry, lateZeroRow(emit, g, channels));
      const left = transposed(emit, again, [area], count, channels);
      const products = emit.node("MatMul", [left, slopes(emit, g, geometry)]);
      const wide = emit.reshape(products, [area, channels * outputs]);
      return product(emit, matrix(emit, "weight", true), wide, [...kernel, channels, outputs]);
    },
  };
}

/** F(2x2, 3x3) and F(4x4, 3x3); F(4, 3) along height and along width. */
export const winograd2: Formulation = winograd("winograd 2 x 2", [two, two]);
export const winograd4: Formulation = winograd("winograd 4 x 4", [four, four]);
export const winogradTall: Formulation = winograd("winograd 4 x 1", [four, one]);
export const winogradWide: Formulation = winograd("winograd 1 x 4", [one, four]);
