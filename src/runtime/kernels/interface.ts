/** @file What the kernels do: noise, norm and optimiser steps, in place on one memory. Offsets are in bytes, counts in float32. */
import type { Key } from "../../core/random.ts";

/** Settings of one Adam step, as PyTorch names and applies them. */
export interface AdamStep {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** True: AdamW, the decay shrinks the parameter. False: Adam, the decay is added to the gradient. */
  readonly decoupled: boolean;
  /** Counts from 1. */
  readonly step: number;
  /** Multiplies every gradient first: the clipping factor. */
  readonly gradientScale: number;
}

/** Settings of one step of gradient descent, as PyTorch names and applies them, without dampening. */
export interface SgdStep {
  readonly learningRate: number;
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  /** Counts from 1; at step 1 the momentum buffer's old content counts for nothing. */
  readonly step: number;
  /** Multiplies every gradient first: the clipping factor. */
  readonly gradientScale: number;
}

/** The kernels over one memory. Two implementations, WebAssembly and plain loops, agree bit for bit. */
export interface Kernels {
  /**
   * Fills [count] with standard normals that depend on (key, step, position) alone; a longer draw starts with the shorter one.
   * Tails reach 6.56 standard deviations. Source: Box-Muller on Threefry-2x32-20, counter (index, step).
   */
  normals(offset: number, count: number, key: Key, step: number): void;
  /** Fills [count] with 0 (probability p) or 1 / (1 - p). It uses the bits `normals` would: give it its own stream's key. */
  dropoutMask(offset: number, count: number, probability: number, key: Key, step: number): void;
  /** The sum over [count] of squares, in double precision; not finite if and only if an element is not finite. */
  sumSquares(offset: number, count: number): number;
  /** One Adam or AdamW step: [count] parameters and both moments change, gradients do not. */
  adam(param: number, grad: number, m: number, v: number, count: number, settings: AdamStep): void;
  /** One step of gradient descent; the buffer is neither read nor written when momentum is 0. */
  sgd(param: number, grad: number, momentumBuffer: number, count: number, settings: SgdStep): void;
}
