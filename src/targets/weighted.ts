/** @file Sample weights in losses, for each kind of target. */
import type { Expr } from "../graph/expr.ts";
import { mean, mul, reshape } from "../graph/ops/index.ts";
import type { Task } from "./task.ts";

/**
 * Losses in which each sample counts by its weight, [B, 1]: the mean over the batch of weight times loss. A cross-entropy of
 * classes is linear in the probabilities of the target, so the target is weighted, which reaches losses that methods write out themselves.
 * Of other kinds the losses of the task are weighted.
 */
export function weighted(task: Task, target: Expr, weight: Expr): { readonly task: Task; readonly target: Expr } {
  if (task.linearInTarget) return { task, target: mul(target, weight) };
  const lossPerSample: Task["lossPerSample"] = (prediction, to) =>
    mul(task.lossPerSample(prediction, to), reshape(weight, [weight.shape[0]!]));
  const loss: Task["loss"] = (outputs, to) => mean(lossPerSample(task.logProbs(outputs), to), [-1]);
  return { task: { ...task, loss, lossPerSample }, target };
}
