/** @file `tune`: random search over the options of a method, on training and validation data. */
import { checkOptions, type Keys } from "../core/keys.ts";
import { methodNamed, resolveMethod } from "../methods/index.ts";
import type { TrainingData } from "../runs/identity.ts";
import type { RunConfig } from "../runs/plan.ts";
import { planTrial } from "./settings.ts";
import { type Changes, runTuning, type TrialOptions, TUNING_SEED, type Tuning, trialsOf } from "./tuning.ts";

/** Options of `tune`. */
export interface TuneOptions extends TrialOptions {
  /** Number of trials, the defaults of the method included. */
  readonly trials: number;
  /** Settings of every trial, as those of a run; default: none. */
  readonly set?: Readonly<Record<string, unknown>>;
}

const OPTION_KEYS: Keys<TuneOptions> = {
  trials: true,
  set: true,
  teacher: true,
  openWeights: true,
  signal: true,
  onEvent: true,
};

/** The trials of a method, and the settings of the selected one. */
export interface Tuned extends Tuning {
  readonly config: RunConfig;
}

/** The planned trials of a method: their changes and settings. */
export interface PlannedTrials {
  readonly changes: readonly Changes[];
  readonly configs: readonly RunConfig[];
}

/** Draws the trials of a method. `configOf` gives the settings of a run with changes; `name` (data and method) seeds the draw. */
export function plannedTrials(trials: number, configOf: (changes: Changes) => RunConfig, name: string): PlannedTrials {
  const config = configOf({});
  const { search } = methodNamed(resolveMethod(config.method).method);
  const settingAt = (path: string): unknown =>
    path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);
  const changes = trialsOf(trials, search, settingAt, name);
  return { changes, configs: changes.map(configOf) };
}

/**
 * Trains a method with its defaults and with random combinations of its own options, the learning rate, the dropout and the width of
 * the encoders; the trial with the lowest log-loss (nats) of calibrated probabilities on validation data is selected, for values the one
 * with the highest R2. The test split is not used.
 * @throws ConfigError for more trials than combinations, and if every trial fails.
 * @example
 * const { config, trials } = await tune("ogm", splits, { trials: 12 });
 */
export async function tune(method: string, data: TrainingData, options: TuneOptions): Promise<Tuned> {
  checkOptions("tune", options, OPTION_KEYS);
  const { trials, set = {}, ...rest } = options;
  const settings = { data: "memory", ...set, method, seed: TUNING_SEED };
  const configOf = (changes: Changes): RunConfig => planTrial(settings, changes, data.train).config;
  const { changes, configs } = plannedTrials(trials, configOf, `${settings.data} ${method}`);
  const tuning = await runTuning(configs, changes, data, rest);
  return { ...tuning, config: configs[tuning.chosen]! };
}
