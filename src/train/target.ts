/** @file Targets as models meet them: standardised values, the prior, and predictions back in the data's unit. */
import { float32 } from "../core/tensor.ts";
import type { Dataset, Target, TargetKind } from "../data/dataset.ts";
import type { Expr } from "../graph/expr.ts";
import { add, constant, mul } from "../graph/ops/index.ts";
import { logPriorOf } from "./calibrate.ts";
import { gatherRows, type RowSource } from "./frozen.ts";
import type { Samples } from "./stage.ts";

/** What a model predicts where it is not a class; plain data. */
export interface FittedTarget {
  readonly kind: Target["kind"];
  readonly names: readonly string[];
  /** Of each value over what is known in the training data; none of labels. */
  readonly units?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/** The target of training data; undefined for classes. */
export function fitTarget({ target }: Pick<Dataset, "target">): FittedTarget | undefined {
  if (target === undefined) return undefined;
  const { kind, names } = target;
  if (kind === "labels") return { kind, names };
  const columns = names.map((_, l) => knownColumn(target, l));
  const mean = columns.map(meanOf);
  // In float32, as graphs compute with them; a value that hardly varies keeps its unit.
  const deviation = columns.map((own, l) => Math.fround(Math.sqrt(meanOf(own.map((v) => (v - mean[l]!) ** 2)))) || 1);
  return { kind, names, units: { mean: mean.map(Math.fround), deviation } };
}

/** What is predicted where nothing is known, [K]: log-frequencies of classes, log-odds of labels (half a sample added to each answer), 0 for standardised values. */
export function priorOf({ labels, classes, target }: Pick<Dataset, "labels" | "classes" | "target">): number[] {
  if (target === undefined) return logPriorOf(labels, classes.length);
  return target.names.map((_, l) => {
    if (target.kind === "values") return 0;
    const known = knownColumn(target, l);
    const yes = known.reduce((sum, value) => sum + value, 0);
    return Math.log((yes + 0.5) / (known.length - yes + 0.5));
  });
}

/** Labels, or values standardised, of data as rows [N, K]; NaN where unknown. Undefined for classes, whose rows are one-hot labels. */
export function targetRows(
  { target }: Pick<Dataset, "target">,
  fitted: FittedTarget | undefined,
): RowSource | undefined {
  if (target === undefined || fitted === undefined) return undefined;
  const { data, shape } = target.values;
  const [rows, width] = shape as [number, number];
  const { units } = fitted;
  const standard = (value: number, i: number): number =>
    units === undefined ? value : (value - units.mean[i % width]!) / units.deviation[i % width]!;
  return { data: data.map(standard), lead: 1, rows, width };
}

/** Writes the target [count, K] of the samples `order[from .. from + count)`. */
export function fillTarget(
  out: Float32Array,
  { labels, target }: Pick<Samples, "labels" | "target">,
  order: Uint32Array,
  from: number,
  count: number,
): void {
  if (target !== undefined) {
    gatherRows(out, target, order, from, count);
    return;
  }
  const classes = out.length / count;
  out.fill(0);
  for (let i = 0; i < count; i++) out[i * classes + labels[order[from + i]!]!] = 1;
}

/** Predictions [.., K] of standardised values in the data's unit; those of classes and labels as they are. */
export function inUnits(outputs: Expr, target: FittedTarget | undefined): Expr {
  if (target?.units === undefined) return outputs;
  const { mean, deviation } = target.units;
  const row = (values: readonly number[]): Expr => constant(float32([values.length], values).data, [values.length]);
  return add(mul(outputs, row(deviation)), row(mean));
}

/** The kind of a fitted model's target. */
export function kindOf(target: FittedTarget | undefined): TargetKind {
  return target?.kind ?? "classes";
}

function knownColumn({ names, values }: Target, l: number): number[] {
  return [...values.data.filter((value, i) => i % names.length === l && !Number.isNaN(value))];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
