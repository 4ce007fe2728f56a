/** @file Runs a graph over many samples in chunks: for validation, prediction and the features of frozen parts. */
import { internalError, methodError } from "../core/errors.ts";
import { formatShape, type Shape, sizeOf } from "../core/shape.ts";
import type { State } from "../core/tensor.ts";
import { featureCount, type Inputs } from "../data/dataset.ts";
import { presenceMatrix } from "../data/presence.ts";
import { asLeaf, type Expr, type LeafKind, topological } from "../graph/expr.ts";
import { rowAxes } from "../graph/rows.ts";
import type { Method } from "../methods/method.ts";
import { type Transforms, transformed } from "../modalities/index.ts";
import type { Backend, Executable } from "../runtime/backend.ts";
import { compile, layoutOf, type Part, type Region } from "../runtime/program.ts";
import { forward, modalityLeaf, PRESENT, type Widths } from "./graph.ts";
import { EVALUATED_ARRAY } from "./limits.ts";
import { inMemory, type RowSource, type Rows, rowSize, type Sources, scatterRows } from "./rows.ts";

/**
 * The number of samples that a program computes at a time if `wanted` are requested: at least two, because a sample axis of size 1 could
 * not be distinguished from other axes of size 1 (rows.ts). A chunk that is not full is padded.
 */
export function chunkOf(wanted: number): number {
  return Math.max(2, wanted);
}

/** The largest number of samples to compute at a time, at most `wanted`, with which no array of the graph in evaluation mode is too large. */
export function chunkFor(method: Method, widths: Widths, wanted: number): number {
  const { outputs } = forward(method, widths, 2, { training: false });
  const computed = topological([outputs.logits, outputs.unimodal]).filter(({ inputs }) => inputs.length > 0);
  const largest = computed.reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 1) / 2;
  return chunkOf(Math.min(wanted, Math.floor(EVALUATED_ARRAY / largest)));
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
export function storedParameters(outputs: readonly Expr[], state: State): Region {
  const parameters = bound("parameter", leafParts(outputs, "parameter"));
  for (const name of parameters.layout.places.keys()) placeOf(parameters, name).set(state[name]!.data);
  return parameters;
}

/** Lets encoders check their samples. @throws DataError for samples that an encoder does not read, such as ids that it does not know. */
export function checkSamples(
  { encoders = {} }: Pick<Method, "encoders">,
  dataset: Inputs,
  transforms: Transforms,
): void {
  for (const [name, encoder] of Object.entries(encoders)) {
    if (encoder.check === undefined) continue;
    const one = { ...dataset, modalities: { [name]: dataset.modalities[name]! } };
    encoder.check(transformed(one, transforms)[name]!, `modality ${name} of the ${dataset.name} data`);
  }
}

/** Some modalities of a data set as encoders read them, by input leaf; with `masked` also the mask of the modalities that each sample has. */
export function sourcesOf(
  dataset: Inputs,
  transforms: Transforms,
  modalities: readonly string[],
  masked = false,
): Sources {
  const chosen = Object.fromEntries(modalities.map((name) => [name, dataset.modalities[name]!]));
  const inputs = transformed({ ...dataset, modalities: chosen }, transforms);
  const present = { lead: 1, rows: dataset.size, width: modalities.length };
  return Object.fromEntries([
    ...Object.entries(inputs).map(([name, values]): [string, Rows] => [
      modalityLeaf(name),
      inMemory({ data: values.data, lead: 1, rows: values.shape[0]!, width: featureCount(values) }),
    ]),
    ...(masked ? [[PRESENT, inMemory({ ...present, data: presenceMatrix(dataset, modalities) })] as const] : []),
  ]);
}

/**
 * Compiles `outputs` (built on a batch of `chunkOf` samples) over `parameters`, which are read again at each run. The last chunk is
 * padded with its first row, so one program serves every count. @throws MethodError if an output mixes samples.
 */
export async function createEvaluator(
  backend: Backend,
  outputs: readonly Expr[],
  parameters: Region,
  threads: number,
): Promise<Evaluator> {
  const axes = rowAxes(outputs, (node) => (asLeaf(node)?.kind === "input" ? 0 : undefined));
  const axisOf = outputs.map((output) => {
    const axis = axes.get(output);
    if (typeof axis !== "number") {
      throw methodError(
        `an output (${output.op.name} of shape ${formatShape(output.shape)}) mixes the samples of a batch. In evaluation mode each sample is computed apart; means over samples are stored as scope.statistic.`,
      );
    }
    return axis;
  });
  const leaves = leafParts(outputs, "input");
  const inputs = bound("input", leaves);
  const results = bound(
    "output",
    outputs.map((expr, i) => ({ name: String(i), expr })),
  );
  const program: Executable = await compile(backend, { inputs: [parameters, inputs], outputs: [results] }, threads);
  const batch = leaves[0]!.expr.shape[0]!;
  const shapes: readonly Shape[] = outputs.map((output) => output.shape);

  return {
    async run(sources) {
      const count = sources[leaves[0]!.name]!.size;
      const all = outputs.map((_, i): RowSource => {
        const { lead, width } = rowSize(shapes[i]!, axisOf[i]!, batch);
        return { data: new Float32Array(lead * count * width), lead, rows: count, width };
      });
      const rows = new Uint32Array(batch);
      for (let start = 0; start < count; start += batch) {
        const filled = Math.min(batch, count - start);
        for (let i = 0; i < batch; i++) rows[i] = start + (i < filled ? i : 0);
        for (const { name } of leaves) {
          const waiting = sources[name]!.read(rows, 0, batch, placeOf(inputs, name));
          if (waiting !== undefined) await waiting;
        }
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
function bound(prefix: string, parts: readonly Part[]): Region {
  const layout = layoutOf(prefix, parts);
  return { layout, data: new Float32Array(layout.length) };
}

/** The numbers of one part of a region. */
export function placeOf({ layout, data }: Region, name: string): Float32Array {
  const place = layout.places.get(name);
  if (place === undefined) throw internalError(`nothing named ${name} was laid out.`);
  return data.subarray(place.offset, place.offset + place.size);
}
