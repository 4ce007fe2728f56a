/** @file The interpreter: evaluates a graph by the ops' plain-loop rules in double precision. Slow and exact; the reference in tests. */
import { internalError } from "../core/errors.ts";
import { formatShape, sizeOf } from "../core/shape.ts";
import { asLeaf, type Expr, topological, type Value } from "../graph/expr.ts";

/** Values of leaves by name. */
export type Bindings = Readonly<Record<string, ArrayLike<number>>>;

/** The values of `outputs`, in order. @throws InternalError for a leaf without a value or of another size. */
export function interpret(outputs: readonly Expr[], bindings: Bindings): Value[] {
  const values = new Map<Expr, Value>();
  for (const node of topological(outputs)) {
    const leaf = asLeaf(node);
    let data: Float64Array;
    if (leaf === undefined) {
      const inputs = node.inputs.map((input) => values.get(input)!);
      data = node.op.value(inputs, node.attributes, node.shape);
    } else {
      const given = bindings[leaf.name];
      if (given === undefined || given.length !== sizeOf(leaf.shape)) {
        throw internalError(`leaf ${leaf.name} ${formatShape(leaf.shape)} was given ${given?.length ?? "no"} numbers.`);
      }
      data = Float64Array.from(given);
    }
    values.set(node, { shape: node.shape, data });
  }
  return outputs.map((output) => values.get(output)!);
}
