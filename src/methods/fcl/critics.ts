/**
 * @file Critics, which score pairs of samples, and bounds of mutual information computed from the scores.
 * Sources: van den Oord, Li, Vinyals: Representation Learning with Contrastive Predictive Coding, 2018 (NCE); Cheng, Hao, Dai, Liu, Gan, Carin:
 * CLUB: A Contrastive Log-ratio Upper Bound of Mutual Information, ICML 2020.
 */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  constant,
  logSoftmax,
  matmul,
  mean,
  mul,
  relu,
  reshape,
  stopGradient,
  sub,
  sum,
} from "../../graph/ops/index.ts";
import type { Scope } from "../../nn/module.ts";

/** Parameters of a critic: an MLP with two hidden layers of H units on a pair [a, b]. The output has no bias, because it would cancel in both bounds. */
export interface Critic {
  /** Weights of the first layer, for a [A, H] and for b [C, H]. */
  readonly left: Expr;
  readonly right: Expr;
  /** [H] */
  readonly bias: Expr;
  /** [H, H] and [H] */
  readonly inner: Expr;
  readonly innerBias: Expr;
  /** [H, 1] */
  readonly outer: Expr;
}

/** A critic for pairs of vectors of widths A and C. Initial values are uniform in +-1/sqrt(in), as in PyTorch. */
export function critic(scope: Scope, [a, c]: readonly [number, number], hidden: number): Critic {
  const uniform = (width: number) => ({ kind: "uniform", bound: 1 / Math.sqrt(width) }) as const;
  return {
    left: scope.parameter("left", [a, hidden], uniform(a + c)),
    right: scope.parameter("right", [c, hidden], uniform(a + c)),
    bias: scope.parameter("bias", [hidden], uniform(a + c)),
    inner: scope.parameter("inner", [hidden, hidden], uniform(hidden)),
    innerBias: scope.parameter("innerBias", [hidden], uniform(hidden)),
    outer: scope.parameter("outer", [hidden, 1], uniform(hidden)),
  };
}

/** The critic without gradients (detached). */
export function detached(critic: Critic): Critic {
  const { left, right, bias, inner, innerBias, outer } = critic;
  return {
    left: stopGradient(left),
    right: stopGradient(right),
    bias: stopGradient(bias),
    inner: stopGradient(inner),
    innerBias: stopGradient(innerBias),
    outer: stopGradient(outer),
  };
}

/** Scores of all pairs of rows of a [N, A] and b [N, C]: entry (i, j) of [N, N] is f(a_j, b_i). */
export function scores({ left, right, bias, inner, innerBias, outer }: Critic, a: Expr, b: Expr): Expr {
  const [n, hidden] = [a.shape[0]!, bias.shape[0]!];
  // The first layer is computed once for each row, not once for each pair.
  const ofA = reshape(matmul(a, left), [1, n, hidden]);
  const ofB = reshape(matmul(b, right, { bias }), [n, 1, hidden]);
  const first = reshape(relu(add(ofA, ofB)), [n * n, hidden]);
  return reshape(matmul(relu(matmul(first, inner, { bias: innerBias })), outer), [n, n]);
}

/** Mean score of the pairs (i, i). */
function meanOfPairs(all: Expr): Expr {
  const n = all.shape[0]!;
  const diagonal = constant(
    Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    [n, n],
  );
  return mul(sum(mul(all, diagonal)), 1 / n);
}

/** NCE: a lower bound of the mutual information in nats, at most ln N, []. From scores [N, N]. */
export function nce(all: Expr): Expr {
  return add(meanOfPairs(logSoftmax(all)), Math.log(all.shape[0]!));
}

/** CLUB: an upper bound of the mutual information in nats if the critic equals the log-ratio, []. From scores [N, N]. */
export function club(all: Expr): Expr {
  return sub(meanOfPairs(all), mean(all));
}
