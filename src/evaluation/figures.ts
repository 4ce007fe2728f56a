/** @file Metrics by name, for every kind of target: what tables print and comparisons read. */

import { dataError } from "../core/errors.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset, Target, TargetKind } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import { hasTarget, targetKind } from "../data/target.ts";
import { auroc, labelAccuracy, labelF1, labelLogLoss, microF1, subsetAccuracy } from "../targets/label-metrics.ts";
import { isSentiment, regressionMetrics, sentimentMetrics } from "../targets/value-metrics.ts";
import { type Metrics, type Predictions, score } from "./predict.ts";

/** Metrics of predictions. Shares are in [0, 1], log-losses in nats, errors of values in the data's unit. */
export interface Figures {
  readonly kind: TargetKind;
  /** Number of samples with a known target; with several labels or values, at least one. */
  readonly samples: number;
  /**
   * Metrics by name; models are ranked by the first (larger is better). Classes: accuracy, macroF1, logLoss, calibrationError,
   * synergyRate. Labels: macroF1, microF1, accuracy (mean over labels), subsetAccuracy, auroc (mean over labels), logLoss (mean over
   * labels). Values: r2, correlation, mae, rmse, each a mean over values, and for a sentiment accuracyHas0, f1Has0, accuracyNon0,
   * f1Non0, accuracy7 (value-metrics.ts).
   */
  readonly figures: Readonly<Record<string, number>>;
  /** Metrics of each label (f1, auroc, accuracy) or value, if there are several. */
  readonly each?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The first metric for each unimodal prediction, over the samples that have the modality; NaN if none has. */
  readonly unimodal: Readonly<Record<string, number>>;
}

/** Scores predictions of any kind of target. @throws DataError if no sample has a known target. */
export function figuresOf(predictions: Predictions, dataset: Dataset): Figures {
  const { target } = dataset;
  if (target === undefined) {
    const { samples, unimodal, ...figures } = score(predictions, dataset);
    return { kind: "multiclass", samples, figures, unimodal };
  }
  const rows = [...dataset.labels.keys()].filter((row) => hasTarget(dataset, row));
  if (rows.length === 0) {
    throw dataError(
      `the ${dataset.name} data has no known ${kindWords[target.kind].many}, so predictions cannot be scored. Use data with known ${kindWords[target.kind].many}.`,
    );
  }
  const each = eachOf(predictions.logits, target);
  return {
    kind: targetKind(dataset),
    samples: rows.length,
    figures: overall(predictions.logits, target),
    ...(target.names.length > 1 && { each }),
    unimodal: Object.fromEntries(
      Object.entries(predictions.unimodal).map(([name, predicted]) => {
        const mask = ownValue(dataset.present, name);
        if (mask?.every((present) => present === 0)) return [name, Number.NaN];
        return [name, Object.values(overall(predicted, mask === undefined ? target : hidden(target, mask)))[0]!];
      }),
    ),
  };
}

/** The first metric and its name. */
export function leading(scored: Metrics | Figures): { readonly name: string; readonly value: number } {
  if (!("figures" in scored)) return { name: "accuracy", value: scored.accuracy };
  const [name, value] = Object.entries(scored.figures)[0]!;
  return { name, value };
}

/** The target, set to unknown (NaN) for samples that lack a modality. */
function hidden(target: Target, present: Uint8Array): Target {
  const { shape, dtype, data } = target.values;
  const L = target.names.length;
  return {
    ...target,
    values: { dtype, shape, data: data.map((value, i) => (present[Math.floor(i / L)] === 1 ? value : Number.NaN)) },
  };
}

function overall(predicted: Float32Array, target: Target): Record<string, number> {
  const { kind, names, values } = target;
  const L = names.length;
  if (kind === "multilabel") {
    return {
      macroF1: meanOf(labelF1(predicted, values.data, L)),
      microF1: microF1(predicted, values.data, L),
      accuracy: labelAccuracy(predicted, values.data),
      subsetAccuracy: subsetAccuracy(predicted, values.data, L),
      auroc: meanOf(auroc(predicted, values.data, L).filter((area) => !Number.isNaN(area))),
      logLoss: labelLogLoss(predicted, values.data),
    };
  }
  const perValue = Object.values(eachOf(predicted, target));
  return Object.fromEntries(Object.keys(perValue[0]!).map((name) => [name, meanOf(perValue.map((one) => one[name]!))]));
}

/** Metrics of each label or value. */
function eachOf(predicted: Float32Array, { kind, names, values }: Target): Record<string, Record<string, number>> {
  const L = names.length;
  const column = (data: Float32Array, l: number): Float32Array => data.filter((_, i) => i % L === l);
  return Object.fromEntries(
    names.map((name, l) => {
      const [output, truth] = [column(predicted, l), column(values.data, l)];
      if (kind === "multilabel") {
        return [
          name,
          {
            f1: labelF1(output, truth, 1)[0]!,
            auroc: auroc(output, truth, 1)[0]!,
            accuracy: labelAccuracy(output, truth),
          },
        ];
      }
      const sentiment = L === 1 && isSentiment(name, truth) ? sentimentMetrics(output, truth) : {};
      return [name, { ...regressionMetrics(output, truth), ...sentiment }];
    }),
  );
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
