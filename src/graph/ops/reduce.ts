/** @file Means and maxima over axes. */
import { sizeOf } from "../../core/shape.ts";
import type { Expr, OpRecord } from "../expr.ts";
import {
  type Axes,
  broadcastTo,
  forEachReduced,
  keepDims,
  type ReduceAttributes,
  reduce,
  reducedShape,
  reduceRows,
  sum,
  sumValue,
} from "./broadcast.ts";
import { constant } from "./constant.ts";
import { div, greater, mul, sub } from "./elementwise.ts";

const meanOp: OpRecord<ReduceAttributes> = {
  name: "mean",
  shape: ([x], attributes) => reducedShape(x!.shape, attributes),
  value(inputs, attributes, shape) {
    const count = attributes.axes.reduce((n, axis) => n * inputs[0]!.shape[axis]!, 1);
    return sumValue(inputs, attributes, shape).map((v) => v / count);
  },
  gradient({ inputs: [x] }, cotangent, attributes) {
    const count = attributes.axes.reduce((n, axis) => n * x!.shape[axis]!, 1);
    return [broadcastTo(mul(keepDims(cotangent, x!, attributes), constant(1 / count)), x!.shape)];
  },
  onnx: (emit, inputs, attributes) => emit.reduce("ReduceMean", inputs[0]!, attributes),
  rows: reduceRows,
};

/** Equal maxima share the gradient evenly, as in PyTorch's `amax`. */
const maxOp: OpRecord<ReduceAttributes> = {
  name: "max",
  shape: ([x], attributes) => reducedShape(x!.shape, attributes),
  value([x], { axes }, shape) {
    const out = new Float64Array(sizeOf(shape)).fill(Number.NEGATIVE_INFINITY);
    forEachReduced(x!.shape, axes, (reduced, full) => {
      out[reduced] = Math.max(out[reduced]!, x!.data[full]!);
    });
    return out;
  },
  gradient(node, cotangent, attributes) {
    const [x] = node.inputs as [Expr];
    const isLargest = sub(1, greater(keepDims(node, x, attributes), x));
    const shares = div(isLargest, sum(isLargest, attributes.axes, true));
    return [mul(shares, keepDims(cotangent, x, attributes))];
  },
  onnx: (emit, inputs, attributes) => emit.reduce("ReduceMax", inputs[0]!, attributes),
  rows: reduceRows,
};

/** Mean over `axes` (default: all); `keep` keeps them with size 1. */
export function mean(x: Expr, axes?: Axes, keep = false): Expr {
  return reduce(meanOp, x, axes, keep);
}

/** Maximum over `axes`. */
export function max(x: Expr, axes?: Axes, keep = false): Expr {
  return reduce(maxOp, x, axes, keep);
}

export const reduceOps: readonly OpRecord[] = [meanOp, maxOp];
