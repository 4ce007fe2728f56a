/** @file Samples as rows: the reader that batches are filled from, and rows of arrays in memory. */
import { type Shape, sizeOf } from "../core/shape.ts";
import type { EncodedTarget } from "../targets/target.ts";

/** Samples as rows that can be read in any order; they need not be in memory. */
export interface Rows {
  /** Number of samples N. */
  readonly size: number;
  /** Numbers before and after the sample axis: together the rows are [lead, N, width]. */
  readonly lead: number;
  readonly width: number;
  /**
   * Copies the samples `rows[from .. from + count)` into `into`, laid out as [lead, count, width]. Returns a promise only if it must wait,
   * because a step reads several sources and each turn of the event loop costs more than a copy.
   */
  read(rows: ArrayLike<number>, from: number, count: number, into: Float32Array): Promise<void> | undefined;
}

/** Rows of named sources, one for each input leaf of a graph. */
export type Sources = Readonly<Record<string, Rows>>;

/** N samples of one split as encoders read them, by input leaf, and their target. */
export interface Samples {
  readonly sources: Sources;
  readonly size: number;
  readonly target: EncodedTarget;
}

/** Samples as rows along any axis of an array in memory: [lead, N, width]. */
export interface RowSource {
  readonly data: Float32Array;
  readonly lead: number;
  readonly rows: number;
  readonly width: number;
}

/** The reader of an array in memory; it sees later changes of the array. */
export function inMemory(source: RowSource): Rows {
  return {
    size: source.rows,
    lead: source.lead,
    width: source.width,
    read(rows, from, count, into) {
      gatherRows(into, source, rows, from, count);
      return undefined;
    },
  };
}

/** The sizes before the row axis `axis` of a shape, and of what each of its samples has. */
export function rowSize(
  shape: Shape,
  axis: number,
  samples: number,
): { readonly lead: number; readonly width: number } {
  const lead = sizeOf(shape.slice(0, axis));
  return { lead, width: sizeOf(shape) / (lead * samples) };
}

/** Copies rows `rows[from .. from + count)` of a source into `target`, laid out as [lead, count, width]. */
export function gatherRows(
  target: Float32Array,
  source: RowSource,
  rows: ArrayLike<number>,
  from: number,
  count: number,
): void {
  const { data, lead, width } = source;
  for (let l = 0; l < lead; l++) {
    const base = l * source.rows * width;
    let to = l * count * width;
    if (width < 24) {
      // For short rows a loop is faster than a call to `set`.
      for (let i = 0; i < count; i++) {
        const start = base + rows[from + i]! * width;
        for (let f = 0; f < width; f++) target[to++] = data[start + f]!;
      }
    } else {
      for (let i = 0; i < count; i++, to += width) {
        const start = base + rows[from + i]! * width;
        target.set(data.subarray(start, start + width), to);
      }
    }
  }
}

/** Copies a batch [count, width] into rows `rows[from .. from + count)` of a source [N, width]: the inverse of a gather. */
export function scatterInto(
  source: RowSource,
  batch: Float32Array,
  rows: ArrayLike<number>,
  from: number,
  count: number,
): void {
  const { data, width } = source;
  for (let i = 0; i < count; i++) data.set(batch.subarray(i * width, (i + 1) * width), rows[from + i]! * width);
}

/** Copies a batch laid out as [lead, count, width] into the rows from `start` on: the inverse of a gather of consecutive rows. */
export function scatterRows(
  source: RowSource,
  batch: Float32Array,
  start: number,
  count: number,
  stride: number,
): void {
  for (let l = 0; l < source.lead; l++) {
    const from = l * stride * source.width;
    const rows = batch.subarray(from, from + count * source.width);
    source.data.set(rows, (l * source.rows + start) * source.width);
  }
}
