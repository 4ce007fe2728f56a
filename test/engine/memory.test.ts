import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { add, concat, logSoftmax, mean, mul, neg, reshape, sub, sum } from "../../src/graph/ops/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method, Outputs, Stage } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import type { FitEvent } from "../../src/train/events.ts";
import { fit } from "../../src/train/fit.ts";
import { bits } from "../methods/support.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture(2);
const base = { seed: 1, batchSize: 32, threads: 1, epochs: { whole: 4 } } as const;

/** Joint learning whose one stage is changed. */
function changed(change: (stage: Stage<Outputs>) => Partial<Stage<Outputs>>): Method {
  const method = joint({ encoders: { a: mlp([8, 6]), b: mlp([8, 6]) }, embedding: 4 }) as Method;
  return { ...method, stages: method.stages.map((stage) => ({ ...stage, ...change(stage) })) };
}

/** Counts steps and sums each sample's losses, and tells them as loss terms of weight 0. */
const counting = changed((stage) => ({
  memory: { steps: { shape: [], value: 0 } },
  sampleMemory: { seen: { width: 2, value: 0 } },
  terms: (out, target, context) => {
    const { values, min: least, max: largest } = context.samples.seen!;
    const told = [context.epoch, context.memory.steps!, mean(values), sum(least), sum(largest)];
    return [
      ...stage.terms(out, target, context),
      {
        names: ["epoch", "steps", "seen", "least", "largest"],
        value: concat(
          told.map((value) => reshape(value, [1])),
          0,
        ),
        weights: [0, 0, 0, 0, 0],
      },
    ];
  },
  updateMemory: (_, target, { memory, samples }) => ({
    steps: add(memory.steps!, 1),
    seen: add(samples.seen!.values, concat([sum(target, -1, true), mul(sum(target, -1, true), 3)], -1)),
  }),
}));

test("the epoch, what is kept from step to step, and what is kept of each sample", async () => {
  const { history } = await fit(counting, data, base);
  const steps = Math.ceil(data.train.size / 32);
  history.forEach(({ train: { terms } }, i) => {
    expect(terms.epoch).toBeCloseTo(i + 1, 6);
    // The mean over samples of the count before the step; the last batch is smaller than the others.
    expect(terms.steps!).toBeGreaterThan(i * steps + (steps - 1) / 2 - 0.5);
    expect(terms.steps!).toBeLessThan(i * steps + (steps - 1) / 2 + 0.01);
    // Every sample was seen once in each epoch before: 1 in one column, 3 in the other.
    expect(terms.seen).toBeCloseTo(2 * i, 5);
    expect(terms.least).toBeCloseTo(4 * i, 5);
    expect(terms.largest).toBeCloseTo(4 * i, 5);
  });
});

test("a run that was stopped in the middle of an epoch remembers to the bit", async () => {
  // The loss leans on what is remembered, so a slip would show in the parameters.
  const leaning = changed((stage) => ({
    ...counting.stages[0],
    terms: (out, target, context) => {
      const { values, min: least, max: largest } = context.samples.seen!;
      const error = neg(sum(mul(logSoftmax(out.logits), target), -1, true));
      const share = mul(sub(add(values, largest), least), context.memory.steps!);
      return [
        ...stage.terms(out, target, context),
        { names: ["leaning"], value: mean(mul(error, share)), weights: [0.01] },
      ];
    },
  }));
  const whole = await fit(leaning, data, base);
  for (const stopAt of [3, 8, 14]) {
    const folder = memoryFolder();
    const controller = new AbortController();
    let steps = 0;
    const onEvent = (event: FitEvent): void => {
      if (event.kind === "step" && ++steps === stopAt) controller.abort();
    };
    const pausing = { ...base, folder, onEvent, signal: controller.signal, checkpointSeconds: 0 };
    await expect(fit(leaning, data, pausing)).rejects.toMatchObject({ fields: { interrupted: true } });
    const resumed = await fit(leaning, data, { ...base, folder, resume: true });
    expect(bits(resumed.state)).toBe(bits(whole.state));
  }
});

test("gradients that a stage changes are the ones that count; what does not fit is the author's mistake", async () => {
  const still = changed(() => ({
    modulate: (gradients) => Object.fromEntries([...gradients].map(([name, gradient]) => [name, mul(gradient, 0)])),
  }));
  const { state, history } = await fit(still, data, base);
  expect(history[0]!.train.loss).toBeCloseTo(history[3]!.train.loss, 6);
  const wrong = changed(() => ({ modulate: (gradients) => ({ "head.bias": [...gradients.values()][0]! }) }));
  await expect(fit(wrong, data, base)).rejects.toThrow(
    /stage whole, modulate: head\.bias has the shape \[8, 6\]; \[2\] is needed/,
  );
  expect(Object.keys(state)).toContain("head.bias");
});
