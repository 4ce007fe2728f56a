/** @file The share of a modality's evidence that another modality also has, and the certainty of the best modality. Both are detached. */
import type { Expr } from "../../graph/expr.ts";
import { add, div, max, maximum, minimum, mul, stopGradient, unstack } from "../../graph/ops/index.ts";
import { secondLargest } from "../dmil-published/teacher.ts";
import type { Task } from "../kit.ts";

/** Added to all evidence, in nats or squared deviations, so that a modality without evidence has the share 1. */
const MIN_EVIDENCE = 1e-3;

/**
 * rho_m = min(1, r / d_m), [M, B, 1 or K]: the share of modality m's evidence d_m (KL from the prior; for values the squared
 * difference from it) that another modality also has; r is the second largest evidence.
 */
export function sharedEvidence(task: Task, alone: Expr, prior: Expr): Expr {
  const evidence = maximum(task.evidence(stopGradient(task.logProbs(alone)), prior), 0);
  return minimum(1, div(add(secondLargest(unstack(evidence)), MIN_EVIDENCE), add(evidence, MIN_EVIDENCE)));
}

/** Information of the most certain modality over `Task.maxInformation`, [B], about in [0, 1]; for targets with probabilistic predictions. */
export function certainty(task: Task, alone: Expr, prior: Expr): Expr {
  const logProbs = stopGradient(task.logProbs(alone));
  return stopGradient(max(mul(task.information(logProbs, prior), 1 / task.maxInformation(alone.shape.at(-1)!)), 0));
}
