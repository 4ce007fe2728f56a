/** @file Rows [N, C] read through tables of their numbers, and the gradient of that. */
import type { Emitter } from "../emitter.ts";

/** A table that is made when it is first needed; equal keys are equal tables. */
export interface Table {
  readonly key: string;
  readonly make: () => Int32Array;
}

/** Rows [N, C] and one row of zeros: number N stands for what lies outside. */
function withZeroRow(emit: Emitter, rows: string, channels: number): string {
  const zeros = emit.table(`zeros ${channels}`, [1, channels], () => new Float32Array(channels));
  return emit.node("Concat", [rows, zeros], { axis: 0 });
}

/** The rows of x [N, C] that a table of this shape names: [...shape, C]. -1 in the table is a row of zeros. */
export function gatherRows(
  emit: Emitter,
  x: string,
  { count, channels }: { readonly count: number; readonly channels: number },
  { key, make }: Table,
  shape: readonly number[],
): string {
  const table = make();
  const outside = table.includes(-1);
  const indices = emit.indices(key, shape, () => table.map((row) => (row < 0 ? count : row)));
  return emit.node("Gather", [outside ? withZeroRow(emit, x, channels) : x, indices], { axis: 0 });
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
