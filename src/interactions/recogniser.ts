/**
 * @file A strong classifier of one modality: cross-fitted `unimodal` networks with calibrated probabilities. Each sample is predicted by a
 * network that was trained neither on it nor on any sample made from the same origin.
 */

import { float32, type Tensor } from "../core/tensor.ts";
import { type Dataset, featureCount, rowIds, SPLITS, takeRows } from "../data/dataset.ts";
import { crossFolds } from "../data/folds.ts";
import { DIGITS, type DigitSource } from "../data/synthetic/digits-source.ts";
import { classTarget, labelsOf } from "../data/target.ts";
import { predict } from "../evaluation/predict.ts";
import { unimodal } from "../methods/unimodal.ts";
import { mlp } from "../nn/mlp.ts";
import { adamw } from "../optim/index.ts";
import { calibrated, logPriorOf } from "../targets/calibrate.ts";
import { fit } from "../train/fit.ts";

/** Samples of one modality. */
interface ReadingInput {
  /** [N, ...] */
  readonly values: Tensor<"float32">;
  /** [N], 0..K-1 */
  readonly labels: Int32Array;
  readonly classes: number;
  /** [N]; samples of one origin are held out together. */
  readonly groups: readonly string[];
}

/** How the classifiers are cross-fitted. */
interface ReaderOptions {
  readonly seed: number;
  /** Number of folds; 5. */
  readonly folds?: number;
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Called after each fold with the number of finished folds. */
  readonly onFold?: (done: number, folds: number) => void;
}

/** A fixed seed: the same recordings have the same ceiling, whichever data set is made from them. */
export const READER_SEED = 0;

const FOLDS = 5;
const MODALITY = "input";
/** Hyperparameters were not searched; held-out log-loss on avdigits: .10 nats (audio), .24 (image), .70 (audio_noisy). */
const HIDDEN = [128];
const DROPOUT = 0.5;
const EPOCHS = 40;
const WEIGHT_DECAY = 0.05;

/** Evidence of each sample for each class, [N, K]: log p(class given the sample) - log p(class), nats. */
export async function readerEvidence(input: ReadingInput, options: ReaderOptions): Promise<Float32Array> {
  const { values, labels, classes, groups } = input;
  const { seed, folds: count = FOLDS, threads, signal, onFold = () => {} } = options;
  const data: Dataset = {
    name: "all",
    ids: rowIds(labels.length),
    modalities: { [MODALITY]: values },
    ...classTarget(rowIds(classes), labels),
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
    const logPrior = logPriorOf(labelsOf(parts.train), classes);
    const logs = calibrated(logits, logPrior, fitted.calibration.modalities[MODALITY]!);
    held.forEach((row, i) => {
      for (let k = 0; k < classes; k++) out[row * classes + k] = logs[i * classes + k]! - logPrior[k]!;
    });
    onFold(f + 1, folds.length);
  }
  return out;
}

/** Adds cross-fitted evidence (`readerEvidence`, over all splits) for every recording and picture of the source. */
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
    let offset = 0;
    const bySplit = SPLITS.map((split) => {
      const from = offset;
      offset += pools[split].digits.length * DIGITS;
      return [split, { ...pools[split], evidence: evidence.slice(from, offset) }] as const;
    });
    out[name] = Object.fromEntries(bySplit) as unknown as DigitSource[string];
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
