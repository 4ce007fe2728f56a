/** @file Missing modalities in methods: masks, and masked values, means and predictions. */
import type { Expr } from "../graph/expr.ts";
import { div, maximum, mean, mul, slice, stack, sum, where } from "../graph/ops/index.ts";
import type { BuildInput } from "./method.ts";

/** The mask of these modalities as a stack [M, B, 1] of 1 (present) and 0 (missing); undefined if nothing is missing. */
export function presence({ inputs, present }: BuildInput, modalities: readonly string[]): Expr | undefined {
  if (present === undefined) return undefined;
  const columns = Object.keys(inputs);
  return stack(modalities.map((name) => slice(present, 1, columns.indexOf(name), 1)));
}

/** A stack [M, B, ..] with zeros for missing modalities (`mask` [M, B, 1]). */
export function zeroWhereMissing(values: Expr, mask: Expr | undefined): Expr {
  return mask === undefined ? values : mul(values, mask);
}

/**
 * Mean over `axes` of the values [M, B, ..] whose `mask` (of size 1 on axes other than modalities and batch) is 1; of all values without a
 * mask. The mean over no values is 0, for example for a modality that is missing in the whole batch.
 */
export function meanOfPresent(values: Expr, axes: readonly number[], mask: Expr | undefined): Expr {
  if (mask === undefined) return mean(values, axes);
  const others = axes.reduce((n, axis) => n * (mask.shape[axis] === 1 ? values.shape[axis]! : 1), 1);
  const count = maximum(sum(mask, axes), 1);
  return div(sum(mul(values, mask), axes), mul(count, others));
}

/** Predictions [M, B, K], replaced by the prior for missing modalities (`mask` [M, B, 1]). */
export function priorWhereMissing({ prior }: BuildInput, logits: Expr, mask: Expr | undefined): Expr {
  return mask === undefined ? logits : where(mask, logits, prior());
}
