/** @file Cross-fitting: out-of-fold log-probabilities of classifiers for every row, and optionally its density. */

import { permutation } from "../core/random.ts";
import { type Dataset, takeRows, takeTensorRows } from "../data/dataset.ts";
import type { Fold } from "../data/folds.ts";
import { classesOf, classTarget, labelsOf } from "../data/target.ts";
import type { Fitted } from "../evaluation/model.ts";
import { predict } from "../evaluation/predict.ts";
import { type Features, fitDensity, fitWhitener, pointwiseInformation, surprisal, whiten } from "../info/index.ts";
import { adamw } from "../optim/index.ts";
import type { BackendName } from "../runtime/backend.ts";
import { logPriorOf } from "../targets/calibrate.ts";
import { fit as fitMethod } from "../train/fit.ts";
import { classifiers } from "./classifiers.ts";
import { applyScales, fitScales, type Logs } from "./evidence.ts";
import { inRowSpace } from "./wide.ts";

/** Options of a cross-fit. */
export interface CrossfitOptions {
  readonly seed: number;
  /** Epochs of each classifier; left out: as many as give about 450 steps, from 5 to 40. */
  readonly epochs?: number;
  /** Widths of hidden layers; [64, 64]. */
  readonly hidden?: readonly number[];
  /** Also fit densities and return surprisals. */
  readonly density?: boolean;
  /** Also return log-probabilities, N x K numbers per classifier. */
  readonly logs?: boolean;
  readonly backend?: BackendName;
  readonly threads?: number;
  /** Called after each epoch and each fold with the number of finished folds; the running fold counts as a fraction. */
  readonly onFold?: (done: number, folds: number) => void;
  readonly signal?: AbortSignal;
}

/** Out-of-fold terms of the rows that were held out, in the order of `rows`. */
export interface Crossfit {
  /** Rows of the data set. */
  readonly rows: Int32Array;
  /** [N] which fold held the row out. */
  readonly folds: Int32Array;
  readonly labels: Int32Array;
  /** Scaled log-probabilities [N, K], nats; present with `options.logs`. */
  readonly logs?: { readonly first: Logs; readonly second: Logs; readonly both: Logs };
  /** Pointwise information [N], bits, relative to the prior of the fold's training rows. */
  readonly i1: Float64Array;
  readonly i2: Float64Array;
  readonly i12: Float64Array;
  /** Surprisals in bits after whitening to `dimensions`; present with `options.density`. */
  readonly density?: { readonly h1: Float64Array; readonly h2: Float64Array; readonly dimensions: number };
}

/** Maximum dimensions of a density. */
const MAX_DIMENSIONS = 16;
/** Maximum rows to fit a density on: it has a few thousand parameters at most, and time grows with rows. */
const MAX_DENSITY_ROWS = 6000;
/** Weight decay of AdamW; chosen, like the dropout rate, on validation rows of the quad mixture. */
const WEIGHT_DECAY = 0.05;
const DROPOUT = 0.2;

/** A fitted fold: three scaled classifiers. */
interface FittedFold {
  readonly fitted: Fitted;
  readonly logPrior: readonly number[];
  readonly scales: { readonly first: number[]; readonly second: number[]; readonly both: number[] };
}

/**
 * Fits classifiers of two sources (the data's two modalities) fold by fold and predicts the held-out rows. Every label must be known.
 * @throws RunError when training diverges or is interrupted.
 */
export async function crossfit(dataset: Dataset, folds: readonly Fold[], options: CrossfitOptions): Promise<Crossfit> {
  const classes = classesOf(dataset).length;
  const count = folds.reduce((sum, fold) => sum + fold.held.length, 0);
  const rows = new Int32Array(count);
  const foldOf = new Int32Array(count);
  const kept = options.logs === true ? count * classes : 0;
  const logs = { first: zeros(kept), second: zeros(kept), both: zeros(kept) };
  const [i1, i2, i12] = [zeros(count), zeros(count), zeros(count)];
  const dimensions = densityDimensions(dataset);
  const [h1, h2] = [zeros(count), zeros(count)];
  let at = 0;
  for (const [f, fold] of folds.entries()) {
    const data = inRowSpace(dataset, fold.train);
    const model = await fitFold(data, fold, options, f, (share) => options.onFold?.(f + share, folds.length));
    const held = takeRows(data, fold.held, "held out");
    const foldLogs = await readFold(model, held, options);
    rows.set(fold.held, at);
    foldOf.fill(f, at, at + fold.held.length);
    if (kept > 0) for (const part of ["first", "second", "both"] as const) logs[part].set(foldLogs[part], at * classes);
    i1.set(pointwiseInformation(foldLogs.first, labelsOf(held), model.logPrior), at);
    i2.set(pointwiseInformation(foldLogs.second, labelsOf(held), model.logPrior), at);
    i12.set(pointwiseInformation(foldLogs.both, labelsOf(held), model.logPrior), at);
    if (options.density === true) {
      const [first, second] = foldSurprisals(data, fold, dimensions, options.seed + f);
      h1.set(first, at);
      h2.set(second, at);
    }
    at += fold.held.length;
    options.onFold?.(f + 1, folds.length);
  }
  const all = labelsOf(dataset);
  const labels = Int32Array.from(rows, (row) => all[row]!);
  const density = options.density === true ? { density: { h1, h2, dimensions } } : {};
  return { rows, folds: foldOf, labels, ...(kept > 0 && { logs }), i1, i2, i12, ...density };
}

/** Fits the three classifiers of one fold and scales their evidence on its validation rows. Wide data must have been reduced (`inRowSpace`). */
export async function fitFold(
  dataset: Dataset,
  { train, validation }: Pick<Fold, "train" | "validation">,
  options: CrossfitOptions,
  index: number,
  onEpoch: (share: number) => void = () => {},
): Promise<FittedFold> {
  const [first, second] = Object.keys(dataset.modalities) as [string, string];
  const classes = classesOf(dataset).length;
  const data = { train: takeRows(dataset, train, "train"), validation: takeRows(dataset, validation, "validation") };
  const n = train.length;
  const batchSize = Math.min(n < 1000 ? 32 : n < 3000 ? 64 : n < 20_000 ? 128 : 512, Math.max(2, n >> 1));
  const epochs = options.epochs ?? Math.min(40, Math.max(5, Math.round((450 * batchSize) / n)));
  const method = classifiers([first, second], {
    hidden: options.hidden ?? [64, 64],
    epochs,
    dropout: n < 20_000 ? DROPOUT : DROPOUT / 4,
  });
  const totalEpochs = method.stages.length * epochs;
  let done = 0;
  const fitted = await fitMethod(method, data, {
    seed: options.seed + index,
    // The scales below replace the model's calibration.
    calibrate: false,
    onEvent: ({ kind }) => kind === "epoch" && onEpoch(Math.min(++done / totalEpochs, 1 - 1 / (2 * totalEpochs))),
    batchSize,
    optimiser: adamw({ weightDecay: WEIGHT_DECAY }),
    ...(options.backend === undefined ? {} : { backend: options.backend }),
    ...(options.threads === undefined ? {} : { threads: options.threads }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const logPrior = logPriorOf(labelsOf(data.train), classes);
  const raw = await rawLogs(fitted, data.validation, options);
  const scale = (sources: readonly Logs[]): number[] => fitScales(sources, labelsOf(data.validation), logPrior);
  return {
    fitted,
    logPrior,
    scales: {
      first: scale([raw.first]),
      second: scale([raw.second]),
      // The joint prediction stacks all three classifiers: with few rows the joint network learns less than the two others together.
      both: scale([raw.first, raw.second, raw.both]),
    },
  };
}

/** Scaled log-probabilities [N, K] of a fold's classifiers, in nats. */
export async function readFold(
  { fitted, logPrior, scales }: FittedFold,
  dataset: Dataset,
  options: Pick<CrossfitOptions, "backend" | "threads"> = {},
): Promise<NonNullable<Crossfit["logs"]>> {
  const raw = await rawLogs(fitted, dataset, options);
  return {
    first: applyScales([raw.first], scales.first, logPrior),
    second: applyScales([raw.second], scales.second, logPrior),
    both: applyScales([raw.first, raw.second, raw.both], scales.both, logPrior),
  };
}

/** The data set with permuted labels, which no feature predicts. */
export function permutedLabels(dataset: Dataset, seed: number, round: number): Dataset {
  const order = nullOrder(dataset, seed, round);
  const labels = labelsOf(dataset);
  const permuted = Int32Array.from(order, (row) => labels[row]!);
  return { ...dataset, target: { ...dataset.target, ...classTarget(classesOf(dataset), permuted).target } };
}

/** [N]: the row whose label each row gets in a round of the permutation null. */
export function nullOrder(dataset: Dataset, seed: number, round: number): Uint32Array {
  return permutation(dataset.size, seed, "quantify.null", round);
}

/** Log-probabilities of the networks before scaling. */
async function rawLogs(
  fitted: Fitted,
  dataset: Dataset,
  { backend, threads }: Pick<CrossfitOptions, "backend" | "threads">,
): Promise<{ first: Logs; second: Logs; both: Logs }> {
  const { logits, unimodal } = await predict(fitted, dataset, {
    batchSize: 1024,
    ...(backend === undefined ? {} : { backend }),
    ...(threads === undefined ? {} : { threads }),
  });
  const [first, second] = fitted.method.modalities as readonly [string, string];
  return {
    first: Float64Array.from(unimodal[first]!),
    second: Float64Array.from(unimodal[second]!),
    both: Float64Array.from(logits),
  };
}

/** The dimension of the smaller source, at most 16. */
function densityDimensions(dataset: Dataset): number {
  const widths = Object.values(dataset.modalities).map(({ shape }) => shape.slice(1).reduce((a, b) => a * b, 1));
  return Math.min(MAX_DIMENSIONS, ...widths);
}

/** Surprisals in bits of the held-out rows of both sources, whitened to the same number of dimensions. */
function foldSurprisals(dataset: Dataset, fold: Fold, dimensions: number, seed: number): [Float64Array, Float64Array] {
  const chosen = fold.train.slice(0, MAX_DENSITY_ROWS);
  const parts = Object.values(dataset.modalities).map((values) => {
    const pick = (rows: readonly number[]): Features => takeTensorRows(values, rows);
    const whitener = fitWhitener(pick(chosen), dimensions);
    return { whitener, pick };
  });
  const kept = Math.min(...parts.map(({ whitener }) => whitener.kept));
  return parts.map(({ whitener, pick }) => {
    const read = (rows: readonly number[]): Features => whiten(whitener, pick(rows), kept);
    return surprisal(fitDensity(read(chosen), read(fold.validation), { seed }), read(fold.held));
  }) as [Float64Array, Float64Array];
}

function zeros(n: number): Float64Array {
  return new Float64Array(n);
}
