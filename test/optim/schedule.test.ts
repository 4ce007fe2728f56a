import { describe, expect, test } from "vitest";
import { constant, cosine, plateau, type Schedule, step } from "../../src/optim/index.ts";
import { golden } from "./support.ts";

const message = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return String(error);
  }
  return "no error";
};

describe("PyTorch's numbers", () => {
  const make = { step, cosine, plateau } as unknown as Record<string, (options: object) => Schedule>;
  const cases = golden().schedules.map((one) => [`${one.name} ${JSON.stringify(one.options)}`, one] as const);
  test.each(cases)("%s", (_name, { name, options, metrics, factors }) => {
    const schedule = make[name]!(options);
    let state = schedule.initial();
    expect(state).toMatchObject({ epoch: 0, factor: 1 });
    for (const [i, metric] of metrics.entries()) {
      const text = JSON.stringify(state);
      const next = schedule.next(state, metric);
      expect(JSON.stringify(state)).toBe(text); // next is pure
      expect(schedule.next(JSON.parse(text), metric)).toEqual(next); // and a saved state goes on the same way
      expect(next.epoch).toBe(i + 1);
      expect(next.factor).toBeCloseTo(factors[i + 1]!, 8);
      state = next;
    }
  });
});

test("constant never moves", () => {
  let state = constant().initial();
  for (let i = 0; i < 3; i++) state = constant().next(state, i);
  expect(state).toEqual({ epoch: 3, factor: 1 });
});

test("schedules are frozen values, as JSON their settings", () => {
  const schedule = plateau({ mode: "max" });
  expect(Object.isFrozen(schedule) && Object.isFrozen(schedule.settings)).toBe(true);
  expect(JSON.parse(JSON.stringify(schedule))).toEqual({
    name: "plateau",
    settings: { mode: "max", factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0, minimum: 0 },
  });
});

test("errors", () => {
  const watcher = plateau({ mode: "min" });
  expect(
    [
      () => step({ every: 0 }),
      () => step({} as { every: number }),
      () => cosine({ epochs: 2.5, minimum: 1 }),
      () => plateau({ mode: "up" } as object as { mode: "max" }),
      () => plateau({ mode: "max", factor: 1, patience: -1 }),
      () => plateau({ mode: "max", patiense: 3 } as { mode: "max" }),
      () => watcher.next(watcher.initial(), Number.NaN),
      () => watcher.next(constant().initial(), 1),
    ].map(message),
  ).toMatchInlineSnapshot(`
    [
      "ConfigError: step.every: 0 given; allowed is a whole number, 1 or more, for example 10",
      "ConfigError: step.every: nothing given; allowed is a whole number, 1 or more, for example 10",
      "ConfigError: cosine.epochs: 2.5 given; allowed is a whole number, 1 or more, for example 30
    cosine.minimum: 1 given; allowed is a number from 0 to below 1, for example 0.01",
      "ConfigError: plateau.mode: "up" given; allowed are "max" and "min"",
      "ConfigError: plateau.factor: 1 given; allowed is a number from 0 to below 1, for example 0.1
    plateau.patience: -1 given; allowed is a whole number, 0 or more, for example 10",
      "ConfigError: plateau.patiense: unknown option "patiense"; did you mean "patience"? Allowed: mode, factor, patience, threshold, cooldown, minimum.",
      "RunError: plateau: the metric after epoch 1 is NaN; a plateau is judged by finite numbers.",
      "RunError: plateau: the saved schedule state was made by another schedule. Resume with the schedule the run began with.",
    ]
  `);
});
