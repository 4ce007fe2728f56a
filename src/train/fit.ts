/** @file The training protocol, top to bottom: settings, data, stages, epochs, the best state of each. */
import { configError, runError } from "../core/errors.ts";
import type { Folder } from "../core/folder.ts";
import { float32, type State } from "../core/tensor.ts";
import { epochOrder } from "../data/batches.ts";
import { type Dataset, featureCount } from "../data/dataset.ts";
import { hasMissing } from "../data/presence.ts";
import { fitStandardiser, type Standardiser } from "../data/standardise.ts";
import { describeTarget, targetKind } from "../data/target.ts";
import { type Method, type Outputs, PRIOR, type Stage } from "../methods/method.ts";
import { checkRate, initialState } from "../nn/module.ts";
import {
  adam,
  constant,
  cosine,
  type Optimiser,
  plateau,
  type Schedule,
  step as stepSchedule,
} from "../optim/index.ts";
import { type Backend, type BackendName, loadBackend } from "../runtime/backend.ts";
import { UNSCALED, uncalibrated } from "./calibrate.ts";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, type Position } from "./checkpoint.ts";
import { sourcesOf } from "./evaluate.ts";
import type { EpochRecord, FitEvent } from "./events.ts";
import { parametersOf, type Widths } from "./graph.ts";
import { headline, headlineOf, isBetter, judge, merit } from "./judge.ts";
import { encodeModel, type Fitted } from "./model.ts";
import { calibrate } from "./predict.ts";
import { type PreparedStage, prepareStage, type Samples } from "./stage.ts";
import { type FittedTarget, fitTarget, priorOf, targetRows } from "./target.ts";

export interface FitOptions {
  /** Decides initial weights, order and noise; the same seed gives the same bits on the same backend and thread count. */
  readonly seed: number;
  /** 64. */
  readonly batchSize?: number;
  /** Epochs by stage; the method's own where left out. */
  readonly epochs?: Readonly<Record<string, number>>;
  /** Base learning rate, for all stages or by stage; the method's own where left out. */
  readonly learningRate?: number | Readonly<Record<string, number>>;
  /** Adam; its own learning rate is overruled by the stage's. A new one starts with each stage. */
  readonly optimiser?: Optimiser;
  /** Clips gradients to this norm over all parameters; no clipping where left out. */
  readonly clipNorm?: number;
  /**
   * Share in [0, 1) of the samples of each batch that lose one modality, at random, so that the model learns to do without; 0. Samples
   * that have one modality keep it.
   */
  readonly modalityDropout?: number;
  /** Threads inside one operation; left out: 1 for small models, 2 for large ones. */
  readonly threads?: number;
  readonly backend?: BackendName;
  /** Where checkpoints, metrics and the model go; left out: nowhere. */
  readonly folder?: Folder;
  /** Go on from the folder's checkpoint if it has one. */
  readonly resume?: boolean;
  /** Seconds between checkpoints, 5; with 0 every step writes one. Every stage's end and an interrupt write one besides. */
  readonly checkpointSeconds?: number;
  /** Distinguishes runs whose settings are not all visible here; stored in checkpoints, compared on resume. */
  readonly identity?: string;
  readonly onEvent?: (event: FitEvent) => void;
  /** Aborting saves a checkpoint and ends with a RunError whose `fields.interrupted` is true. */
  readonly signal?: AbortSignal;
}

/** Names of the files a run keeps. */
export const files = {
  last: "checkpoints/last.safetensors",
  best: "checkpoints/best.safetensors",
  metrics: "metrics.jsonl",
} as const;

/** Parameters from which a second thread pays. */
const TWO_THREADS = 500_000;

/**
 * Trains a method: stage by stage, each from the best state (on validation data, as the stage says) of the one before.
 * Standardisation is fitted on the training samples and belongs to the result.
 * @throws ConfigError for bad options, ShapeError when encoders do not fit the data, RunError when training cannot go on.
 */
export async function fit(
  method: Method,
  data: { readonly train: Dataset; readonly validation: Dataset },
  options: FitOptions,
): Promise<Fitted> {
  const started = performance.now();
  const emit = options.onEvent ?? (() => {});
  const stages = plan(method, options);
  const { train, validation } = data;
  const { modalityDropout = 0 } = options;
  checkRate(modalityDropout, "modalityDropout");
  const shapes = Object.fromEntries(
    method.modalities.map((name) => {
      const values = train.modalities[name];
      if (values === undefined) {
        throw configError(
          `the method expects modality "${name}"; the data has ${Object.keys(train.modalities).join(", ")}.`,
        );
      }
      return [name, values.shape.slice(1)];
    }),
  );
  const widths: Widths = {
    features: Object.fromEntries(method.modalities.map((name) => [name, featureCount(train.modalities[name]!)])),
    classes: train.target?.names.length ?? train.classes.length,
    kind: targetKind(train),
    ...((modalityDropout > 0 || [train, validation].some((part) => hasMissing(part, method.modalities))) && {
      masked: true,
    }),
  };
  requireTarget(method, train);
  const target = fitTarget(train);
  const parameters = parametersOf(method, widths);
  const size = parameters.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
  const { backend, note } = await loadBackend(options.backend ?? "auto");
  const threads = options.threads ?? (size >= TWO_THREADS ? 2 : 1);
  const checkpoint = options.resume === true ? await readCheckpoint(options) : undefined;
  const standardiser = fitStandardiser(train);
  const samples = {
    train: samplesOf(train, standardiser, method, widths, target),
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
  if (note !== undefined) emit({ kind: "note", message: note });

  const logPrior = priorOf(train);
  const unscaled = {
    logPrior,
    prediction: UNSCALED,
    all: UNSCALED,
    modalities: Object.fromEntries(method.modalities.map((name) => [name, UNSCALED])),
  };
  const result = (state: State, history: readonly EpochRecord[]): Fitted => ({
    method,
    classes: train.classes,
    ...(target !== undefined && { target }),
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
      method,
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
      emit,
      pace,
      save: async (next) => {
        if (options.folder === undefined) return;
        await options.folder.write(files.last, await encodeCheckpoint({ ...next, identity: options.identity ?? "" }));
        await options.folder.write(files.best, encodeModel(result(next.best, next.position.history)));
      },
    });
    state = trained.state;
    history = trained.history;
  }
  const fitted = await calibrate(result(state, history), validation, { backend: backend.name, threads });
  for (const message of uncalibrated(fitted.calibration)) emit({ kind: "note", message });
  const last = history.at(-1);
  emit({
    kind: "finished",
    seconds: (performance.now() - started) / 1000,
    best: {
      ...headlineOf(last?.best.accuracy ?? last?.best.r2 ?? Number.NaN, targetKind(train)),
      stage: last?.stage ?? "",
    },
  });
  return fitted;
}

/** Fills in the class prior, where the method asked for it. */
function withPrior(state: State, logPrior: readonly number[]): State {
  return state[PRIOR] === undefined ? state : { ...state, [PRIOR]: float32([logPrior.length], logPrior) };
}

interface PlannedStage {
  readonly stage: Stage<never>;
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
}

/** The stages with a run's own epochs and rates. @throws ConfigError for unknown stage names and impossible numbers. */
function plan(method: Method, { epochs = {}, learningRate = {}, seed, batchSize = 64 }: FitOptions): PlannedStage[] {
  const names = method.stages.map((stage) => stage.name);
  const check = (given: Readonly<Record<string, number>>, what: string): void => {
    for (const [name, value] of Object.entries(given)) {
      if (!names.includes(name)) {
        throw configError(`${what}.${name}: ${method.name} has no such stage. Its stages: ${names.join(", ")}.`);
      }
      if (!(value >= 0) || (what === "epochs" && !Number.isInteger(value))) {
        throw configError(
          `${what}.${name} is ${value}; a ${what === "epochs" ? "whole number" : "number"} from 0 is needed.`,
        );
      }
    }
  };
  if (!Number.isInteger(seed) || seed < 0) throw configError(`seed is ${seed}; a whole number from 0 is needed.`);
  if (!Number.isInteger(batchSize) || batchSize < 2)
    throw configError(`batchSize is ${batchSize}; a whole number from 2 is needed.`);
  check(epochs, "epochs");
  if (typeof learningRate !== "number") check(learningRate, "learningRate");
  else if (!(learningRate >= 0)) throw configError(`learningRate is ${learningRate}; a number from 0 is needed.`);
  const planned = method.stages.flatMap((stage): PlannedStage[] => {
    const count = epochs[stage.name] ?? stage.epochs;
    const rate = typeof learningRate === "number" ? learningRate : (learningRate[stage.name] ?? stage.learningRate);
    if (count === 0) return [];
    return [{ stage: stage as Stage<never>, epochs: count, learningRate: rate, schedule: scheduleOf(stage, count) }];
  });
  if (planned.length === 0) throw configError("every stage has 0 epochs; nothing would be trained.");
  return planned;
}

function scheduleOf({ schedule }: Stage<Outputs>, epochs: number): Schedule {
  if (schedule.kind === "step") return stepSchedule({ every: schedule.every, factor: schedule.factor });
  if (schedule.kind === "cosine")
    return cosine({ epochs, ...(schedule.minimum !== undefined && { minimum: schedule.minimum }) });
  if (schedule.kind === "constant") return constant();
  const { factor, patience, threshold = 1e-4, minimum = 0 } = schedule;
  return plateau({ mode: "max", factor, patience, threshold, minimum });
}

function samplesOf(
  dataset: Dataset,
  standardiser: Standardiser,
  method: Method,
  { masked }: Widths,
  fitted: FittedTarget | undefined,
): Samples {
  const target = targetRows(dataset, fitted);
  const sources = sourcesOf(dataset, standardiser, method.modalities, masked);
  return { labels: dataset.labels, sources, ...(target !== undefined && { target }) };
}

/** @throws ConfigError when the method does not serve the data's kind of target. */
function requireTarget({ name, targets = ["classes"] }: Method, dataset: Dataset): void {
  if (targets.includes(targetKind(dataset))) return;
  throw configError(`${name} needs ${targets.join(" or ")}; this data has ${describeTarget(dataset)}.`, { targets });
}

interface StageRun extends PlannedStage {
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
  readonly emit: (event: FitEvent) => void;
  readonly pace: Pace;
  readonly save: (next: Omit<Checkpoint, "identity">) => Promise<void>;
}

/** Runs one stage to its end and gives its best state. */
async function runStage(run: StageRun): Promise<{ state: State; history: readonly EpochRecord[] }> {
  const { stage, epochs, learningRate, schedule, samples, options, emit, resumed } = run;
  const { seed, batchSize = 64, folder, signal, checkpointSeconds = 5 } = options;
  const kind = run.widths.kind ?? "classes";
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
  else await prepared.renewStatistics();
  let saved = performance.now();
  const save = async (): Promise<void> => {
    saved = performance.now();
    if (folder === undefined) return;
    const moments = position.finished ? {} : prepared.moments();
    await run.save({ position, state: prepared.state(), best, moments });
    emit({ kind: "checkpoint", stage: stage.name, epoch: position.epoch, step: position.step });
  };
  const due = (): boolean => performance.now() - saved >= 1000 * checkpointSeconds;
  /** Between steps: saves when it is time to; stops when asked to. */
  const pause = async (): Promise<void> => {
    if (due() || signal?.aborted || position.finished) await save();
    if (signal?.aborted && !position.finished) {
      throw runError(`interrupted in stage ${stage.name}, epoch ${position.epoch + 1}.`, { interrupted: true });
    }
  };

  try {
    while (position.epoch < epochs) {
      const epochStarted = performance.now();
      position = await runEpoch(run, prepared, position, (now) => {
        position = now;
        return pause();
      });
      await prepared.renewStatistics();
      const validation = judge(await prepared.predict(samples.validation), samples.validation, kind);
      const epoch = position.epoch + 1;
      const before = position.best;
      const better = isBetter(validation, before, stage.best, kind);
      if (better) best = prepared.state();
      const bestNow = before === undefined || better ? { epoch, ...validation } : before;
      const { samples: count, correct, terms } = position.sums;
      const record: EpochRecord = {
        stage: stage.name,
        epoch,
        epochs,
        learningRate: learningRate * position.schedule.factor,
        train: {
          loss: terms.reduce((total, term, i) => total + (weights[i]! * term) / count, 0),
          ...headlineOf(correct / count, kind),
          terms: Object.fromEntries(termNames.map((name, i) => [name, terms[i]! / count])),
        },
        validation,
        best: { ...headline(bestNow), epoch: bestNow.epoch },
      };
      position = {
        ...position,
        epoch,
        batch: 0,
        schedule: schedule.next(position.schedule, merit(validation, stage.best, kind)),
        best: bestNow,
        sums: emptySums(termNames.length),
        history: [...position.history, record],
        finished: epoch === epochs,
      };
      if (folder !== undefined) await folder.append(files.metrics, `${JSON.stringify(record)}\n`);
      const seconds = (performance.now() - epochStarted) / 1000;
      emit({ kind: "epoch", ...record, seconds, secondsLeft: run.pace.left(run.index, epoch, seconds) });
      await pause();
    }
  } finally {
    await prepared.dispose();
  }
  return { state: best, history: position.history };
}

/** The batches of one epoch from where the position stands; `pause` is called now and then, between steps. */
async function runEpoch(
  { stage, epochs, learningRate, index, widths, samples, options, emit }: StageRun,
  prepared: PreparedStage,
  start: Position,
  pause: (now: Position) => Promise<void>,
): Promise<Position> {
  const order = epochOrder(samples.train.labels.length, options.seed, 100_000 * index + start.epoch);
  const rate = learningRate * start.schedule.factor;
  const terms = [...start.sums.terms];
  let { samples: count, correct } = start.sums;
  let { batch, step } = start;
  let from = prepared.plan.slice(0, batch).reduce((a, b) => a + b, 0);
  let breathed = performance.now();
  const rest = options.checkpointSeconds === 0 ? -1 : 50;
  prepared.beginEpoch(start.epoch + 1, start.batch > 0);
  const position = (): Position => ({ ...start, batch, step, sums: { samples: count, correct, terms: [...terms] } });
  while (batch < prepared.plan.length) {
    const size = prepared.plan[batch]!;
    const result = await prepared.step(order, from, size, ++step, rate);
    for (let i = 0; i < terms.length; i++) terms[i]! += result.terms[i]! * size;
    correct += result.correct;
    count += size;
    from += size;
    batch++;
    // Training runs without a break; now and then others (interrupts, progress, a page) get their turn.
    if (performance.now() - breathed > rest || batch === prepared.plan.length) {
      const loss = terms.reduce((total, term, i) => total + (prepared.weights[i]! * term) / count, 0);
      const progress = { epoch: start.epoch + 1, epochs, step: batch, steps: prepared.plan.length };
      emit({
        kind: "step",
        stage: stage.name,
        ...progress,
        loss,
        ...headlineOf(correct / count, widths.kind ?? "classes"),
      });
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (batch < prepared.plan.length) await pause(position());
      breathed = performance.now();
    }
  }
  return position();
}

function emptySums(terms: number): Position["sums"] {
  return { samples: 0, correct: 0, terms: new Array<number>(terms).fill(0) };
}

interface Pace {
  /** Seconds left, judged by the epochs of this stage so far. */
  left(stage: number, epoch: number, seconds: number): number;
}

function paceOf(stages: readonly PlannedStage[]): Pace {
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

async function readCheckpoint({ folder, identity = "" }: FitOptions): Promise<Checkpoint | undefined> {
  if (folder === undefined) throw configError("resume needs a folder that holds the run.");
  if (!(await folder.exists(files.last))) return undefined;
  const checkpoint = await decodeCheckpoint(await folder.read(files.last), `${folder.label}/${files.last}`);
  if (checkpoint.identity !== identity) {
    throw runError(
      `${folder.label}: the settings or the data are not those the run was started with; it cannot go on.`,
    );
  }
  return checkpoint;
}

/** Epochs after the checkpoint are run again: the metrics go back to where it was written. */
async function writeHistory(folder: Folder, history: readonly EpochRecord[]): Promise<void> {
  await folder.write(files.metrics, history.map((record) => `${JSON.stringify(record)}\n`).join(""));
}
