/** @file The training protocol: checks of the data, the stages (each starts from the best state of the previous one), calibration. */

import { configError, dataError, listing, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { ownValue } from "../core/record.ts";
import { float32, type State } from "../core/tensor.ts";
import { type Dataset, featureCount } from "../data/dataset.ts";
import { hasMissing } from "../data/presence.ts";
import { fitStandardiser, type Standardiser } from "../data/standardise.ts";
import { knownRows, requireKind } from "../data/target.ts";
import { sourcesOf } from "../engine/evaluator.ts";
import { parametersOf, type Widths } from "../engine/graph.ts";
import type { Samples } from "../engine/rows.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import { encodeModel, type Fitted } from "../evaluation/model.ts";
import { calibrate } from "../evaluation/predict.ts";
import { type Method, PRIOR } from "../methods/method.ts";
import { checkRate, initialState } from "../nn/module.ts";
import { loadBackend } from "../runtime/backend.ts";
import { calibrationWarnings, UNSCALED } from "../targets/calibrate.ts";
import { primaryMetricOf } from "../targets/epoch-metrics.ts";
import { smoothingFor, targetTypes } from "../targets/index.ts";
import type { FittedTarget } from "../targets/units.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, files } from "./checkpoint.ts";
import { paceOf, runStage } from "./epochs.ts";
import { type FitOptions, plan } from "./plan.ts";
import { type DistillationTargets, distillationTargets, isAuxiliary, withTeacher } from "./teacher.ts";

/** Models with at least this many parameters train faster with two threads. */
const TWO_THREADS = 500_000;

/**
 * Trains a method stage by stage. Each stage starts from the best state of the previous one, selected on validation data as the stage
 * defines. Standardisation is fitted on the training samples and is part of the result.
 * @throws ConfigError for bad options, ShapeError if encoders do not fit the data, RunError if training cannot go on.
 */
export async function fit(
  method: Method,
  data: { readonly train: Dataset; readonly validation: Dataset },
  options: FitOptions,
): Promise<Fitted> {
  const started = performance.now();
  const planned = plan(method, options);
  const emit = options.onEvent ?? (() => {});
  const { train, validation } = data;
  const { modalityDropout = 0 } = options;
  checkRate(modalityDropout, "modalityDropout");
  checkRate(options.labelSmoothing ?? 0, "labelSmoothing");
  const shapes = Object.fromEntries(
    method.modalities.map((name) => {
      const values = ownValue(train.modalities, name);
      if (values === undefined) {
        throw configError(
          `the method expects modality "${name}"; the data has ${listing(Object.keys(train.modalities))}.`,
        );
      }
      return [name, values.shape.slice(1)];
    }),
  );
  const type = targetTypes[train.target.kind];
  const widths: Widths = {
    features: Object.fromEntries(method.modalities.map((name) => [name, featureCount(train.modalities[name]!)])),
    classes: type.outputs(train.target.names),
    kind: train.target.kind,
    ...((modalityDropout > 0 || [train, validation].some((part) => hasMissing(part, method.modalities))) && {
      masked: true,
    }),
  };
  requireKind(train, method.targets ?? ["multiclass"], method.name);
  requireKnown(validation);
  const labelSmoothing = smoothingFor(method, train.target.kind, options.labelSmoothing);
  const { lesson, learner } = await learnerOf(method, train, options);
  const stages = lesson === undefined ? planned : plan(learner, options);
  const target = type.fit(train.target);
  const parameters = parametersOf(learner, widths);
  const size = parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
  const notes: string[] = [];
  const backend = await loadBackend(options.backend ?? "auto", options.onEvent && ((note) => notes.push(note)));
  const threads = options.threads ?? (size >= TWO_THREADS ? 2 : 1);
  const checkpoint = options.resume === true ? await readCheckpoint(options) : undefined;
  const standardiser = fitStandardiser(train);
  const trainSamples = samplesOf(train, standardiser, method, widths, target);
  const samples = {
    train: { ...trainSamples, sources: { ...trainSamples.sources, ...lesson?.sources } },
    validation: samplesOf(validation, standardiser, method, widths, target),
  };

  emit({
    kind: "started",
    method: method.name,
    parameters: size,
    backend: `${backend.name} ${backend.version}`,
    threads,
    stages: stages.map(({ stage, epochs }) => ({ name: stage.name, epochs })),
    resumed: checkpoint !== undefined,
  });
  for (const message of notes) emit({ kind: "note", message });

  const logPrior = type.prior(train.target);
  const unscaled = {
    logPrior,
    prediction: UNSCALED,
    all: UNSCALED,
    modalities: Object.fromEntries(method.modalities.map((name) => [name, UNSCALED])),
  };
  const result = (state: State, history: readonly EpochRecord[]): Fitted => ({
    method,
    target,
    shapes,
    standardiser,
    state,
    calibration: unscaled,
    history,
  });
  let state = checkpoint?.state ?? withPrior(initialState(parameters, options.seed), logPrior);
  let history = checkpoint?.position.history ?? [];
  if (options.folder !== undefined) await writeHistory(options.folder, history);
  const pace = paceOf(stages);

  for (let index = checkpoint?.position.stage ?? 0; index < stages.length; index++) {
    const resumed = checkpoint?.position.stage === index ? checkpoint : undefined;
    if (resumed?.position.finished) {
      state = resumed.best;
      continue;
    }
    const trained = await runStage({
      method: learner,
      ...stages[index]!,
      index,
      widths,
      samples,
      state,
      history,
      resumed,
      backend,
      threads,
      options,
      labelSmoothing,
      emit,
      pace,
      save: async (next) => {
        if (options.folder === undefined) return;
        const checkpoint = { ...next, identity: options.identity ?? "" };
        await options.folder.write(files.last, await encodeCheckpoint(checkpoint, result({}, [])));
        if (next.position.failed !== undefined) {
          await options.folder.write(files.best, await encodeModel(result(next.best, next.position.history)));
        }
      },
    });
    state = trained.state;
    history = trained.history;
  }
  const kept = Object.entries(state).filter(([name]) => !isAuxiliary(name));
  const best = result(Object.fromEntries(kept), history);
  if (options.folder !== undefined) await options.folder.write(files.best, await encodeModel(best));
  const fitted =
    options.calibrate === false ? best : await calibrate(best, validation, { backend: backend.name, threads });
  for (const message of calibrationWarnings(fitted.calibration)) emit({ kind: "note", message });
  const last = history.at(-1);
  emit({
    kind: "finished",
    seconds: (performance.now() - started) / 1000,
    best: {
      ...primaryMetricOf(last?.best.accuracy ?? last?.best.r2 ?? Number.NaN, type),
      stage: last?.stage ?? "",
    },
  });
  return fitted;
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

/** Sets the stored prior if the method uses it. */
function withPrior(state: State, logPrior: readonly number[]): State {
  return state[PRIOR] === undefined ? state : { ...state, [PRIOR]: float32([logPrior.length], logPrior) };
}

function samplesOf(
  dataset: Dataset,
  standardiser: Standardiser,
  method: Method,
  { masked }: Widths,
  fitted: FittedTarget,
): Samples {
  const sources = sourcesOf(dataset, standardiser, method.modalities, masked);
  return { size: dataset.size, sources, target: targetTypes[fitted.kind].encode(dataset.target, fitted) };
}

/** @throws DataError if no validation sample has a known target. */
function requireKnown(validation: Dataset): void {
  if (knownRows(validation).length > 0) return;
  throw dataError(
    "the validation data has no known label or value, so the best epoch cannot be selected. Add targets to some of its samples.",
  );
}

async function readCheckpoint({ folder, identity = "" }: FitOptions): Promise<Checkpoint | undefined> {
  if (folder === undefined) throw configError("resume needs a folder that holds the run.");
  if (!(await folder.exists(files.last))) return undefined;
  const checkpoint = await decodeCheckpoint(await folder.read(files.last), `${folder.label}/${files.last}`);
  if (checkpoint.identity !== identity) {
    throw runError(
      `${folder.label}: the settings or the data differ from those the run was started with. Restore them, or use another folder.`,
    );
  }
  if (checkpoint.position.failed !== undefined) {
    throw runError(
      `${folder.label}: training failed and would fail again: ${checkpoint.position.failed} Begin a new run with other settings.`,
    );
  }
  return checkpoint;
}

/** Writes the metrics up to the checkpoint, because later epochs are run again. */
async function writeHistory(folder: Folder, history: readonly EpochRecord[]): Promise<void> {
  await folder.write(files.metrics, history.map((record) => `${JSON.stringify(record)}\n`).join(""));
}
