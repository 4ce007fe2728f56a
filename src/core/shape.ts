/** @file Shapes: sizes, axes, broadcasting. */
import { shapeError } from "./errors.ts";

/** Sizes by axis, row-major; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** `[64, 512]`, as every message writes a shape. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** An axis counted from the front; negative axes count from the back. */
export function normalAxis(axis: number, rank: number, where: string): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank) {
    throw shapeError(`${where}: axis ${axis} is not an axis of a tensor of rank ${rank}.`, { axis, rank });
  }
  return normal;
}

/** The shape two tensors broadcast to (NumPy's rule: align at the last axis, a size of 1 stretches). */
export function broadcastShapes(a: Shape, b: Shape, where: string): number[] {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[i - (rank - a.length)] ?? 1;
    const n = b[i - (rank - b.length)] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw shapeError(
        `${where}: ${formatShape(a)} and ${formatShape(b)} do not broadcast; sizes ${m} and ${n} differ and neither is 1.`,
        { a, b },
      );
    }
    out.push(m === 1 ? n : m);
  }
  return out;
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i]!;
  }
  return strides;
}
