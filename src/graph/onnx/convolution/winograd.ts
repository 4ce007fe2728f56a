/**
 * @file Convolution 3 x 3 with stride 1 by Winograd's minimal filtering, with fewer multiplications than a direct product: F(4x4, 3x3) needs
 * a quarter of them, F(2x2, 3x3) four ninths. The gradients are those of exactly these nodes. Source: Lavin, Gray 2016.
 */
import type { Emitter } from "../emitter.ts";
import type { Formulation } from "./formulation.ts";
import { type ConvGeometry, outputSize } from "./geometry.ts";
import { gatherRows, scatterRows, type Table, transposed } from "./rows.ts";

/** The matrices of the one-dimensional filter: input [a, a], weight [a, 3] and output [m, a]; a = m + 2. */
interface Filter {
  readonly tile: number;
  readonly input: readonly (readonly number[])[];
  readonly weight: readonly (readonly number[])[];
  readonly output: readonly (readonly number[])[];
}

/** The points 0, 1, -1 and infinity. */
const two: Filter = {
  tile: 2,
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
  tile: 4,
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

/** The matrix that applies `matrix` to height and to width of a tile with flat pixels (the Kronecker square), or its transpose. */
function squareOf(emit: Emitter, key: string, matrix: readonly (readonly number[])[], transpose = false): string {
  const [rows, columns] = [matrix.length, matrix[0]!.length];
  const [height, width] = transpose ? [columns ** 2, rows ** 2] : [rows ** 2, columns ** 2];
  return emit.table(`${key} ${transpose}`, [height, width], () => {
    const out = new Float32Array(height * width);
    for (let i = 0; i < rows ** 2; i++) {
      for (let j = 0; j < columns ** 2; j++) {
        const value = matrix[Math.floor(i / rows)]![Math.floor(j / columns)]! * matrix[i % rows]![j % columns]!;
        out[transpose ? j * width + i : i * width + j] = value;
      }
    }
    return out;
  });
}

/** Tiles of the output along height and width, their number over the batch, and pixels of an input tile. */
function tilesOf(geometry: ConvGeometry, { tile }: Filter) {
  const [height, width] = outputSize(geometry).map((n) => Math.ceil(n / tile)) as [number, number];
  return { height, width, count: geometry.batch * height * width, area: (tile + 2) ** 2 };
}

/** The pixel [a a, tiles] at each place of each input tile; -1 outside the maps. Neighbouring tiles overlap by two pixels. */
function tableOf(geometry: ConvGeometry, filter: Filter): Table {
  const { batch, size, padding } = geometry;
  const { height, width, count, area } = tilesOf(geometry, filter);
  const side = filter.tile + 2;
  return {
    key: `tiles ${[batch, size, padding, side].join()}`,
    make: () =>
      Int32Array.from({ length: area * count }, (_, i) => {
        const place = Math.floor(i / count);
        const column = i % width;
        const line = Math.floor((i % count) / width);
        const u = (line % height) * filter.tile - padding[0] + Math.floor(place / side);
        const v = column * filter.tile - padding[1] + (place % side);
        if (u < 0 || u >= size[0] || v < 0 || v >= size[1]) return -1;
        return (Math.floor(line / height) * size[0] + u) * size[1] + v;
      }),
  };
}

const pixelsOf = ({ batch, size, channels }: ConvGeometry) => ({ count: batch * size[0] * size[1], channels });

function winograd(filter: Filter): Formulation {
  const { tile } = filter;
  const square = (emit: Emitter, which: "input" | "weight" | "output", transpose = false): string =>
    squareOf(emit, `winograd ${tile} ${which}`, filter[which], transpose);
  const product = (emit: Emitter, left: string, right: string, shape: readonly number[]): string =>
    emit.reshape(emit.node("MatMul", [left, right]), shape);

  /** Transformed weight [a a, C, O]. */
  const weights = (emit: Emitter, weight: string, geometry: ConvGeometry): string => {
    const { channels, outputs } = geometry;
    const flat = emit.reshape(weight, [9, channels * outputs]);
    return product(emit, square(emit, "weight"), flat, [tilesOf(geometry, filter).area, channels, outputs]);
  };
  /** Transformed input tiles [a a, T, C]. */
  const inputs = (emit: Emitter, x: string, geometry: ConvGeometry): string => {
    const pixels = pixelsOf(geometry);
    const { area, count } = tilesOf(geometry, filter);
    const flat = emit.reshape(x, [pixels.count, pixels.channels]);
    const found = gatherRows(emit, flat, pixels, tableOf(geometry, filter), [area, count]);
    const wide = emit.reshape(found, [area, count * pixels.channels]);
    return product(emit, square(emit, "input"), wide, [area, count, pixels.channels]);
  };
  /** Gradients [a a, T, O] of the products of tiles, from those of the output maps. */
  const slopes = (emit: Emitter, g: string, geometry: ConvGeometry): string => {
    const { batch, outputs } = geometry;
    const { height, width, area, count } = tilesOf(geometry, filter);
    const [h, w] = outputSize(geometry);
    const [below, right] = [height * tile - h, width * tile - w];
    const whole = below + right === 0 ? g : emit.node("Pad", [g, emit.integers([0, 0, 0, 0, 0, below, right, 0])]);
    const parts = emit.reshape(whole, [batch, height, tile, width, tile, outputs]);
    const tiles = emit.node("Transpose", [parts], { perm: [2, 4, 0, 1, 3, 5] });
    const wide = emit.reshape(tiles, [tile * tile, count * outputs]);
    return product(emit, square(emit, "output", true), wide, [area, count, outputs]);
  };

  return {
    name: `winograd ${tile}`,
    conv(emit, x, weight, geometry) {
      const { batch, outputs } = geometry;
      const { height, width, area, count } = tilesOf(geometry, filter);
      const [h, w] = outputSize(geometry);
      const products = emit.node("MatMul", [inputs(emit, x, geometry), weights(emit, weight, geometry)]);
      const wide = emit.reshape(products, [area, count * outputs]);
      const parts = product(emit, square(emit, "output"), wide, [tile, tile, batch, height, width, outputs]);
      const turned = emit.node("Transpose", [parts], { perm: [2, 3, 0, 4, 1, 5] });
      const whole = emit.reshape(turned, [batch, height * tile, width * tile, outputs]);
      if (height * tile === h && width * tile === w) return whole;
      return emit.node("Slice", [whole, emit.integers([0, 0]), emit.integers([h, w]), emit.integers([1, 2])]);
    },
    inputGradient(emit, g, weight, geometry) {
      const { batch, size, channels } = geometry;
      const { area, count } = tilesOf(geometry, filter);
      const tiles = emit.matmul(slopes(emit, g, geometry), weights(emit, weight, geometry), false, true);
      const wide = emit.reshape(tiles, [area, count * channels]);
      const rows = product(emit, square(emit, "input", true), wide, [area * count, channels]);
      const sums = scatterRows(emit, rows, pixelsOf(geometry), tableOf(geometry, filter));
      return emit.reshape(sums, [batch, ...size, channels]);
    },
    weightGradient(emit, x, g, geometry) {
      const { kernel, channels, outputs } = geometry;
      const { area, count } = tilesOf(geometry, filter);
      const left = transposed(emit, inputs(emit, x, geometry), [area], count, channels);
      const products = emit.node("MatMul", [left, slopes(emit, g, geometry)]);
      const wide = emit.reshape(products, [area, channels * outputs]);
      return product(emit, square(emit, "weight", true), wide, [...kernel, channels, outputs]);
    },
  };
}

/** F(2x2, 3x3) and F(4x4, 3x3). */
export const winograd2: Formulation = winograd(two);
export const winograd4: Formulation = winograd(four);
