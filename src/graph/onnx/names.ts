/** @file Names for the nodes of an exported graph, from the parameters that they read, else from the outputs that they lead to. */
import { type Expr, topological } from "../expr.ts";

/** The prefix of every node's name: its own scope (`encoders.audio.0`), or else the first output that it leads to. */
export function scopesOf(outputs: readonly { readonly name: string; readonly expr: Expr }[]): Map<Expr, string> {
  const scopes = new Map<Expr, string>();
  for (const { name, expr } of outputs) {
    for (const node of topological([expr])) if (!scopes.has(node)) scopes.set(node, node.scope || name);
  }
  return scopes;
}
