/** @file The training protocol: set up, train stage after stage, calibrate. epochs.ts has the protocol of a stage. */
import type { Fitted } from "../evaluation/model.ts";
import { calibrate } from "../evaluation/predict.ts";
import type { Method } from "../methods/method.ts";
import { calibrationWarnings } from "../targets/calibrate.ts";
import { primaryMetricOf } from "../targets/epoch-metrics.ts";
import { targetTypes } from "../targets/index.ts";
import { runStage } from "./epochs.ts";
import type { FitEvent } from "./events.ts";
import { requireNotAborted } from "./interrupt.ts";
import { paceOf } from "./pace.ts";
import type { FitOptions } from "./plan.ts";
import { setUp, type TrainingData, type TrainingSetup } from "./setup.ts";
import { readCheckpoint, saveBest, saveCheckpoint, writeHistory } from "./storage.ts";

/**
 * Trains a method stage by stage. Each stage starts from the best state of the previous one, selected on validation data as the stage
 * defines. How modalities are normalised is fitted on the training samples and is part of the result.
 * @throws ConfigError for bad options, ShapeError if encoders do not fit the data, RunError if training cannot go on. When
 * `options.signal` is aborted, the RunError is named AbortError, and its `fields.fitted` has the best model so far.
 */
export async function fit(method: Method, data: TrainingData, options: FitOptions): Promise<Fitted> {
  requireNotAborted(options?.signal);
  const started = performance.now();
  const setup = await setUp(method, data, options);
  const emit = options.onEvent ?? (() => {});
  const checkpoint = await readCheckpoint(options);
  announce(setup, checkpoint !== undefined, emit);

  const { stages } = setup;
  let state = checkpoint?.state ?? setup.initial;
  let history = checkpoint?.position.history ?? [];
  await writeHistory(options.folder, history);
  const pace = paceOf(stages);
  const save = (next: Parameters<typeof saveCheckpoint>[1]): Promise<void> => saveCheckpoint(setup, next);
  for (let index = checkpoint?.position.stage ?? 0; index < stages.length; index++) {
    const resumed = checkpoint?.position.stage === index ? checkpoint : undefined;
    if (resumed?.position.finished) {
      state = resumed.best;
      continue;
    }
    const run = { ...setup, ...stages[index]!, index, state, history, resumed, emit, pace, save };
    ({ state, history } = await runStage(run));
  }

  const best = setup.fitted(state, history);
  await saveBest(options.folder, best);
  const fitted = await calibrated(best, data, setup);
  for (const message of calibrationWarnings(fitted.calibration)) emit({ kind: "note", message });
  emit(finished(fitted, setup, (performance.now() - started) / 1000));
  return fitted;
}

/** Emits the facts of a run before its first step. */
function announce(
  { method, size, backend, threads, stages, notes }: TrainingSetup,
  resumed: boolean,
  emit: (event: FitEvent) => void,
): void {
  emit({
    kind: "started",
    method: method.name,
    parameters: size,
    backend: `${backend.name} ${backend.version}`,
    threads,
    stages: stages.map(({ stage, epochs }) => ({ name: stage.name, epochs })),
    resumed,
  });
  for (const message of notes) emit({ kind: "note", message });
}

/** The model with its calibration, fitted on validation data, unless the options leave it out. */
async function calibrated(
  best: Fitted,
  data: TrainingData,
  { options, backend, threads }: TrainingSetup,
): Promise<Fitted> {
  if (options.calibrate === false) return best;
  return calibrate(best, data.validation, { backend: backend.name, threads });
}

/** The last event of a run. */
function finished({ history }: Fitted, { widths }: TrainingSetup, seconds: number): FitEvent {
  const last = history.at(-1);
  const metric = last?.best.accuracy ?? last?.best.r2 ?? Number.NaN;
  return {
    kind: "finished",
    seconds,
    best: { ...primaryMetricOf(metric, targetTypes[widths.kind ?? "multiclass"]), stage: last?.stage ?? "" },
  };
}
