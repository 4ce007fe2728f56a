/** Whether a run that was stopped here and there goes on to the same bits. */
import { expect } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import type { Method } from "../../src/methods/method.ts";
import type { FitEvent } from "../../src/train/events.ts";
import { fit } from "../../src/train/fit.ts";
import type { FitOptions } from "../../src/train/plan.ts";
import { bits, smallData } from "./support.ts";

/** Stops runs of `epochs` a stage after each of the given counts of steps, in the middle of epochs too, and resumes them. */
export async function expectResumed(
  method: Method,
  epochs: number,
  stops: readonly number[],
  data = smallData(method),
  options: Pick<FitOptions, "normalize"> = {},
): Promise<void> {
  const counts = Object.fromEntries(method.stages.map(({ name }) => [name, epochs]));
  const base = { seed: 1, batchSize: 8, threads: 1, epochs: counts, ...options } as const;
  const whole = bits((await fit(method, data, base)).state);
  for (const stopAt of stops) {
    const folder = memoryFolder();
    const controller = new AbortController();
    let steps = 0;
    const onEvent = (event: FitEvent): void => {
      if (event.kind === "step" && ++steps === stopAt) controller.abort();
    };
    const pausing = { ...base, folder, onEvent, signal: controller.signal, checkpointSeconds: 0 };
    await expect(fit(method, data, pausing)).rejects.toMatchObject({ fields: { interrupted: true } });
    const { state } = await fit(method, data, { ...base, folder, resume: true });
    expect(bits(state), `stopped after step ${stopAt}`).toBe(whole);
  }
}
