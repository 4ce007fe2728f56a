/** @file Figures of merit as people read them. */
import { ownValue } from "../core/record.ts";
import type { Figures } from "../train/figures.ts";
import { share, table } from "./text.ts";

/** Figures of merit as tables head them, by their names in JSON. */
const TITLES: Readonly<Record<string, string>> = {
  accuracy: "accuracy",
  macroF1: "macro F1",
  microF1: "micro F1",
  subsetAccuracy: "all labels right",
  auroc: "area under ROC curve",
  logLoss: "log loss (nats)",
  calibrationError: "calibration error",
  synergyRate: "synergy rate",
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

/** Figures of merit, one a line; then those of each label or value. */
export function figuresTable({ figures, unimodal, each = {} }: Figures): string {
  const first = titleOf(Object.keys(figures)[0]!);
  const rows = [
    ...Object.entries(figures).map(([name, value]) => [titleOf(name), share(value)]),
    ...Object.entries(unimodal).map(([name, value]) => [`${first} of ${name} alone`, share(value)]),
  ];
  const parts = Object.entries(each);
  if (parts.length === 0) return table(rows);
  const names = Object.keys(parts[0]![1]);
  const own = parts.map(([name, one]) => [name, ...names.map((figure) => share(one[figure]))]);
  return `${table(rows)}\n\n${table([["of each", ...names.map(titleOf)], ...own])}`;
}

/** A figure's title by its name. */
export function titleOf(name: string): string {
  return ownValue(TITLES, name) ?? name;
}
