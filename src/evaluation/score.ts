/** @file Metrics of predictions by name, for every kind of target, and the check that data has the target of a model. */
import { dataError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset, Target, TargetKind } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import { describeTarget, knownRows, sameTarget } from "../data/target.ts";
import { targetTypes } from "../targets/index.ts";
import type { Fitted } from "./model.ts";
import { type Predictions, type PredictOptions, predict } from "./predict.ts";

/** Metrics of predictions. Shares are in [0, 1], log-losses in nats, errors of values in the data's unit. */
export interface Metrics {
  readonly kind: TargetKind;
  /** Number of samples with a known target; with several labels or values, at least one. */
  readonly samples: number;
  /** The name of the metric by which models are ranked; larger is better. */
  readonly primary: string;
  /**
   * Metrics by name, the primary one first. Classes: accuracy, macroF1, logLoss, calibrationError, synergyRate. Ordered classes: kappa
   * (quadratic weights), accuracy, macroF1, maeSteps, logLoss. Labels: macroF1, microF1, accuracy (mean over labels), subsetAccuracy, auroc
   * and logLoss (means over labels). Values: r2, correlation, mae, rmse, each a mean over values, and for a sentiment accuracyHas0, f1Has0, accuracyNon0, f1Non0, accuracy7 (value-metrics.ts).
   */
  readonly values: Readonly<Record<string, number>>;
  /** Metrics of each label (f1, auroc, accuracy) or value, if there are several. */
  readonly perOutput?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The primary metric of each unimodal prediction, over the samples that have the modality; NaN if none has. */
  readonly unimodal: Readonly<Record<string, number>>;
}

/**
 * Scores predictions. Probabilities of classes are calibrated on validation data for every method; that changes no predicted class.
 * @throws DataError if no sample has a known target.
 */
export function score(
  predictions: Pick<Predictions, "logits" | "unimodal" | "calibration">,
  dataset: Dataset,
): Metrics {
  const { target, present } = dataset;
  const { kind, names } = target;
  const type = targetTypes[kind];
  const samples = knownRows(dataset).length;
  if (samples === 0) {
    const { many } = kindWords[kind];
    throw dataError(
      `the ${dataset.name} data has no known ${many}, so predictions cannot be scored. Use data with known ${many}.`,
    );
  }
  const values = type.metrics(predictions, target, present);
  const primary = Object.keys(values)[0]!;
  const alone = (name: string, logits: Float32Array): number => {
    const mask = ownValue(present, name);
    if (mask?.every((has) => has === 0)) return Number.NaN;
    return type.metrics({ logits, unimodal: {} }, mask === undefined ? target : hidden(target, mask))[primary]!;
  };
  return {
    kind,
    samples,
    primary,
    values,
    ...(type.perOutput !== undefined && names.length > 1 && { perOutput: type.perOutput(predictions.logits, target) }),
    unimodal: Object.fromEntries(
      Object.entries(predictions.unimodal).map(([name, logits]) => [name, alone(name, logits)]),
    ),
  };
}

/** Predicts, and scores the predictions. */
export async function evaluate(fitted: Fitted, dataset: Dataset, options: PredictOptions = {}): Promise<Metrics> {
  return score(await predict(fitted, dataset, options), dataset);
}

/** The primary metric. */
export function primaryValue({ primary, values }: Metrics): number {
  return values[primary]!;
}

/** The target, set to unknown (NaN) for samples that lack a modality. */
function hidden(target: Target, present: Uint8Array): Target {
  const { shape, dtype, data } = target.values;
  const width = shape[1]!;
  const values = data.map((value, i) => (present[Math.floor(i / width)] === 1 ? value : Number.NaN));
  return { ...target, values: { dtype, shape, data: values } };
}

/** @throws DataError if kind or names of the target differ from those of the training data, or the names are in another order. */
export function requireSameTarget(fitted: Pick<Fitted, "target">, dataset: Dataset): void {
  if (sameTarget(fitted.target, dataset.target)) return;
  throw dataError(
    `the ${dataset.name} data has the ${describeTarget(dataset)}, the model the ${describeTarget(fitted)}; they must be the same in the same order. Give kind and names under "target" in dataset.json.`,
    { data: dataset.target.names, model: fitted.target.names },
  );
}
