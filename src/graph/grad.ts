/** @file Reverse-mode gradients: Expr -> Expr. */
import { internalError } from "../core/errors.ts";
import { formatShape, sameShape } from "../core/shape.ts";
import { type Expr, topological } from "./expr.ts";
import { constant } from "./ops/constant.ts";
import { add } from "./ops/elementwise.ts";
import { concat, padOf } from "./ops/movement.ts";

/** A quantity to differentiate, and the constant weights of its elements (row-major) in the total. */
export interface Weighted {
  readonly value: Expr;
  readonly weights: readonly number[];
}

/**
 * Gradients of `sum_i sum(weights_i * value_i)` with respect to `wrt`, in order; zeros for a node on which no value depends.
 * Only the paths to `wrt` are built.
 */
export function grad(totals: readonly Weighted[], wrt: readonly Expr[]): Expr[] {
  const order = topological(totals.map((total) => total.value));
  const needed = new Set<Expr>(wrt);
  for (const node of order) if (node.inputs.some((input) => needed.has(input))) needed.add(node);

  const contributions = new Map<Expr, Expr[]>();
  const contribute = (node: Expr, cotangent: Expr): void => {
    if (!sameShape(node.shape, cotangent.shape)) {
      throw internalError(
        `the gradient of ${node.op.name} is ${formatShape(cotangent.shape)}, its value ${formatShape(node.shape)}.`,
      );
    }
    const list = contributions.get(node);
    if (list === undefined) contributions.set(node, [cotangent]);
    else list.push(cotangent);
  };
  for (const { value, weights } of totals) {
    if (!needed.has(value)) continue;
    const [first] = weights;
    const equal = weights.every((weight) => weight === first);
    contribute(value, constant(equal ? first! : weights, value.shape));
  }

  const results = new Map<Expr, Expr>();
  for (const node of order.reverse()) {
    const list = contributions.get(node);
    if (list === undefined || !needed.has(node)) continue;
    const cotangent = sumCotangents(list);
    results.set(node, cotangent);
    if (node.inputs.length === 0) continue;
    const parts = node.op.gradient(node, cotangent, node.attributes);
    node.inputs.forEach((input, i) => {
      const part = parts[i];
      if (part !== undefined && needed.has(input)) contribute(input, part);
    });
  }
  return wrt.map((node) => results.get(node) ?? constant(0, node.shape));
}

/** The sum of cotangents. Those of disjoint slices (pads) of one axis are joined, not padded with zeros and added. */
function sumCotangents(list: readonly Expr[]): Expr {
  const pads = list.flatMap((expr) => padOf(expr) ?? []);
  const rest = list.filter((expr) => padOf(expr) === undefined);
  const axis = pads[0]?.axis;
  if (axis === undefined || pads.some((pad) => pad.axis !== axis)) return list.reduce(add);
  const sorted = [...pads].sort((a, b) => a.before - b.before);
  const shape = list[0]!.shape;
  const parts: Expr[] = [];
  let end = 0;
  const fill = (until: number): void => {
    if (until > end)
      parts.push(
        constant(
          0,
          shape.map((n, i) => (i === axis ? until - end : n)),
        ),
      );
  };
  for (const { before, input } of sorted) {
    if (before < end) return list.reduce(add);
    fill(before);
    parts.push(input);
    end = before + input.shape[axis]!;
  }
  fill(shape[axis]!);
  return [concat(parts, axis), ...rest].reduce(add);
}
