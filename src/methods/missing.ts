/** @file What methods do where a sample lacks a modality: masks, and means and predictions under them. */
import type { Expr } from "../graph/expr.ts";
import { div, maximum, mean, mul, slice, stack, sum, where } from "../graph/ops/index.ts";
import type { BuildInput } from "./method.ts";

/** Which samples have these modalities, as a stack [M, B, 1] of 1 and 0; undefined where nothing is missing. */
export function presence({ inputs, present }: BuildInput, modalities: readonly string[]): Expr | undefined {
  if (present === undefined) return undefined;
  const columns = Object.keys(inputs);
  return stack(modalities.map((name) => slice(present, 1, columns.indexOf(name), 1)));
}

/** A stack [M, B, ..] with zeros where the modality is missing (`mask` [M, B, 1]). */
export function zeroWhereMissing(values: Expr, mask: Expr | undefined): Expr {
  return mask === undefined ? values : mul(values, mask);
}

/**
 * Mean over `axes`, modalities or the batch among them, of values [M, B, ..], counting those where `mask` (of size 1 on the other axes)
 * is 1; all where there is none. 0 where none counts, as for a modality that the whole batch lacks.
 */
export function meanOfPresent(values: Expr, axes: readonly number[], mask: Expr | undefined): Expr {
  if (mask === undefined) return mean(values, axes);
  const others = axes.reduce((n, axis) => n * (mask.shape[axis] === 1 ? values.shape[axis]! : 1), 1);
  const count = maximum(sum(mask, axes), 1);
  return div(sum(mul(values, mask), axes), mul(count, others));
}

/** Predictions [M, B, K] that say the prior where the modality is missing (`mask` [M, B, 1]). */
export function priorWhereMissing({ prior }: BuildInput, logits: Expr, mask: Expr | undefined): Expr {
  return mask === undefined ? logits : where(mask, logits, prior());
}
