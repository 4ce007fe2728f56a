/** @file Operations that move elements and compute nothing: reshape, transpose, slice, pad, concat. */
import { shapeError } from "../../core/errors.ts";
import { formatShape, normalAxis, type Shape, sameShape, sizeOf, stridesOf } from "../../core/shape.ts";
import { type Attributes, apply, type Expr, type OpRecord } from "../expr.ts";
import { constant, fillOf } from "./constant.ts";

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
  onnx: (emit, inputs, node) => emit.reshape(inputs[0]!, node.shape),
  rows(node, [axis], samples) {
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
  const fill = fillOf(x);
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
  gradient(node, cotangent) {
    const { order } = node.attributes as TransposeAttributes;
    const inverse = order.map((_, axis) => order.indexOf(axis));
    return [transpose(cotangent, inverse)];
  },
  onnx: (emit, inputs, node) =>
    emit.node("Transpose", inputs, { perm: (node.attributes as TransposeAttributes).order }),
  rows(node, [axis]) {
    const to = (node.attributes as TransposeAttributes).order.indexOf(axis ?? -1);
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
  gradient(node, cotangent) {
    const { axis, start, length } = node.attributes as SliceAttributes;
    return [pad(cotangent, axis, start, node.inputs[0]!.shape[axis]! - start - length)];
  },
  onnx: (emit, inputs, node) => {
    const { axis, start, length } = node.attributes as SliceAttributes;
    const ends = emit.integers([start + length]);
    return emit.node("Slice", [inputs[0]!, emit.integers([start]), ends, emit.integers([axis])]);
  },
  rows: (node, [axis]) => (axis === (node.attributes as SliceAttributes).axis ? undefined : axis),
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
  const normal = normalAxis(axis, x.shape.length, "slice");
  const fill = fillOf(x);
  if (fill !== undefined) return constant(fill, x.shape.with(normal, length));
  return length === x.shape[normal] && start === 0 ? x : apply(sliceOp, [x], { axis: normal, start, length });
}

/** Cuts an axis into parts of the given sizes. @throws ShapeError when they do not add up to it. */
export function split(x: Expr, axis: number, sizes: readonly number[]): Expr[] {
  const normal = normalAxis(axis, x.shape.length, "split");
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== x.shape[normal]) {
    throw shapeError(`split: sizes ${formatShape(sizes)} add up to ${total}, axis ${axis} has ${x.shape[normal]}.`);
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
    const own = x!.shape[axis]! * inner;
    const out = new Float64Array(sizeOf(shape));
    for (let o = 0; o < outer; o++) {
      out.set(x!.data.subarray(o * own, (o + 1) * own), (o * shape[axis]! + before) * inner);
    }
    return out;
  },
  gradient(node, cotangent) {
    const { axis, before } = node.attributes as PadAttributes;
    return [slice(cotangent, axis, before, node.inputs[0]!.shape[axis]!)];
  },
  onnx(emit, inputs, node) {
    const { axis, before, after } = node.attributes as PadAttributes;
    const pads = new Array<number>(2 * node.shape.length).fill(0);
    pads[axis] = before;
    pads[axis + node.shape.length] = after;
    return emit.node("Pad", [inputs[0]!, emit.integers(pads)]);
  },
  rows: (node, [axis]) => (axis === (node.attributes as PadAttributes).axis ? undefined : axis),
};

/** Zeros before and after along an axis: the gradient of a slice. */
export function pad(x: Expr, axis: number, before: number, after: number): Expr {
  return before === 0 && after === 0 ? x : apply(padOp, [x], { axis, before, after });
}

/** Where a pad node puts its input, or undefined for any other node. */
export function asPad(
  expr: Expr,
): { readonly axis: number; readonly before: number; readonly input: Expr } | undefined {
  if (expr.op.name !== "pad") return undefined;
  const { axis, before } = expr.attributes as PadAttributes;
  return { axis, before, input: expr.inputs[0]! };
}

/** The settings of a slice node, or undefined for any other node. */
export function asSlice(
  expr: Expr,
): { readonly axis: number; readonly start: number; readonly length: number } | undefined {
  return expr.op.name === "slice" ? (expr.attributes as SliceAttributes) : undefined;
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
      const own = x.shape[axis]! * inner;
      for (let o = 0; o < outer; o++) {
        out.set(x.data.subarray(o * own, (o + 1) * own), o * shape[axis]! * inner + start * inner);
      }
      start += x.shape[axis]!;
    }
    return out;
  },
  gradient(node, cotangent) {
    const { axis } = node.attributes as ConcatAttributes;
    return split(
      cotangent,
      axis,
      node.inputs.map((x) => x.shape[axis]!),
    );
  },
  onnx: (emit, inputs, node) => emit.node("Concat", inputs, { axis: (node.attributes as ConcatAttributes).axis }),
  rows(node, axes) {
    const { axis } = node.attributes as ConcatAttributes;
    return axes[0] !== axis && axes.every((a) => a === axes[0]) ? axes[0] : undefined;
  },
};

/** Joins along an axis. */
export function concat(inputs: readonly Expr[], axis: number): Expr {
  if (inputs.length === 0) throw shapeError("concat: at least one input is needed.");
  const normal = normalAxis(axis, inputs[0]!.shape.length, "concat");
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

export const movementOps: readonly OpRecord[] = [
  reshapeOp,
  transposeOp,
  sliceOp,
  padOp,
  concatOp,
] as unknown as OpRecord[];
