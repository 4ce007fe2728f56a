/** @file Linear layers: one, a stack of them that share a call, or one for every step of a sample. */
import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { matmul, reshape } from "../graph/ops/index.ts";
import type { Init, Scope } from "./module.ts";

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

/** Initial values of a linear layer. What is left out is as in `linear`; `bias: false` is a layer without a bias. */
export interface LinearInit {
  readonly weight?: Init;
  readonly bias?: Init | false;
}

/** x W + b for rows [N, in], with initial values of one's own: [N, out]. */
export function linearWith(scope: Scope, x: Expr, out: number, init: LinearInit): Expr {
  const width = x.shape.at(-1)!;
  const usual = { kind: "uniform", bound: 1 / Math.sqrt(width) } as const;
  const weight = scope.parameter("weight", [width, out], init.weight ?? usual);
  if (init.bias === false) return matmul(x, weight);
  return matmul(x, weight, { bias: scope.parameter("bias", [out], init.bias ?? usual) });
}

/** Uniform in +-sqrt(6 / (fanIn + fanOut)). Source: Glorot, Bengio 2010 (Xavier). */
export const xavier = (fanIn: number, fanOut: number): Init => ({
  kind: "uniform",
  bound: Math.sqrt(6 / (fanIn + fanOut)),
});

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
