/** @file Constants: numbers fixed when the graph is built. */
import { type Shape, sizeOf } from "../../core/shape.ts";
import { type Attributes, apply, attributesOf, type Expr, type OpRecord } from "../expr.ts";

interface ConstantAttributes extends Attributes {
  readonly shape: Shape;
  /** One number for all elements, or one each. */
  readonly data: number | readonly number[] | Float32Array;
}

export const constantOp: OpRecord<ConstantAttributes> = {
  name: "constant",
  shape: (_, { shape }) => shape,
  value: (_, { data }, shape) =>
    typeof data === "number" ? new Float64Array(sizeOf(shape)).fill(data) : Float64Array.from(data),
  gradient: () => [],
  onnx(emit, _, { shape, data }) {
    return emit.constant(
      shape,
      typeof data === "number" ? new Float32Array(sizeOf(shape)).fill(data) : Float32Array.from(data),
    );
  },
  rows: () => undefined,
};

/** A constant of a shape: one number for all elements, or the elements row-major. */
export function constant(data: ConstantAttributes["data"], shape: Shape = []): Expr {
  return apply(constantOp, [], { shape, data });
}

/** The value of a constant node with equal elements, or undefined. */
export function scalarOf(expr: Expr): number | undefined {
  const data = attributesOf(constantOp, expr)?.data;
  return typeof data === "number" ? data : undefined;
}
