/**
 * @file Features of frozen parts. The outputs of parts that a stage does not train are the same in every epoch, so they are computed once
 * for all samples, and the stage's graph reads them instead of the data. Noise is still drawn in every step.
 */
import type { Shape } from "../core/shape.ts";
import { asLeaf, type Expr, leaf, topological } from "../graph/expr.ts";
import { rowAxes } from "../graph/rows.ts";
import { substitute } from "../graph/substitute.ts";
import { createEvaluator, storedParameters } from "./evaluator.ts";
import { changes } from "./graph.ts";
import type { RowSource } from "./rows.ts";
import type { StageSetup } from "./setup.ts";

/** A node that depends only on data and frozen parameters, and row by row. */
export interface FrozenFeature {
  readonly name: string;
  /** Shape for a batch; `axis` is the batch axis. */
  readonly shape: Shape;
  readonly axis: number;
  /** The node in the original graph. */
  readonly source: Expr;
}

export interface FrozenCut {
  readonly features: readonly FrozenFeature[];
  /** The outputs as functions of `features` as inputs, under the same names. */
  readonly outputs: ReadonlyMap<string, Expr>;
}

/** Cuts a graph at its last frozen nodes, which depend on no trained parameter and no input that `moves`. Without any, the outputs are returned unchanged. */
export function cutFrozen(
  named: ReadonlyMap<string, Expr>,
  trained: ReadonlySet<string>,
  moves: (input: string) => boolean = changes,
): FrozenCut {
  const outputs = [...named.values()];
  const axes = rowAxes(outputs, (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined));
  const order = topological(outputs);
  const frozen = new Set<Expr>();
  for (const node of order) {
    const leafInfo = asLeaf(node);
    const isFrozen =
      leafInfo === undefined
        ? node.inputs.every((input) => frozen.has(input)) && axes.get(node) !== "mixed"
        : (leafInfo.kind === "input" && !moves(leafInfo.name)) ||
          (leafInfo.kind === "parameter" && !trained.has(leafInfo.name));
    if (isFrozen) frozen.add(node);
  }
  const readBeyond = new Set<Expr>(outputs);
  for (const node of order) if (!frozen.has(node)) for (const input of node.inputs) readBeyond.add(input);
  const features: FrozenFeature[] = [];
  const replacements = new Map<Expr, Expr>();
  for (const node of order) {
    const axis = axes.get(node);
    if (!frozen.has(node) || node.inputs.length === 0 || !readBeyond.has(node) || typeof axis !== "number") continue;
    const name = `frozen.${features.length}`;
    features.push({ name, shape: node.shape, axis, source: node });
    replacements.set(node, leaf("input", name, node.shape));
  }
  if (features.length === 0) return { features, outputs: named };
  const rewritten = substitute(outputs, replacements);
  return { features, outputs: new Map([...named.keys()].map((name, i) => [name, rewritten[i]!])) };
}

/** The features of frozen parts for all training samples. They are computed in evaluation mode, without noise. */
export async function featureSources(
  { backend, state, threads, train }: Pick<StageSetup, "backend" | "state" | "threads" | "train">,
  features: readonly FrozenFeature[],
): Promise<Readonly<Record<string, RowSource>>> {
  if (features.length === 0) return {};
  const outputs = features.map((feature) => feature.source);
  const evaluator = await createEvaluator(backend, outputs, storedParameters(outputs, state), threads);
  const results = await evaluator.run(train.sources);
  await evaluator.dispose();
  return Object.fromEntries(features.map((feature, i) => [feature.name, results[i]!]));
}
