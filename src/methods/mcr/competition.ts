/**
 * @file The competition term of MCR. A modality's effect is how much the prediction changes when the modality's part of it is permuted between
 * samples (MIPD in the paper).
 */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  concat,
  constant,
  exp,
  log,
  logSoftmax,
  maximum,
  mean,
  mul,
  reshape,
  slice,
  stack,
  stopGradient,
  sub,
  sum,
} from "../../graph/ops/index.ts";
import type { LateFusion } from "../kit.ts";

/** The objective of each player: see `McrOptions`. */
export type Strategy = "greedy" | "independent" | "collaborative";

/**
 * Factors of the gradient of J_T, the effect of permuting the modalities of a set T: for a player in T, for a player outside, and for the
 * unpermuted prediction (which no player detaches); the last is also the factor of J_T in the value of the loss.
 */
const roles: Readonly<Record<Strategy, { own: number; other: number; whole(players: number, size: number): number }>> =
  {
    greedy: { own: -1, other: 1, whole: (players, size) => players - 2 * size },
    independent: { own: -1, other: 0, whole: (_, size) => -size },
    collaborative: { own: -1, other: -1, whole: () => -1 },
  };

/** x, with its gradient multiplied by `factor`. */
function gradientScaled(x: Expr, factor: number): Expr {
  if (factor === 1) return x;
  return factor === 0 ? stopGradient(x) : add(x, mul(sub(x, stopGradient(x)), factor - 1));
}

/** x [B, K] permuted between samples, [n, B, K]: the batch rolled by n shifts that are evenly spaced over 1 to B - 1. */
export function dealt(x: Expr, deals: number): Expr {
  const [batch] = x.shape as [number];
  const count = Math.min(deals, batch - 1);
  const twice = concat([x, x], 0);
  const shifts = Array.from({ length: count }, (_, i) => 1 + Math.floor((i * (batch - 1)) / count));
  return stack(shifts.map((shift) => slice(twice, 0, shift, batch)));
}

/** Jensen-Shannon divergence in nats of the predictions of two logits [S, n, B, K] and [S, 1, B, K], mean over n and B: [S], from 0 to ln 2. */
export function jensenShannon(a: Expr, b: Expr): Expr {
  const [p, q] = [logSoftmax(a), logSoftmax(b)];
  const middle = log(maximum(mul(add(exp(p), exp(q)), 0.5), 1e-20));
  const half = (logProbs: Expr): Expr => sum(mul(exp(logProbs), sub(logProbs, middle)), -1);
  return mul(mean(add(half(p), half(q)), [1, 2]), 0.5);
}

/** All proper non-empty subsets of players. */
function coalitions(players: number): number[][] {
  return Array.from({ length: 2 ** players - 2 }, (_, i) =>
    Array.from({ length: players }, (_, m) => m).filter((m) => ((i + 1) >> m) & 1),
  );
}

/** The competition term, []. For two greedy players its value is 0, but its gradient is not. */
export function competition(
  { parts, bias }: Pick<LateFusion, "parts" | "bias">,
  strategy: Strategy,
  deals: number,
): Expr {
  const { own, other, whole } = roles[strategy];
  const [batch, classes] = parts[0]!.shape as [number, number];
  const permuted = parts.map((part) => dealt(gradientScaled(part, own), deals));
  const kept = parts.map((part) => reshape(gradientScaled(part, other), [1, batch, classes]));
  const unpermuted = add(parts.reduce(add), bias);
  const sets = coalitions(parts.length);
  const weights = sets.map((set) => whole(parts.length, set.length));
  const changed = sets.map((set, i) =>
    add(
      parts.map((_, m) => (set.includes(m) ? permuted[m]! : kept[m]!)).reduce(add),
      gradientScaled(bias, weights[i]!),
    ),
  );
  const before = weights.map((weight) => reshape(gradientScaled(unpermuted, weight), [1, batch, classes]));
  const effects = jensenShannon(stack(changed), stack(before)); // [S], gradients counted
  const values = mul(
    stopGradient(effects),
    constant(
      weights.map((weight) => weight - 1),
      [sets.length],
    ),
  );
  return sum(add(effects, values));
}
