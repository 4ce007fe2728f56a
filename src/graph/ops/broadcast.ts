/** @file Sums over axes and broadcasting: each is the gradient of the other. */
import { shapeError } from "../../core/errors.ts";
import { broadcastShapes, formatShape, type Shape, sameShape, sizeOf, stridesOf } from "../../core/shape.ts";
import { type Attributes, apply, axisOf, type Expr, type OpRecord, type Value } from "../expr.ts";
import { constant, scalarOf } from "./constant.ts";
import { reshape } from "./movement.ts";

export interface ReduceAttributes extends Attributes {
  readonly axes: readonly number[];
  readonly keep: boolean;
}

export function reducedShape(shape: Shape, { axes, keep }: ReduceAttributes): number[] {
  return keep ? shape.map((n, i) => (axes.includes(i) ? 1 : n)) : shape.filter((_, i) => !axes.includes(i));
}

/** For every element of a tensor of this shape, calls `visit` with its index in the tensor reduced over `axes`, and its own index. */
export function forEachReduced(
  shape: Shape,
  axes: readonly number[],
  visit: (reduced: number, full: number) => void,
): void {
  const keptStrides = stridesOf(shape.map((n, i) => (axes.includes(i) ? 1 : n)));
  const strides = stridesOf(shape);
  const size = sizeOf(shape);
  for (let full = 0; full < size; full++) {
    let reduced = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      if (!axes.includes(axis)) reduced += (Math.floor(full / strides[axis]!) % shape[axis]!) * keptStrides[axis]!;
    }
    visit(reduced, full);
  }
}

export function reduceRows(
  _: Expr,
  [axis]: readonly (number | undefined)[],
  { axes, keep }: ReduceAttributes,
): number | undefined {
  if (axis === undefined || axes.includes(axis)) return undefined;
  return keep ? axis : axis - axes.filter((a) => a < axis).length;
}

/** Restores the axes that a reduction removed, with size 1. */
export function keepDims(reduced: Expr, input: Expr, attributes: ReduceAttributes): Expr {
  return reshape(reduced, reducedShape(input.shape, { ...attributes, keep: true }));
}

export function sumValue([x]: readonly Value[], { axes }: ReduceAttributes, shape: Shape): Float64Array {
  const out = new Float64Array(sizeOf(shape));
  forEachReduced(x!.shape, axes, (reduced, full) => {
    out[reduced]! += x!.data[full]!;
  });
  return out;
}

const sumOp: OpRecord<ReduceAttributes> = {
  name: "sum",
  shape: ([x], attributes) => reducedShape(x!.shape, attributes),
  value: sumValue,
  gradient({ inputs: [x] }, cotangent, attributes) {
    return [broadcastTo(keepDims(cotangent, x!, attributes), x!.shape)];
  },
  onnx: (emit, inputs, attributes) => emit.reduce("ReduceSum", inputs[0]!, attributes),
  rows: reduceRows,
};

interface BroadcastAttributes extends Attributes {
  readonly shape: Shape;
}

const broadcastOp: OpRecord<BroadcastAttributes> = {
  name: "broadcastTo",
  shape([x], { shape }) {
    if (!sameShape(broadcastShapes(x!.shape, shape, "broadcastTo"), shape)) {
      throw shapeError(`broadcastTo: ${formatShape(x!.shape)} does not stretch to ${formatShape(shape)}.`);
    }
    return shape;
  },
  value([x], { shape }) {
    const out = new Float64Array(sizeOf(shape));
    const padded = [...new Array<number>(shape.length - x!.shape.length).fill(1), ...x!.shape];
    const stretched = padded.flatMap((n, axis) => (n === 1 ? [axis] : []));
    forEachReduced(shape, stretched, (reduced, full) => {
      out[full] = x!.data[reduced]!;
    });
    return out;
  },
  gradient: (node, cotangent) => [unbroadcast(cotangent, node.inputs[0]!.shape)],
  onnx: (emit, inputs, { shape }) => emit.node("Expand", [inputs[0]!, emit.integers(shape)]),
  // The output shape of a broadcast is fixed, so it must not have a row axis in an exported graph.
  rows: () => undefined,
};

/** Broadcasts `x` to `shape` (NumPy's rule). */
export function broadcastTo(x: Expr, shape: Shape): Expr {
  if (sameShape(x.shape, shape)) return x;
  const fill = scalarOf(x);
  return fill === undefined ? apply(broadcastOp, [x], { shape }) : constant(fill, shape);
}

/** The input of a broadcast node, for operations that broadcast themselves. */
export function beforeBroadcast(x: Expr): Expr {
  const fill = x.shape.length > 0 ? scalarOf(x) : undefined;
  if (fill !== undefined) return constant(fill);
  return x.op.name === "broadcastTo" ? x.inputs[0]! : x;
}

/** The transpose of broadcasting: sums over the broadcast axes. */
export function unbroadcast(x: Expr, shape: Shape): Expr {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((n, axis) => (axis < lead || (shape[axis - lead] === 1 && n !== 1) ? [axis] : []));
  return reshape(apply(sumOp, [x], { axes, keep: false }), shape);
}

/** The axes of a reduction: one, several or (default) all; negative axes count from the back. */
export type Axes = number | readonly number[] | undefined;

export function reduce(op: OpRecord<ReduceAttributes>, x: Expr, axes: Axes, keep: boolean): Expr {
  const list = axes === undefined ? x.shape.map((_, i) => i) : typeof axes === "number" ? [axes] : axes;
  const normal = list.map((axis) => axisOf(x, axis, op.name)).sort((a, b) => a - b);
  return normal.length === 0 ? x : apply(op, [x], { axes: normal, keep });
}

/** Sum over `axes` (default: all); `keep` keeps them with size 1. */
export function sum(x: Expr, axes?: Axes, keep = false): Expr {
  return reduce(sumOp, x, axes, keep);
}

export const broadcastOps: readonly OpRecord[] = [sumOp, broadcastOp];
