/** @file The learning-rate range test: a short run whose rate rises from step to step. Source: Smith, WACV 2017; smoothing and suggestion as in fastai. */
import { configError, DmilError, hint } from "../core/errors.ts";
import { checkOptions, type Keys, shown } from "../core/keys.ts";
import { epochOrder } from "../data/batches.ts";
import type { PreparedStage } from "../engine/stage.ts";
import { weightedSum } from "../engine/step.ts";
import type { Method } from "../methods/method.ts";
import { prepare } from "./epochs.ts";
import { requireNotAborted } from "./interrupt.ts";
import type { FitOptions } from "./plan.ts";
import { setUp, type TrainingData } from "./setup.ts";

/** Options of `fit` that the steps of the test use. */
type StepOptions = Pick<
  FitOptions,
  | "seed"
  | "batchSize"
  | "optimiser"
  | "clipNorm"
  | "modalityDropout"
  | "labelSmoothing"
  | "classWeights"
  | "sampleWeights"
  | "teacher"
  | "threads"
  | "backend"
  | "signal"
>;

export interface FindLearningRateOptions extends StepOptions {
  /** The stage to test, from initial weights. Default: the first. */
  readonly stage?: string;
  /** First and last learning rate. Defaults 1e-6 and 1. */
  readonly min?: number;
  readonly max?: number;
  /** Steps from `min` to `max`. Default 100. */
  readonly steps?: number;
}

const KNOWN: Keys<FindLearningRateOptions> = {
  seed: true,
  batchSize: true,
  optimiser: true,
  clipNorm: true,
  modalityDropout: true,
  labelSmoothing: true,
  classWeights: true,
  sampleWeights: true,
  teacher: true,
  threads: true,
  backend: true,
  signal: true,
  stage: true,
  min: true,
  max: true,
  steps: true,
};

/** A step of the test. */
export interface LearningRatePoint {
  readonly learningRate: number;
  /** Loss of the step's batch. */
  readonly loss: number;
  /** Exponential moving average of the losses so far. */
  readonly smoothed: number;
}

export interface FoundLearningRate {
  readonly stage: string;
  /** In ascending order of the rate; it ends early when the loss diverges. */
  readonly curve: readonly LearningRatePoint[];
  /** The rate at which the smoothed loss falls most steeply; undefined if it never falls. */
  readonly suggestion: number | undefined;
}

/** Weight of the past in the moving average (fastai). */
const MOMENTUM = 0.98;
/** The test ends when the smoothed loss exceeds its minimum by this factor (fastai). */
const DIVERGED = 4;
/** The first points, whose smoothed loss has no reliable slope yet. */
const SKIPPED = 10;

/**
 * Trains a copy of the method for a few steps with an exponentially rising learning rate, and suggests one for `fit`. The optimiser's own rate
 * is not used, and nothing is written. Losses depend on the stage, so their scale compares within one curve only.
 * @throws ConfigError for bad options, and the errors of `fit` for data that does not fit; AbortError if the signal is aborted.
 */
export async function findLearningRate(
  method: Method,
  data: TrainingData,
  options: FindLearningRateOptions,
): Promise<FoundLearningRate> {
  checkOptions("findLearningRate", options, KNOWN);
  const { stage: name = method.stages[0]!.name, min = 1e-6, max = 1, steps = 100, ...rest } = options;
  requireNotAborted(rest.signal);
  if (!(min > 0 && min < max && Number.isFinite(max))) {
    throw configError(
      `findLearningRate: min is ${shown(min)} and max ${shown(max)}; 0 < min < max is needed, for example 1e-6 and 1.`,
    );
  }
  if (!Number.isInteger(steps) || steps < 2 * SKIPPED) {
    throw configError(`findLearningRate: steps is ${shown(steps)}; a whole number from ${2 * SKIPPED} is needed.`);
  }
  const names = method.stages.map((stage) => stage.name);
  if (!names.includes(name)) {
    throw configError(`findLearningRate: ${method.name} has no stage "${name}"${hint(name, names)}`);
  }
  const setup = await setUp(method, data, { ...rest, epochs: Object.fromEntries(names.map((stage) => [stage, 1])) });
  const { stage } = setup.stages.find((planned) => planned.stage.name === name)!;
  const prepared = await prepare({ ...setup, stage }, setup.initial);
  try {
    await prepared.updateStatistics();
    const rates = Array.from({ length: steps }, (_, i) => min * (max / min) ** (i / (steps - 1)));
    const curve = await sweep(prepared, rates, data.train.size, rest);
    return { stage: name, curve, suggestion: steepest(curve) };
  } finally {
    await prepared.dispose();
  }
}

/** One step at each rate, over as many epochs as that takes; ends early when the loss diverges. */
async function sweep(
  { plan, lossTerms, step, beginEpoch }: PreparedStage,
  rates: readonly number[],
  samples: number,
  { seed, signal }: Pick<StepOptions, "seed" | "signal">,
): Promise<LearningRatePoint[]> {
  const curve: LearningRatePoint[] = [];
  let order: Uint32Array = new Uint32Array(0);
  let [from, average, lowest] = [0, 0, Number.POSITIVE_INFINITY];
  for (const [i, learningRate] of rates.entries()) {
    requireNotAborted(signal);
    const batch = i % plan.length;
    if (batch === 0) {
      const epoch = i / plan.length;
      order = epochOrder(samples, seed, epoch);
      beginEpoch(epoch + 1, false);
      from = 0;
    }
    const result = await step(order, from, plan[batch]!, i + 1, learningRate).catch(nothingIfDiverged);
    if (result === undefined) break;
    from += plan[batch]!;
    const loss = weightedSum(result.terms, lossTerms.weights);
    average = MOMENTUM * average + (1 - MOMENTUM) * loss;
    const smoothed = average / (1 - MOMENTUM ** (i + 1));
    curve.push({ learningRate, loss, smoothed });
    if (i > 0 && smoothed - lowest > (DIVERGED - 1) * Math.abs(lowest)) break;
    lowest = Math.min(lowest, smoothed);
    // Yield to the event loop, so that interrupts are served.
    if (i % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return curve;
}

function nothingIfDiverged(error: unknown): undefined {
  if (!(error instanceof DmilError) || error.fields.diverged !== true) throw error;
}

/** The rate of the steepest fall, by central differences; rates are evenly spaced on a logarithmic axis. */
function steepest(curve: readonly LearningRatePoint[]): number | undefined {
  let [best, found]: [number, number | undefined] = [0, undefined];
  for (let i = SKIPPED; i < curve.length - 1; i++) {
    const slope = curve[i + 1]!.smoothed - curve[i - 1]!.smoothed;
    if (slope < best) [best, found] = [slope, curve[i]!.learningRate];
  }
  return found;
}
