/** @file The time that a run still needs. */
import type { PlannedStage } from "./plan.ts";

/** Estimates the remaining time. */
export interface Pace {
  /** Seconds left; to be called after each epoch with its duration in seconds. */
  left(stage: number, epoch: number, seconds: number): number;
}

/** An estimate from the mean duration of all epochs so far, over all stages. */
export function paceOf(stages: readonly PlannedStage[]): Pace {
  let total = 0;
  let count = 0;
  return {
    left(index, epoch, seconds) {
      total += seconds;
      count++;
      const later = stages.slice(index + 1).reduce((n, stage) => n + stage.epochs, 0);
      return (total / count) * (stages[index]!.epochs - epoch + later);
    },
  };
}
