/** @file Runs a graph over many samples in chunks: for validation, prediction and the features of frozen parts. */
import { internalError } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import type { State } from "../core/tensor.ts";
import type { Dataset } from "../data/dataset.ts";
import { presenceMatrix } from "../data/presence.ts";
import { type Standardiser, standardise } from "../data/standardise.ts";
import { asLeaf, type Expr, type LeafKind, topological } from "../graph/expr.ts";
import { rowAxes } from "../graph/rows.ts";
import type { Backend, Executable } from "../runtime/backend.ts";
import { type Bound, compile, layoutOf, type Part } from "../runtime/program.ts";
import { modalityLeaf, PRESENT } from "./graph.ts";
import { gatherRows, type RowSource, rowSize, type Sources, scatterRows } from "./rows.ts";

/**
 * The number of samples that a program computes at a time if `wanted` are requested: at least two, because a sample axis of size 1 could
 * not be distinguished from other axes of size 1 (rows.ts). A chunk that is not full is padded.
 */
export function chunkOf(wanted: number): number {
  return Math.max(2, wanted);
}

/** A compiled graph that runs on any number of samples. */
export interface Evaluator {
  /** Each output for all samples, as a row source: [lead, N, width]. */
  run(sources: Sources): Promise<RowSource[]>;
  dispose(): Promise<void>;
}

/** The leaves of a kind that outputs depend on, by name. */
export function leavesOf(outputs: readonly Expr[], kind: LeafKind): Map<string, Expr> {
  const leaves = new Map<string, Expr>();
  for (const node of topological(outputs)) {
    const leafInfo = asLeaf(node);
    if (leafInfo?.kind === kind) leaves.set(leafInfo.name, node);
  }
  return leaves;
}

/** The same leaves as parts of a layout. */
export function leafParts(outputs: readonly Expr[], kind: LeafKind): Part[] {
  return [...leavesOf(outputs, kind)].map(([name, expr]) => ({ name, expr }));
}

/** The parameters that outputs depend on, laid out in memory and filled from a state. */
export function storedParameters(outputs: readonly Expr[], state: State): Bound {
  const parameters = bound("parameter", leafParts(outputs, "parameter"));
  for (const name of parameters.layout.places.keys()) placeOf(parameters, name).set(state[name]!.data);
  return parameters;
}

/** Some modalities of a data set, standardised, by input leaf; with `masked` also the mask of the modalities that each sample has. */
export function sourcesOf(
  dataset: Dataset,
  standardiser: Standardiser,
  modalities: readonly string[],
  masked = false,
): Sources {
  const chosen = Object.fromEntries(modalities.map((name) => [name, dataset.modalities[name]!]));
  const flat = standardise({ ...dataset, modalities: chosen }, standardiser);
  const present = { lead: 1, rows: dataset.size, width: modalities.length };
  return Object.fromEntries([
    ...Object.entries(flat.modalities).map(([name, { data, shape }]): [string, RowSource] => [
      modalityLeaf(name),
      { data, lead: 1, rows: shape[0]!, width: shape[1]! },
    ]),
    ...(masked ? [[PRESENT, { ...present, data: presenceMatrix(dataset, modalities) }] as const] : []),
  ]);
}

/**
 * Compiles `outputs` (built on a batch of `chunkOf` samples) over `parameters`, which are read again at each run. The last chunk is
 * padded with its first row, so one program serves every count. @throws InternalError if an output mixes samples.
 */
export async function createEvaluator(
  backend: Backend,
  outputs: readonly Expr[],
  parameters: Bound,
  threads: number,
): Promise<Evaluator> {
  const axes = rowAxes(outputs, (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined));
  const axisOf = outputs.map((output) => {
    const axis = axes.get(output);
    if (typeof axis !== "number") throw internalError(`an output of ${output.op.name} does not keep samples apart.`);
    return axis;
  });
  const leaves = leafParts(outputs, "input");
  const inputs = bound("input", leaves);
  const results = bound(
    "output",
    outputs.map((expr, i) => ({ name: String(i), expr })),
  );
  const program: Executable = await compile(backend, { inputs: [parameters, inputs], outputs: [results] }, threads);
  const batch = outputs[0]!.shape[axisOf[0]!]!;
  const shapes: readonly Shape[] = outputs.map((output) => output.shape);

  return {
    async run(sources) {
      const count = sources[leaves[0]!.name]!.rows;
      const all = outputs.map((_, i): RowSource => {
        const { lead, width } = rowSize(shapes[i]!, axisOf[i]!);
        return { data: new Float32Array(lead * count * width), lead, rows: count, width };
      });
      const rows = new Uint32Array(batch);
      for (let start = 0; start < count; start += batch) {
        const filled = Math.min(batch, count - start);
        for (let i = 0; i < batch; i++) rows[i] = start + (i < filled ? i : 0);
        for (const { name } of leaves) gatherRows(placeOf(inputs, name), sources[name]!, rows, 0, batch);
        const pending = program.run();
        if (pending !== undefined) await pending;
        all.forEach((target, i) => {
          scatterRows(target, placeOf(results, String(i)), start, filled, batch);
        });
      }
      return all;
    },
    dispose: () => program.dispose(),
  };
}

/** A layout with newly allocated memory. */
function bound(prefix: string, parts: readonly Part[]): Bound {
  const layout = layoutOf(prefix, parts);
  return { layout, data: new Float32Array(layout.length) };
}

/** The numbers of one part of a region. */
export function placeOf({ layout, data }: Bound, name: string): Float32Array {
  const place = layout.places.get(name);
  if (place === undefined) throw internalError(`nothing named ${name} was laid out.`);
  return data.subarray(place.offset, place.offset + place.size);
}
