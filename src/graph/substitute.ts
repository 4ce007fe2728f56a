/** @file A graph with some nodes replaced by others. */
import { apply, type Expr, topological } from "./expr.ts";

/** `outputs` with every key of `replacements` (and nothing below it) replaced by its value; untouched parts are shared. */
export function substitute(outputs: readonly Expr[], replacements: ReadonlyMap<Expr, Expr>): Expr[] {
  const made = new Map<Expr, Expr>();
  for (const node of topological(outputs)) {
    const replacement = replacements.get(node);
    const inputs = node.inputs.map((input) => made.get(input)!);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    made.set(node, replacement ?? (same ? node : apply(node.op, inputs, node.attributes)));
  }
  return outputs.map((output) => made.get(output)!);
}
