/** @file Sequences of steps in which some steps are padding: which are valid, and what is computed over the valid ones. */
import { shapeError } from "../core/errors.ts";
import { formatShape } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import {
  add,
  div,
  greater,
  MASKED,
  max,
  maximum,
  mean,
  mul,
  pad,
  reshape,
  slice,
  sub,
  sum,
} from "../graph/ops/index.ts";

/** Steps [B, T, F] and, where some of them are padding, which are valid: [B, T] of 1 and 0. A sample that is missing has no valid step. */
export interface Steps {
  readonly values: Expr;
  readonly valid?: Expr;
}

/**
 * Reads samples [B, T, F], or [B, T, F + 1] with `masked`: the last channel is 1 at valid steps and 0 at padding. Padding is behind the
 * valid steps. @throws ShapeError, which begins with `declared`, for samples of other features.
 */
export function stepsOf(path: string, declared: string, x: Expr, features: number, masked: boolean): Steps {
  const width = features + Number(masked);
  if (x.shape.length !== 3 || x.shape[2] !== width) {
    const validity = masked ? " (the last one says which steps are valid)" : "";
    throw shapeError(
      `${path}: the encoder was declared ${declared} and reads samples of [steps, ${width}]${validity}; the data has samples of ${formatShape(x.shape.slice(1))}.`,
      { features, masked },
    );
  }
  if (!masked) return { values: x };
  return { values: slice(x, 2, 0, features), valid: reshape(slice(x, 2, features, 1), x.shape.slice(0, 2)) };
}

/** [B, T] as [B, T, 1], to multiply steps by. */
const perStep = (valid: Expr): Expr => reshape(valid, [...valid.shape, 1]);

/** Mean of units [B, T, D] over the valid steps: [B, D]; zeros for a sample without any. */
export function meanOfSteps({ values, valid }: Steps): Expr {
  if (valid === undefined) return mean(values, 1);
  return div(sum(mul(values, perStep(valid)), 1), maximum(sum(valid, 1, true), 1));
}

/** Maximum of units [B, T, D] over the valid steps: [B, D]; zeros for a sample without any. */
export function maxOfSteps({ values, valid }: Steps): Expr {
  if (valid === undefined) return max(values, 1);
  const masked = add(values, perStep(mul(sub(1, valid), MASKED)));
  return mul(max(masked, 1), greater(sum(valid, 1, true), 0));
}

/** Units [B, T, D] at the last valid step: [B, D]; zeros for a sample without any. */
export function lastStep({ values, valid }: Steps): Expr {
  const [batch, steps, width] = values.shape as [number, number, number];
  if (valid === undefined) return reshape(slice(values, 1, steps - 1, 1), [batch, width]);
  const isLast = steps === 1 ? valid : sub(valid, pad(slice(valid, 1, 1, steps - 1), 1, 0, 1));
  return sum(mul(values, perStep(isLast)), 1);
}

/** Units [B, T, D] at the first step: [B, D]. */
export function firstStep({ values }: Steps): Expr {
  return reshape(slice(values, 1, 0, 1), [values.shape[0]!, values.shape[2]!]);
}

/** What attention adds to the scores of keys, [B, 1, 1, T]: 0 at valid steps, `MASKED` at padding. */
export function keyBias({ valid }: Steps): Expr | undefined {
  if (valid === undefined) return undefined;
  return reshape(mul(sub(1, valid), MASKED), [valid.shape[0]!, 1, 1, valid.shape[1]!]);
}
