/** @file One job of the recovery suite: generates the data of a case, trains a method with a seed and computes metrics. Input and output are plain data. */
import * as z from "zod";
import { configError, hint } from "../../core/errors.ts";
import { type Folder, memoryFolder } from "../../core/folder.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import type { DataSplits, Dataset } from "../../data/dataset.ts";
import type { Exact, Generated, SetTruth } from "../../data/synthetic/exact.ts";
import { classesOf, labelsOf } from "../../data/target.ts";
import type { Fitted } from "../../evaluation/model.ts";
import { type Predictions, predict } from "../../evaluation/predict.ts";
import { bitColumns, bitsOf } from "../../interactions/bits.ts";
import { type AgainstCeiling, againstCeiling, ceilingBits } from "../../interactions/ceiling.ts";
import { modelRepresentation, type ProbeReport, probeRepresentations } from "../../interactions/probe.ts";
import { bitsOfSets, readSets, type SetMetrics, setMetrics, synergyOfSets } from "../../interactions/sets.ts";
import { estimateSynergyBound, type SynergyBoundEstimate } from "../../interactions/synergy-bound.ts";
import { type TruthMetrics, truthMetrics } from "../../interactions/truth.ts";
import { planRun } from "../../runs/plan.ts";
import type { RunOptions } from "../../runs/run.ts";
import { parseSettings } from "../../runs/settings.ts";
import { type Calibration, logPriorOf, scaledPrediction, UNSCALED } from "../../targets/calibrate.ts";
import { logSoftmaxRows } from "../../targets/metrics.ts";
import { trainTimed } from "../train-timed.ts";
import { CASES, type Case, sizesOf } from "./cases.ts";
import { SETS_DROPOUT, suiteSettings, THREADS } from "./settings.ts";

/** The input of a job. */
export interface RecoveryJob {
  readonly case: string;
  readonly method: string;
  readonly seed: number;
  /** Whether to use the sizes of the quick suite. */
  readonly quick: boolean;
  /** Path of the folder of digits, for the cases made from it. */
  readonly digits?: string;
}

/** One epoch of a training curve. */
export interface CurvePoint {
  readonly stage: string;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationAccuracy: number;
}

/** The result of a job. */
export interface RecoveryResult {
  readonly job: RecoveryJob;
  readonly seconds: number;
  readonly epochs: Readonly<Record<string, number>>;
  /** Metrics of the trained model on the test split. */
  readonly metrics: TruthMetrics;
  /** The same metrics for exact class probabilities, that is, for an ideal model. */
  readonly ceiling: TruthMetrics;
  /** The bits of the model, the ceiling and the planted truth. */
  readonly against: AgainstCeiling;
  /** Synergy of sets of modalities, from predictions with some of them hidden; only if it is planted in sets. */
  readonly sets?: { readonly found: SetMetrics; readonly ceiling: SetMetrics } | undefined;
  readonly curves: readonly CurvePoint[];
  readonly probes?: ProbeReport;
  /** For Z = the representation from which the prediction is computed, and Z = the predicted log-probabilities. */
  readonly synergyBound?: Readonly<Record<"representation" | "prediction", SynergyBoundEstimate>>;
}

/** The parts of a stored result. Their contents are not checked, because the file name contains the hash of the code that wrote them. */
export const resultSchema: z.ZodType = z.looseObject({
  job: z.looseObject({ case: z.string(), method: z.string(), seed: z.int(), quick: z.boolean() }),
  seconds: z.number(),
  epochs: z.record(z.string(), z.number()),
  metrics: z.looseObject({}),
  ceiling: z.looseObject({}),
  against: z.looseObject({}),
  curves: z.array(z.looseObject({})),
});

/** The case with a name. @throws ConfigError that suggests the most similar name. */
export function caseNamed(name: string): Case {
  const found = CASES.find((own) => own.name === name);
  const known = CASES.map((own) => own.name);
  if (found === undefined) throw configError(`unknown case "${name}"${hint(name, known)}`);
  return found;
}

/** Trains a method on a case and scores it against the truth. @throws ConfigError for an unknown case or method, and the errors of training. */
export async function runRecoveryJob(
  job: RecoveryJob,
  digits?: Folder,
  options: Pick<RunOptions, "onEvent" | "signal"> = {},
): Promise<RecoveryResult> {
  const own = caseNamed(job.case);
  const data = await own.generate(job.seed, sizesOf(own, job.quick), digits);
  const settings = {
    ...suiteSettings(job.method),
    data: job.case,
    seed: job.seed,
    ...(data.sets !== undefined && { modalityDropout: SETS_DROPOUT }),
  };
  const plan = planRun(parseSettings(settings), data.splits.train);
  const { fitted, seconds } = await trainTimed(memoryFolder(), plan, data.splits, {
    ...options,
    checkpointSeconds: Number.POSITIVE_INFINITY,
  });
  const scores = await scoreAgainstTruth(fitted, data, { seed: job.seed, probed: own.probed, quick: job.quick });
  return { job, seconds, epochs: plan.config.epochs, ...scores };
}

/** The truth scorer: metrics of a model on data whose truth is known, beside those of exact class probabilities. */
async function scoreAgainstTruth(
  fitted: Fitted,
  { splits, exact, means, sets }: Generated,
  { seed, probed, quick }: { readonly seed: number; readonly probed: boolean; readonly quick: boolean },
): Promise<Omit<RecoveryResult, "job" | "seconds" | "epochs">> {
  const predictions = await predict(fitted, splits.test, { threads: THREADS, representations: probed });
  const logPrior = logPriorOf(labelsOf(splits.train), classesOf(splits.train).length);
  const components = calibratedComponents(predictions, fitted.calibration);
  const found = bitsOf(predictions, fitted.calibration, labelsOf(splits.test)).labelFree;
  return {
    metrics: truthMetrics({ ...predictions, components }, fitted.calibration, splits.test, { means }),
    ceiling: truthMetrics(exact.test, exactCalibration(exact.test, logPrior), splits.test, { means }),
    against: againstCeiling(
      bitColumns(found),
      ceilingBits(exact.test, Object.keys(predictions.unimodal), logPrior),
      splits.test,
    ),
    curves: fitted.history.map(({ stage, train: { loss, accuracy }, validation }) => ({
      stage,
      trainLoss: loss,
      trainAccuracy: accuracy!,
      validationAccuracy: validation.accuracy!,
    })),
    ...(sets && { sets: await synergyBySet(fitted, splits, sets.test, logPrior) }),
    ...(probed && !quick && (await probesOf(predictions, splits.test, seed))),
  };
}

/** Probes of the representations, and both sides of Theorem 1. */
async function probesOf(
  predictions: Predictions,
  test: Dataset,
  seed: number,
): Promise<Pick<RecoveryResult, "probes" | "synergyBound">> {
  return {
    probes: await probeRepresentations(predictions, test, { seed }),
    synergyBound: {
      representation: await estimateSynergyBound(modelRepresentation(predictions), test, { seed }),
      prediction: await estimateSynergyBound(logProbabilities(predictions, classesOf(test).length), test, { seed }),
    },
  };
}

/**
 * Predictions of single components under the calibration of the whole prediction. Label smoothing makes all of them underconfident
 * alike, which says nothing about the information of a component.
 */
function calibratedComponents({ components }: Predictions, calibration: Calibration): Predictions["components"] {
  return Object.fromEntries(
    Object.entries(components).map(([name, own]) => [
      name,
      { ...own, logits: Float32Array.from(scaledPrediction(own.logits, calibration)) },
    ]),
  );
}

/** Synergy of each set of modalities, for the model with other modalities hidden and for exact posteriors. */
async function synergyBySet(
  fitted: Fitted,
  { validation, test }: DataSplits,
  { truth, exact }: SetTruth,
  logPrior: readonly number[],
): Promise<RecoveryResult["sets"]> {
  const names = fitted.method.modalities;
  const metricsOf = (logits: Readonly<Record<string, Float32Array | Float64Array>>): SetMetrics =>
    setMetrics(synergyOfSets(bitsOfSets(logits, logPrior), names), truth);
  return {
    found: metricsOf(await readSets(fitted, test, validation, { threads: THREADS })),
    ceiling: metricsOf(exact),
  };
}

/** Identity calibration, because exact probabilities need no scaling. */
function exactCalibration({ unimodal }: Exact, logPrior: readonly number[]) {
  return {
    logPrior,
    prediction: UNSCALED,
    all: UNSCALED,
    modalities: Object.fromEntries(Object.keys(unimodal).map((name) => [name, UNSCALED])),
  };
}

function logProbabilities({ logits }: Predictions, classes: number): Tensor<"float32"> {
  return float32([logits.length / classes, classes], logSoftmaxRows(logits, classes));
}
