/** @file Cholesky factors of dense symmetric matrices, blocked so that most of the work is subtractGram. */
import { padded, subtractGram, TILE as TILE_OF_GRAM } from "./gram.ts";

/** A local copy, see pair-system.ts. */
const TILE = TILE_OF_GRAM;
const BLOCK = 48;

/**
 * Overwrites the lower triangle of c (row-major, `stride` numbers a row, `size` rows) with L, c = L Lᵀ.
 * False when a pivot is not above `least`: the matrix is not positive definite to that precision.
 */
export function cholesky(c: Float64Array, stride: number, size: number, least: number): boolean {
  const panel = size > BLOCK ? new Float64Array(padded(size) * BLOCK) : undefined;
  for (let from = 0; from < size; from += BLOCK) {
    const to = Math.min(from + BLOCK, size);
    if (!factorBlock(c, stride, from, to, least)) return false;
    if (to === size || panel === undefined) continue;
    const depth = to - from;
    const columns = padded(size - to);
    panel.fill(0, 0, columns * depth);
    for (let i = to; i < size; i++) {
      solveRow(c, stride, i, from, to);
      const local = i - to;
      const base = (local >> 2) * depth * TILE + (local & 3);
      for (let k = 0; k < depth; k++) panel[base + k * TILE] = c[i * stride + from + k]!;
    }
    subtractGram(c, stride, to, panel, depth, columns);
  }
  return true;
}

/** Solves L x = b in place; b starts at `at`. */
export function solveLower(c: Float64Array, stride: number, size: number, b: Float64Array, at: number): void {
  for (let i = 0; i < size; i++) {
    let sum = b[at + i]!;
    const row = i * stride;
    for (let k = 0; k < i; k++) sum -= c[row + k]! * b[at + k]!;
    b[at + i] = sum / c[row + i]!;
  }
}

/** Solves Lᵀ x = b in place; b starts at `at`. */
export function solveUpper(c: Float64Array, stride: number, size: number, b: Float64Array, at: number): void {
  for (let i = size - 1; i >= 0; i--) {
    const row = i * stride;
    const x = b[at + i]! / c[row + i]!;
    b[at + i] = x;
    for (let k = 0; k < i; k++) b[at + k]! -= c[row + k]! * x;
  }
}

/** The diagonal block [from, to), all earlier columns already subtracted. */
function factorBlock(c: Float64Array, stride: number, from: number, to: number, least: number): boolean {
  for (let i = from; i < to; i++) {
    solveRow(c, stride, i, from, i);
    const row = i * stride;
    let pivot = c[row + i]!;
    for (let k = from; k < i; k++) pivot -= c[row + k]! * c[row + k]!;
    if (!(pivot > least)) return false;
    c[row + i] = Math.sqrt(pivot);
  }
  return true;
}

/** Row i of L in columns [from, to), given the factored rows above. */
function solveRow(c: Float64Array, stride: number, i: number, from: number, to: number): void {
  const row = i * stride;
  for (let j = from; j < to; j++) {
    const other = j * stride;
    let sum = c[row + j]!;
    for (let k = from; k < j; k++) sum -= c[row + k]! * c[other + k]!;
    c[row + j] = sum / c[other + j]!;
  }
}
