/** @file Means over the samples that have a modality. */
import type { Expr } from "../../graph/expr.ts";
import { div, maximum, mean, mul, sum } from "../../graph/ops/index.ts";

/**
 * Mean over `axes`, the batch among them, of values [M, B, ..], counting samples where `mask` (of size 1 on the other axes) is 1;
 * all where there is none. 0 for a modality that the whole batch lacks.
 */
export function meanOfPresent(values: Expr, axes: readonly number[], mask: Expr | undefined): Expr {
  if (mask === undefined) return mean(values, axes);
  const others = axes.reduce((n, axis) => n * (mask.shape[axis] === 1 ? values.shape[axis]! : 1), 1);
  const count = maximum(sum(mask, axes), 1);
  return div(sum(mul(values, mask), axes), mul(count, others));
}
