/** @file Tuning: the same number of trials for every method, drawn from its own options and three settings all share, judged on validation data. */
import * as z from "zod";
import { configError } from "../../core/errors.ts";
import { memoryFolder } from "../../core/folder.ts";
import { stream } from "../../core/random.ts";
import { expected } from "../../core/system-errors.ts";
import type { FitEvent } from "../../train/events.ts";
import { leading } from "../../train/figures.ts";
import type { TrainingData } from "../identity.ts";
import { planRun, type RunConfig } from "../plan.ts";
import { startRun } from "../run.ts";
import { issuesError, parseSettings } from "../settings.ts";
import type { RunTeacher } from "../teacher.ts";

/** What a trial changes, by setting: `learningRate` is a factor on every stage's own, `options.alpha` an option of the method. */
export type Changes = Readonly<Record<string, unknown>>;

/** One trial. */
export interface Trial {
  readonly changes: Changes;
  readonly seconds: number;
  /** The figure that models are ranked by (accuracy, macro-F1 of labels, R2 of values), on validation data; left out where the trial failed. */
  readonly reached?: number;
  /** Of calibrated probabilities on validation data, nats: it chooses. Values have none. */
  readonly logLoss?: number;
  readonly error?: string;
}

/** What tuning found: log-loss of calibrated probabilities chooses, of values R2, the earlier trial among equals. */
export interface Tuning {
  readonly trials: readonly Trial[];
  /** Which of them. */
  readonly chosen: number;
}

/** What a kept tuning is read for: how many trials there were, and what the chosen one changed. */
export const tuningSchema: z.ZodType = z
  .looseObject({
    trials: z.array(z.looseObject({ changes: z.record(z.string(), z.unknown()) })),
    chosen: z.int().min(0),
  })
  .refine(({ trials, chosen }) => chosen < trials.length);

/** What all methods share; first the values that the defaults most often have. */
const SHARED: Readonly<Record<string, readonly unknown[]>> = {
  learningRate: [1, 0.3, 3],
  "encoder.dropout": [0.2, 0, 0.4],
  "encoder.hidden": [[64], [128]],
};

/** Training of every trial; runs have seeds of their own. */
export const TUNING_SEED = 0;

/** Every combination of values that a method can be tried with. */
export function searchSpace(search: Readonly<Record<string, readonly unknown[]>>): Changes[] {
  const own = Object.entries(search).map(([name, values]): [string, readonly unknown[]] => [`options.${name}`, values]);
  return [...Object.entries(SHARED), ...own].reduce<Changes[]>(
    (made, [name, values]) => made.flatMap((before) => values.map((value) => ({ ...before, [name]: value }))),
    [{}],
  );
}

/**
 * The trials of a method: its defaults first, then others without repetition, drawn by `name` (data and method). A combination that is
 * what the defaults say is not tried again. @throws ConfigError for more trials than there are.
 */
export function trialsOf(
  trials: number,
  search: Readonly<Record<string, readonly unknown[]>>,
  defaults: (name: string) => unknown,
  name: string,
): Changes[] {
  const isDefault = (changes: Changes): boolean =>
    Object.entries(changes).every(([setting, value]) =>
      setting === "learningRate" ? value === 1 : JSON.stringify(value) === JSON.stringify(defaults(setting)),
    );
  const others = searchSpace(search).filter((changes) => !isDefault(changes));
  if (trials > others.length + 1) {
    const message = `${trials} trials are more than the ${others.length + 1} that there are for ${name}`;
    throw issuesError([{ path: ["tune"], message }]);
  }
  const draws = stream(TUNING_SEED, `tuning ${name}`);
  const chosen: Changes[] = [{}];
  while (chosen.length < trials) chosen.push(...others.splice(draws.below(others.length), 1));
  return chosen;
}

/** Settings with the changes of a trial made, but for the learning rates: those are a matter of stages. */
export function withChanges(settings: Readonly<Record<string, unknown>>, changes: Changes): Record<string, unknown> {
  const { learningRate: _, ...rest } = changes;
  return Object.entries(rest).reduce<Record<string, unknown>>(
    (made, [name, value]) => withValue(made, name.split("."), value),
    settings,
  );
}

function withValue(held: unknown, [first, ...rest]: readonly string[], value: unknown): Record<string, unknown> {
  const before = (held ?? {}) as Record<string, unknown>;
  return { ...before, [first!]: rest.length === 0 ? value : withValue(before[first!], rest, value) };
}

/** Runs trials on training and validation data: nothing else is known here. */
export async function runTuning(
  configs: readonly RunConfig[],
  changes: readonly Changes[],
  data: TrainingData,
  onEvent: (event: FitEvent, trial: number) => void = () => {},
  teacher?: RunTeacher,
): Promise<Tuning> {
  const trials: Trial[] = [];
  for (const [t, config] of configs.entries()) {
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1000;
    try {
      const plan = planRun(parseSettings(config), data.train);
      const { result } = await startRun(memoryFolder(), plan, data, {
        checkpointSeconds: Number.POSITIVE_INFINITY,
        ...(teacher !== undefined && { teacher }),
        onEvent: (event) => onEvent(event, t),
      });
      const { validation } = result;
      const { logLoss } = "figures" in validation ? validation.figures : validation;
      const reached = leading(validation).value;
      trials.push({ changes: changes[t]!, seconds: seconds(), reached, ...(logLoss !== undefined && { logLoss }) });
    } catch (error) {
      trials.push({ changes: changes[t]!, seconds: seconds(), error: expected(error).message });
    }
  }
  const chosen = bestTrial(trials);
  if (chosen === undefined)
    throw configError(`every trial failed, the first with: ${trials[0]?.error ?? "none was run"}`);
  return { trials, chosen };
}

/**
 * The trial that did best; undefined when all failed. Log-loss of calibrated probabilities is less noisy than accuracy, which on a small
 * validation split ties or turns on a single sample, and a network that is too sure of itself does not lose by it.
 */
export function bestTrial(trials: readonly Trial[]): number | undefined {
  const merits = trials.map(({ reached, logLoss }) => (logLoss === undefined ? reached : -logLoss) ?? Number.NaN);
  const best = Math.max(...merits.filter((merit) => !Number.isNaN(merit)));
  const chosen = merits.indexOf(best);
  return chosen < 0 ? undefined : chosen;
}
