/** Laws that every optimiser obeys, the numbers of PyTorch, and what is refused. */
import { describe, expect, test } from "vitest";
import { adam, adamw, type Optimiser, sgd } from "../../src/optim/index.ts";
import { bench, golden } from "./support.ts";

const optimisers: readonly Optimiser[] = [
  adam({ learningRate: 0.05 }),
  adam({ learningRate: 0.05, weightDecay: 1e-6 }),
  adamw({ learningRate: 0.05, weightDecay: 1e-6 }),
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.05, momentum: 0.9 }),
  sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-6 }),
];
const named = optimisers.map(
  (optimiser) => [`${optimiser.name} ${JSON.stringify(optimiser.settings)}`, optimiser] as const,
);

/** Curvatures and minimum of a quadratic bowl. */
const CURVATURE = [1, 2, 0.5, 4, 1, 3, 0.7];
const MINIMUM = [1, -2, 0.5, 3, -1, 0, 2];

describe.each(named)("%s", (_name, optimiser) => {
  test("reaches the minimum of a quadratic", () => {
    const { param, grad, range, kernels } = bench(optimiser, [0, 0, 0, 0, 0, 1, 0]);
    const steps = 1500;
    for (let step = 1; step <= steps; step++) {
      for (let i = 0; i < grad.length; i++) grad[i] = CURVATURE[i]! * (param[i]! - MINIMUM[i]!);
      const learningRate = optimiser.learningRate! * (1 - (step - 1) / steps);
      optimiser.update(kernels, range, { learningRate, step, gradientScale: 1 });
    }
    for (let i = 0; i < param.length; i++) expect(param[i]).toBeCloseTo(MINIMUM[i]!, 3);
  });

  test("moves nothing at learning rate 0, and never the gradients", () => {
    const start = [1, -2, 0.5, 1e-8, 3e5];
    const { param, grad, range, kernels } = bench(optimiser, start);
    grad.set([0.1, -3, 0, 1e4, 1e-9]);
    const [before, gradients] = [param.slice(), grad.slice()];
    for (let step = 1; step <= 3; step++) optimiser.update(kernels, range, { learningRate: 0, step, gradientScale: 1 });
    expect(param).toEqual(before);
    optimiser.update(kernels, range, { learningRate: 0.1, step: 4, gradientScale: 0.5 });
    expect(param).not.toEqual(before);
    expect(grad).toEqual(gradients);
  });

  test("a scaled gradient is the gradient, scaled", () => {
    const [a, b] = [bench(optimiser, [1, 2, 3]), bench(optimiser, [1, 2, 3])];
    a.grad.set([0.5, -1, 8]);
    b.grad.set([0.125, -0.25, 2]);
    optimiser.update(a.kernels, a.range, { learningRate: 0.1, step: 1, gradientScale: 0.25 });
    optimiser.update(b.kernels, b.range, { learningRate: 0.1, step: 1, gradientScale: 1 });
    expect(a.param).toEqual(b.param);
    expect(a.slots).toEqual(b.slots);
  });

  test("is an immutable value", () => {
    expect(Object.isFrozen(optimiser) && Object.isFrozen(optimiser.settings)).toBe(true);
    expect(JSON.parse(JSON.stringify(optimiser))).toEqual({
      name: optimiser.name,
      slots: optimiser.slots,
      learningRate: optimiser.learningRate,
      settings: optimiser.settings,
    });
  });
});

describe("PyTorch's numbers", () => {
  const make = { adam, adamw, sgd } as unknown as Record<string, (options: object) => Optimiser>;
  const { start, gradients, optimisers: cases } = golden();
  const named = cases.map((one) => [`${one.name} ${JSON.stringify(one.options)}`, one] as const);
  test.each(named)("%s", (_name, { name, options, params }) => {
    const optimiser = make[name]!(options);
    for (const plain of [false, true]) {
      const { param, grad, range, kernels } = bench(optimiser, start, plain);
      for (const [i, expected] of params.entries()) {
        grad.set(gradients[i]!);
        optimiser.update(kernels, range, {
          learningRate: optimiser.learningRate ?? 0.001,
          step: i + 1,
          gradientScale: 1,
        });
        for (let j = 0; j < start.length; j++) expect(Math.abs(param[j]! - expected[j]!)).toBeLessThan(1e-6);
      }
    }
  });
});

describe("defaults", () => {
  test("are PyTorch's", () => {
    expect(adam().settings).toEqual({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
    expect(adamw().settings).toEqual({ ...adam().settings, weightDecay: 0.01 });
    expect(sgd().settings).toEqual({ momentum: 0, weightDecay: 0, nesterov: false });
    expect([adam().slots, adamw().slots, sgd().slots, sgd({ momentum: 0.5 }).slots]).toEqual([2, 2, 0, 1]);
  });
});

describe("refused settings", () => {
  const message = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return String(error);
    }
    return "no error";
  };
  test("texts", () => {
    expect(
      [
        () => adam({ learningRate: -1 }),
        () => adam({ beta1: 1, epsilon: 0 }),
        () => adamw({ weightDecay: Number.NaN }),
        () => adamw({ learningrate: 0.1 } as object),
        () => sgd({ momentum: 1.5 }),
        () => sgd({ nesterov: true }),
        () => sgd({ learningRate: "fast" } as object),
      ].map(message),
    ).toMatchInlineSnapshot(`
      [
        "ConfigError: adam.learningRate: -1 given; allowed is a finite number, 0 or more, for example 0.001",
        "ConfigError: adam.beta1: 1 given; allowed is a number from 0 to below 1, for example 0.9
      adam.epsilon: 0 given; allowed is a finite number above 0, for example 1e-8",
        "ConfigError: adamw.weightDecay: NaN given; allowed is a finite number, 0 or more, for example 0.01",
        "ConfigError: adamw.learningrate: unknown option "learningrate"; did you mean "learningRate"? Allowed: learningRate, beta1, beta2, epsilon, weightDecay.",
        "ConfigError: sgd.momentum: 1.5 given; allowed is a number from 0 to below 1, for example 0.9",
        "ConfigError: sgd.nesterov: true given with momentum 0; nesterov needs momentum above 0, for example 0.9.",
        "ConfigError: sgd.learningRate: "fast" given; allowed is a finite number, 0 or more, for example 0.001",
      ]
    `);
  });
});
