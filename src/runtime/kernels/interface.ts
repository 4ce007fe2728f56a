/** @file What the kernels do: noise, norm and optimiser steps, in place on one memory. Offsets are in bytes, counts in float32. */
import type { Key } from "../../core/random.ts";
import type { OptimiserKernels } from "../../optim/optimiser.ts";

/** The kernels over one memory. Two implementations, WebAssembly and plain loops, agree bit for bit. */
export interface Kernels extends OptimiserKernels {
  /**
   * Fills [count] with standard normals that depend on (key, step, position) alone; a longer draw starts with the shorter one.
   * Tails reach 6.56 standard deviations. Source: Box-Muller on Threefry-2x32-20, counter (index, step).
   */
  normals(offset: number, count: number, key: Key, step: number): void;
  /** Fills [count] with 0 (probability p) or 1 / (1 - p). It uses the same random bits as `normals`, so it needs the key of another stream. */
  dropoutMask(offset: number, count: number, probability: number, key: Key, step: number): void;
  /** The sum over [count] of squares, in double precision; not finite if and only if an element is not finite. */
  sumSquares(offset: number, count: number): number;
}
