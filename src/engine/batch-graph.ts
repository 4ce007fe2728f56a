/** @file A stage's graph for one batch size: its outputs by name, and the regions of memory that its program reads and writes. */
import { sizeOf } from "../core/shape.ts";
import type { Expr } from "../graph/expr.ts";
import { type Layout, layoutOf, type Part } from "../runtime/program.ts";
import { leafParts } from "./evaluator.ts";
import { cutFrozen, type FrozenFeature } from "./frozen.ts";
import { changes, PRESENT, type StageGraph, stageGraph } from "./graph.ts";
import { KEPT_LIMIT } from "./limits.ts";
import type { StageSetup } from "./setup.ts";

/** Names of the outputs of a step. */
export const PREDICTION = "prediction";
export const termOutput = (index: number): string => `term.${index}`;
export const gradientOutput = (parameter: string): string => `gradient.${parameter}`;
export const updateOutput = (buffer: string): string => `update.${buffer}`;
export const memoryOutput = (name: string): string => `remember.${name}`;

/** A stage's graph for one batch size; it reads cached features instead of data. */
export interface BatchGraph {
  readonly size: number;
  readonly graph: StageGraph;
  /** Loss terms, prediction, gradients, new memory and new buffers, by the names above. */
  readonly outputs: ReadonlyMap<string, Expr>;
  readonly features: readonly FrozenFeature[];
}

/** Builds the graph of a stage for batches of `size` samples. Features of frozen parts larger than `KEPT_LIMIT` are not cut out. */
export function batchGraph(setup: StageSetup, size: number): BatchGraph {
  const { method, stage, widths, train, modalityDropout = 0 } = setup;
  const graph = stageGraph(method, stage as never, widths, size, setup.labelSmoothing);
  // Noise is laid out in the order in which these outputs reach it, so the order is part of a run's bits.
  const outputs = new Map<string, Expr>([
    ...graph.terms.map(({ value }, i) => [termOutput(i), value] as const),
    [PREDICTION, graph.prediction],
    ...[...graph.gradients].map(([name, { gradient }]) => [gradientOutput(name), gradient] as const),
    ...[...graph.remembered].map(([name, value]) => [memoryOutput(name), value] as const),
    ...[...graph.updates].map(([name, value]) => [updateOutput(name), value] as const),
  ]);
  const moves = (input: string): boolean => changes(input) || (modalityDropout > 0 && input === PRESENT);
  const cut = cutFrozen(outputs, new Set([...graph.gradients.keys(), ...graph.updates.keys()]), moves);
  const perSample = cut.features.reduce((sum, { shape }) => sum + sizeOf(shape) / size, 0);
  return perSample * train.size > KEPT_LIMIT
    ? { size, graph, outputs, features: [] }
    : { size, graph, outputs: cut.outputs, features: cut.features };
}

/** The regions of memory of one batch size. */
export interface BatchLayouts {
  /** By parameter. */
  readonly gradient: Layout;
  readonly noise: Layout;
  readonly input: Layout;
  /** The outputs that are not gradients, by name. */
  readonly result: Layout;
}

export function batchLayouts({ graph, outputs }: BatchGraph): BatchLayouts {
  const all = [...outputs.values()];
  const gradients = new Map([...graph.gradients.keys()].map((name) => [gradientOutput(name), name]));
  const parts = [...outputs].map(([name, expr]) => ({ name, expr }));
  return {
    gradient: layoutOf(
      "gradient",
      parts.flatMap(({ name, expr }) => (gradients.has(name) ? [{ name: gradients.get(name)!, expr }] : [])),
    ),
    noise: layoutOf("noise", noiseParts(graph, all)),
    input: layoutOf("input", leafParts(all, "input")),
    result: layoutOf(
      "result",
      parts.filter(({ name }) => !gradients.has(name)),
    ),
  };
}

/** Noise is grouped by dropout rate; the group is the rate in millionths, or 0 for normal noise. */
function noiseParts(graph: StageGraph, outputs: readonly Expr[]): Part[] {
  return leafParts(outputs, "noise").map((part) => ({
    ...part,
    group: Math.round(graph.noises.get(part.name)!.rate * 1e6),
  }));
}

/** The dropout rate of a group of noise; 0 stands for normal noise. */
export const noiseRate = (group: number): number => group / 1e6;
