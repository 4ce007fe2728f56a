/** @file Positions of steps, to be added to their units. */
import type { Expr } from "../graph/expr.ts";
import { constant } from "../graph/ops/index.ts";
import type { Scope } from "./module.ts";

/**
 * Sines and cosines of the position, [T, D]: entry 2 i of position t is sin(t / 10000^(2 i / D)), entry 2 i + 1 the cosine.
 * Source: Vaswani et al. 2017, section 3.5.
 */
export function sinusoidal(steps: number, width: number): Expr {
  const values = Float32Array.from({ length: steps * width }, (_, i) => {
    const unit = i % width;
    const angle = Math.floor(i / width) / 10_000 ** ((unit - (unit % 2)) / width);
    return unit % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
  });
  return constant(values, [steps, width]);
}

/** A learned vector for each position, [T, D]: the parameter `positions`, N(0, 0.02^2) at first as in BERT and ViT. */
export function learned(scope: Scope, steps: number, width: number): Expr {
  return scope.parameter("positions", [steps, width], { kind: "normal", deviation: 0.02 });
}
