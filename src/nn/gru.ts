/** @file The gated recurrent unit, unrolled over the steps. */
import type { Expr } from "../graph/expr.ts";
import { add, at, mul, reshape, sigmoid, slice, split, sub, tanh, transpose } from "../graph/ops/index.ts";
import { linearWith } from "./linear.ts";
import type { Init, Scope } from "./module.ts";
import type { Steps } from "./steps.ts";

/**
 * The last hidden state [B, H] of one GRU layer over steps [B, T, F], from zeros, as PyTorch's GRU: gates r, z, n, the reset after the
 * product. A padded step leaves the state as it was, so the last state is that of the last valid step; a sample without valid steps has
 * zeros. Parameters: `input.{weight [F, 3 H], bias}` and `hidden.{weight [H, 3 H], bias}`, uniform in +-1/sqrt(H).
 * Source: Cho et al. 2014.
 */
export function gru(scope: Scope, { values, valid }: Steps, width: number): Expr {
  const [batch, steps, features] = values.shape as [number, number, number];
  const uniform: Init = { kind: "uniform", bound: 1 / Math.sqrt(width) };
  const init = { weight: uniform, bias: uniform };
  const rows = reshape(values, [batch * steps, features]);
  // The product with the input is one for all steps; that with the state is one for each step.
  const inputs = linearWith(scope.child("input"), rows, 3 * width, init);
  const byStep = transpose(reshape(inputs, [batch, steps, 3 * width]), [1, 0, 2]);
  const hidden = scope.child("hidden");
  const bias = hidden.parameter("bias", [3 * width], uniform);
  hidden.parameter("weight", [width, 3 * width], uniform);

  let state: Expr | undefined;
  for (let step = 0; step < steps; step++) {
    const [gates, candidate] = split(at(byStep, step), 1, [2 * width, width]) as [Expr, Expr];
    // The state before the first step is zeros, of whose product only the bias is left.
    const products = state === undefined ? bias : linearWith(hidden, state, 3 * width, init);
    const [gateProducts, candidateProducts] = split(products, -1, [2 * width, width]) as [Expr, Expr];
    const [reset, update] = split(sigmoid(add(gates, gateProducts)), 1, [width, width]) as [Expr, Expr];
    const next = tanh(add(candidate, mul(reset, candidateProducts)));
    const changed: Expr = state === undefined ? sub(next, mul(update, next)) : add(next, mul(update, sub(state, next)));
    state = hold(state, changed, valid && slice(valid, 1, step, 1));
  }
  return state!;
}

/** `changed` where the step is valid [B, 1], else the state before it. */
function hold(state: Expr | undefined, changed: Expr, valid: Expr | undefined): Expr {
  if (valid === undefined) return changed;
  return state === undefined ? mul(changed, valid) : add(state, mul(valid, sub(changed, state)));
}
