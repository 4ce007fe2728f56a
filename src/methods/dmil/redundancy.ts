/** @file How much of what one modality says another says as well, and how much is known already: read off predictions, constant for gradients. */
import type { Expr } from "../../graph/expr.ts";
import { add, div, max, maximum, minimum, mul, stopGradient, unstack } from "../../graph/ops/index.ts";
import { secondLargest } from "../dmil-published/teacher.ts";
import type { Task } from "../method.ts";

/** Evidence, in nats or squared deviations, that is no evidence: it counts as shared. */
const FAINT = 1e-3;

/**
 * rho_m = min(1, r / d_m), [M, B, 1 or K]: the share of modality m's evidence d_m (KL from the prior; of values the squared departure) that
 * another modality has as well, r being the second largest.
 */
export function sharedEvidence(task: Task, alone: Expr, prior: Expr): Expr {
  const evidence = maximum(task.evidence(stopGradient(task.logProbs(alone)), prior), 0);
  return minimum(1, div(add(secondLargest(unstack(evidence)), FAINT), add(evidence, FAINT)));
}

/** How much of what can be known on average the surest modality knows, [B], about in [0, 1]; of targets that are predicted with doubts. */
export function known(task: Task, alone: Expr, prior: Expr): Expr {
  const said = stopGradient(task.logProbs(alone));
  return max(mul(task.information(said, prior), 1 / task.maxInformation(alone.shape.at(-1)!)), 0);
}
