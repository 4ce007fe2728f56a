/**
 * @file Batch normalisation over all axes but the last in few passes over the maps: its value, its gradients, and the batch's mean and biased
 * variance share their ONNX nodes. Source: Ioffe, Szegedy 2015.
 */
import { shapeError } from "../../core/errors.ts";
import { formatShape, sameShape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord, type Value } from "../expr.ts";
import { grad } from "../grad.ts";
import { batchNormNodes } from "../onnx/batch-norm.ts";
import { substitute } from "../substitute.ts";
import { broadcastTo, sum } from "./broadcast.ts";
import { add, div, mul, sqrt, square, stopGradient, sub } from "./elementwise.ts";
import { mean } from "./reduce.ts";

interface NormAttributes extends Attributes {
  readonly epsilon: number;
  /** Shape of the normalised array [..., C]. */
  readonly of: readonly number[];
}

/** Mean of each channel of `f` over all rows of an array with the shape of `data`. */
function meanOfRows(data: Float64Array, channels: number, f: (i: number, c: number) => number): Float64Array {
  const out = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) out[i % channels]! += f(i, i % channels);
  return out.map((total) => (total * channels) / data.length);
}

/** Mean, variance and 1 / deviation of each channel, and the centred value of an entry. */
function statistics({ data, shape }: Value, epsilon = 0) {
  const channels = shape.at(-1)!;
  const means = meanOfRows(data, channels, (i) => data[i]!);
  const centred = (i: number): number => data[i]! - means[i % channels]!;
  const variances = meanOfRows(data, channels, (i) => centred(i) ** 2);
  return { channels, means, centred, variances, inverse: variances.map((v) => 1 / Math.sqrt(v + epsilon)) };
}

const others = (x: Expr): number[] => x.shape.slice(0, -1).map((_, axis) => axis);
const countOf = ({ of }: NormAttributes): number => sizeOf(of) / of.at(-1)!;
const centredOf = (x: Expr): Expr => sub(x, mean(x, others(x)));
const inverseOf = (x: Expr, epsilon: number): Expr => div(1, sqrt(add(mean(square(centredOf(x)), others(x)), epsilon)));

/** The gradient of an op by that of a formula of its inputs in other ops; needed for gradients of gradients alone, and slower. */
function byFormula(formula: (inputs: readonly Expr[], attributes: NormAttributes) => Expr) {
  return (node: Expr, cotangent: Expr, attributes: NormAttributes): Expr[] => {
    // One input may depend on another; with stand-ins each of them is differentiated alone.
    const standIns = node.inputs.map(stopGradient);
    const total = sum(mul(formula(standIns, attributes), cotangent));
    return substitute(
      grad([{ value: total, weights: [1] }], standIns),
      new Map(standIns.map((standIn, i) => [standIn, node.inputs[i]!])),
    );
  };
}

const batchMeanOp: OpRecord<NormAttributes> = {
  name: "batchMean",
  shape: ([x]) => x!.shape.slice(-1),
  value: ([x]) => statistics(x!).means,
  gradient: ({ inputs: [x] }, g, attributes) => [broadcastTo(mul(g, 1 / countOf(attributes)), x!.shape)],
  onnx: (emit, [x], { of }) => batchNormNodes(emit, of).mean(x!),
  rows: () => undefined,
};

const batchVarianceOp: OpRecord<NormAttributes> = {
  name: "batchVariance",
  shape: ([x]) => x!.shape.slice(-1),
  value: ([x]) => statistics(x!).variances,
  gradient: ({ inputs: [x] }, g, attributes) => [
    mul(sub(x!, apply(batchMeanOp, [x!], attributes)), mul(g, 2 / countOf(attributes))),
  ],
  onnx: (emit, [x], { of }) => batchNormNodes(emit, of).variance(x!),
  rows: () => undefined,
};

/** From x [..., C], scale [C] and shift [C]. */
const batchNormOp: OpRecord<NormAttributes> = {
  name: "batchNorm",
  shape: (_, { of }) => of,
  value([x, scale, shift], { epsilon }) {
    const { channels, centred, inverse } = statistics(x!, epsilon);
    return x!.data.map((_, i) => {
      const c = i % channels;
      return centred(i) * inverse[c]! * scale!.data[c]! + shift!.data[c]!;
    });
  },
  gradient: ({ inputs: [x, scale] }, g, attributes) => [
    apply(batchNormInputGradientOp, [x!, scale!, g], attributes),
    apply(batchNormScaleGradientOp, [x!, g], attributes),
    mul(apply(batchMeanOp, [g], attributes), countOf(attributes)),
  ],
  onnx: (emit, [x, scale, shift], { epsilon, of }) => batchNormNodes(emit, of).normalise(x!, scale!, shift!, epsilon),
  rows: () => undefined,
};

/** From x, scale and the gradient g of the result to that of x. */
const batchNormInputGradientOp: OpRecord<NormAttributes> = {
  name: "batchNormInputGradient",
  shape: (_, { of }) => of,
  value([x, scale, g], { epsilon }) {
    const { channels, centred, inverse } = statistics(x!, epsilon);
    const slopes = g!.data;
    const means = meanOfRows(slopes, channels, (i) => slopes[i]!);
    const products = meanOfRows(slopes, channels, (i) => slopes[i]! * centred(i));
    return slopes.map((slope, i) => {
      const c = i % channels;
      const own = slope - means[c]! - centred(i) * inverse[c]! ** 2 * products[c]!;
      return scale!.data[c]! * inverse[c]! * own;
    });
  },
  gradient: byFormula(([x, scale, g], { epsilon }) => {
    const [centred, inverse] = [centredOf(x!), inverseOf(x!, epsilon)];
    const product = mean(mul(g!, centred), others(x!));
    const own = sub(sub(g!, mean(g!, others(x!))), mul(centred, mul(square(inverse), product)));
    return mul(own, mul(scale!, inverse));
  }),
  onnx: (emit, [x, scale, g], { epsilon, of }) => batchNormNodes(emit, of).inputGradient(x!, scale!, g!, epsilon),
  rows: () => undefined,
};

/** From x and g to the gradient [C] of the scale. */
const batchNormScaleGradientOp: OpRecord<NormAttributes> = {
  name: "batchNormScaleGradient",
  shape: ([x]) => x!.shape.slice(-1),
  value([x, g], { epsilon, of }) {
    const { channels, centred, inverse } = statistics(x!, epsilon);
    const products = meanOfRows(g!.data, channels, (i) => g!.data[i]! * centred(i));
    return products.map((product, c) => (product * inverse[c]! * sizeOf(of)) / channels);
  },
  gradient: byFormula(([x, g], { epsilon }) => mul(sum(mul(g!, centredOf(x!)), others(x!)), inverseOf(x!, epsilon))),
  onnx: (emit, [x, g], { epsilon, of }) => batchNormNodes(emit, of).scaleGradient(x!, g!, epsilon),
  rows: () => undefined,
};

/** A batch-normalised array, and what it was normalised with. */
export interface BatchNorm {
  /** (x - mean) / sqrt(variance + epsilon) * scale + shift, [..., C] */
  readonly value: Expr;
  /** Mean and biased variance of each channel over all other axes, [C]. */
  readonly mean: Expr;
  readonly variance: Expr;
}

/**
 * Normalises each channel of x [..., C] over all other axes, with a scale [C] and a shift [C]. Gradients flow through the statistics too.
 * @throws ShapeError if scale or shift have another shape.
 */
export function batchNormalise(x: Expr, scale: Expr, shift: Expr, epsilon: number): BatchNorm {
  const width = x.shape.slice(-1);
  if (x.shape.length < 2 || !sameShape(scale.shape, width) || !sameShape(shift.shape, width)) {
    throw shapeError(
      `batchNormalise: ${formatShape(x.shape)} with scale ${formatShape(scale.shape)} and shift ${formatShape(shift.shape)}; [..., C], [C] and [C] are needed.`,
      { x: x.shape, scale: scale.shape, shift: shift.shape },
    );
  }
  const attributes: NormAttributes = { epsilon, of: x.shape };
  return {
    value: apply(batchNormOp, [x, scale, shift], attributes),
    mean: apply(batchMeanOp, [x], attributes),
    variance: apply(batchVarianceOp, [x], attributes),
  };
}

export const batchNormOps: readonly OpRecord[] = [
  batchMeanOp,
  batchVarianceOp,
  batchNormOp,
  batchNormInputGradientOp,
  batchNormScaleGradientOp,
];
