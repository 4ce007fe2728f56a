/** @file The batch (row) axis of each node: needed to cache features of frozen parts, and to export graphs with a dynamic batch size. */
import { type Expr, topological } from "./expr.ts";

/** The row (sample) axis of every node that has one; `undefined` for nodes without rows; `"mixed"` if the node combines rows. */
type RowAxes = ReadonlyMap<Expr, number | undefined | "mixed">;

/** Propagates the row axis of leaves through the graph; `rowAxisOf` returns it for leaves. A batch of one row is ambiguous: use at least two. */
export function rowAxes(outputs: readonly Expr[], rowAxisOf: (leaf: Expr) => number | undefined): RowAxes {
  const axes = new Map<Expr, number | undefined | "mixed">();
  let samples = 0;
  for (const node of topological(outputs)) {
    if (node.inputs.length === 0) {
      const axis = rowAxisOf(node);
      axes.set(node, axis);
      if (axis !== undefined) samples = node.shape[axis]!;
      continue;
    }
    const inputs = node.inputs.map((input) => axes.get(input));
    if (inputs.includes("mixed")) axes.set(node, "mixed");
    else if (inputs.every((axis) => axis === undefined)) axes.set(node, undefined);
    else axes.set(node, node.op.rows(node, inputs as (number | undefined)[], node.attributes, samples) ?? "mixed");
  }
  return axes;
}
