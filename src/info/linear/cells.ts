/**
 * @file The cells (x1, x2, y) an optimisation may fill, grouped by pair (x1, x2), with the rows (x1, y) and (x2, y) they
 * add up to. Symbols that never occur have no rows, so nothing divides by their zero.
 */
import { dataError } from "../../core/errors.ts";
import { formatShape, stridesOf } from "../../core/shape.ts";

/** The largest domain of an optimisation: about 1 GiB of working arrays. */
const MAX_DOMAIN: number = 2 ** 24;

/** Rows (x, y) of one source, in the order of x: those with positive mass. */
export interface Rows {
  /** Number of rows. */
  readonly size: number;
  /** Rows of symbol x are start[x] up to start[x + 1]; symbols without mass have none. */
  readonly start: Int32Array;
  readonly x: Int32Array;
  readonly y: Int32Array;
  /** p(x, y) of each row. */
  readonly mass: Float64Array;
}

/** Cells by pair; cell k lies in row1[k], row2[k], and at index[k] of the flat table. */
export interface Cells {
  readonly ny: number;
  readonly size: number;
  readonly rows1: Rows;
  readonly rows2: Rows;
  readonly row1: Int32Array;
  readonly row2: Int32Array;
  /** Where the cell is in the table the caller gave. */
  readonly index: Int32Array;
  /** Pairs with at least one cell; cells of pair k are start[k] up to start[k + 1]. */
  readonly pairs: number;
  readonly start: Int32Array;
  readonly pairX1: Int32Array;
  readonly pairX2: Int32Array;
}

/** The margins a domain is made from. */
export interface Margins {
  readonly n1: number;
  readonly n2: number;
  readonly ny: number;
  /** p(x1, y) [n1, ny]. */
  readonly p1y: Float64Array;
  /** p(x2, y) [n2, ny]. */
  readonly p2y: Float64Array;
}

/**
 * All cells with p(x1, y) > 0, p(x2, y) > 0 and `allowed` (by flat index; all by default).
 * `swap` exchanges the roles of the sources: rows1 and x1 then belong to source 2.
 * @throws DataError for more than MAX_DOMAIN cells.
 */
export function domainCells(margins: Margins, swap = false, allowed?: (index: number) => boolean): Cells {
  const { n1, n2, ny } = margins;
  const strides = stridesOf([n1, n2, ny]);
  const outer = swap ? n2 : n1;
  const inner = swap ? n1 : n2;
  const [outerStride, innerStride] = swap ? [strides[1]!, strides[0]!] : [strides[0]!, strides[1]!];
  const rows1 = positiveRows(swap ? margins.p2y : margins.p1y, outer, ny);
  const rows2 = positiveRows(swap ? margins.p1y : margins.p2y, inner, ny);
  const rowOf2 = new Int32Array(inner * ny).fill(-1);
  for (let r = 0; r < rows2.size; r++) rowOf2[rows2.x[r]! * ny + rows2.y[r]!] = r;

  let most = 0;
  for (let r = 0; r < rows1.size; r++) {
    for (let x2 = 0; x2 < inner; x2++) if (rowOf2[x2 * ny + rows1.y[r]!]! >= 0) most++;
  }
  if (most > MAX_DOMAIN) {
    throw dataError(
      `optimise over ${formatShape([n1, n2, ny])}: ${most} cells can be filled; at most ${MAX_DOMAIN} fit in memory. ` +
        "Use fewer symbols: merge rare ones, or cluster the features into fewer groups.",
      { cells: most, most: MAX_DOMAIN },
    );
  }
  const row1 = new Int32Array(most);
  const row2 = new Int32Array(most);
  const index = new Int32Array(most);
  const start: number[] = [];
  const pairX1: number[] = [];
  const pairX2: number[] = [];
  let size = 0;
  for (let x1 = 0; x1 < outer; x1++) {
    for (let x2 = 0; x2 < inner; x2++) {
      const first = size;
      for (let r = rows1.start[x1]!; r < rows1.start[x1 + 1]!; r++) {
        const y = rows1.y[r]!;
        const other = rowOf2[x2 * ny + y]!;
        const at = x1 * outerStride + x2 * innerStride + y;
        if (other < 0 || (allowed !== undefined && !allowed(at))) continue;
        row1[size] = r;
        row2[size] = other;
        index[size++] = at;
      }
      if (size === first) continue;
      start.push(first);
      pairX1.push(x1);
      pairX2.push(x2);
    }
  }
  return {
    ny,
    size,
    rows1,
    rows2,
    row1: row1.subarray(0, size),
    row2: row2.subarray(0, size),
    index: index.subarray(0, size),
    pairs: start.length,
    start: Int32Array.from([...start, size]),
    pairX1: Int32Array.from(pairX1),
    pairX2: Int32Array.from(pairX2),
  };
}

function positiveRows(mass: Float64Array, n: number, ny: number): Rows {
  const start = new Int32Array(n + 1);
  const [xs, ys, masses]: [number[], number[], number[]] = [[], [], []];
  for (let x = 0; x < n; x++) {
    for (let y = 0; y < ny; y++) {
      const p = mass[x * ny + y]!;
      if (p > 0) {
        xs.push(x);
        ys.push(y);
        masses.push(p);
      }
    }
    start[x + 1] = xs.length;
  }
  return { size: xs.length, start, x: Int32Array.from(xs), y: Int32Array.from(ys), mass: Float64Array.from(masses) };
}
