/** @file The target of a fitted model: its names and the units of its values; and the scaling of its outputs. */
import { goldenSection } from "../core/minimise.ts";
import { ownValue } from "../core/record.ts";
import type { TargetKind } from "../data/dataset.ts";
import type { Expr } from "../graph/expr.ts";
import { add, constant, mul } from "../graph/ops/index.ts";

/** The target of a model; plain data. */
export interface FittedTarget {
  readonly kind: TargetKind;
  /** Of the classes, labels or values. */
  readonly names: readonly string[];
  /** Mean and standard deviation of each value over the known training data; absent for other kinds. */
  readonly units?: { readonly mean: readonly number[]; readonly deviation: readonly number[] };
}

/** Factors [K] of the outputs. The prediction and its components have the same factors, so that the sum of contributions stays the prediction. */
export interface OutputScale {
  readonly prediction: readonly number[];
  readonly modalities: Readonly<Record<string, readonly number[]>>;
}

/** The outputs of a method that have the unit of the target. */
interface OutputsInUnits {
  readonly logits: Expr;
  readonly unimodal: Expr;
  readonly components?: { readonly logits: Expr; readonly contributions: Expr };
}

/** A method's outputs scaled by calibration and, for values, in the data's units. Without factors and units they are returned as they are. */
export function toDataUnits<O extends OutputsInUnits>(
  outputs: O,
  { units }: FittedTarget,
  scale: OutputScale | undefined,
  modalities: readonly string[],
): O {
  if (units === undefined && scale === undefined) return outputs;
  const K = outputs.logits.shape.at(-1)!;
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

/** Standardised outputs from predictions [N, K] in the data's units: the inverse of `toDataUnits` without calibration. */
export function standardised(predicted: Float32Array, { units }: FittedTarget): Float32Array {
  if (units === undefined) return predicted;
  const K = units.mean.length;
  return predicted.map((value, i) => (value - units.mean[i % K]!) / units.deviation[i % K]!);
}

/** Search range of factors. */
export const SCALES = [0.05, 20] as const;

/** A factor for each column of outputs [N, K], fitted to its pairs of output and known truth; 1 where all outputs are 0. */
export function fitColumns(
  outputs: Float32Array,
  { data, width }: { readonly data: Float32Array; readonly width: number },
  fit: (pairs: readonly (readonly [number, number])[]) => number,
): number[] {
  return Array.from({ length: width }, (_, k) => {
    const pairs: (readonly [number, number])[] = [];
    for (let i = k; i < data.length; i += width) if (!Number.isNaN(data[i]!)) pairs.push([outputs[i]!, data[i]!]);
    return pairs.every(([output]) => output === 0) ? 1 : Math.fround(fit(pairs));
  });
}

/**
 * A factor of log-odds by log-loss, about 0, so that no probability crosses one half. Inactive components output the prior, so DMIL's sum can be
 * too small in magnitude; other methods can be too large. One pseudo-sample is added (Platt 1999).
 */
export function fitOddsFactor(pairs: readonly (readonly [number, number])[]): number {
  const pseudoShare = 1 / (pairs.length + 1);
  const loss = (factor: number): number =>
    pairs.reduce((sum, [output, truth]) => {
      const z = factor * output;
      return (
        sum + Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - ((1 - pseudoShare) * truth + pseudoShare / 2) * z
      );
    }, 0);
  const [low, high] = SCALES.map(Math.log) as [number, number];
  return Math.exp(goldenSection((log) => loss(Math.exp(log)), low, high, 30));
}

/** The known numbers of one column of a target [N, L]. */
export function knownColumn(
  values: { readonly data: Float32Array; readonly shape: readonly number[] },
  l: number,
): number[] {
  const L = values.shape[1]!;
  return [...values.data.filter((value, i) => i % L === l && !Number.isNaN(value))];
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
