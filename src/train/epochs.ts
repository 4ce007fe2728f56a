/** @file One stage of training: its epochs, its best state, and its checkpoints. */
import { DmilError, runError } from "../core/errors.ts";
import type { State } from "../core/tensor.ts";
import { epochOrder } from "../data/batches.ts";
import { diverged, notFinite } from "../engine/diverged.ts";
import type { Widths } from "../engine/graph.ts";
import type { Samples } from "../engine/rows.ts";
import { type PreparedStage, prepareStage } from "../engine/stage.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import type { Method } from "../methods/method.ts";
import { adam } from "../optim/index.ts";
import type { Backend } from "../runtime/backend.ts";
import { isBetter, primaryMetric, primaryMetricOf } from "../targets/epoch-metrics.ts";
import { targetTypes } from "../targets/index.ts";
import { type Checkpoint, files, type Position } from "./checkpoint.ts";
import type { FitEvent } from "./events.ts";
import type { FitOptions, PlannedStage } from "./plan.ts";

/** Everything that a stage needs to run. */
export interface StageRun extends PlannedStage {
  readonly method: Method;
  readonly index: number;
  readonly widths: Widths;
  readonly samples: { readonly train: Samples; readonly validation: Samples };
  readonly state: State;
  readonly history: readonly EpochRecord[];
  readonly resumed: Checkpoint | undefined;
  readonly backend: Backend;
  readonly threads: number;
  readonly options: FitOptions;
  readonly labelSmoothing: number;
  readonly emit: (event: FitEvent) => void;
  readonly pace: Pace;
  readonly save: (next: Omit<Checkpoint, "identity">) => Promise<void>;
}

/** Runs one stage to its end and returns its best state. @throws RunError on an interrupt or when training diverges. */
export async function runStage(run: StageRun): Promise<{ state: State; history: readonly EpochRecord[] }> {
  const { stage, epochs, learningRate, schedule, samples, options, emit, resumed } = run;
  const { seed, batchSize = 64, folder, signal, checkpointSeconds = 5 } = options;
  const type = targetTypes[run.widths.kind ?? "multiclass"];
  const prepared = await prepareStage({
    ...run,
    train: samples.train,
    batchSize,
    seed,
    optimiser: options.optimiser ?? adam(),
    clipNorm: options.clipNorm,
    modalityDropout: options.modalityDropout ?? 0,
  });
  const { termNames, weights, plan: batches } = prepared;
  emit({
    kind: "stage",
    stage: stage.name,
    epochs,
    steps: batches.length,
    trainedParameters: prepared.trainedParameters,
    keptFeatures: prepared.keptFeatures,
  });

  let position: Position = resumed?.position ?? {
    stage: run.index,
    epoch: 0,
    batch: 0,
    step: 0,
    schedule: schedule.initial(),
    sums: emptySums(termNames.length),
    history: run.history,
    finished: false,
  };
  let best: State = resumed?.best ?? run.state;
  if (resumed !== undefined && position.step > 0) prepared.restore(resumed.moments);
  else await prepared.updateStatistics();
  if (stage.scoreInitial === true && position.best === undefined && position.step === 0) {
    const figures = type.epochMetrics(
      await prepared.predict(samples.validation),
      samples.validation.target,
      stage.best,
    );
    best = prepared.state();
    position = { ...position, best: { epoch: 0, ...figures } };
  }
  let saved = performance.now();
  const save = async (): Promise<void> => {
    saved = performance.now();
    if (folder === undefined) return;
    const moments = position.finished ? {} : prepared.moments();
    await run.save({ position, state: prepared.state(), best, moments });
    emit({ kind: "checkpoint", stage: stage.name, epoch: position.epoch, step: position.step });
  };
  const due = (): boolean => performance.now() - saved >= 1000 * checkpointSeconds;
  /** Between steps: saves if a checkpoint is due, and stops if the signal was aborted. */
  const pause = async (): Promise<void> => {
    if (due() || signal?.aborted || position.finished) await save();
    if (signal?.aborted && !position.finished) {
      throw runError(`interrupted in stage ${stage.name}, epoch ${position.epoch + 1}.`, { interrupted: true });
    }
  };

  try {
    while (!position.finished) {
      const epochStarted = performance.now();
      position = await runEpoch(run, prepared, position, (now) => {
        position = now;
        return pause();
      });
      await prepared.updateStatistics();
      const validation = type.epochMetrics(
        await prepared.predict(samples.validation),
        samples.validation.target,
        stage.best,
      );
      const epoch = position.epoch + 1;
      const bad = notFinite(validation);
      if (bad.length > 0) {
        throw diverged(
          `on validation data ${bad.join(", ")} after epoch ${epoch} (stage ${stage.name}).`,
          learningRate * position.schedule.factor,
          { stage: stage.name, epoch },
        );
      }
      const before = position.best;
      const better = isBetter(type, validation, before, stage.best);
      if (better) best = prepared.state();
      const bestNow = before === undefined || better ? { epoch, ...validation } : before;
      const { samples: count, score, terms } = position.sums;
      const record: EpochRecord = {
        stage: stage.name,
        epoch,
        epochs,
        learningRate: learningRate * position.schedule.factor,
        train: {
          loss: terms.reduce((total, term, i) => total + (weights[i]! * term) / count, 0),
          ...primaryMetricOf(score / count, type),
          terms: Object.fromEntries(termNames.map((name, i) => [name, terms[i]! / count])),
        },
        validation,
        best: { ...primaryMetric(bestNow), epoch: bestNow.epoch },
      };
      position = {
        ...position,
        epoch,
        batch: 0,
        schedule: schedule.next(position.schedule, type.monitored(validation, stage.best)),
        best: bestNow,
        sums: emptySums(termNames.length),
        history: [...position.history, record],
        finished: epoch === epochs || epoch - bestNow.epoch >= (stage.patience ?? Number.POSITIVE_INFINITY),
      };
      if (folder !== undefined) await folder.append(files.metrics, `${JSON.stringify(record)}\n`);
      const seconds = (performance.now() - epochStarted) / 1000;
      emit({ kind: "epoch", ...record, seconds, secondsLeft: run.pace.left(run.index, epoch, seconds) });
      await pause();
    }
  } catch (error) {
    if (!(error instanceof DmilError) || error.fields.diverged !== true || folder === undefined) throw error;
    const last = position.history.at(-1);
    const { message, fields } = error;
    if (last === undefined) {
      throw runError(`${message} No epoch was finished before, so there is no model.`, fields);
    }
    const failed: Position = { ...position, sums: emptySums(termNames.length), failed: message };
    const kept = await run.save({ position: failed, state: {}, best, moments: {} }).then(
      () =>
        `The model of stage ${last.stage}, epoch ${last.best.epoch} of ${last.epochs}, is kept; evaluate, explain and export work on it.`,
      (cause: Error) => `The best model so far could not be kept: ${cause.message}`,
    );
    throw runError(`${message} ${kept}`, fields);
  } finally {
    await prepared.dispose();
  }
  return { state: best, history: position.history };
}

/** Runs the rest of an epoch from a position on; `pause` is called between steps, every 50 ms. */
async function runEpoch(
  { stage, epochs, learningRate, index, widths, samples, options, emit }: StageRun,
  prepared: PreparedStage,
  start: Position,
  pause: (now: Position) => Promise<void>,
): Promise<Position> {
  const order = epochOrder(samples.train.size, options.seed, 100_000 * index + start.epoch);
  const rate = learningRate * start.schedule.factor;
  const terms = [...start.sums.terms];
  let { samples: count, score } = start.sums;
  let { batch, step } = start;
  let from = prepared.plan.slice(0, batch).reduce((a, b) => a + b, 0);
  let lastYield = performance.now();
  const yieldEveryMs = options.checkpointSeconds === 0 ? -1 : 50;
  prepared.beginEpoch(start.epoch + 1, start.batch > 0);
  const position = (): Position => ({ ...start, batch, step, sums: { samples: count, score, terms: [...terms] } });
  while (batch < prepared.plan.length) {
    const size = prepared.plan[batch]!;
    const result = await prepared.step(order, from, size, ++step, rate);
    for (let i = 0; i < terms.length; i++) terms[i]! += result.terms[i]! * size;
    score += result.score;
    count += size;
    from += size;
    batch++;
    // Yield to the event loop, so that interrupts, progress output and pages are served.
    if (performance.now() - lastYield > yieldEveryMs || batch === prepared.plan.length) {
      const loss = terms.reduce((total, term, i) => total + (prepared.weights[i]! * term) / count, 0);
      const progress = { epoch: start.epoch + 1, epochs, step: batch, steps: prepared.plan.length };
      emit({
        kind: "step",
        stage: stage.name,
        ...progress,
        loss,
        ...primaryMetricOf(score / count, targetTypes[widths.kind ?? "multiclass"]),
      });
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (batch < prepared.plan.length) await pause(position());
      lastYield = performance.now();
    }
  }
  return position();
}

function emptySums(terms: number): Position["sums"] {
  return { samples: 0, score: 0, terms: new Array<number>(terms).fill(0) };
}

/** Estimates the remaining time. */
export interface Pace {
  /** Seconds left; to be called after each epoch with its duration in seconds. */
  left(stage: number, epoch: number, seconds: number): number;
}

/** An estimate from the mean duration of all epochs so far, over all stages. */
export function paceOf(stages: readonly PlannedStage[]): Pace {
  let total = 0;
  let count = 0;
  return {
    left(index, epoch, seconds) {
      total += seconds;
      count++;
      const later = stages.slice(index + 1).reduce((n, stage) => n + stage.epochs, 0);
      return (total / count) * (stages[index]!.epochs - epoch + later);
    },
  };
}
