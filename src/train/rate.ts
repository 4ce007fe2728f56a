/** @file The learning rate of each step: base rate, schedule, warm-up. */
import type { ScheduleState } from "../optim/index.ts";
import type { PlannedStage, Warmup } from "./plan.ts";

/** The learning rate of a step of the stage, counted from 1. */
export type Rate = (step: number) => number;

/**
 * The rate within an epoch: the base rate times the schedule's factor. During warm-up it rises linearly: step s of W has s / W of it
 * (Goyal et al. 2017).
 */
export function rateOf({ learningRate, warmup }: PlannedStage, stepsPerEpoch: number, schedule: ScheduleState): Rate {
  const rate = learningRate * schedule.factor;
  const steps = warmupSteps(warmup, stepsPerEpoch);
  return (step) => (step < steps ? (rate * step) / steps : rate);
}

function warmupSteps(warmup: Warmup | undefined, stepsPerEpoch: number): number {
  if (warmup === undefined) return 0;
  return warmup.steps ?? Math.round(warmup.epochs * stepsPerEpoch);
}
