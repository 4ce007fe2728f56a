/** @file Targets for training: standardised values, the prior, and the conversion of predictions to the data's unit. */

import { configError } from "../core/errors.ts";
import { goldenSection } from "../core/minimise.ts";
import { ownValue } from "../core/record.ts";
import type { Dataset, Target, TargetKind } from "../data/dataset.ts";
import { kindWords } from "../data/kinds.ts";
import type { Expr } from "../graph/expr.ts";
import { add, constant, mul } from "../graph/ops/index.ts";
import { type Method, type Outputs, tasks } from "../methods/method.ts";
import { logPriorOf } from "../targets/calibrate.ts";
import { gatherRows, type RowSource, type Samples } from "./rows.ts";

/** The target of a model for labels or values; plain data. */
export interface FittedTarget {
  readonly kind: Target["kind"];
  readonly names: readonly string[];
  /** Mean and standard deviation of each value over the known training data; absent for labels. */
  readonly units?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
  /** Factors [K] for the outputs, fitted on validation data at the end of training. */
  readonly scale?: OutputScale;
}

/** Factors of the outputs. The prediction and its components have the same factor, so that the gated sum of components stays the prediction. */
export interface OutputScale {
  readonly prediction: readonly number[];
  readonly modalities: Readonly<Record<string, readonly number[]>>;
}

/** The target of training data; undefined for classes. */
export function fitTarget({ target }: Pick<Dataset, "target">): FittedTarget | undefined {
  if (target === undefined) return undefined;
  const { kind, names } = target;
  if (kind === "multilabel") return { kind, names };
  const columns = names.map((_, l) => knownColumn(target, l));
  const mean = columns.map(meanOf);
  // In float32, as graphs use them. A deviation that is 0 in float32 becomes 1.
  const deviation = columns.map(
    (column, l) => Math.fround(Math.sqrt(meanOf(column.map((v) => (v - mean[l]!) ** 2)))) || 1,
  );
  return { kind, names, units: { mean: mean.map(Math.fround), deviation } };
}

/** The prior, [K]: log-frequencies of classes, log-odds of labels (with half a sample added to each answer), 0 for standardised values. */
export function priorOf({ labels, classes, target }: Pick<Dataset, "labels" | "classes" | "target">): number[] {
  if (target === undefined) return logPriorOf(labels, classes.length);
  return target.names.map((_, l) => {
    if (target.kind === "regression") return 0;
    const known = knownColumn(target, l);
    const yes = known.reduce((sum, value) => sum + value, 0);
    return Math.log((yes + 0.5) / (known.length - yes + 0.5));
  });
}

/** Labels, or standardised values, as rows [N, K]; NaN if unknown. Undefined for classes (`fillTarget` writes one-hot rows). */
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

/** A method's outputs scaled by calibration and, for values, in the data's units. Outputs for classes are returned as they are. */
export function toDataUnits(
  outputs: Outputs,
  target: FittedTarget | undefined,
  modalities: readonly string[],
): Outputs {
  if (target === undefined) return outputs;
  const K = target.names.length;
  const { units, scale } = target;
  const scaleBy = (x: Expr, scales: readonly (readonly number[])[]): Expr => {
    const factors = scales.flat().map((factor, i) => factor * (units?.deviation[i % K] ?? 1));
    return mul(x, constant(Float32Array.from(factors), scales.length === 1 ? [K] : [scales.length, 1, K]));
  };
  const convert = (x: Expr, scales: readonly (readonly number[])[]): Expr => {
    const scaled = scaleBy(x, scales);
    return units === undefined ? scaled : add(scaled, constant(Float32Array.from(units.mean), [K]));
  };
  const ones = new Array<number>(K).fill(1);
  const whole = [scale?.prediction ?? ones];
  const { components } = outputs;
  return {
    ...outputs,
    logits: convert(outputs.logits, whole),
    unimodal: convert(
      outputs.unimodal,
      modalities.map((name) => ownValue(scale?.modalities, name) ?? ones),
    ),
    ...(components !== undefined && {
      components: {
        ...components,
        logits: convert(components.logits, whole),
        contributions: scaleBy(components.contributions, whole),
      },
    }),
  };
}

/** Search range of scales. */
const SCALES = [0.05, 20] as const;

/**
 * The factor of each column of outputs [N, K], fitted on validation data: of log-odds by log-loss, about 0, so that no predicted label
 * changes; of standardised values by squared error, about their mean. Inactive components output the prior, so DMIL's sum can be too small
 * in magnitude; other methods can be too large. For labels one pseudo-sample is added (Platt 1999).
 */
export function fitScale(outputs: Float32Array, { data, width }: RowSource, kind: Target["kind"]): number[] {
  return Array.from({ length: width }, (_, l) => {
    const pairs: (readonly [number, number])[] = [];
    for (let i = l; i < data.length; i += width) if (!Number.isNaN(data[i]!)) pairs.push([outputs[i]!, data[i]!]);
    const energy = pairs.reduce((sum, [output]) => sum + output * output, 0);
    if (energy === 0) return 1;
    if (kind === "regression") {
      const factor = pairs.reduce((sum, [output, truth]) => sum + output * truth, 0) / energy;
      return Math.fround(Math.min(SCALES[1], Math.max(SCALES[0], factor)));
    }
    const pseudoShare = 1 / (pairs.length + 1);
    const loss = (factor: number): number =>
      pairs.reduce((sum, [output, truth]) => {
        const z = factor * output;
        return (
          sum + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - ((1 - pseudoShare) * truth + pseudoShare / 2) * z
        );
      }, 0);
    const [low, high] = SCALES.map(Math.log) as [number, number];
    return Math.fround(Math.exp(goldenSection((log) => loss(Math.exp(log)), low, high, 30)));
  });
}

/** Standardised outputs from predictions [N, K] in the data's units: the inverse of `toDataUnits` without calibration. */
export function standardised(predicted: Float32Array, { names, units }: FittedTarget): Float32Array {
  if (units === undefined) return predicted;
  const K = names.length;
  return predicted.map((value, i) => (value - units.mean[i % K]!) / units.deviation[i % K]!);
}

/**
 * The label smoothing of a run: the requested one, else that of the method; 0 for values.
 * @throws ConfigError if it is requested for values.
 */
export function smoothingFor(
  { labelSmoothing: standard = 0 }: Pick<Method, "labelSmoothing">,
  kind: TargetKind,
  requested: number | undefined,
): number {
  const supported = tasks[kind].smoothed !== undefined;
  if (!supported && requested !== undefined && requested > 0) {
    const message = `${requested} given, but this data has ${kindWords[kind].many}: a share of a target is spread over the classes, or over the two answers of a label, and ${kindWords[kind].many} have neither. Leave it out, or give 0.`;
    throw configError(`labelSmoothing: ${message}`, { issues: [{ path: ["labelSmoothing"], message }] });
  }
  return supported ? (requested ?? standard) : 0;
}

/** The kind of a fitted model's target. */
export function kindOf(target: FittedTarget | undefined): TargetKind {
  return target?.kind ?? "multiclass";
}

function knownColumn({ names, values }: Target, l: number): number[] {
  return [...values.data.filter((value, i) => i % names.length === l && !Number.isNaN(value))];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
