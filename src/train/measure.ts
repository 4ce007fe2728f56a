/** @file Times the first steps of a stage, so that the time of an epoch is known before its end. */
import type { PreparedStage } from "../engine/stage.ts";
import type { FitEvent } from "./events.ts";
import type { StageRun } from "./stage-run.ts";

/** The first step also warms up caches, so it is not measured where more follow. */
const WARM = 1;
const MEASURED = 2;

/** The stage, which emits the event `estimate` after its first steps. */
export function measured({ stage, epochs, emit }: StageRun, prepared: PreparedStage): PreparedStage {
  const { step, plan, flops } = prepared;
  const warm = plan.length > WARM ? WARM : 0;
  const last = Math.min(plan.length, warm + MEASURED);
  let done = 0;
  let started = 0;
  const event = (seconds: number): FitEvent => ({
    kind: "estimate",
    stage: stage.name,
    epochs,
    steps: plan.length,
    secondsAStep: seconds / (last - warm),
    flops,
  });
  return {
    ...prepared,
    step(...args) {
      if (done >= last) return step(...args);
      if (done === warm) started = performance.now();
      return step(...args).then((result) => {
        if (++done === last) emit(event((performance.now() - started) / 1000));
        return result;
      });
    },
  };
}
