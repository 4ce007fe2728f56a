/** @file One stage of training: its epochs, its best state, and its checkpoints. */
import type { State } from "../core/tensor.ts";
import { epochOrder } from "../data/batches.ts";
import { diverged, notFinite } from "../engine/diverged.ts";
import { type PreparedStage, prepareStage } from "../engine/stage.ts";
import type { EpochRecord } from "../evaluation/history.ts";
import { adam } from "../optim/index.ts";
import { type EpochMetrics, primaryMetric, primaryMetricOf } from "../targets/epoch-metrics.ts";
import { targetTypes } from "../targets/index.ts";
import { files, type Position } from "./checkpoint.ts";
import { defaults } from "./defaults.ts";
import { measured } from "./measure.ts";
import { isBetterBy, monitoredBy, scoredFor } from "./monitor.ts";
import { checkpointing, saveAfterDivergence } from "./pause.ts";
import type { PlannedStage } from "./plan.ts";
import { type Rate, rateOf } from "./rate.ts";
import type { Progress, StageRun, Training } from "./stage-run.ts";

/** Runs one stage to its end and returns its best state. @throws RunError on an interrupt or when training diverges. */
export async function runStage(run: StageRun): Promise<{ state: State; history: readonly EpochRecord[] }> {
  const prepared = measured(run, await prepare(run, run.state));
  const pause = checkpointing(run, prepared);
  let progress = await begin(run, prepared);
  try {
    while (!progress.position.finished) {
      const started = performance.now();
      const rate = rateOf(run, prepared.plan.length, progress.position.schedule);
      const trained = await trainEpoch(run, prepared, progress, rate, pause);
      const validation = await evaluateEpoch(run, prepared, trained, rate);
      const best = keepBest(run, progress, validation, prepared);
      const record = recordOf(run, prepared, trained, validation, best, rate);
      progress = { position: nextPosition(run, trained, record, best), best: best.state };
      await log(run, record, (performance.now() - started) / 1000);
      await pause(progress);
    }
  } catch (error) {
    throw await saveAfterDivergence(run, progress, error);
  } finally {
    await prepared.dispose();
  }
  return { state: progress.best, history: progress.position.history };
}

/** Compiles a stage of a run with the settings of its options. */
export function prepare(run: Training & Pick<PlannedStage, "stage">, state: State): Promise<PreparedStage> {
  const { options, samples } = run;
  return prepareStage({
    ...run,
    state,
    train: samples.train,
    batchSize: options.batchSize ?? defaults.batchSize,
    seed: options.seed,
    optimiser: options.optimiser ?? adam(),
    clipNorm: options.clipNorm,
    modalityDropout: options.modalityDropout ?? 0,
  });
}

/** Where the stage starts: at its first epoch, or at the checkpoint of a resumed run. */
async function begin(run: StageRun, prepared: PreparedStage): Promise<Progress> {
  const { stage, schedule, resumed, emit } = run;
  const { plan, trainedParameters, keptFeatures } = prepared;
  emit({ kind: "stage", stage: stage.name, epochs: run.epochs, steps: plan.length, trainedParameters, keptFeatures });
  const position: Position = resumed?.position ?? {
    stage: run.index,
    epoch: 0,
    batch: 0,
    step: 0,
    schedule: schedule.initial(),
    sums: emptySums(prepared),
    history: run.history,
    finished: false,
  };
  if (resumed !== undefined && position.step > 0) prepared.restore(resumed.moments);
  else await prepared.updateStatistics();
  if (stage.scoreInitial !== true || position.best !== undefined || position.step > 0) {
    return { position, best: resumed?.best ?? run.state };
  }
  const metrics = await validate(run, prepared);
  return { position: { ...position, best: { epoch: 0, ...metrics } }, best: prepared.state() };
}

/** Runs the rest of an epoch from a position on; `pause` is called between steps, every 50 ms. */
async function trainEpoch(
  { stage, epochs, index, widths, samples, options, emit }: StageRun,
  prepared: PreparedStage,
  { position: start, best }: Progress,
  rate: Rate,
  pause: (now: Progress) => Promise<void>,
): Promise<Position> {
  const { plan, lossTerms } = prepared;
  const order = epochOrder(samples.train.size, options.seed, 100_000 * index + start.epoch);
  const terms = [...start.sums.terms];
  let { samples: count, score } = start.sums;
  let { batch, step } = start;
  let from = plan.slice(0, batch).reduce((a, b) => a + b, 0);
  let lastYield = performance.now();
  const yieldEveryMs = options.checkpointSeconds === 0 ? -1 : 50;
  prepared.beginEpoch(start.epoch + 1, start.batch > 0);
  const position = (): Position => ({ ...start, batch, step, sums: { samples: count, score, terms: [...terms] } });
  while (batch < plan.length) {
    const size = plan[batch]!;
    const result = await prepared.step(order, from, size, ++step, rate(step));
    for (let i = 0; i < terms.length; i++) terms[i]! += result.terms[i]! * size;
    score += result.score;
    count += size;
    from += size;
    batch++;
    // Yield to the event loop, so that interrupts, progress output and pages are served.
    if (performance.now() - lastYield > yieldEveryMs || batch === plan.length) {
      const loss = meanLoss(terms, count, lossTerms.weights);
      const progress = { epoch: start.epoch + 1, epochs, step: batch, steps: plan.length };
      const metric = primaryMetricOf(score / count, targetTypes[widths.kind ?? "multiclass"]);
      emit({ kind: "step", stage: stage.name, ...progress, loss, ...metric });
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (batch < plan.length) await pause({ position: position(), best });
      lastYield = performance.now();
    }
  }
  return position();
}

/** Metrics of the stage's prediction on validation data. */
async function validate(run: StageRun, prepared: PreparedStage): Promise<EpochMetrics> {
  const { samples, widths, options, stage } = run;
  const predicted = await prepared.predict(samples.validation);
  const scored = scoredFor(stage.best, options.monitor);
  return targetTypes[widths.kind ?? "multiclass"].epochMetrics(predicted, samples.validation.target, scored);
}

/** Renews the stored statistics and evaluates an epoch. @throws RunError if a metric is not finite. */
async function evaluateEpoch(
  run: StageRun,
  prepared: PreparedStage,
  { epoch: before, step }: Position,
  rate: Rate,
): Promise<EpochMetrics> {
  await prepared.updateStatistics();
  const validation = await validate(run, prepared);
  const bad = notFinite(validation);
  if (bad.length === 0) return validation;
  const [stage, epoch] = [run.stage.name, before + 1];
  const what = `on validation data ${bad.join(", ")} after epoch ${epoch} (stage ${stage}).`;
  throw diverged(what, rate(step), { stage, epoch });
}

/** The best epoch of a stage so far, and its state. */
interface Best {
  readonly epoch: EpochMetrics & { readonly epoch: number };
  readonly state: State;
}

/** The best epoch so far: the one before, or this one with the model's current state. */
function keepBest(run: StageRun, { position, best }: Progress, now: EpochMetrics, prepared: PreparedStage): Best {
  const before = position.best;
  if (before !== undefined && !isBetterBy(run, now, before)) return { epoch: before, state: best };
  return { epoch: { epoch: position.epoch + 1, ...now }, state: prepared.state() };
}

/** What metrics.jsonl and events keep of an epoch. */
function recordOf(
  { stage, epochs, widths }: StageRun,
  { lossTerms }: PreparedStage,
  { epoch, step, sums }: Position,
  validation: EpochMetrics,
  best: Best,
  rate: Rate,
): EpochRecord {
  const { samples: count, score, terms } = sums;
  return {
    stage: stage.name,
    epoch: epoch + 1,
    epochs,
    learningRate: rate(step),
    train: {
      loss: meanLoss(terms, count, lossTerms.weights),
      ...primaryMetricOf(score / count, targetTypes[widths.kind ?? "multiclass"]),
      terms: Object.fromEntries(lossTerms.names.map((name, i) => [name, terms[i]! / count])),
    },
    validation,
    best: { ...primaryMetric(best.epoch), epoch: best.epoch.epoch },
  };
}

/** The position at the start of the next epoch. The stage is finished after its last epoch, or after `patience` epochs without improvement. */
function nextPosition(run: StageRun, position: Position, record: EpochRecord, { epoch: best }: Best): Position {
  const { epoch, validation } = record;
  const patience = run.stage.patience ?? Number.POSITIVE_INFINITY;
  return {
    ...position,
    epoch,
    batch: 0,
    schedule: run.schedule.next(position.schedule, monitoredBy(run, validation)),
    best,
    sums: { samples: 0, score: 0, terms: position.sums.terms.map(() => 0) },
    history: [...position.history, record],
    finished: epoch === run.epochs || epoch - best.epoch >= patience,
  };
}

/** Appends the record to metrics.jsonl and emits it. */
async function log({ options, emit, pace, index }: StageRun, record: EpochRecord, seconds: number): Promise<void> {
  await options.folder?.append(files.metrics, `${JSON.stringify(record)}\n`);
  emit({ kind: "epoch", ...record, seconds, secondsLeft: pace.left(index, record.epoch, seconds) });
}

function emptySums({ lossTerms }: PreparedStage): Position["sums"] {
  return { samples: 0, score: 0, terms: lossTerms.names.map(() => 0) };
}

/** The weighted sum of the means of loss terms. */
function meanLoss(sums: readonly number[], count: number, weights: readonly number[]): number {
  return sums.reduce((total, sum, i) => total + (weights[i]! * sum) / count, 0);
}
