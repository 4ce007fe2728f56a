/** @file Trains a run and measures its time. */
import type { Folder } from "../core/folder.ts";
import type { TrainingData } from "../runs/identity.ts";
import type { Plan } from "../runs/plan.ts";
import { type FinishedRun, type RunOptions, startRun } from "../runs/run.ts";
import type { FitEvent } from "../train/events.ts";

/** A trained run with its time. */
export interface TimedRun extends FinishedRun {
  readonly seconds: number;
  /** Of one step of the longest stage, with its share of validation; undefined if nothing was trained. */
  readonly secondsPerStep?: number;
}

/** Trains a run. @throws the errors of `startRun`. */
export async function trainTimed(
  folder: Folder,
  plan: Plan,
  data: TrainingData,
  options: RunOptions,
): Promise<TimedRun> {
  const pace = paceOf();
  const started = performance.now();
  const run = await startRun(folder, plan, data, {
    ...options,
    onEvent(event) {
      pace.onEvent(event);
      options.onEvent?.(event);
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const secondsPerStep = pace.secondsPerStep();
  return { ...run, seconds, ...(secondsPerStep !== undefined && { secondsPerStep }) };
}

/** Measures the seconds per step of the longest stage: the median over epochs, including validation, divided by the steps per epoch. */
function paceOf() {
  const stages = new Map<string, { readonly steps: number; readonly epochs: number[] }>();
  return {
    onEvent(event: FitEvent): void {
      if (event.kind === "stage") stages.set(event.stage, { steps: event.steps, epochs: [] });
      if (event.kind === "epoch") stages.get(event.stage)?.epochs.push(event.seconds);
    },
    secondsPerStep(): number | undefined {
      const total = ({ epochs }: { readonly epochs: readonly number[] }): number => epochs.reduce((a, b) => a + b, 0);
      const [longest] = [...stages.values()]
        .filter(({ epochs }) => epochs.length > 0)
        .sort((a, b) => total(b) - total(a));
      if (longest === undefined) return undefined;
      const { epochs, steps } = longest;
      return epochs.sort((a, b) => a - b)[Math.floor(epochs.length / 2)]! / steps;
    },
  };
}
