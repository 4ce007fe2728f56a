/** @file One job of the recovery suite, whole: dmil on the quick mixture. Slow: `npm run test:all`. */
import { expect, test } from "vitest";
import { runRecoveryJob } from "../../src/experiments/recover/job.ts";

test("dmil names the true type of nearly every sample of the quick mixture", {
  timeout: 300_000,
}, async () => {
  const epochs: string[] = [];
  const { metrics, ceiling, curves } = await runRecoveryJob(
    { case: "mixture-k2-balanced-3", method: "dmil", seed: 0, quick: true },
    undefined,
    { onEvent: (event) => event.kind === "epoch" && epochs.push(event.stage) },
  );
  expect(curves).toHaveLength(epochs.length);
  expect(ceiling.identified!.labelFree).toBeGreaterThan(0.999);
  expect(metrics.accuracy.all).toBeGreaterThan(0.98);
  expect(metrics.identified!.labelFree).toBeGreaterThan(0.97);
  expect(metrics.gateIdentified).toBeGreaterThan(0.95);
});
