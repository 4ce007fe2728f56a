/** @file The work of a graph in floating-point operations, before it runs. */
import { sizeOf } from "../core/shape.ts";
import { asLeaf, type Expr, topological } from "./expr.ts";

/**
 * Floating-point operations of all nodes on which outputs depend: two for each multiply-add of products and convolutions, by the plain
 * definition of these (a faster algorithm does fewer); one for each number that any other node computes.
 */
export function flopsOf(outputs: readonly Expr[]): number {
  return topological(outputs).reduce((sum, node) => sum + ownFlops(node), 0);
}

function ownFlops(node: Expr): number {
  if (asLeaf(node) !== undefined) return 0;
  const { op, inputs, attributes, shape } = node;
  return op.flops === undefined ? sizeOf(shape) : op.flops(inputs, attributes, shape);
}
