/** @file Rows with mean 0 and deviation 1, as one node; for many rows that is half the work of its parts. */
import { sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord, type Value } from "../expr.ts";
import type { Emitter } from "../onnx/emitter.ts";
import { mul, sub } from "./elementwise.ts";
import { mean } from "./reduce.ts";

interface StandardiseAttributes extends Attributes {
  readonly epsilon: number;
  /** F, the size of the last axis of x. */
  readonly width: number;
}

/** Calls `visit` with the first index of every row (the last axis), its mean, and 1 / sqrt(variance + epsilon). */
function forEachRow(
  { data, shape }: Value,
  epsilon: number,
  visit: (start: number, mean: number, inverse: number) => void,
): void {
  const width = shape.at(-1)!;
  for (let start = 0; start < data.length; start += width) {
    const row = data.subarray(start, start + width);
    const centre = row.reduce((a, b) => a + b, 0) / width;
    const variance = row.reduce((total, v) => total + (v - centre) ** 2, 0) / width;
    visit(start, centre, 1 / Math.sqrt(variance + epsilon));
  }
}

/** The node of both ops below: standardised rows, their means, and 1 / sqrt(variance + epsilon). */
function emitted(emit: Emitter, x: string, width: number, epsilon: number): string[] {
  const ones = emit.constant([width], new Float32Array(width).fill(1));
  return emit.nodeOf("LayerNormalization", [x, ones], { axis: -1, epsilon: { float: epsilon } }, 3);
}

const rows: OpRecord["rows"] = (node, [axis]) => (axis === node.inputs[0]!.shape.length - 1 ? undefined : axis);

const standardiseOp: OpRecord<StandardiseAttributes> = {
  name: "standardise",
  shape: ([x]) => x!.shape,
  value([x], { epsilon }, shape) {
    const out = new Float64Array(sizeOf(shape));
    const width = shape.at(-1)!;
    forEachRow(x!, epsilon, (start, centre, inverse) => {
      for (let i = start; i < start + width; i++) out[i] = (x!.data[i]! - centre) * inverse;
    });
    return out;
  },
  gradient(node, g, attributes) {
    const inverse = apply(inverseDeviationOp, node.inputs, attributes);
    const along = sub(sub(g, mean(g, -1, true)), mul(node, mean(mul(g, node), -1, true)));
    return [mul(along, inverse)];
  },
  onnx: (emit, [x], { epsilon, width }) => emitted(emit, x!, width, epsilon)[0]!,
  rows,
};

const inverseDeviationOp: OpRecord<StandardiseAttributes> = {
  name: "inverseDeviation",
  shape: ([x]) => [...x!.shape.slice(0, -1), 1],
  value([x], { epsilon }, shape) {
    const out = new Float64Array(sizeOf(shape));
    const width = x!.shape.at(-1)!;
    forEachRow(x!, epsilon, (start, _, inverse) => {
      out[start / width] = inverse;
    });
    return out;
  },
  gradient(node, g, attributes) {
    const [x] = node.inputs as [Expr];
    const slope = mul(mul(node, node), mul(apply(standardiseOp, [x], attributes), -1 / x.shape.at(-1)!));
    return [mul(slope, g)];
  },
  onnx: (emit, [x], { epsilon, width }) => emitted(emit, x!, width, epsilon)[2]!,
  rows,
};

/** (x - mean) / sqrt(variance + epsilon) over the last axis, with the biased variance: [..., F] to [..., F]. */
export function standardise(x: Expr, epsilon: number): Expr {
  return apply(standardiseOp, [x], { epsilon, width: x.shape.at(-1)! });
}

export const standardiseOps: readonly OpRecord[] = [standardiseOp, inverseDeviationOp];
