/**
 * @file The competition of MCR: a modality's effect on the prediction is how far the prediction moves when the modality's part of it is
 * dealt to other samples (MIPD in the paper).
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
import type { LateFusion } from "../late-fusion.ts";

/** How players play: see `McrOptions`. */
export type Strategy = "greedy" | "independent" | "collaborative";

/**
 * What the gradient of J_T, the effect of dealing the modalities of a set T, counts for a player in T, for one outside, and for the
 * prediction with all in place (which nobody's detaching reaches): also what J_T counts in the value of the loss.
 */
const roles: Readonly<Record<Strategy, { own: number; other: number; whole(players: number, size: number): number }>> =
  {
    greedy: { own: -1, other: 1, whole: (players, size) => players - 2 * size },
    independent: { own: -1, other: 0, whole: (_, size) => -size },
    collaborative: { own: -1, other: -1, whole: () => -1 },
  };

/** x, whose gradient counts `factor` times. */
function counted(x: Expr, factor: number): Expr {
  if (factor === 1) return x;
  return factor === 0 ? stopGradient(x) : add(x, mul(sub(x, stopGradient(x)), factor - 1));
}

/** x [B, K] dealt to other samples, [n, B, K]: the batch rolled by n shifts, evenly spaced over 1 to B - 1. */
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
  const half = (own: Expr): Expr => sum(mul(exp(own), sub(own, middle)), -1);
  return mul(mean(add(half(p), half(q)), [1, 2]), 0.5);
}

/** All sets of players but none and all. */
function coalitions(players: number): number[][] {
  return Array.from({ length: 2 ** players - 2 }, (_, i) =>
    Array.from({ length: players }, (_, m) => m).filter((m) => ((i + 1) >> m) & 1),
  );
}

/** The competition, []: for two greedy players its value is 0, and its gradient is not. */
export function competition(
  { parts, bias }: Pick<LateFusion, "parts" | "bias">,
  strategy: Strategy,
  deals: number,
): Expr {
  const { own, other, whole } = roles[strategy];
  const [batch, classes] = parts[0]!.shape as [number, number];
  const moved = parts.map((part) => dealt(counted(part, own), deals));
  const kept = parts.map((part) => reshape(counted(part, other), [1, batch, classes]));
  const inPlace = add(parts.reduce(add), bias);
  const sets = coalitions(parts.length);
  const weights = sets.map((set) => whole(parts.length, set.length));
  const changed = sets.map((set, i) =>
    add(parts.map((_, m) => (set.includes(m) ? moved[m]! : kept[m]!)).reduce(add), counted(bias, weights[i]!)),
  );
  const before = weights.map((weight) => reshape(counted(inPlace, weight), [1, batch, classes]));
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
