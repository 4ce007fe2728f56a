/**
 * @file A strong reader of one modality: what is known of the class of each sample by classifiers that never saw it, nor anything made from
 * the same origin. Cross-fitted `unimodal` networks with calibrated probabilities.
 */
import { float32, type Tensor } from "../core/tensor.ts";
import { type Dataset, featureCount, rowIds, SPLITS, takeRows } from "../data/dataset.ts";
import { crossFolds } from "../data/folds.ts";
import { DIGITS, type DigitSource } from "../data/synthetic/digits-source.ts";
import { unimodal } from "../methods/unimodal.ts";
import { mlp } from "../nn/mlp.ts";
import { adamw } from "../optim/index.ts";
import { calibrated, logPriorOf } from "../train/calibrate.ts";
import { fit } from "../train/fit.ts";
import { predict } from "../train/predict.ts";

/** What is to be read. */
export interface ReadingInput {
  /** [N, ...] */
  readonly values: Tensor<"float32">;
  /** [N], 0..K-1 */
  readonly labels: Int32Array;
  readonly classes: number;
  /** [N]; samples of one origin are held out together. */
  readonly groups: readonly string[];
}

/** Settings of a reader. */
export interface ReaderOptions {
  readonly seed: number;
  /** 5. */
  readonly folds?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Told after each fold: how many are done. */
  readonly onFold?: (done: number, folds: number) => void;
}

/** The ceiling of the same recordings is the same, whatever is made of them. */
export const READER_SEED = 0;

const FOLDS = 5;
const MODALITY = "input";
/** One setting, that was tried alone: held-out log-loss on avdigits .10 nats (audio), .24 (image), .70 (audio_noisy). */
const HIDDEN = [128];
const DROPOUT = 0.5;
const EPOCHS = 40;
const WEIGHT_DECAY = 0.05;

/** Evidence of each class in each sample, [N, K]: log p(class given the sample) - log p(class), nats. */
export async function readerEvidence(input: ReadingInput, options: ReaderOptions): Promise<Float32Array> {
  const { values, labels, classes, groups } = input;
  const { seed, folds: count = FOLDS, threads, signal, onFold = () => {} } = options;
  const data: Dataset = {
    name: "all",
    ids: rowIds(labels.length),
    modalities: { [MODALITY]: values },
    labels,
    classes: rowIds(classes),
    groups,
  };
  const out = new Float32Array(labels.length * classes);
  const folds = crossFolds(labels, groups, count, seed);
  for (const [f, { train, validation, held }] of folds.entries()) {
    const method = unimodal({
      encoders: { [MODALITY]: mlp([featureCount(values), ...HIDDEN], { dropout: DROPOUT }) },
      modality: MODALITY,
    });
    const parts = { train: takeRows(data, train, "train"), validation: takeRows(data, validation, "validation") };
    const fitted = await fit(method, parts, {
      seed: seed + f,
      epochs: EPOCHS,
      optimiser: adamw({ weightDecay: WEIGHT_DECAY }),
      ...(threads !== undefined && { threads }),
      ...(signal !== undefined && { signal }),
    });
    const { logits } = await predict(fitted, takeRows(data, held, "held out"), {
      ...(threads !== undefined && { threads }),
    });
    const logPrior = logPriorOf(parts.train.labels, classes);
    const logs = calibrated(logits, logPrior, fitted.calibration.modalities[MODALITY]!);
    held.forEach((row, i) => {
      for (let k = 0; k < classes; k++) out[row * classes + k] = logs[i * classes + k]! - logPrior[k]!;
    });
    onFold(f + 1, folds.length);
  }
  return out;
}

/** The source with what a reader knows of every recording and picture: fitted on all splits, never on what it reads. */
export async function withEvidence(
  source: DigitSource,
  options: Omit<ReaderOptions, "onFold"> & {
    readonly onFold?: (modality: string, done: number, folds: number) => void;
  },
): Promise<DigitSource> {
  const out: Record<string, DigitSource[string]> = {};
  for (const [name, pools] of Object.entries(source)) {
    const all = SPLITS.map((split) => pools[split]);
    const evidence = await readerEvidence(
      {
        values: joined(all.map(({ values }) => values)),
        labels: Int32Array.from(all.flatMap(({ digits }) => [...digits])),
        classes: DIGITS,
        groups: all.flatMap(({ origins }) => origins),
      },
      { ...options, onFold: (done, folds) => options.onFold?.(name, done, folds) },
    );
    let at = 0;
    const read = SPLITS.map((split) => {
      const from = at;
      at += pools[split].digits.length * DIGITS;
      return [split, { ...pools[split], evidence: evidence.slice(from, at) }] as const;
    });
    out[name] = Object.fromEntries(read) as unknown as DigitSource[string];
  }
  return out;
}

/** Rows of several tensors, one after another. */
function joined(parts: readonly Tensor<"float32">[]): Tensor<"float32"> {
  const out = float32([parts.reduce((n, { shape }) => n + shape[0]!, 0), ...parts[0]!.shape.slice(1)]);
  let at = 0;
  for (const { data } of parts) {
    out.data.set(data, at);
    at += data.length;
  }
  return out;
}
