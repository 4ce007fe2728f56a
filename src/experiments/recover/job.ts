/** @file One job of the recovery suite: generates the data of a case, trains a method with a seed and computes metrics. Input and output are plain data. */

import * as z from "zod";
import { configError, hint } from "../../core/errors.ts";
import type { Folder } from "../../core/folder.ts";
import { float32, type Tensor } from "../../core/tensor.ts";
import { type DataSplits, featureCount } from "../../data/dataset.ts";
import type { Exact, SetTruth } from "../../data/synthetic/exact.ts";
import { classesOf, labelsOf } from "../../data/target.ts";
import type { Fitted } from "../../evaluation/model.ts";
import { type Predictions, predict } from "../../evaluation/predict.ts";
import { bitColumns, bitsOf } from "../../interactions/bits.ts";
import { type AgainstCeiling, againstCeiling, ceilingBits } from "../../interactions/ceiling.ts";
import { modelRepresentation, type ProbeReport, probeRepresentations } from "../../interactions/probe.ts";
import { bitsOfSets, readSets, type SetFigures, setMetrics, synergyOfSets } from "../../interactions/sets.ts";
import { estimateSynergyBound, type SynergyBoundEstimate } from "../../interactions/synergy-bound.ts";
import { type TruthFigures, truthMetrics } from "../../interactions/truth.ts";
import { type Calibration, logPriorOf, scaledPrediction, UNSCALED } from "../../targets/calibrate.ts";
import { logSoftmaxRows } from "../../targets/metrics.ts";
import type { FitEvent } from "../../train/events.ts";
import { fit as train } from "../../train/fit.ts";
import { CASES, type Case, sizesOf } from "./cases.ts";
import { BATCH_SIZE, SETS_DROPOUT, SUITE_METHODS, suiteMethod, THREADS } from "./settings.ts";

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
  readonly figures: TruthFigures;
  /** The same metrics for exact class probabilities, that is, for an ideal model. */
  readonly ceiling: TruthFigures;
  /** The bits of the model, the ceiling and the planted truth. */
  readonly against: AgainstCeiling;
  /** Synergy of sets of modalities, from predictions with some of them hidden; only if it is planted in sets. */
  readonly sets?: { readonly found: SetFigures; readonly ceiling: SetFigures } | undefined;
  readonly curves: readonly CurvePoint[];
  readonly probes?: ProbeReport;
  /** For Z = the representation from which the prediction is computed, and Z = the predicted log-probabilities. */
  readonly theorem1?: Readonly<Record<"representation" | "prediction", SynergyBoundEstimate>>;
}

/** The parts of a stored result. Their contents are not checked, because the file name contains the hash of the code that wrote them. */
export const resultSchema: z.ZodType = z.looseObject({
  job: z.looseObject({ case: z.string(), method: z.string(), seed: z.int(), quick: z.boolean() }),
  seconds: z.number(),
  epochs: z.record(z.string(), z.number()),
  figures: z.looseObject({}),
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

/** Runs one job. @throws ConfigError for an unknown case or method, and the errors of training. */
export async function runRecoveryJob(
  job: RecoveryJob,
  onEvent: (event: FitEvent) => void = () => {},
  digits?: Folder,
): Promise<RecoveryResult> {
  if (!Object.hasOwn(SUITE_METHODS, job.method)) {
    throw configError(`unknown method "${job.method}"${hint(job.method, Object.keys(SUITE_METHODS))}`);
  }
  const own = caseNamed(job.case);
  const { splits, exact, means, sets } = await own.generate(job.seed, sizesOf(own, job.quick), digits);
  const features = Object.fromEntries(
    Object.entries(splits.train.modalities).map(([name, values]) => [name, featureCount(values)]),
  );
  const method = suiteMethod(job.method, features);
  const started = performance.now();
  const fitted = await train(method, splits, {
    seed: job.seed,
    batchSize: BATCH_SIZE,
    threads: THREADS,
    onEvent,
    ...(sets !== undefined && { modalityDropout: SETS_DROPOUT }),
  });
  const seconds = (performance.now() - started) / 1000;
  const predictions = await predict(fitted, splits.test, { threads: THREADS, representations: own.probed });
  const options = { means };
  const logPrior = logPriorOf(labelsOf(splits.train), classesOf(splits.train).length);
  const components = calibratedComponents(predictions, fitted.calibration);
  const figures = truthMetrics({ ...predictions, components }, fitted.calibration, splits.test, options);
  const ceiling = truthMetrics(exact.test, exactCalibration(exact.test, logPrior), splits.test, options);
  const found = bitsOf(predictions, fitted.calibration, labelsOf(splits.test)).labelFree;
  const result: RecoveryResult = {
    job,
    seconds,
    epochs: Object.fromEntries(method.stages.map(({ name, epochs }) => [name, epochs])),
    figures,
    ceiling,
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
  };
  const known = sets && { ...result, sets: await setsTold(fitted, splits, sets.test, logPrior) };
  if (!own.probed || job.quick) return known ?? result;
  const probing = { seed: job.seed };
  return {
    ...(known ?? result),
    probes: await probeRepresentations(predictions, splits.test, probing),
    theorem1: {
      representation: await estimateSynergyBound(modelRepresentation(predictions), splits.test, probing),
      prediction: await estimateSynergyBound(
        logProbabilities(predictions, classesOf(splits.test).length),
        splits.test,
        probing,
      ),
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
async function setsTold(
  fitted: Fitted,
  { validation, test }: DataSplits,
  { truth, exact }: SetTruth,
  logPrior: readonly number[],
): Promise<RecoveryResult["sets"]> {
  const names = fitted.method.modalities;
  const figures = (logits: Readonly<Record<string, Float32Array | Float64Array>>): SetFigures =>
    setMetrics(synergyOfSets(bitsOfSets(logits, logPrior), names), truth);
  return {
    found: figures(await readSets(fitted, test, validation, { threads: THREADS })),
    ceiling: figures(exact),
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
