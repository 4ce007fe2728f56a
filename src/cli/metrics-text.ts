/** @file Metrics as text. */
import { metricTitle } from "../evaluation/metric-names.ts";
import type { Metrics } from "../evaluation/score.ts";
import { share, table } from "./text.ts";

/** Metrics, one per line; then the metrics of each label or value. */
export function metricsTable({ values, primary, unimodal, perOutput = {} }: Metrics): string {
  const first = metricTitle(primary);
  const rows = [
    ...Object.entries(values).map(([name, value]) => [metricTitle(name), share(value)]),
    ...Object.entries(unimodal).map(([name, value]) => [`${first} of ${name} alone`, share(value)]),
  ];
  const parts = Object.entries(perOutput);
  if (parts.length === 0) return table(rows);
  const names = Object.keys(parts[0]![1]);
  const partRows = parts.map(([name, metrics]) => [name, ...names.map((metric) => share(metrics[metric]))]);
  return `${table(rows)}\n\n${table([["of each", ...names.map(metricTitle)], ...partRows])}`;
}
