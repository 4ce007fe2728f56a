/** @file Projection onto the row space: at most as many coordinates as rows, for any number of features. */
import { stream } from "../core/random.ts";
import { type Features, pointsOf } from "./features.ts";
import { padded, subtractGram, TILE } from "./linear/gram.ts";

/** A row adds no direction when less than this share of the largest square length is new: the rest is rounding of float32. */
const LEAST_SHARE = 1e-9;
/** Features that are multiplied at a time, so that a panel stays in the cache. */
const CHUNK = 512;

/**
 * Coordinates [N, k] of rows [N, D] in an orthonormal basis of the space that the rows `spanning` span, k at most their number and at
 * least 1. Inner products with spanning rows, so their distances too, are kept exactly; the part of another row orthogonal to the space is
 * dropped. The basis is turned so that all coordinates have the same mean square over the spanning rows: standardising them one by one
 * scales all equally. Time grows with N^2 (D + k). Source: pivoted Cholesky of the Gram matrix; equal diagonal by Givens
 * rotations, Bendel and Mickey 1978.
 *
 * @throws ShapeError for features that are no rows, DataError for NaN.
 * @example rowSpace({ shape: [60, 20000], data }, train)  // [60, at most train.length]
 */
export function rowSpace(features: Features, spanning: readonly number[]): Features & { readonly data: Float64Array } {
  const points = pointsOf(features, "rowSpace");
  const columns = pivoted(gramOf(points), points.rows, spanning);
  if (columns.length === 0) return { shape: [points.rows, 1], data: new Float64Array(points.rows) };
  mix(columns);
  even(columns, spanning);
  const data = new Float64Array(points.rows * columns.length);
  columns.forEach((column, k) => {
    for (let i = 0; i < points.rows; i++) data[i * columns.length + k] = column[i]!;
  });
  return { shape: [points.rows, columns.length], data };
}

/** Inner products of all pairs of rows; only those with column <= row are right. */
function gramOf({ rows, width, data }: { rows: number; width: number; data: Float64Array }): Float64Array[] {
  const stride = padded(rows);
  const gram = new Float64Array(stride * stride);
  for (let start = 0; start < width; start += CHUNK) {
    const depth = Math.min(CHUNK, width - start);
    const panel = new Float64Array(depth * stride);
    for (let i = 0; i < rows; i++) {
      const at = (i >> 2) * depth * TILE + (i & 3);
      for (let f = 0; f < depth; f++) panel[at + f * TILE] = data[i * width + start + f]!;
    }
    subtractGram(gram, stride, 0, panel, depth, stride);
  }
  return Array.from({ length: rows }, (_, i) => gram.subarray(i * stride, i * stride + i + 1).map((value) => -value));
}

/** Columns of the Cholesky factor of all rows; at each step the spanning row with the largest residual becomes a direction. */
function pivoted(gram: readonly Float64Array[], rows: number, spanning: readonly number[]): Float64Array[] {
  const left = Float64Array.from(gram, (line, i) => line[i]!);
  const least = LEAST_SHARE * Math.max(...spanning.map((i) => left[i]!));
  const columns: Float64Array[] = [];
  const open = new Set(spanning);
  while (open.size > 0) {
    let pivot = -1;
    for (const i of open) if (pivot < 0 || left[i]! > left[pivot]!) pivot = i;
    if (!(left[pivot]! > least)) break;
    open.delete(pivot);
    const column = Float64Array.from({ length: rows }, (_, i) => (i >= pivot ? gram[i]![pivot]! : gram[pivot]![i]!));
    for (const before of columns) {
      const factor = before[pivot]!;
      if (factor !== 0) for (let i = 0; i < rows; i++) column[i]! -= factor * before[i]!;
    }
    const scale = 1 / Math.sqrt(left[pivot]!);
    for (let i = 0; i < rows; i++) {
      column[i]! *= scale;
      left[i]! -= column[i]! ** 2;
    }
    columns.push(column);
  }
  return columns;
}

/** Rotates random pairs by 45 degrees until every coordinate mixes all directions. */
function mix(columns: readonly Float64Array[]): void {
  const draw = stream(0, "info.row-space"); // any basis will do, so the seed is fixed
  const order = columns.map((_, k) => k);
  for (let round = 0; round < 2 * Math.ceil(Math.log2(columns.length + 1)); round++) {
    for (let k = order.length - 1; k > 0; k--) {
      const other = draw.below(k + 1);
      [order[k], order[other]] = [order[other]!, order[k]!];
    }
    for (let k = 0; k + 1 < order.length; k += 2) turn(columns[order[k]!]!, columns[order[k + 1]!]!, 1);
  }
}

/** Rotates one column after the other to the mean of all mean squares; the last then has it too. */
function even(columns: readonly Float64Array[], spanning: readonly number[]): void {
  const product = (a: Float64Array, b: Float64Array): number => spanning.reduce((sum, i) => sum + a[i]! * b[i]!, 0);
  const squares = columns.map((column) => product(column, column));
  const mean = squares.reduce((a, b) => a + b, 0) / squares.length;
  const open = new Set(columns.keys());
  for (let round = 1; round < columns.length; round++) {
    const all = [...open];
    const high = all.reduce((a, b) => (squares[b]! > squares[a]! ? b : a));
    const low = all.reduce((a, b) => (squares[b]! < squares[a]! ? b : a));
    open.delete(low);
    const [above, below] = [squares[high]! - mean, squares[low]! - mean];
    if (!(above > 0 && below < 0)) continue;
    const cross = product(columns[low]!, columns[high]!);
    // The tangent t solves above t^2 - 2 cross t + below = 0: `low` then has the mean, and what it gained `high` has lost.
    const root = Math.sqrt(cross * cross - above * below);
    const tangent = below / (cross > 0 ? cross + root : cross - root);
    turn(columns[low]!, columns[high]!, tangent);
    squares[high]! += below;
    squares[low] = mean;
  }
}

/** Rotates two coordinates, in place, by the angle of this tangent: (a, b) to (a - t b, b + t a), made as long as before. */
function turn(a: Float64Array, b: Float64Array, tangent: number): void {
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    a[i] = cosine * (x - tangent * y);
    b[i] = cosine * (y + tangent * x);
  }
}
