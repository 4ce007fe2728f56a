/** @file Linear layers: one, a stack of them that share a call, or one for every step of a sample. */
import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { matmul, reshape } from "../graph/ops/index.ts";
import type { Scope } from "./module.ts";

/**
 * x W + b. For x [B, in]: weight [in, out], bias [out]. For a stack x [S, B, in] (one layer per entry of the first axis):
 * weight [S, in, out], bias [S, 1, out]. Initial values are uniform in +-1/sqrt(in), as in PyTorch, whose weight is transposed.
 */
export function linear(scope: Scope, x: Expr, out: number): Expr {
  const width = x.shape.at(-1)!;
  const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  const lead = x.shape.slice(0, -2);
  const weight = scope.parameter("weight", [...lead, width, out], init);
  const bias = scope.parameter("bias", lead.length === 0 ? [out] : [...lead, 1, out], init);
  return matmul(x, weight, { bias });
}

/** x W + b with one weight [in, out] for all leading axes, as PyTorch's Linear: [..., in] to [..., out]. Initial values as in `linear`. */
export function linearOfEach(scope: Scope, x: Expr, out: number): Expr {
  const width = x.shape.at(-1)!;
  const init = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  return matmul(x, scope.parameter("weight", [width, out], init), { bias: scope.parameter("bias", [out], init) });
}

/** The numbers of each sample in a row: [B, ...] to [B, F], [B] to [B, 1]. */
export function flatten(x: Expr): Expr {
  return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
}
