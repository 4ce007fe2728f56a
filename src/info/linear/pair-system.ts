/**
 * @file The linear system behind every second-order step here, with its structure used.
 *
 * With A the matrix that adds cells up to rows (x1, y) and (x2, y), and per pair (x1, x2) the cell matrix
 * diag(d) + w d dᵀ, the system is A (diag(d) + w d dᵀ) Aᵀ. Rows of different x1 never share a pair, so the first diagonal
 * block is itself block diagonal: it is eliminated symbol by symbol, and only the rows of source 2 need a dense factor.
 * Cost: rows1 rows2² / 2 + rows2³ / 6 multiply-adds instead of (rows1 + rows2)³ / 6.
 */

import type { Cells } from "./cells.ts";
import { cholesky, solveLower, solveUpper } from "./cholesky.ts";
import { padded, subtractGram, TILE as TILE_OF_GRAM } from "./gram.ts";

/** A local copy: some loaders turn every use of an imported constant into a call, and it is used in the inner loops. */
const TILE = TILE_OF_GRAM;

/** A factored system; `solve` may be called many times per `factor`. */
export interface PairSystem {
  /**
   * Assembles and factors for cell weights d (> 0) and pair weights w, scaled to unit diagonal, with `ridge` added to it.
   * `diagonal` is d + w d² by cell, given by the caller in a form that does not cancel when w < 0. False when a pivot vanishes: ask again with a larger ridge.
   */
  factor(d: Float64Array, w: Float64Array, diagonal: Float64Array, ridge: number): boolean;
  /** Overwrites right-hand sides (by rows1, by rows2) with the solution; left-out rows get 0. */
  solve(b1: Float64Array, b2: Float64Array): void;
}

/** Multiply-adds of one factorisation, to choose which source to eliminate. */
export function factorCost(rows1: number, rows2: number): number {
  return (rows1 * rows2 * rows2) / 2 + rows2 ** 3 / 6;
}

/** The system of some cells; rows of source 2 with `leaveOut[row]` are taken as 0, to drop redundant equations. */
export function pairSystem(cells: Cells, leaveOut: Uint8Array): PairSystem {
  const system = allocate(cells, leaveOut);
  const right2 = new Float64Array(system.m2);
  return {
    factor: (d, w, diagonal, ridge) => {
      setScales(system, diagonal);
      assemble(system, d, w, diagonal, ridge);
      return factorBlocks(system);
    },
    solve: (b1, b2) => solve(system, b1, b2, right2),
  };
}

type Blocks = ReturnType<typeof allocate>;

/** The blocks of the matrix and the scales that give it a unit diagonal. */
function allocate(cells: Cells, leaveOut: Uint8Array) {
  const { rows1, rows2 } = cells;
  const position = new Int32Array(rows2.size).fill(-1);
  let m2 = 0;
  for (let r = 0; r < rows2.size; r++) if (leaveOut[r] !== 1) position[r] = m2++;
  const wide = padded(m2);
  const blockStart = new Int32Array(rows1.start.length);
  for (let x = 0; x + 1 < rows1.start.length; x++) {
    blockStart[x + 1] = blockStart[x]! + (rows1.start[x + 1]! - rows1.start[x]!) ** 2;
  }
  return {
    cells,
    /** Position of each row of source 2 in the dense factor, -1 for rows that are left out. */
    position,
    /** Rows of source 1, kept rows of source 2, and their number padded to whole tiles. */
    m1: rows1.size,
    m2,
    wide,
    /** The diagonal blocks of source 1, one per symbol, and where each starts. */
    blocks: new Float64Array(blockStart[blockStart.length - 1]!),
    blockStart,
    /** Source 1 by source 2, packed by tile, see subtractGram. */
    cross: new Float64Array(rows1.size * wide),
    dense: new Float64Array(wide * wide),
    scale1: new Float64Array(rows1.size),
    scale2: new Float64Array(m2),
  };
}

/** Scales that give the matrix a unit diagonal. */
function setScales({ cells, position, m1, m2, scale1, scale2 }: Blocks, diagonal: Float64Array): void {
  const { row1, row2 } = cells;
  scale1.fill(0);
  scale2.fill(0);
  for (let c = 0; c < row1.length; c++) {
    scale1[row1[c]!]! += diagonal[c]!;
    const at = position[row2[c]!]!;
    if (at >= 0) scale2[at]! += diagonal[c]!;
  }
  for (let i = 0; i < m1; i++) scale1[i] = scale1[i]! > 0 ? 1 / Math.sqrt(scale1[i]!) : 1;
  for (let i = 0; i < m2; i++) scale2[i] = scale2[i]! > 0 ? 1 / Math.sqrt(scale2[i]!) : 1;
}

function assemble(system: Blocks, d: Float64Array, w: Float64Array, diagonal: Float64Array, ridge: number): void {
  const { cells, position, m1, m2, wide, blocks, blockStart, cross, dense, scale1, scale2 } = system;
  const { rows1, row1, row2, start, pairs, pairX1 } = cells;
  const [cell1, cell2] = [new Float64Array(cells.ny), new Float64Array(cells.ny)];
  blocks.fill(0);
  cross.fill(0);
  dense.fill(0);
  for (let k = 0; k < pairs; k++) {
    const from = start[k]!;
    const count = start[k + 1]! - from;
    const x1 = pairX1[k]!;
    const first = rows1.start[x1]!;
    const width = rows1.start[x1 + 1]! - first;
    const block = blockStart[x1]!;
    for (let i = 0; i < count; i++) {
      const c = from + i;
      const at = position[row2[c]!]!;
      cell1[i] = d[c]! * scale1[row1[c]!]!;
      cell2[i] = at >= 0 ? d[c]! * scale2[at]! : 0;
    }
    for (let i = 0; i < count; i++) {
      const ri = row1[from + i]!;
      const bi = block + (ri - first) * width - first;
      const pi = position[row2[from + i]!]!;
      const w1 = w[k]! * cell1[i]!;
      const w2 = w[k]! * cell2[i]!;
      blocks[bi + ri]! += diagonal[from + i]! * scale1[ri]! * scale1[ri]!;
      if (pi >= 0) {
        dense[pi * wide + pi]! += diagonal[from + i]! * scale2[pi]! * scale2[pi]!;
        cross[((pi >> 2) * m1 + ri) * TILE + (pi & 3)]! += diagonal[from + i]! * scale1[ri]! * scale2[pi]!;
      }
      for (let j = 0; j < count; j++) {
        if (j === i) continue;
        const pj = position[row2[from + j]!]!;
        if (j < i) {
          blocks[bi + row1[from + j]!]! += w1 * cell1[j]!;
          if (pi >= 0 && pj >= 0) dense[pi * wide + pj]! += w2 * cell2[j]!;
        }
        if (pj >= 0) cross[((pj >> 2) * m1 + ri) * TILE + (pj & 3)]! += w1 * cell2[j]!;
      }
    }
  }
  for (let x = 0; x + 1 < rows1.start.length; x++) {
    const width = rows1.start[x + 1]! - rows1.start[x]!;
    for (let i = 0; i < width; i++) blocks[blockStart[x]! + i * width + i]! += ridge;
  }
  for (let i = 0; i < m2; i++) dense[i * wide + i]! += ridge;
}

/** cross <- L⁻¹ cross for the rows of one symbol of source 1, tile by tile. */
function forward({ m1, wide, blocks, cross }: Blocks, first: number, width: number, block: number): void {
  for (let tile = 0; tile < wide; tile += TILE) {
    const base = (tile / TILE) * m1 * TILE;
    for (let i = 0; i < width; i++) {
      const at = base + (first + i) * TILE;
      let s0 = cross[at]!;
      let s1 = cross[at + 1]!;
      let s2 = cross[at + 2]!;
      let s3 = cross[at + 3]!;
      const row = block + i * width;
      for (let j = 0; j < i; j++) {
        const factor = blocks[row + j]!;
        const other = base + (first + j) * TILE;
        s0 -= factor * cross[other]!;
        s1 -= factor * cross[other + 1]!;
        s2 -= factor * cross[other + 2]!;
        s3 -= factor * cross[other + 3]!;
      }
      const pivot = 1 / blocks[row + i]!;
      cross[at] = s0 * pivot;
      cross[at + 1] = s1 * pivot;
      cross[at + 2] = s2 * pivot;
      cross[at + 3] = s3 * pivot;
    }
  }
}

/** Eliminates source 1 block by block, then factors what is left of source 2; false when a pivot vanishes. */
function factorBlocks(system: Blocks): boolean {
  const { cells, m1, m2, wide, blocks, blockStart, cross, dense } = system;
  const { start } = cells.rows1;
  for (let x = 0; x + 1 < start.length; x++) {
    const first = start[x]!;
    const width = start[x + 1]! - first;
    if (width === 0) continue;
    const block = blocks.subarray(blockStart[x]!, blockStart[x + 1]!);
    if (!cholesky(block, width, width, 0)) return false;
    forward(system, first, width, blockStart[x]!);
  }
  subtractGram(dense, wide, 0, cross, m1, wide);
  return cholesky(dense, wide, m2, 0);
}

/** Overwrites b1 and b2 with the solution; `right2` is scratch. */
function solve(system: Blocks, b1: Float64Array, b2: Float64Array, right2: Float64Array): void {
  const { position, m1, m2, wide, cross, dense, scale1, scale2 } = system;
  for (let i = 0; i < m1; i++) b1[i]! *= scale1[i]!;
  for (let r = 0; r < position.length; r++)
    if (position[r]! >= 0) right2[position[r]!] = b2[r]! * scale2[position[r]!]!;
  eachBlock(system, (block, width, first) => solveLower(block, width, width, b1, first));
  for (let c = 0; c < m2; c++) {
    let at = (c >> 2) * m1 * TILE + (c & 3);
    let sum = right2[c]!;
    for (let i = 0; i < m1; i++, at += TILE) sum -= cross[at]! * b1[i]!;
    right2[c] = sum;
  }
  solveLower(dense, wide, m2, right2, 0);
  solveUpper(dense, wide, m2, right2, 0);
  for (let c = 0; c < m2; c++) {
    let at = (c >> 2) * m1 * TILE + (c & 3);
    const x = right2[c]!;
    for (let i = 0; i < m1; i++, at += TILE) b1[i]! -= cross[at]! * x;
  }
  eachBlock(system, (block, width, first) => solveUpper(block, width, width, b1, first));
  for (let i = 0; i < m1; i++) b1[i]! *= scale1[i]!;
  for (let r = 0; r < position.length; r++)
    b2[r] = position[r]! >= 0 ? right2[position[r]!]! * scale2[position[r]!]! : 0;
}

function eachBlock(
  { cells: { rows1 }, blocks, blockStart }: Blocks,
  visit: (block: Float64Array, width: number, first: number) => void,
): void {
  for (let x = 0; x + 1 < rows1.start.length; x++) {
    const first = rows1.start[x]!;
    const width = rows1.start[x + 1]! - first;
    if (width > 0) visit(blocks.subarray(blockStart[x]!, blockStart[x + 1]!), width, first);
  }
}
