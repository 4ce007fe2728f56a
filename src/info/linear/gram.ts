/** @file The inner kernel of every factorisation here: subtract a Gram matrix, four rows by four columns at a time. */

/** Columns in a tile of a packed panel. */
export const TILE = 4;

/** `n` rounded up to whole tiles. */
export function padded(n: number): number {
  return (n + TILE - 1) & -TILE;
}

/**
 * Lower triangle of c[from.., from..] minus PᵀP, for a panel P of `depth` rows and `columns` columns (whole tiles).
 * The panel is packed by tile, P[row][column] at ((column >> 2) * depth + row) * 4 + (column & 3), so that the inner loop
 * reads memory in order. `c` is row-major with `stride` numbers a row. Entries above the diagonal inside a tile change too.
 */
export function subtractGram(
  c: Float64Array,
  stride: number,
  from: number,
  panel: Float64Array,
  depth: number,
  columns: number,
): void {
  const tiles = columns / TILE;
  const step = depth * TILE;
  for (let ti = 0; ti < tiles; ti++) {
    for (let tj = 0; tj <= ti; tj++) {
      let a00 = 0;
      let a01 = 0;
      let a02 = 0;
      let a03 = 0;
      let a10 = 0;
      let a11 = 0;
      let a12 = 0;
      let a13 = 0;
      let a20 = 0;
      let a21 = 0;
      let a22 = 0;
      let a23 = 0;
      let a30 = 0;
      let a31 = 0;
      let a32 = 0;
      let a33 = 0;
      const end = (ti + 1) * step;
      for (let i = ti * step, j = tj * step; i < end; i += TILE, j += TILE) {
        const x0 = panel[i]!;
        const x1 = panel[i + 1]!;
        const x2 = panel[i + 2]!;
        const x3 = panel[i + 3]!;
        const y0 = panel[j]!;
        const y1 = panel[j + 1]!;
        const y2 = panel[j + 2]!;
        const y3 = panel[j + 3]!;
        a00 += x0 * y0;
        a01 += x0 * y1;
        a02 += x0 * y2;
        a03 += x0 * y3;
        a10 += x1 * y0;
        a11 += x1 * y1;
        a12 += x1 * y2;
        a13 += x1 * y3;
        a20 += x2 * y0;
        a21 += x2 * y1;
        a22 += x2 * y2;
        a23 += x2 * y3;
        a30 += x3 * y0;
        a31 += x3 * y1;
        a32 += x3 * y2;
        a33 += x3 * y3;
      }
      let o = (from + ti * TILE) * stride + from + tj * TILE;
      c[o]! -= a00;
      c[o + 1]! -= a01;
      c[o + 2]! -= a02;
      c[o + 3]! -= a03;
      o += stride;
      c[o]! -= a10;
      c[o + 1]! -= a11;
      c[o + 2]! -= a12;
      c[o + 3]! -= a13;
      o += stride;
      c[o]! -= a20;
      c[o + 1]! -= a21;
      c[o + 2]! -= a22;
      c[o + 3]! -= a23;
      o += stride;
      c[o]! -= a30;
      c[o + 1]! -= a31;
      c[o + 2]! -= a32;
      c[o + 3]! -= a33;
    }
  }
}
