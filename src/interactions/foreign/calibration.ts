/** @file Calibration of predictions without a validation split: no row is calibrated by a fit that used it. */
import { dataError } from "../../core/errors.ts";
import { crossFolds } from "../../data/folds.ts";
import {
  calibrated,
  calibrationWarnings,
  type EvidenceScaling,
  fitScaling,
  logPriorOf,
  UNSCALED,
} from "../../targets/calibrate.ts";
import { logSoftmaxRows } from "../../targets/metrics.ts";
import type { ForeignCalibration, ForeignPredictions } from "./result.ts";

/** The rows that are evaluated, with calibrated log-probabilities by set and the prior of each row. */
export interface Calibrated {
  readonly rows: readonly number[];
  /** By set: [rows, K], nats. */
  readonly logs: Readonly<Record<string, Float64Array>>;
  /** [rows, K], nats. */
  readonly priors: Float64Array;
  /** [rows]: the fold of each row; absent without folds. */
  readonly folds?: Int32Array;
  readonly calibration: ForeignCalibration;
  readonly notes: readonly string[];
}

/** With fewer labelled rows a fitted scale is inaccurate. */
const FEW = 50;

/** Calibrates every set of modalities. `whole` is the set of all; without labels its mean prediction is the prior. */
export function calibrateSets(
  predictions: ForeignPredictions,
  labels: Int32Array,
  whole: string,
  { seed, folds }: { readonly seed: number; readonly folds: number },
): Calibrated {
  const { fitted, groups, classes } = predictions;
  const all = [...labels.keys()];
  const labelled = all.filter((i) => labels[i]! >= 0);
  if (fitted !== undefined) {
    const fit = labelled.filter((i) => fitted[i] === 1);
    const rows = all.filter((i) => fitted[i] !== 1);
    if (fit.length === 0 || rows.length === 0) {
      throw dataError(
        `calibration: ${fit.length} labelled rows to fit it on and ${rows.length} rows to evaluate; both are needed. Choose other validation rows, or none to cross-fit.`,
        { fit: fit.length, read: rows.length },
      );
    }
    return read(predictions, labels, "rows", fit, [{ fit, rows }]);
  }
  if (labelled.length === 0) return uncalibratedSets(predictions, all, whole);
  if (labelled.length < 2 * folds) {
    throw dataError(
      `calibration: ${labelled.length} labelled rows are too few for a cross-fit of ${folds} folds, which needs ${2 * folds}. Give more labelled rows, use fewer folds (--folds 2), or give no labels: predictions are then used uncalibrated.`,
      { labelled: labelled.length, folds },
    );
  }
  const cross = crossFolds(
    Int32Array.from(labelled, (i) => labels[i]!),
    groups === undefined ? undefined : labelled.map((i) => groups[i]!),
    folds,
    seed,
  );
  const parts = cross.map(({ train, validation, held }) => ({
    fit: [...train, ...validation].sort((a, b) => a - b).map((i) => labelled[i]!),
    rows: held.map((i) => labelled[i]!),
  }));
  const unlabelled = all.filter((i) => labels[i]! < 0);
  if (unlabelled.length > 0) parts.push({ fit: labelled, rows: unlabelled });
  const none = classes.filter((_, k) => labelled.every((i) => labels[i] !== k));
  const missing =
    none.length === 0 ? [] : [`no row has the label ${none.slice(0, 4).join(", ")}; its prior counts half a sample.`];
  const result = read(predictions, labels, "cross-fitted", labelled, parts);
  return { ...result, notes: [...missing, ...result.notes] };
}

interface Part {
  readonly fit: readonly number[];
  readonly rows: readonly number[];
}

function read(
  { sets, classes }: ForeignPredictions,
  labels: Int32Array,
  how: ForeignCalibration["how"],
  fitRows: readonly number[],
  parts: readonly Part[],
): Calibrated {
  const K = classes.length;
  const names = Object.keys(sets);
  const rows = parts.flatMap((part) => [...part.rows]).sort((a, b) => a - b);
  const position = new Map(rows.map((row, i) => [row, i]));
  const priors = new Float64Array(rows.length * K);
  const folds = new Int32Array(rows.length);
  const logs = Object.fromEntries(names.map((name) => [name, new Float64Array(rows.length * K)]));
  for (const [fold, part] of parts.entries()) {
    const fitLabels = Int32Array.from(part.fit, (row) => labels[row]!);
    const logPrior = logPriorOf(fitLabels, K);
    for (const row of part.rows) {
      priors.set(logPrior, position.get(row)! * K);
      folds[position.get(row)!] = fold;
    }
    for (const name of names) {
      const scaling = fitScaling(rowsOf(sets[name]!, part.fit, K), fitLabels, logPrior);
      const values = calibrated(rowsOf(sets[name]!, part.rows, K), logPrior, scaling);
      for (const [i, row] of part.rows.entries()) {
        logs[name]!.set(values.subarray(i * K, (i + 1) * K), position.get(row)! * K);
      }
    }
  }
  const fitLabels = Int32Array.from(fitRows, (row) => labels[row]!);
  const logPrior = logPriorOf(fitLabels, K);
  const scalings: Record<string, EvidenceScaling> = Object.fromEntries(
    names.map((name) => [name, fitScaling(rowsOf(sets[name]!, fitRows, K), fitLabels, logPrior)]),
  );
  const few = `calibration is fitted to ${fitRows.length} labelled rows; with fewer than ${FEW} it is inaccurate, and so are the bits.`;
  return {
    rows,
    logs,
    priors,
    ...(parts.length > 1 && { folds }),
    calibration: { how, rows: fitRows.length, scalings, prior: byClass(classes, logPrior.map(Math.exp)) },
    notes: [
      ...(fitRows.length < FEW ? [few] : []),
      ...calibrationWarnings({ logPrior, prediction: UNSCALED, all: UNSCALED, modalities: scalings }),
    ],
  };
}

function uncalibratedSets({ sets, classes }: ForeignPredictions, rows: readonly number[], whole: string): Calibrated {
  const K = classes.length;
  const logs = Object.fromEntries(Object.entries(sets).map(([name, values]) => [name, logSoftmaxRows(values, K)]));
  const prior = new Float64Array(K);
  logs[whole]!.forEach((log, i) => {
    prior[i % K]! += Math.exp(log) / rows.length;
  });
  const scalings = Object.fromEntries(Object.keys(sets).map((name) => [name, UNSCALED]));
  return {
    rows,
    logs,
    priors: Float64Array.from({ length: rows.length * K }, (_, i) => Math.log(prior[i % K]!)),
    calibration: { how: "none", rows: 0, scalings, prior: byClass(classes, [...prior]) },
    notes: [
      "no labels: probabilities are used uncalibrated, so an overconfident model gets too many bits; the prior is the mean prediction from all modalities.",
    ],
  };
}

function byClass(classes: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(classes.map((name, k) => [name, values[k]!]));
}

function rowsOf(values: Float64Array, rows: readonly number[], width: number): Float64Array {
  const out = new Float64Array(rows.length * width);
  for (const [i, row] of rows.entries()) out.set(values.subarray(row * width, (row + 1) * width), i * width);
  return out;
}
