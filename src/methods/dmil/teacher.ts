/** @file The teacher: how much each component is responsible for a sample, read off predictors that are held constant. */
import type { Expr } from "../../graph/expr.ts";
import {
  add,
  div,
  exp,
  greater,
  log,
  logSoftmax,
  max,
  maximum,
  minimum,
  mul,
  reshape,
  softmax,
  stack,
  stopGradient,
  sub,
  sum,
  transpose,
  unstack,
  where,
} from "../../graph/ops/index.ts";

/** Nothing is divided by less than this many nats. */
const FLOOR = 1e-3;

/** Evidence, in nats, of what has no part in the mixture. */
const NO_PART = -1e4;

export interface Teaching {
  /** Log-probabilities [B, K] of log(unimodal mixture) + synergy: the prediction whose error trains the synergy. */
  readonly residual: Expr;
  /** Entropy of the unimodal mixture as a portion of log K, [B]: what it leaves open of a sample. Constant for gradients. */
  readonly open: Expr;
  /**
   * Information in R, U_1.., U_M, S as a portion of log K, [C, B]: constant for gradients. What nothing explains is in none; nor is what
   * a sample says that has one modality only: whether others would have said the same, nobody knows.
   */
  readonly portions: Expr;
  /** The same as shares that sum to 1 over components. */
  readonly shares: Expr;
}

/** Divergence of predictions [.., B, K] from the prior in nats, [.., B]: label-free information. */
function divergence(logProbabilities: Expr, logPrior: Expr): Expr {
  return sum(mul(exp(logProbabilities), sub(logProbabilities, logPrior)), -1);
}

/** Which samples have two modalities or more, [1, B], from `mask` [M, B, 1]. */
function severalOf(mask: Expr): Expr {
  return greater(sum(reshape(mask, mask.shape.slice(0, 2)), 0, true), 1.5);
}

/**
 * From unimodal logits [M, B, K] and purified synergy logits [B, K].
 * The unimodal part is an evidence-weighted mixture (a product would count redundant evidence twice); with d_m the divergence of
 * p_m from the prior its weights are softmax(4 d_m). Shares are r = second largest d, u_m = d_m - r for the largest,
 * s = d_all - largest, cut at 0. Without a redundant component (`redundant` false) the unique ones share r evenly. A missing modality
 * (`mask` [M, B, 1]; its unimodal prediction is the prior) has no information and no part in the mixture.
 */
export function teach(unimodal: Expr, pure: Expr, logPrior: Expr, redundant: boolean, mask?: Expr): Teaching {
  const [modalities, batch, classes] = unimodal.shape as [number, number, number];
  const logs = stopGradient(logSoftmax(unimodal));
  const d = divergence(logs, logPrior); // [M, B]
  const evidence = mul(mask === undefined ? d : where(reshape(mask, [modalities, batch]), d, NO_PART), 4);
  const weights = softmax(transpose(evidence, [1, 0])); // [B, M]
  const mixture = sum(mul(exp(logs), reshape(transpose(weights, [1, 0]), [modalities, batch, 1])), 0);
  const base = stopGradient(log(maximum(mixture, 1e-20)));
  const residual = logSoftmax(add(base, pure));
  const open = stopGradient(mul(sum(mul(exp(base), base), -1), -1 / Math.log(classes)));

  const all = divergence(stopGradient(residual), logPrior); // [B]
  const parts = unstack(d);
  const largest = max(d, 0); // [B]
  const others = parts.map((_, m) => parts.filter((_, n) => n !== m).reduce((a, b) => maximum(a, b)));
  // The second largest is the smallest, over m, of the largest among the others.
  const r = others.reduce((a, b) => minimum(a, b));
  const own = parts.map((part) => maximum(sub(part, r), 0));
  const lower = redundant ? [r, ...own] : own.map((u) => add(u, mul(r, 1 / modalities)));
  const s = maximum(sub(all, largest), 0);
  const found = stack([...lower, s]); // [C, B]
  const atoms = mask === undefined ? found : mul(found, severalOf(mask));
  const floored = add(atoms, FLOOR);
  return {
    residual,
    open,
    portions: stopGradient(mul(atoms, 1 / Math.log(classes))),
    shares: stopGradient(div(floored, sum(floored, 0, true))),
  };
}
