/** @file Rows [N, C] read through tables of their numbers, and the gradient of that. */
import type { Emitter } from "../emitter.ts";

/** A table that is made when it is first needed; equal keys are equal tables. */
export interface Table {
  readonly key: string;
  readonly make: () => Int32Array;
}

/** A row of zeros [1, C]. */
function zeroRow(emit: Emitter, channels: number): string {
  return emit.table(`zeros ${channels}`, [1, channels], () => new Float32Array(channels));
}

/**
 * A row of zeros [1, C] that ONNX Runtime can only know once it has g [B, h, w, O]. What is gathered with it is gathered again when g is
 * there, instead of being kept from the forward to the backward pass.
 */
export function lateZeroRow(emit: Emitter, g: string, channels: number): string {
  const [from, to] = [emit.integers([0, 0, 0, 0]), emit.integers([1, 1, 1, 1])];
  const one = emit.reshape(emit.node("Slice", [g, from, to, emit.integers([0, 1, 2, 3])]), [1, 1]);
  const zero = emit.constant([], Float32Array.of(0));
  // No number is both below and above 0, not even NaN.
  const never = emit.node("And", [emit.node("Less", [one, zero]), emit.node("Greater", [one, zero])]);
  return emit.node("Expand", [emit.cast(never), emit.integers([1, channels])]);
}

/**
 * The rows of x [N, C] that a table of this shape names: [...shape, C]. -1 in the table is a row of zeros, which is appended to x as row N
 * (`zeros`, if given).
 */
export function gatherRows(
  emit: Emitter,
  x: string,
  { count, channels }: { readonly count: number; readonly channels: number },
  { key, make }: Table,
  shape: readonly number[],
  zeros?: string,
): string {
  const table = make();
  const indices = emit.indices(key, shape, () => table.map((row) => (row < 0 ? count : row)));
  const whole = zeros === undefined && !table.includes(-1);
  const source = whole ? x : emit.node("Concat", [x, zeros ?? zeroRow(emit, channels)], { axis: 0 });
  return emit.node("Gather", [source, indices], { axis: 0 });
}

/**
 * The gradient of `gatherRows`: row n of the result [count, C] is the sum of those rows of g whose entry in the table is n. It is one
 * Gather for each time that a row is read at most, and their sum: ONNX Runtime's ScatterND is slower.
 */
export function scatterRows(
  emit: Emitter,
  g: string,
  { count, channels }: { readonly count: number; readonly channels: number },
  { key, make }: Table,
): string {
  const table = make();
  const readers = new Int32Array(count);
  const inverse: Int32Array[] = [];
  table.forEach((row, i) => {
    if (row < 0) return;
    const nth = readers[row]!++;
    if (nth === inverse.length) inverse.push(new Int32Array(count).fill(-1));
    inverse[nth]![row] = i;
  });
  const source = { count: table.length, channels };
  const parts = inverse.map((own, nth) =>
    gatherRows(emit, g, source, { key: `${key} read ${nth}`, make: () => own }, [count]),
  );
  return parts.length === 1 ? parts[0]! : emit.node("Sum", parts);
}

/**
 * The transpose of the matrices [R, C], or of a stack of them. ONNX Runtime would fuse a plain Transpose with the product that follows, and
 * its product with a transposed left factor runs at 60 instead of 100 GFlop/s; the axis of size 1 keeps it from that.
 */
export function transposed(emit: Emitter, x: string, lead: readonly number[], rows: number, columns: number): string {
  const n = lead.length;
  const wide = emit.reshape(x, [...lead, rows, columns, 1]);
  const turned = emit.node("Transpose", [wide], { perm: [...lead.keys(), n + 1, n, n + 2] });
  return emit.reshape(turned, [...lead, columns, rows]);
}
