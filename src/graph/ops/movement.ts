/** @file Operations that move elements and compute nothing: reshape, transpose, slice, pad, concat. */
import { shapeError } from "../../core/errors.ts";
import { formatShape, normalAxis, type Shape, sameShape, sizeOf, stridesOf } from "../../core/shape.ts";
import { type Attributes, apply, attributesOf, axisOf, type Expr, inScope, type OpRecord } from "../expr.ts";
import { constant, scalarOf } from "./constant.ts";

interface ReshapeAttributes extends Attributes {
  readonly shape: Shape;
}
const reshapeOp: OpRecord<ReshapeAttributes> = {
  name: "reshape",
  shape([x], { shape }) {
    if (sizeOf(shape) !== sizeOf(x!.shape)) {
      throw shapeError(
        `reshape: ${formatShape(x!.shape)} holds ${sizeOf(x!.shape)} elements, ${formatShape(shape)} holds ${sizeOf(shape)}.`,
      );
    }
    return shape;
  },
  value: ([x]) => x!.data,
  gradient: (node, cotangent) => [reshape(cotangent, node.inputs[0]!.shape)],
  onnx: (emit, inputs, { shape }) => emit.reshape(inputs[0]!, shape),
  rows(node, [axis], _, samples) {
    // What lies before the row axis stays before it; the axis may take in or give up axes that follow it: [B, T, F] and [B * T, F].
    if (axis === undefined) return undefined;
    const before = sizeOf(node.inputs[0]!.shape.slice(0, axis));
    for (let to = 0, lead = 1; to < node.shape.length; lead *= node.shape[to++]!) {
      if (lead === before && node.shape[to]! % samples === 0) return to;
    }
    return undefined;
  },
};

/** The same elements, row-major, under another shape. */
export function reshape(x: Expr, shape: Shape): Expr {
  if (sameShape(x.shape, shape)) return x;
  const fill = scalarOf(x);
  if (fill !== undefined && sizeOf(shape) === sizeOf(x.shape)) return constant(fill, shape);
  return x.op.name === "reshape" ? reshape(x.inputs[0]!, shape) : apply(reshapeOp, [x], { shape });
}

interface TransposeAttributes extends Attributes {
  readonly order: readonly number[];
}
const transposeOp: OpRecord<TransposeAttributes> = {
  name: "transpose",
  shape([x], { order }) {
    if (order.length !== x!.shape.length || new Set(order).size !== order.length) {
      throw shapeError(
        `transpose: [${order}] is not an order of the ${x!.shape.length} axes of ${formatShape(x!.shape)}.`,
      );
    }
    return order.map((axis) => x!.shape[normalAxis(axis, order.length, "transpose")]!);
  },
  value([x], { order }, shape) {
    const strides = stridesOf(x!.shape);
    const outStrides = stridesOf(shape);
    return Float64Array.from({ length: x!.data.length }, (_, i) => {
      let from = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        from += (Math.floor(i / outStrides[axis]!) % shape[axis]!) * strides[order[axis]!]!;
      }
      return x!.data[from]!;
    });
  },
  gradient(_, cotangent, { order }) {
    const inverse = order.map((_, axis) => order.indexOf(axis));
    return [transpose(cotangent, inverse)];
  },
  onnx: (emit, inputs, { order }) => emit.node("Transpose", inputs, { perm: order }),
  rows(_, [axis], { order }) {
    const to = order.indexOf(axis ?? -1);
    return to < 0 ? undefined : to;
  },
};

/** Axes in a new order: axis i of the result is axis `order[i]` of x. */
export function transpose(x: Expr, order: readonly number[]): Expr {
  return order.every((axis, i) => axis === i) && order.length === x.shape.length
    ? x
    : apply(transposeOp, [x], { order });
}

interface SliceAttributes extends Attributes {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
}
const sliceOp: OpRecord<SliceAttributes> = {
  name: "slice",
  shape([x], { axis, start, length }) {
    if (start < 0 || length < 1 || start + length > x!.shape[axis]!) {
      throw shapeError(`slice: ${start}..${start + length} is not inside axis ${axis} of ${formatShape(x!.shape)}.`);
    }
    return x!.shape.map((n, i) => (i === axis ? length : n));
  },
  value([x], { axis, start }, shape) {
    return gatherRange(x!.data, x!.shape, axis, start, shape[axis]!);
  },
  gradient(node, cotangent, { axis, start, length }) {
    return [pad(cotangent, axis, start, node.inputs[0]!.shape[axis]! - start - length)];
  },
  onnx(emit, inputs, { axis, start, length }) {
    const ends = emit.integers([start + length]);
    return emit.node("Slice", [inputs[0]!, emit.integers([start]), ends, emit.integers([axis])]);
  },
  rows: (_, [rowAxis], { axis }) => (rowAxis === axis ? undefined : rowAxis),
};

function gatherRange(data: Float64Array, shape: Shape, axis: number, start: number, length: number): Float64Array {
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const out = new Float64Array(outer * length * inner);
  for (let o = 0; o < outer; o++) {
    const from = (o * shape[axis]! + start) * inner;
    out.set(data.subarray(from, from + length * inner), o * length * inner);
  }
  return out;
}

/** `length` entries of an axis from `start`. Slices that tile an axis lower to one Split. */
export function slice(x: Expr, axis: number, start: number, length: number): Expr {
  const normal = axisOf(x, axis, "slice");
  const fill = scalarOf(x);
  if (fill !== undefined) return constant(fill, x.shape.with(normal, length));
  return length === x.shape[normal] && start === 0 ? x : apply(sliceOp, [x], { axis: normal, start, length });
}

/** Cuts an axis into parts of the given sizes. @throws ShapeError when they do not add up to it. */
export function split(x: Expr, axis: number, sizes: readonly number[]): Expr[] {
  const normal = axisOf(x, axis, "split");
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== x.shape[normal]) {
    return inScope(x.scope, () => {
      throw shapeError(`split: sizes ${formatShape(sizes)} add up to ${total}, axis ${axis} has ${x.shape[normal]}.`);
    });
  }
  let start = 0;
  return sizes.map((size) => slice(x, normal, (start += size) - size, size));
}

interface PadAttributes extends Attributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
}
const padOp: OpRecord<PadAttributes> = {
  name: "pad",
  shape: ([x], { axis, before, after }) => x!.shape.map((n, i) => (i === axis ? n + before + after : n)),
  value([x], { axis, before }, shape) {
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    const block = x!.shape[axis]! * inner;
    const out = new Float64Array(sizeOf(shape));
    for (let o = 0; o < outer; o++) {
      out.set(x!.data.subarray(o * block, (o + 1) * block), (o * shape[axis]! + before) * inner);
    }
    return out;
  },
  gradient(node, cotangent, { axis, before }) {
    return [slice(cotangent, axis, before, node.inputs[0]!.shape[axis]!)];
  },
  onnx(emit, inputs, { axis, before, after }, { length: rank }) {
    const pads = new Array<number>(2 * rank).fill(0);
    pads[axis] = before;
    pads[axis + rank] = after;
    return emit.node("Pad", [inputs[0]!, emit.integers(pads)]);
  },
  rows: (_, [rowAxis], { axis }) => (rowAxis === axis ? undefined : rowAxis),
};

/** Zeros before and after along an axis: the gradient of a slice. */
export function pad(x: Expr, axis: number, before: number, after: number): Expr {
  return before === 0 && after === 0 ? x : apply(padOp, [x], { axis, before, after });
}

/** Where a pad node puts its input, or undefined for any other node. */
export function padOf(
  expr: Expr,
): { readonly axis: number; readonly before: number; readonly input: Expr } | undefined {
  const pad = attributesOf(padOp, expr);
  return pad && { axis: pad.axis, before: pad.before, input: expr.inputs[0]! };
}

/** The settings of a slice node, or undefined for any other node. */
export function sliceOf(expr: Expr): SliceAttributes | undefined {
  return attributesOf(sliceOp, expr);
}

interface ConcatAttributes extends Attributes {
  readonly axis: number;
}
const concatOp: OpRecord<ConcatAttributes> = {
  name: "concat",
  shape(inputs, { axis }) {
    const [first] = inputs;
    for (const x of inputs) {
      if (x.shape.length !== first!.shape.length || x.shape.some((n, i) => i !== axis && n !== first!.shape[i])) {
        throw shapeError(`concat: ${inputs.map((e) => formatShape(e.shape)).join(", ")} differ beside axis ${axis}.`);
      }
    }
    return first!.shape.map((n, i) => (i === axis ? inputs.reduce((total, x) => total + x.shape[axis]!, 0) : n));
  },
  value(inputs, { axis }, shape) {
    const out = new Float64Array(sizeOf(shape));
    const inner = sizeOf(shape.slice(axis + 1));
    const outer = sizeOf(shape.slice(0, axis));
    let start = 0;
    for (const x of inputs) {
      const block = x.shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        out.set(x.data.subarray(o * block, (o + 1) * block), o * shape[axis]! * inner + start * inner);
      }
      start += x.shape[axis]!;
    }
    return out;
  },
  gradient(node, cotangent, { axis }) {
    return split(
      cotangent,
      axis,
      node.inputs.map((x) => x.shape[axis]!),
    );
  },
  onnx: (emit, inputs, { axis }) => emit.node("Concat", inputs, { axis }),
  rows: (_, axes, { axis }) => (axes[0] !== axis && axes.every((a) => a === axes[0]) ? axes[0] : undefined),
};

/** Joins along an axis. */
export function concat(inputs: readonly Expr[], axis: number): Expr {
  if (inputs.length === 0) throw shapeError("concat: at least one input is needed.");
  const normal = axisOf(inputs[0]!, axis, "concat");
  return inputs.length === 1 ? inputs[0]! : apply(concatOp, inputs, { axis: normal });
}

/** Joins along a new first axis. */
export function stack(inputs: readonly Expr[]): Expr {
  return concat(
    inputs.map((x) => reshape(x, [1, ...x.shape])),
    0,
  );
}

/** Entry i of the first axis, without that axis. */
export function at(x: Expr, i: number): Expr {
  return reshape(slice(x, 0, i, 1), x.shape.slice(1));
}

/** All entries of the first axis, each without it: the inverse of `stack`. */
export function unstack(x: Expr): Expr[] {
  return Array.from({ length: x.shape[0]! }, (_, i) => at(x, i));
}

export const movementOps: readonly OpRecord[] = [reshapeOp, transposeOp, sliceOp, padOp, concatOp];
