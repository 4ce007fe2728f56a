/** @file Names of metrics in tables and messages, by their names in JSON. */
import { ownValue } from "../core/record.ts";

const NAMES: Readonly<Record<string, string>> = {
  macroF1: "macro F1",
  microF1: "micro F1",
  subsetAccuracy: "subset accuracy",
  auroc: "ROC AUC",
  logLoss: "log loss",
  calibrationError: "calibration error",
  synergyRate: "synergy rate",
  kappa: "quadratic weighted kappa",
  maeSteps: "mean absolute error (steps)",
  r2: "R2",
  mae: "mean absolute error",
  rmse: "root mean squared error",
  accuracyHas0: "accuracy, negative or not",
  f1Has0: "weighted F1, negative or not",
  accuracyNon0: "accuracy, negative or positive",
  f1Non0: "weighted F1, negative or positive",
  accuracy7: "accuracy, 7 classes",
  f1: "F1",
};

/** The name of a metric in tables; a metric that has no other keeps its name in JSON. */
export function metricTitle(name: string): string {
  return ownValue(NAMES, name) ?? name;
}
