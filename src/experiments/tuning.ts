/** @file Hyperparameter tuning by random search: the same number of trials for every method, over its own options and three shared settings, selected on validation data. */
import * as z from "zod";
import { configError } from "../core/errors.ts";
import { memoryFolder } from "../core/folder.ts";
import { stream } from "../core/random.ts";
import { withValue } from "../core/record.ts";
import { expected } from "../core/system-errors.ts";
import { primaryValue } from "../evaluation/score.ts";
import type { TrainingData } from "../runs/identity.ts";
import { planRun, type RunConfig } from "../runs/plan.ts";
import { type RunOptions, startRun } from "../runs/run.ts";
import { issuesError, parseSettings } from "../runs/settings.ts";
import { readWeightFiles } from "../runs/weights.ts";
import type { FitEvent } from "../train/events.ts";

/** The changes of a trial, by setting: `learningRate` is a factor for the rate of every stage, `options.alpha` an option of the method. */
export type Changes = Readonly<Record<string, unknown>>;

/** One trial. */
export interface Trial {
  readonly changes: Changes;
  readonly seconds: number;
  /** The primary metric on validation data (accuracy; macro-F1 for labels; R2 for values); undefined if the trial failed. */
  readonly reached?: number;
  /** Log-loss of calibrated probabilities on validation data, nats; the selection criterion. Values have none. */
  readonly logLoss?: number;
  readonly error?: string;
}

/** The result of tuning. The trial with the best log-loss of calibrated probabilities (R2 for values) is selected; of equal ones, the first. */
export interface Tuning {
  readonly trials: readonly Trial[];
  /** Index of the selected trial. */
  readonly chosen: number;
}

/** Checks the parts of a stored tuning that are used: the number of trials and the changes of the selected one. */
export const tuningSchema: z.ZodType = z
  .looseObject({
    trials: z.array(z.looseObject({ changes: z.record(z.string(), z.unknown()) })),
    chosen: z.int().min(0),
  })
  .refine(({ trials, chosen }) => chosen < trials.length);

/** The search space of the shared settings; the first values are the usual defaults. */
const SHARED: Readonly<Record<string, readonly unknown[]>> = {
  learningRate: [1, 0.3, 3],
  "encoder.dropout": [0.2, 0, 0.4],
  "encoder.hidden": [[64], [128]],
};

/** The seed of all trials; runs have their own seeds. */
export const TUNING_SEED = 0;

/** All combinations of values of the search space of a method. */
export function searchSpace(search: Readonly<Record<string, readonly unknown[]>>): Changes[] {
  const options = Object.entries(search).map(([name, values]): [string, readonly unknown[]] => [
    `options.${name}`,
    values,
  ]);
  return [...Object.entries(SHARED), ...options].reduce<Changes[]>(
    (combinations, [name, values]) =>
      combinations.flatMap((before) => values.map((value) => ({ ...before, [name]: value }))),
    [{}],
  );
}

/**
 * The trials of a method: its defaults, then random combinations without repetition, seeded by `name` (data and method). The
 * combination that equals the defaults is not repeated. @throws ConfigError for more trials than combinations.
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
    const message = `${trials} trials are more than the ${others.length + 1} possible ones for ${name}`;
    throw issuesError([{ path: ["tune"], message }]);
  }
  const draws = stream(TUNING_SEED, `tuning ${name}`);
  const chosen: Changes[] = [{}];
  while (chosen.length < trials) chosen.push(...others.splice(draws.below(others.length), 1));
  return chosen;
}

/** Applies the changes of a trial to settings, except the learning rate, which depends on the stage. */
export function withChanges(settings: Readonly<Record<string, unknown>>, changes: Changes): Record<string, unknown> {
  const { learningRate: _, ...rest } = changes;
  return Object.entries(rest).reduce<Record<string, unknown>>(
    (changed, [name, value]) => withValue(changed, name.split("."), value),
    { ...settings },
  );
}

/** Options of the trials. */
export interface TrialOptions extends Pick<RunOptions, "teacher" | "openWeights" | "signal"> {
  readonly onEvent?: (event: FitEvent, trial: number) => void;
}

/** Runs trials with training and validation data; the test split is not available here. @throws ConfigError if every trial fails. */
export async function runTuning(
  configs: readonly RunConfig[],
  changes: readonly Changes[],
  data: TrainingData,
  { onEvent, openWeights, ...options }: TrialOptions = {},
): Promise<Tuning> {
  const trials: Trial[] = [];
  for (const [t, config] of configs.entries()) {
    const started = performance.now();
    const seconds = (): number => (performance.now() - started) / 1000;
    try {
      const settings = parseSettings(config);
      const files = openWeights && (await readWeightFiles(settings, config.modalities, openWeights));
      const plan = planRun(settings, data.train, files);
      const { result } = await startRun(memoryFolder(), plan, data, {
        ...options,
        checkpointSeconds: Number.POSITIVE_INFINITY,
        onEvent: (event) => onEvent?.(event, t),
      });
      const { validation } = result;
      const { logLoss } = validation.values;
      const reached = primaryValue(validation);
      trials.push({ changes: changes[t]!, seconds: seconds(), reached, ...(logLoss !== undefined && { logLoss }) });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      trials.push({ changes: changes[t]!, seconds: seconds(), error: expected(error).message });
    }
  }
  const chosen = bestTrial(trials);
  if (chosen === undefined)
    throw configError(`every trial failed; error of the first: ${trials[0]?.error ?? "none was run"}`);
  return { trials, chosen };
}

/**
 * Index of the best trial; undefined if all failed. Log-loss is less noisy than accuracy, which on a small validation split has ties or
 * depends on single samples. It is computed after calibration, so that an overconfident network is not penalised.
 */
export function bestTrial(trials: readonly Trial[]): number | undefined {
  const scores = trials.map(({ reached, logLoss }) => (logLoss === undefined ? reached : -logLoss) ?? Number.NaN);
  const best = Math.max(...scores.filter((score) => !Number.isNaN(score)));
  const chosen = scores.indexOf(best);
  return chosen < 0 ? undefined : chosen;
}
