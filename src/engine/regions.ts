/** @file The one memory of a stage: parameters, gradients, optimiser state, noise, batch, memory and results. */
import { float32, type State } from "../core/tensor.ts";
import type { Expr } from "../graph/expr.ts";
import type { Optimiser, ParameterRange } from "../optim/optimiser.ts";
import { createArena } from "../runtime/arena.ts";
import { createKernels, type Kernels } from "../runtime/kernels/index.ts";
import { type Layout, layoutOf, type Region } from "../runtime/program.ts";
import type { BatchLayouts } from "./batch-graph.ts";
import { placeOf } from "./evaluator.ts";
import type { StageGraph } from "./graph.ts";

/** A region that programs read or write besides the parameters. */
type RegionName = keyof BatchLayouts | "memory";

export interface Regions {
  readonly kernels: Kernels;
  readonly parameters: Region;
  /** The trained parameters with their gradients and moments, which the optimiser updates in one pass. */
  readonly range: ParameterRange;
  /** A layout over a region. */
  bind(layout: Layout, region: RegionName): Region;
  /** Where a region starts, in bytes. */
  offset(region: RegionName): number;
  /** The state of the optimiser as `slot<i>.<parameter>`, and its inverse. */
  moments(): State;
  restore(moments: State): void;
}

/** Allocates the memory of a stage; batches of all sizes share it. */
export function createRegions(
  parameterLayout: Layout,
  batches: readonly BatchLayouts[],
  memory: Layout,
  trained: readonly string[],
  { slots }: Optimiser,
): Regions {
  const count = batches[0]!.gradient.length;
  const longest = (region: keyof BatchLayouts) => ({
    name: region,
    length: Math.max(...batches.map((batch) => batch[region].length)),
  });
  const slotNames = Array.from({ length: slots }, (_, i) => `slot${i}`);
  const arena = createArena([
    { name: "parameter", length: parameterLayout.length },
    { name: "gradient", length: count },
    ...slotNames.map((name) => ({ name, length: count })),
    longest("noise"),
    longest("input"),
    { name: "memory", length: memory.length },
    longest("result"),
  ]);
  const moments = slotNames.flatMap((slot) => {
    const bound: Region = { layout: parameterLayout, data: arena.view(slot) };
    return trained.map((name) => ({
      name: `${slot}.${name}`,
      shape: parameterLayout.places.get(name)!.shape,
      view: placeOf(bound, name),
    }));
  });
  return {
    kernels: createKernels(arena.memory),
    parameters: { layout: parameterLayout, data: arena.view("parameter") },
    range: {
      param: arena.offset("parameter"),
      grad: arena.offset("gradient"),
      slots: slotNames.map((name) => arena.offset(name)),
      count,
    },
    bind: (layout, region) => ({ layout, data: arena.view(region) }),
    offset: (region) => arena.offset(region),
    moments: () => Object.fromEntries(moments.map(({ name, shape, view }) => [name, float32(shape, view.slice())])),
    restore(state) {
      for (const { name, view } of moments) view.set(state[name]!.data);
    },
  };
}

/**
 * The layout of all parameters that a stage reads or stores. Trained parameters come first and contiguously, in the order of their
 * gradients, so the optimiser makes one pass over each.
 */
export function parameterLayoutOf(trained: StageGraph["gradients"], used: ReadonlyMap<string, Expr>): Layout {
  return layoutOf("parameter", [
    ...[...trained].map(([name, { parameter }]) => ({ name, expr: parameter })),
    ...[...used].flatMap(([name, expr]) => (trained.has(name) ? [] : [{ name, expr, group: 1 }])),
  ]);
}
