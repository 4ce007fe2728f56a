/** @file Convolution layers over channel-last maps. */

import type { Expr } from "../graph/expr.ts";
import { add, type ConvOptions, conv } from "../graph/ops/index.ts";
import type { Init, Scope } from "./module.ts";

type Pair = readonly [number, number];

/**
 * Initial values of a weight: `kaiming-normal` with deviation sqrt(2 / fan_out), as in ResNet; `kaiming-uniform` in +-sqrt(6 / fan_in), as in
 * LeNet; `uniform` in +-1 / sqrt(fan_in), as PyTorch's layers have it by default. Source of the first two: He, Zhang, Ren, Sun 2015.
 */
export type ConvInit = "kaiming-normal" | "kaiming-uniform" | "uniform";

const inits: Readonly<Record<ConvInit, (fanIn: number, fanOut: number) => Init>> = {
  "kaiming-normal": (_, fanOut) => ({ kind: "normal", deviation: Math.sqrt(2 / fanOut) }),
  "kaiming-uniform": (fanIn) => ({ kind: "uniform", bound: Math.sqrt(6 / fanIn) }),
  uniform: (fanIn) => ({ kind: "uniform", bound: 1 / Math.sqrt(fanIn) }),
};

export interface ConvolutionOptions extends ConvOptions {
  /** Adds a number to each output channel; its initial value is uniform in +-1 / sqrt(fan_in). Default true. */
  readonly bias?: boolean;
  /** Initial values of the weight. Default `uniform`. */
  readonly init?: ConvInit;
}

/**
 * Convolution of maps [B, H, W, C] to `outputs` channels: [B, h, w, O], as PyTorch's Conv2d. Parameters: `weight` [kh, kw, C / groups, O] and
 * `bias` [O]. fan_in is kh kw C / groups, fan_out is kh kw O / groups. @throws ShapeError if the channels or the kernel do not fit.
 */
export function convolution(
  scope: Scope,
  x: Expr,
  outputs: number,
  kernel: number | Pair,
  { bias = true, init = "uniform", ...options }: ConvolutionOptions = {},
): Expr {
  const { groups = 1 } = options;
  const [height, width] = typeof kernel === "number" ? [kernel, kernel] : kernel;
  const inputs = x.shape.at(-1)! / groups;
  const fanIn = height * width * inputs;
  const initial = inits[init](fanIn, (height * width * outputs) / groups);
  const maps = conv(x, scope.parameter("weight", [height, width, inputs, outputs], initial), options);
  return bias ? add(maps, scope.parameter("bias", [outputs], inits.uniform(fanIn, 0))) : maps;
}
