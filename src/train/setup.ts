/** @file From a method, data and options to what training works on: every check, the samples, the initial state, the backend. */
import { configError, dataError, listing } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { float32, type State } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { hasMissing } from "../data/presence.ts";
import { knownRows } from "../data/target.ts";
import { checkSamples, sourcesOf } from "../engine/evaluator.ts";
import { parametersOf, WEIGHT, type Widths } from "../engine/graph.ts";
import { TWO_THREADS } from "../engine/limits.ts";
import { inMemory, type Samples, type Sources } from "../engine/rows.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import type { Fitted } from "../evaluation/model.ts";
import { encodedShapes } from "../features/frozen.ts";
import { type Method, requireTarget } from "../methods/method.ts";
import { fitTransforms, inputShapes, normalizeIssues, type Transforms } from "../modalities/index.ts";
import { checkRate, initialState } from "../nn/module.ts";
import { loadBackend } from "../runtime/load.ts";
import { UNSCALED } from "../targets/calibrate.ts";
import { smoothingFor, targetTypes } from "../targets/index.ts";
import { PRIOR } from "../targets/task.ts";
import type { FittedTarget } from "../targets/units.ts";
import { encoded } from "./encoded.ts";
import { requireMonitor } from "./monitor.ts";
import { type FitOptions, type PlannedStage, plan } from "./plan.ts";
import type { Training } from "./stage-run.ts";
import { type DistillationTargets, distillationTargets, isAuxiliary, withTeacher } from "./teacher.ts";
import { sampleWeightsOf } from "./weights.ts";

/** The data that training uses; the test split is not part of it. */
export interface TrainingData {
  readonly train: Dataset;
  readonly validation: Dataset;
}

/** A run that is ready to be trained. */
export interface TrainingSetup extends Training {
  readonly stages: readonly PlannedStage[];
  /** State before the first step. */
  readonly initial: State;
  /** Number of parameters. */
  readonly size: number;
  /** Messages about the choice of the backend. */
  readonly notes: readonly string[];
  /** The model of a state, not calibrated, without the parameters that only training uses. */
  fitted(state: State, history: readonly EpochRecord[]): Fitted;
}

/**
 * Checks and prepares everything that does not depend on a checkpoint.
 * @throws ConfigError for bad options, ShapeError if encoders do not fit the data, DataError if there is nothing to select epochs by.
 */
export async function setUp(
  method: Method,
  { train, validation }: TrainingData,
  options: FitOptions,
): Promise<TrainingSetup> {
  const planned = plan(method, options);
  checkRate(options.modalityDropout ?? 0, "modalityDropout");
  checkRate(options.labelSmoothing ?? 0, "labelSmoothing");
  const [issue] = normalizeIssues(options.normalize, method.modalities);
  if (issue !== undefined) throw configError(`${["normalize", ...issue.path].join(".")}: ${issue.message}`);
  const shapes = sampleShapes(method, train);
  requireTarget(method, train);
  requireKnown(validation);
  requireMonitor(options.monitor, train.target.kind);
  const labelSmoothing = smoothingFor(method, train.target.kind, options.labelSmoothing);
  const weights = sampleWeightsOf(train, options);
  const features = await encoded(method, { train, validation }, options);
  const transforms = fitTransforms(features.train, method.modalities, options.normalize);
  for (const part of [features.train, features.validation]) checkSamples(method, part, transforms);
  const inputs = inputShapes(encodedShapes(method.description.encoders, shapes), transforms);
  const widths = widthsFor(method, inputs, { train, validation }, options, weights !== undefined);
  const { lesson, learner } = await learnerOf(method, train, options);
  const parameters = parametersOf(learner, widths);
  const size = parameters.reduce((n, { shape }) => n + sizeOf(shape), 0);
  const notes: string[] = [];
  const tell = options.onEvent && ((note: string) => notes.push(note));
  const backend = { ...(await loadBackend(options.backend ?? "auto", tell)), exact: options.exact === true };
  const type = targetTypes[train.target.kind];
  const target = type.fit(train.target);
  const samples = samplesOf(features.train, transforms, method, widths, target);
  const logPrior = type.prior(train.target);
  return {
    method: learner,
    stages: lesson === undefined ? planned : plan(learner, options),
    widths,
    samples: {
      train: { ...samples, sources: { ...samples.sources, ...lesson?.sources, ...weightSource(weights) } },
      validation: samplesOf(features.validation, transforms, method, widths, target),
    },
    backend,
    threads: options.threads ?? (size >= TWO_THREADS ? 2 : 1),
    options,
    labelSmoothing,
    initial: withPrior(initialState(parameters, options.seed, method.values), logPrior),
    size,
    notes,
    fitted: (state, history) => ({
      method,
      target,
      shapes,
      transforms,
      ...(options.frozen !== undefined && { frozen: options.frozen }),
      state: Object.fromEntries(Object.entries(state).filter(([name]) => !isAuxiliary(name))),
      calibration: {
        logPrior,
        prediction: UNSCALED,
        all: UNSCALED,
        modalities: Object.fromEntries(method.modalities.map((name) => [name, UNSCALED])),
      },
      history,
    }),
  };
}

/** The shape of one sample of each modality. @throws ConfigError for a modality that the data does not have. */
function sampleShapes({ modalities }: Method, train: Dataset): Record<string, Shape> {
  return Object.fromEntries(
    modalities.map((name) => {
      const values = ownValue(train.modalities, name);
      if (values === undefined) {
        throw configError(
          `the method expects modality "${name}"; the data has ${listing(Object.keys(train.modalities))}.`,
        );
      }
      return [name, values.shape.slice(1)];
    }),
  );
}

function widthsFor(
  { modalities }: Method,
  shapes: Readonly<Record<string, Shape>>,
  { train, validation }: TrainingData,
  { modalityDropout = 0 }: FitOptions,
  weighted: boolean,
): Widths {
  const missing = [train, validation].some((part) => hasMissing(part, modalities));
  return {
    shapes,
    classes: targetTypes[train.target.kind].outputs(train.target.names),
    kind: train.target.kind,
    ...((modalityDropout > 0 || missing) && { masked: true }),
    ...(weighted && { weighted }),
  };
}

/** The method to train, with the terms of a teacher if there is one. */
async function learnerOf(
  method: Method,
  train: Dataset,
  { teacher, backend }: FitOptions,
): Promise<{ readonly lesson?: DistillationTargets; readonly learner: Method }> {
  if (teacher === undefined) return { learner: method };
  const lesson = await distillationTargets(teacher, train, { ...(backend !== undefined && { backend }), threads: 1 });
  return { lesson, learner: withTeacher(method, lesson) };
}

function weightSource(data: Float32Array | undefined): Sources {
  return data === undefined ? {} : { [WEIGHT]: inMemory({ data, lead: 1, rows: data.length, width: 1 }) };
}

/** Sets the stored prior if the method uses it. */
function withPrior(state: State, logPrior: readonly number[]): State {
  return state[PRIOR] === undefined ? state : { ...state, [PRIOR]: float32([logPrior.length], logPrior) };
}

function samplesOf(
  dataset: Dataset,
  transforms: Transforms,
  method: Method,
  { masked }: Widths,
  fitted: FittedTarget,
): Samples {
  const sources = sourcesOf(dataset, transforms, method.modalities, masked);
  return { size: dataset.size, sources, target: targetTypes[fitted.kind].encode(dataset.target, fitted) };
}

/** @throws DataError if no validation sample has a known target. */
function requireKnown(validation: Dataset): void {
  if (knownRows(validation).length > 0) return;
  throw dataError(
    "the validation data has no known label or value, so the best epoch cannot be selected. Add targets to some of its samples.",
  );
}
