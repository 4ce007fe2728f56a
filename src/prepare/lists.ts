/** @file Lists and tables of samples as people write them: byte-order marks, CRLF, with or without a header. */
import { dataError } from "../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../core/shape.ts";
import { float32, type Tensor } from "../core/tensor.ts";
import { findCells, findSeparator, type Separator } from "../data/formats/cells.ts";
import { parseNumber } from "../data/formats/csv.ts";
import { readArray, requireNumbers, tensorFrom } from "../data/formats/npy.ts";
import { elementType } from "../data/formats/npy-element.ts";
import { readNpyHeader } from "../data/formats/npy-header.ts";
import type { Source } from "./source.ts";

/** The text of a UTF-8 file without its byte-order mark. */
export async function readText({ read, label }: Source, path: string): Promise<string> {
  const bytes = await read(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw dataError(`${label}/${path}: not text in UTF-8; save it in UTF-8.`, { path });
  }
}

/** The lines of a file without blanks around them; empty lines are left out. */
export async function readLines(source: Source, path: string): Promise<string[]> {
  const lines = (await readText(source, path)).split(/\r\n?|\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "");
}

/** The cells of a separated table without a header. */
export async function readRows(source: Source, path: string): Promise<string[][]> {
  const text = await readText(source, path);
  const cells = findCells(text, findSeparator(text), `${source.label}/${path}`);
  return Array.from({ length: cells.lines.length }, (_, row) =>
    Array.from({ length: cells.width }, (_, column) => cells.text(row, column)),
  );
}

/** A table of numbers without a header, [rows, columns]. @throws DataError for a cell that is no number. */
export async function readNumbers(source: Source, path: string): Promise<Tensor<"float32">> {
  const text = await readText(source, path);
  return numbersOf(text, findSeparator(text), `${source.label}/${path}`);
}

function numbersOf(text: string, separator: Separator, where: string): Tensor<"float32"> {
  const cells = findCells(text, separator, where);
  const out = float32([cells.lines.length, cells.width]);
  for (let row = 0; row < cells.lines.length; row++) {
    for (let column = 0; column < cells.width; column++) {
      const value = parseNumber(cells.text(row, column));
      if (value === undefined) {
        throw dataError(
          `${where}: line ${cells.lines[row]}, column ${column + 1} is ${JSON.stringify(cells.text(row, column).slice(0, 40))}, not a number.`,
          { where },
        );
      }
      out.data[row * cells.width + column] = value;
    }
  }
  return out;
}

/** A table of numbers as `readNumbers`; a first line that is no numbers is a header and left out. */
export async function readNumberTable(source: Source, path: string): Promise<Tensor<"float32">> {
  const text = await readText(source, path);
  const separator = findSeparator(text);
  const [first = ""] = text.split(/\r\n?|\n/, 1);
  const isHeader = first
    .split(separator)
    .some((cell) => parseNumber(cell.trim().replace(/^"(.*)"$/, "$1")) === undefined);
  return numbersOf(isHeader ? text.slice(first.length) : text, separator, `${source.label}/${path}`);
}

/** An array of numbers of a .npy file. */
export async function readNpy(source: Source, path: string): Promise<Tensor> {
  const where = `${source.label}/${path}`;
  return requireNumbers(readArray(await source.read(path), where), where);
}

/** An array whose rows are read one at a time, because it may be larger than memory. */
export interface Rows {
  readonly shape: Shape;
  row(row: number): Promise<Tensor>;
}

/** Most bytes of a .npy header and what is before it. */
const HEADER = 2 ** 16 + 12;

/** Opens a .npy file by rows. A file in Fortran order is read whole, as its rows are not together. */
export async function openRows(source: Source, path: string): Promise<Rows> {
  const where = `${source.label}/${path}`;
  const { descr, fortran, shape, dataStart } = readNpyHeader(await source.range(path, 0, HEADER), where);
  if (fortran && shape.length > 1) {
    const whole = await readNpy(source, path);
    return { shape, row: async (row) => rowOf(whole, row, where) };
  }
  const [rows = 0, ...own] = shape;
  const width = sizeOf(own) * elementType(descr, where).itemSize;
  const size = await source.size(path);
  if (size !== dataStart + rows * width) {
    throw dataError(
      `${where}: ${formatShape(shape)} needs ${dataStart + rows * width} bytes, the file has ${size}; copy or write it again.`,
      { where },
    );
  }
  return {
    shape,
    async row(row) {
      if (row >= rows) throw noRow(where, row, shape);
      const bytes = await source.range(path, dataStart + row * width, width);
      return requireNumbers(tensorFrom({ descr, fortran: false, shape: own }, bytes, where), where);
    },
  };
}

/** One row of a tensor [N, ...], as a view. */
export function rowOf(array: Tensor, row: number, where: string): Tensor {
  const [rows = 0, ...shape] = array.shape;
  if (row >= rows) throw noRow(where, row, array.shape);
  const width = array.data.length / rows;
  return { dtype: array.dtype, shape, data: array.data.subarray(row * width, (row + 1) * width) } as Tensor;
}

function noRow(where: string, row: number, shape: Shape): Error {
  return dataError(`${where}: row ${row} (from 0) does not exist in ${formatShape(shape)}.`, { where });
}
