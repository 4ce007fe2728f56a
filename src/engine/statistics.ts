/** @file Stored statistics: means over training samples that a model keeps beside its parameters. */
import { methodError } from "../core/errors.ts";
import { type Expr, leaf } from "../graph/expr.ts";
import type { Outputs, Stage } from "../methods/method.ts";
import type { Requests } from "../nn/module.ts";
import type { Region } from "../runtime/program.ts";
import { targetTypes } from "../targets/index.ts";
import { createEvaluator, placeOf } from "./evaluator.ts";
import { TARGET, type Widths } from "./graph.ts";
import { REFERENCE_SAMPLES } from "./limits.ts";
import { inMemory, type RowSource, type Samples, type Sources } from "./rows.ts";
import type { StageSetup } from "./setup.ts";

/** A stored statistic: the mean of `value` over samples, weighted if it has a weight. */
interface StoredMean {
  readonly name: string;
  /** The leaf that stores it. */
  readonly stored: Expr;
  readonly value: Expr;
  readonly weight: Expr | undefined;
}

/**
 * The statistics that a stage recomputes, also those that only a unimodal prediction reads; `outputs` are those of evaluation mode for a
 * batch of `chunk` samples.
 */
export function storedMeans(
  stage: Stage<never>,
  outputs: Outputs,
  { parameters }: Requests,
  [chunk, width]: readonly [number, number],
): StoredMean[] {
  const labelled = stage.statistics?.(outputs as never, leaf("input", TARGET, [chunk, width])) ?? {};
  const { statistics } = stage.member?.outputs(outputs as never) ?? outputs;
  return Object.entries({ ...statistics, ...labelled }).map(([name, of]) => {
    const spec = parameters.get(name);
    if (spec === undefined)
      throw methodError(`stage ${stage.name}: statistics has "${name}", which build requested by no scope.statistic.`);
    const stored = leaf("parameter", name, spec.shape);
    return "weight" in of ? { name, stored, ...of } : { name, stored, value: of, weight: undefined };
  });
}

/** The graph's outputs that statistics are computed from. */
export function meanOutputs(means: readonly StoredMean[]): Expr[] {
  return means.flatMap(({ value, weight }) => (weight === undefined ? [value] : [value, weight]));
}

export interface Statistics {
  /** Computes the means with the current parameters and stores them among these. */
  update(): Promise<void>;
  dispose(): Promise<void>;
}

export async function createStatistics(
  { backend, threads, train, widths }: StageSetup,
  means: readonly StoredMean[],
  parameters: Region,
): Promise<Statistics> {
  if (means.length === 0) return { update: async () => {}, dispose: async () => {} };
  const evaluator = await createEvaluator(backend, meanOutputs(means), parameters, threads);
  const reference = await referenceRows(train, widths);
  return {
    async update() {
      const values = (await evaluator.run(reference)).values();
      const following = (): RowSource => values.next().value!;
      for (const { name, weight } of means) {
        const value = following();
        placeOf(parameters, name).set(meanOverRows(value, weight && following()));
      }
    },
    dispose: () => evaluator.dispose(),
  };
}

/** The training samples, with their targets, over which statistics are computed. They are evenly spaced, because data may be sorted. */
async function referenceRows(
  { sources, size, target: encoded }: Samples,
  { classes, kind = "multiclass" }: Widths,
): Promise<Sources> {
  const rows = Math.min(REFERENCE_SAMPLES, size);
  const chosen = Uint32Array.from({ length: rows }, (_, i) => Math.floor((i * size) / rows));
  const target = new Float32Array(rows * classes);
  targetTypes[kind].fill(target, encoded, chosen, 0, rows);
  const all: [string, RowSource][] = [[TARGET, { data: target, lead: 1, rows, width: classes }]];
  for (const [name, source] of Object.entries(sources)) {
    const { lead, width } = source;
    const data = new Float32Array(lead * rows * width);
    await source.read(chosen, 0, rows, data);
    all.push([name, { data, lead, rows, width }]);
  }
  return Object.fromEntries(all.map(([name, source]) => [name, inMemory(source)]));
}

/** The mean of [lead, N, width] over rows, [lead, width], in double precision. Rows have weights [lead, N, 1]; the mean is 0 if all weights are 0. */
function meanOverRows({ data, lead, rows, width }: RowSource, weights?: RowSource): Float32Array {
  const out = new Float32Array(lead * width);
  const total = new Float64Array(width);
  for (let l = 0; l < lead; l++) {
    total.fill(0);
    let counted = 0;
    for (let i = 0; i < rows; i++) {
      const weight = weights === undefined ? 1 : weights.data[l * rows + i]!;
      counted += weight;
      for (let f = 0; f < width; f++) total[f]! += weight * data[(l * rows + i) * width + f]!;
    }
    for (let f = 0; f < width; f++) out[l * width + f] = counted === 0 ? 0 : total[f]! / counted;
  }
  return out;
}
