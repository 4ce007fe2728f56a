/** @file What kinds with a number per output share: copies of rows, and means over the known entries of a sample. */
import type { Target } from "../data/dataset.ts";
import type { EncodedTarget, Truth } from "./target.ts";
import { meanOf } from "./units.ts";

/** The probability of yes from its log-odds. */
export const probability = (odds: number): number => 1 / (1 + Math.exp(-odds));

/** Copies the rows [count, K] of the samples `order[from .. from + count)`. */
export function fillRows(
  out: Float32Array,
  { data, width }: EncodedTarget,
  order: ArrayLike<number>,
  from: number,
  count: number,
): void {
  for (let i = 0, to = 0; i < count; i++) {
    const start = order[from + i]! * width;
    for (let k = 0; k < width; k++) out[to++] = data[start + k]!;
  }
}

/** The sum over a batch's samples of the mean score of their known entries. */
export function sumOfScores(
  predicted: Float32Array,
  { data, width }: EncodedTarget,
  rows: ArrayLike<number>,
  scoreOf: (value: number, truth: number) => number,
): number {
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    let [score, known] = [0, 0];
    for (let k = 0; k < width; k++) {
      const truth = data[rows[i]! * width + k]!;
      if (Number.isNaN(truth)) continue;
      score += scoreOf(predicted[i * width + k]!, truth);
      known++;
    }
    total += known === 0 ? 0 : score / known;
  }
  return total;
}

/** One value for each name, at a row of [N, L]. */
export function named<V>(names: readonly string[], row: number, valueAt: (i: number) => V): Record<string, V> {
  return Object.fromEntries(names.map((name, l) => [name, valueAt(row * names.length + l)]));
}

/** Metrics of each output by itself. */
export function byOutput(
  predicted: Float32Array,
  { names, values }: Target,
  metricsOf: (output: Float32Array, truth: Float32Array, name: string) => Record<string, number>,
): Record<string, Record<string, number>> {
  const L = names.length;
  const column = (data: Float32Array, l: number): Float32Array => data.filter((_, i) => i % L === l);
  return Object.fromEntries(
    names.map((name, l) => [name, metricsOf(column(predicted, l), column(values.data, l), name)]),
  );
}

/** The mean of each metric over outputs. */
export function meansOver(metrics: Readonly<Record<string, Readonly<Record<string, number>>>>): Record<string, number> {
  const each = Object.values(metrics);
  return Object.fromEntries(Object.keys(each[0]!).map((name) => [name, meanOf(each.map((one) => one[name]!))]));
}

/** The labels or values of a sample. */
export function truthAt({ names, values }: Target, row: number): Truth {
  const known = (i: number): number | undefined => (Number.isNaN(values.data[i]!) ? undefined : values.data[i]);
  return { target: named(names, row, known) };
}

/** The class of a sample. */
export function classTruth({ names, values }: Target, row: number): Truth {
  const label = values.data[row]!;
  return { label: Number.isNaN(label) ? undefined : names[label]! };
}
