/** @file Metrics as text. */
import { ownValue } from "../core/record.ts";
import type { Metrics } from "../evaluation/score.ts";
import { share, table } from "./text.ts";

/** Titles of metrics in tables, by their names in JSON. */
const TITLES: Readonly<Record<string, string>> = {
  accuracy: "accuracy",
  macroF1: "macro F1",
  microF1: "micro F1",
  subsetAccuracy: "subset accuracy",
  auroc: "ROC AUC",
  logLoss: "log loss (nats)",
  calibrationError: "calibration error",
  synergyRate: "synergy rate",
  kappa: "quadratic weighted kappa",
  maeSteps: "mean absolute error (steps)",
  r2: "R2",
  correlation: "correlation",
  mae: "mean absolute error",
  rmse: "root mean squared error",
  accuracyHas0: "accuracy, negative or not",
  f1Has0: "weighted F1, negative or not",
  accuracyNon0: "accuracy, negative or positive",
  f1Non0: "weighted F1, negative or positive",
  accuracy7: "accuracy, 7 classes",
  f1: "F1",
};

/** Metrics, one per line; then the metrics of each label or value. */
export function metricsTable({ values, primary, unimodal, perOutput = {} }: Metrics): string {
  const first = titleOf(primary);
  const rows = [
    ...Object.entries(values).map(([name, value]) => [titleOf(name), share(value)]),
    ...Object.entries(unimodal).map(([name, value]) => [`${first} of ${name} alone`, share(value)]),
  ];
  const parts = Object.entries(perOutput);
  if (parts.length === 0) return table(rows);
  const names = Object.keys(parts[0]![1]);
  const partRows = parts.map(([name, metrics]) => [name, ...names.map((metric) => share(metrics[metric]))]);
  return `${table(rows)}\n\n${table([["of each", ...names.map(titleOf)], ...partRows])}`;
}

/** The title of a metric. */
export function titleOf(name: string): string {
  return ownValue(TITLES, name) ?? name;
}
