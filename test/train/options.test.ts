/** @file Options of training: learning rate and warm-up, early stopping, the monitored metric, weights, interrupts. */
import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import type { TargetKind } from "../../src/data/kinds.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { classesOf, labelsOf } from "../../src/data/target.ts";
import { stageGraph } from "../../src/engine/graph.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { methodFrom, methodNames } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { everyTarget, type Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { adam, sgd } from "../../src/optim/index.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { files, modelInCheckpoint } from "../../src/train/checkpoint.ts";
import { fit } from "../../src/train/fit.ts";
import type { FitOptions } from "../../src/train/plan.ts";
import { sampleWeightsOf } from "../../src/train/weights.ts";
import { B, bindings, bits, encoders, widths } from "../methods/support.ts";
import { methodOf, smallDmil, smallMixture } from "../support/models.ts";

const data = smallMixture(3);
const method = joint({ encoders: { a: mlp([8, 6]), b: mlp([8, 6]) }, embedding: 4 }) as Method;
/** Five steps an epoch. */
const base: FitOptions = { seed: 1, batchSize: 32, threads: 1, epochs: { whole: 4 } };
const labelled = sums({ seed: 3, features: 5, target: "multilabel", samples: { train: 60, validation: 40, test: 20 } });

/** The learning rate of every step. */
async function ratesOf(options: Partial<FitOptions>, from: Method = method): Promise<number[]> {
  const rates: number[] = [];
  const inner = options.optimiser ?? sgd();
  const update: typeof inner.update = (kernels, range, step) => {
    rates.push(step.learningRate);
    inner.update(kernels, range, step);
  };
  await fit(from, data, { ...base, ...options, optimiser: { ...inner, update } });
  return rates;
}

describe("learning rate", () => {
  test("of the optimiser counts for every stage, as if it was given to fit", async () => {
    const [own, given, standard] = [
      await fit(method, data, { ...base, optimiser: adam({ learningRate: 3e-4 }) }),
      await fit(method, data, { ...base, learningRate: 3e-4 }),
      await fit(method, data, { ...base, optimiser: adam() }),
    ];
    expect(bits(own.state)).toBe(bits(given.state));
    expect(own.history[0]!.learningRate).toBe(3e-4);
    expect(standard.history[0]!.learningRate).toBe(method.stages[0]!.learningRate);
    expect(new Set(await ratesOf({ optimiser: sgd({ learningRate: 0.25 }), epochs: 1 }, smallDmil()))).toEqual(
      new Set([0.25]),
    );
  });

  test("said twice must be said alike", async () => {
    const optimiser = adam({ learningRate: 3e-4 });
    await fit(method, data, { ...base, epochs: 1, optimiser, learningRate: 3e-4 });
    await expect(fit(method, data, { ...base, optimiser, learningRate: { whole: 0.01 } })).rejects.toThrow(
      "optimiser.learningRate: 0.0003 is the optimiser's, but learningRate.whole is 0.01. Give one of the two.",
    );
  });

  test("warms up by steps or epochs, in every stage", async () => {
    const rates = await ratesOf({ learningRate: 0.1, warmup: { steps: 10 }, epochs: 3 });
    rates.forEach((rate, i) => {
      expect(rate).toBeCloseTo(0.1 * Math.min(1, (i + 1) / 10), 12);
    });
    expect(rates).toHaveLength(15);
    expect(await ratesOf({ learningRate: 0.1, warmup: { epochs: 2 }, epochs: 3 })).toEqual(rates);
    const staged = await ratesOf({ learningRate: 0.1, warmup: { steps: 5 }, epochs: 1 }, smallDmil());
    expect(staged.map((rate) => Math.round(100 * rate))).toEqual([2, 4, 6, 8, 10, 2, 4, 6, 8, 10, 2, 4, 6, 8, 10]);
    for (const warmup of [{ steps: 0 }, { steps: 1.5 }, { epochs: 1, steps: 1 }, 3, { epoch: 1 }] as never[]) {
      await expect(fit(method, data, { ...base, warmup })).rejects.toThrow(/^warmup is .*; give \{ epochs: 2 \} or/);
    }
  });
});

describe("early stopping", () => {
  test("ends a stage after so many epochs without improvement; each stage has its own", async () => {
    // At rate 0 no epoch is better than the first.
    const still = { ...base, learningRate: 0, epochs: 6 };
    expect((await fit(method, data, { ...still, patience: 2 })).history).toHaveLength(3);
    const { history } = await fit(smallDmil(), data, { ...still, patience: { intra: 1, components: 3 } });
    const epochs = (name: string): number => history.filter(({ stage }) => stage === name).length;
    expect([epochs("intra"), epochs("components")]).toEqual([2, 4]);
    await expect(fit(method, data, { ...base, patience: 0 })).rejects.toThrow("patience is 0; a whole number from 1");
    await expect(fit(method, data, { ...base, patience: { hole: 1 } })).rejects.toThrow(/patience\.hole: joint has no/);
  });
});

describe("the monitored metric selects the best epoch", () => {
  const noisy = { ...base, epochs: 8, learningRate: 0.02 };
  test.each(["accuracy", "logLoss", "calibrated"] as const)("%s of classes", async (monitor) => {
    const { history } = await fit(method, data, { ...noisy, monitor });
    const values = history.map(({ validation }) => (monitor === "accuracy" ? -1 : 1) * validation[monitor]!);
    const lowest = Math.min(...values);
    const tied = history.filter((_, i) => values[i] === lowest);
    const best = tied.sort((a, b) => a.validation.logLoss! - b.validation.logLoss!)[0]!;
    expect(history.at(-1)!.best.epoch).toBe(best.epoch);
  });

  test("without it the stage's counts; a metric that the data does not have is refused", async () => {
    const [plain, accuracy] = [
      await fit(method, data, noisy),
      await fit(method, data, { ...noisy, monitor: "accuracy" }),
    ];
    expect(bits(accuracy.state)).toBe(bits(plain.state));
    await expect(fit(method, data, { ...noisy, monitor: "r2" })).rejects.toThrow(
      /monitor: r2 given, but this data has classes, .* Allowed: accuracy, logLoss, calibrated\./,
    );
  });

  test("of labels may be accuracy", async () => {
    const five = joint({ encoders: encoders(), embedding: 4 }) as Method;
    const { history } = await fit(five, labelled.splits, { ...noisy, monitor: "accuracy" });
    const best = Math.max(...history.map(({ validation }) => validation.accuracy!));
    expect(history[history.at(-1)!.best.epoch - 1]!.validation.accuracy).toBe(best);
  });
});

/** Values of the loss terms of a stage on random numbers, with these weights of the samples. */
function termsOf(from: Method, index: number, weight?: readonly number[], kind: TargetKind = "multiclass"): number[] {
  const sizes = { ...widths(from), kind, ...(weight !== undefined && { weighted: true }) };
  const exprs = stageGraph(from, from.stages[index]! as never, sizes, B).terms.map(({ value }) => value);
  const values = interpret(exprs, bindings(from, exprs, weight === undefined ? {} : { weight }));
  return values.flatMap(({ data: term }) => [...term]);
}

describe("weights", () => {
  const five = joint({ encoders: encoders(), embedding: 4 }) as Method;

  test.each(everyTarget)("of samples multiply their losses (%s)", (kind) => {
    const unit = (i: number): number[] => Array.from({ length: B }, (_, j) => Number(i === j));
    const each = Array.from({ length: B }, (_, i) => termsOf(five, 0, unit(i), kind)[0]!);
    const total = each.reduce((sum, value) => sum + value, 0);
    expect(termsOf(five, 0, undefined, kind)[0]).toBeCloseTo(total, 5);
    const weights = [0.5, 2, 0, 1, 3, 1];
    const due = each.reduce((sum, value, i) => sum + weights[i]! * value, 0);
    expect(termsOf(five, 0, weights, kind)[0]).toBeCloseTo(due, 5);
    expect(new Set(each).size).toBe(B);
  });

  test.each(methodNames)("%s: weights of 1 change nothing, and losses are linear in the weights", (name) => {
    const from = methodOf(name);
    let some = 0;
    for (const index of from.stages.keys()) {
      const [none, one, two, three] = [undefined, 1, 2, 3].map((weight) =>
        termsOf(from, index, weight === undefined ? undefined : new Array<number>(B).fill(weight)),
      ) as [number[], number[], number[], number[]];
      none.forEach((value, i) => {
        expect(one[i]).toBeCloseTo(value, 5);
        expect(three[i]! - two[i]!).toBeCloseTo(two[i]! - one[i]!, 4);
        some += Number(two[i] !== one[i]);
      });
    }
    expect(some).toBeGreaterThan(0);
  });

  test("of classes by name, or balanced", () => {
    const { train } = data;
    const [labels, classes] = [labelsOf(train), classesOf(train)];
    const [first] = classes;
    const counts = classes.map((_, k) => labels.filter((label) => label === k).length);
    const balanced = sampleWeightsOf(train, { classWeights: "balanced" })!;
    labels.forEach((label, i) => {
      expect(balanced[i]).toBeCloseTo(train.size / (classes.length * counts[label]!), 6);
    });
    const sampleWeights = labels.map((_, i) => i % 3);
    const both = sampleWeightsOf(train, { classWeights: { [first!]: 4 }, sampleWeights })!;
    labels.forEach((label, i) => {
      expect(both[i]).toBe((label === 0 ? 4 : 1) * (i % 3));
    });
    expect(sampleWeightsOf(train, {})).toBeUndefined();
  });

  test("train: a class of weight 0 is not learnt, and metrics stay unweighted", async () => {
    const [first] = classesOf(data.train);
    const fitted = await fit(method, data, {
      ...base,
      learningRate: 0.01,
      classWeights: { [first!]: 0 },
      monitor: "logLoss",
    });
    const plain = await fit(method, data, { ...base, learningRate: 0.01, monitor: "logLoss" });
    const share = labelsOf(data.train).filter((label) => label === 1).length / data.train.size;
    expect(fitted.history.at(-1)!.train.accuracy).toBeCloseTo(share, 1);
    expect(plain.history.at(-1)!.train.accuracy!).toBeGreaterThan(fitted.history.at(-1)!.train.accuracy!);
  });

  test("that do not fit are refused", async () => {
    const run = (options: object) => fit(method, data, { ...base, ...options });
    await expect(run({ classWeights: { none: 1 } })).rejects.toThrow(
      /classWeights\.none: the data has no class "none"/,
    );
    await expect(run({ classWeights: { [classesOf(data.train)[0]!]: -1 } })).rejects.toThrow(
      /is -1; a finite number from 0/,
    );
    await expect(run({ classWeights: 3 })).rejects.toThrow(/classWeights: 3 given; give "balanced"/);
    await expect(run({ sampleWeights: [1, 2] })).rejects.toThrow(/has 2 weights; the training data has 150 samples/);
    await expect(run({ sampleWeights: new Float32Array(150) })).rejects.toThrow(/are 0, so there is nothing to learn/);
    await expect(fit(five, labelled.splits, { ...base, classWeights: "balanced" })).rejects.toThrow(
      /classWeights: needs a target of classes/,
    );
  });
});

describe("an abort", () => {
  test("before work starts writes nothing and tells nothing", async () => {
    const folder = memoryFolder();
    const events: unknown[] = [];
    const options = { ...base, folder, signal: AbortSignal.abort(), onEvent: (event: unknown) => events.push(event) };
    await expect(fit(method, data, options)).rejects.toMatchObject({
      name: "AbortError",
      code: "RunError",
      fields: { interrupted: true },
    });
    expect(events).toEqual([]);
    expect(await folder.list()).toEqual([]);
  });

  test("gives the best model so far, that of the checkpoint; none before the first epoch has finished", async () => {
    for (const [kind, epoch] of [
      ["step", 1],
      ["epoch", 2],
    ] as const) {
      const folder = memoryFolder();
      const controller = new AbortController();
      const onEvent: FitOptions["onEvent"] = (event) => {
        if (event.kind === kind && event.epoch === epoch) controller.abort();
      };
      const pausing = { ...base, folder, onEvent, signal: controller.signal, checkpointSeconds: 0 };
      const error = await fit(method, data, pausing).then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error).toMatchObject({ name: "AbortError", fields: { interrupted: true } });
      const stored = await modelInCheckpoint(await folder.read(files.last), methodFrom, "last");
      const { fitted } = error.fields;
      expect(fitted === undefined).toBe(kind === "step");
      expect(stored === undefined).toBe(kind === "step");
      if (stored === undefined) continue;
      expect(bits(fitted.state)).toBe(bits(stored.fitted.state));
      expect(fitted.history).toHaveLength(2);
      expect(await evaluate(fitted, data.test)).toEqual(await evaluate(stored.fitted, data.test));
    }
  });
});

test("a run with all of these options is resumed to the bit", async () => {
  const options = {
    ...base,
    warmup: { steps: 12 },
    patience: 2,
    monitor: "logLoss",
    classWeights: "balanced",
    sampleWeights: labelsOf(data.train).map((_, i) => 1 + (i % 2)),
  } as const;
  const whole = await fit(method, data, options);
  const folder = memoryFolder();
  const controller = new AbortController();
  let steps = 0;
  const onEvent: FitOptions["onEvent"] = (event) => {
    if (event.kind === "step" && ++steps === 8) controller.abort();
  };
  const pausing = { ...options, folder, onEvent, signal: controller.signal, checkpointSeconds: 0 };
  await expect(fit(method, data, pausing)).rejects.toMatchObject({ fields: { interrupted: true } });
  const resumed = await fit(method, data, { ...options, folder, resume: true });
  expect(bits(resumed.state)).toBe(bits(whole.state));
  expect(resumed.history).toEqual(whole.history);
});
