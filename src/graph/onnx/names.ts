/** @file Names for the nodes of an exported graph, from the parameters that they read, else from the outputs that they lead to. */
import { asLeaf, type Expr, topological } from "../expr.ts";

/**
 * The scope of every node, which is the prefix of its name: that of the parameters it reads (`encoders.audio.0` of `encoders.audio.0.weight`),
 * else the common prefix of the scopes of its inputs, else the first output that it leads to.
 */
export function scopesOf(outputs: readonly { readonly name: string; readonly expr: Expr }[]): Map<Expr, string> {
  const own = new Map<Expr, string>();
  const scopes = new Map<Expr, string>();
  for (const { name, expr } of outputs) {
    for (const node of topological([expr])) {
      if (scopes.has(node)) continue;
      const read = node.inputs.filter((input) => asLeaf(input)?.kind === "parameter").map((input) => own.get(input)!);
      const most = read.reduce((longest, scope) => (scope.length > longest.length ? scope : longest), "");
      const found =
        asLeaf(node) === undefined ? most || common(node.inputs.map((input) => own.get(input)!)) : ofLeaf(node);
      own.set(node, found);
      scopes.set(node, found || name);
    }
  }
  return scopes;
}

/** The scope of a parameter is its dotted name without the last part; inputs and parameters of the whole model have none. */
function ofLeaf(node: Expr): string {
  const { kind, name } = asLeaf(node)!;
  return kind === "parameter" ? name.slice(0, Math.max(0, name.lastIndexOf("."))) : kind === "input" ? name : "";
}

/** The common dotted prefix of scopes; nodes without a scope, such as constants, are ignored. */
function common(scopes: readonly string[]): string {
  const parts = scopes.filter((scope) => scope !== "").map((scope) => scope.split("."));
  const [first = [], ...others] = parts;
  const differs = first.findIndex((part, i) => others.some((other) => other[i] !== part));
  return (differs < 0 ? first : first.slice(0, differs)).join(".");
}
