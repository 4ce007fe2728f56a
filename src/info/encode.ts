/** @file Functions of a table's symbols: representations, merged symbols, dropped sources. */
import { dataError } from "../core/errors.ts";
import { sizeOf, stridesOf } from "../core/shape.ts";
import { checkShape, MAX_CELLS, marginal, type Table } from "./table.ts";

/**
 * Replaces some axes by one: `encoder` maps their symbols to a new symbol, a whole number from 0, which becomes axis 0; the
 * other axes follow in their order. Any function of the sources is an encoder: merging symbols, dropping a source.
 * @throws DataError when the encoder returns anything else.
 * @example encode(table, [0, 1], ([x1, x2]) => x1! ^ x2!)  // from [x1, x2, y] to [z, y]
 */
export function encode(table: Table, axes: readonly number[], encoder: (symbols: readonly number[]) => number): Table {
  const merged = axes.map((axis) => table.shape[axis]!);
  const others = table.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const ordered = marginal(table, [...axes, ...others]);
  const strides = stridesOf(merged);
  const codes = Array.from({ length: sizeOf(merged) }, (_, index) => {
    const code = encoder(strides.map((stride, i) => Math.floor(index / stride) % merged[i]!));
    if (Number.isSafeInteger(code) && code >= 0 && code < MAX_CELLS) return code;
    throw dataError(`encode: the encoder gave ${code}; it must give whole numbers from 0.`, { code });
  });
  const inner = ordered.p.length / codes.length;
  const shape = [
    codes.reduce((most, code) => Math.max(most, code + 1), 1),
    ...others.map((axis) => table.shape[axis]!),
  ];
  checkShape(shape, sizeOf(shape));
  const p = new Float64Array(sizeOf(shape));
  for (let i = 0; i < ordered.p.length; i++) p[codes[Math.floor(i / inner)]! * inner + (i % inner)]! += ordered.p[i]!;
  return { shape, p, total: table.total };
}
