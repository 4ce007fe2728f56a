/** @file Tables: discrete joint distributions, checked and normalised once. */
import { dataError, shapeError } from "../core/errors.ts";
import { formatShape, sizeOf, stridesOf } from "../core/shape.ts";
import { Sum } from "./sum.ts";

/**
 * A joint probability table over named-by-position variables, row-major.
 * A decomposition reads axes [x1, x2, y]: two sources and a target.
 */
export interface Table {
  /** Symbols by axis, those that never occur included. */
  readonly shape: readonly number[];
  /** Probabilities, summing to 1. */
  readonly p: Float64Array;
  /** What the given cells summed to: the number of rows when they were counts. */
  readonly total: number;
}

/** Cells as nested arrays: `counts[x1][x2][y]`. */
export type NestedCells = readonly (number | NestedCells | ArrayLike<number>)[];

/** Cells as one row-major array with its shape, as in a tensor. */
export interface FlatCells {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Input type for tables: counts or probabilities, nested or flat with a shape. */
export type TableInput = Table | NestedCells | FlatCells;

/** The largest table held in memory, in cells (512 MiB of probabilities). */
export const MAX_CELLS: number = 2 ** 26;

/**
 * Checks counts or probabilities and normalises them.
 * Symbols that never occur are legal and change no result. A table is checked and passes through unchanged.
 *
 * @throws ShapeError for ragged cells or an axis without symbols; DataError for a negative, NaN or infinite cell, for a
 * zero total, and for more than MAX_CELLS cells.
 * @example jointTable([[[1, 0], [0, 1]], [[0, 1], [1, 0]]])  // xor, shape [2, 2, 2], total 4
 */
export function jointTable(input: TableInput): Table {
  if (typeof input !== "object" || input === null) {
    throw shapeError(
      `table: ${input === null ? "null" : typeof input} was given; a table is nested arrays of cells, or { shape, data }.`,
    );
  }
  if (isTable(input)) return checkedTable(input);
  const { shape, data } = isFlat(input) ? input : flatten(input);
  checkShape(shape, data.length);
  return normalised(shape, data);
}

/**
 * Counts how often each tuple of symbols occurs: columns of N symbols each become a table with total N.
 * Symbols are whole numbers from 0; `sizes` gives the symbols per axis and defaults to the largest seen plus 1.
 *
 * @throws DataError for columns of different lengths, no rows, or a symbol outside its axis.
 * @example countTable([[0, 0, 1, 1], [0, 1, 0, 1], [0, 1, 1, 0]])  // xor from four rows
 */
export function countTable(columns: readonly ArrayLike<number>[], sizes?: readonly number[]): Table {
  const rows = columns[0]?.length ?? 0;
  if (rows === 0) throw dataError("countTable: no rows were given; a table needs at least one.", { columns });
  if (sizes !== undefined && sizes.length !== columns.length) {
    throw shapeError(`countTable: ${columns.length} columns but ${sizes.length} sizes; give one size a column.`);
  }
  const shape = columns.map((column, axis) => {
    if (column.length !== rows) {
      throw dataError(`countTable: column ${axis} has ${column.length} rows, column 0 has ${rows}; they must agree.`);
    }
    let largest = 0;
    for (let row = 0; row < rows; row++) {
      const symbol = column[row]!;
      if (!Number.isSafeInteger(symbol) || symbol < 0 || (sizes !== undefined && symbol >= sizes[axis]!)) {
        throw dataError(
          `countTable: row ${row} of column ${axis} holds ${symbol}; symbols are whole numbers from 0` +
            (sizes === undefined ? "." : ` below ${sizes[axis]}.`),
          { row, column: axis, symbol },
        );
      }
      if (symbol > largest) largest = symbol;
    }
    return sizes?.[axis] ?? largest + 1;
  });
  checkShape(shape, sizeOf(shape));
  const strides = stridesOf(shape);
  const counts = new Float64Array(sizeOf(shape));
  for (let row = 0; row < rows; row++) {
    let cell = 0;
    for (let axis = 0; axis < columns.length; axis++) cell += columns[axis]![row]! * strides[axis]!;
    counts[cell]!++;
  }
  return normalised(shape, counts);
}

/**
 * The table of some axes, in the order asked for; the others are summed out.
 * @throws ShapeError when an axis is absent or named twice.
 * @example marginal(xor, [0, 2])  // p(x1, y), shape [2, 2]
 */
export function marginal(table: Table, axes: readonly number[]): Table {
  const rank = table.shape.length;
  axes.forEach((axis, i) => {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank || axes.indexOf(axis) !== i) {
      throw shapeError(
        `marginal: axes ${formatShape(axes)} of a table of shape ${formatShape(table.shape)}; ` +
          `each axis must be one of 0 to ${rank - 1} and occur once.`,
        { axes, shape: table.shape },
      );
    }
  });
  const shape = axes.map((axis) => table.shape[axis]!);
  const outStrides = stridesOf(shape);
  const strideOf = table.shape.map((_, axis) => (axes.includes(axis) ? outStrides[axes.indexOf(axis)]! : 0));
  const sums = new Float64Array(sizeOf(shape));
  const lost = new Float64Array(sums.length);
  const index = new Array<number>(rank).fill(0);
  let out = 0;
  for (const value of table.p) {
    const before = sums[out]!;
    const after = before + value;
    lost[out]! += before >= value ? before - after + value : value - after + before;
    sums[out] = after;
    for (let axis = rank - 1; axis >= 0; axis--) {
      out += strideOf[axis]!;
      if (++index[axis]! < table.shape[axis]!) break;
      out -= strideOf[axis]! * table.shape[axis]!;
      index[axis] = 0;
    }
  }
  for (let i = 0; i < sums.length; i++) sums[i]! += lost[i]!;
  return { shape, p: sums, total: table.total };
}

/** A table with a rank that `where` can read. @throws ShapeError that names the axes wanted. */
export function tableOfRank(input: TableInput, rank: number, where: string, axes: string): Table {
  const table = jointTable(input);
  if (table.shape.length !== rank) {
    throw shapeError(
      `${where}: a table of shape ${formatShape(table.shape)} was given; it needs ${rank} axes ${axes}. ` +
        "Sum axes out with marginal, or give an axis of size 1.",
      { shape: table.shape, rank },
    );
  }
  return table;
}

function isTable(input: TableInput): input is Table {
  return "p" in input && input.p instanceof Float64Array;
}

/** How far the probabilities of a table may sum from 1: rounding of millions of cells. */
const ROUNDING = 1e-9;

/** The given table, after checking it. */
function checkedTable(table: Table): Table {
  checkShape(table.shape, table.p.length);
  const sum = sumOfCells(table.shape, table.p);
  if (Math.abs(sum - 1) > ROUNDING || !(table.total > 0)) {
    throw dataError(
      `table: probabilities sum to ${sum} and the total is ${table.total}; give cells to jointTable, which divides by their sum.`,
      { sum, total: table.total },
    );
  }
  return table;
}

function isFlat(input: TableInput): input is FlatCells {
  return "data" in input;
}

function flatten(cells: NestedCells): { shape: number[]; data: number[] } {
  const shape: number[] = [];
  for (let level: unknown = cells; isList(level); level = level[0]) shape.push(level.length);
  const data: number[] = [];
  const walk = (level: unknown, depth: number): void => {
    if (depth === shape.length) {
      if (typeof level !== "number") {
        throw shapeError(`table: cells are nested to different depths; found ${typeof level} where a number belongs.`);
      }
      data.push(level);
      return;
    }
    if (!isList(level) || level.length !== shape[depth]) {
      throw shapeError(
        `table: a row on axis ${depth} has ${isList(level) ? level.length : "no"} entries, the first has ` +
          `${shape[depth]}; every row of an axis must be as long as the first.`,
        { axis: depth, expected: shape[depth] },
      );
    }
    for (let i = 0; i < level.length; i++) walk(level[i], depth + 1);
  };
  walk(cells, 0);
  return { shape, data };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}

/** Throws unless every axis has a symbol, the cells fit in memory and `length` of them were given. */
export function checkShape(shape: readonly number[], length: number): void {
  if (shape.length === 0 || shape.some((n) => !Number.isSafeInteger(n) || n < 1)) {
    throw shapeError(`table: shape ${formatShape(shape)}; every axis needs at least one symbol.`, { shape });
  }
  const cells = sizeOf(shape);
  if (cells > MAX_CELLS) {
    throw dataError(
      `table: shape ${formatShape(shape)} has ${cells} cells; at most ${MAX_CELLS} fit in memory here. ` +
        "Use fewer symbols: merge rare ones, or cluster the features into fewer groups.",
      { shape, cells, most: MAX_CELLS },
    );
  }
  if (cells !== length) {
    throw shapeError(`table: shape ${formatShape(shape)} has ${cells} cells but ${length} were given.`, {
      shape,
      length,
    });
  }
}

function normalised(shape: readonly number[], cells: ArrayLike<number>): Table {
  const total = sumOfCells(shape, cells);
  if (!(total > 0 && total < Number.POSITIVE_INFINITY)) {
    const found = total === 0 ? "0" : "more than a number can hold";
    throw dataError(`table: the cells sum to ${found}; a table needs a total above 0 and below 1e308.`, { total });
  }
  const p = new Float64Array(cells.length);
  for (let i = 0; i < p.length; i++) p[i] = cells[i]! / total;
  return { shape: [...shape], p, total };
}

/** The sum of cells that are all numbers of 0 or more. */
function sumOfCells(shape: readonly number[], cells: ArrayLike<number>): number {
  const sum = new Sum();
  for (let i = 0; i < cells.length; i++) {
    const value = cells[i]!;
    if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) {
      const at = stridesOf(shape).map((stride, axis) => Math.floor(i / stride) % shape[axis]!);
      throw dataError(`table: cell ${formatShape(at)} holds ${value}; cells are finite counts or probabilities >= 0.`, {
        cell: at,
        value,
      });
    }
    sum.add(value);
  }
  return sum.value;
}
