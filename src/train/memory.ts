/** @file What a stage remembers besides parameters: numbers kept from step to step, and numbers kept for each training sample. */
import { float32, type State } from "../core/tensor.ts";
import type { Expr } from "../graph/expr.ts";
import type { Stage } from "../methods/method.ts";
import { type Bound, type Layout, layoutOf } from "../runtime/program.ts";
import { leafParts, placeOf, type Sources } from "./evaluate.ts";
import { scatterInto } from "./frozen.ts";
import { boundLeaf, EPOCH, memoryLeaf, sampleLeaf } from "./graph.ts";

export interface Memory {
  /** Where a program reads it. */
  readonly layout: Layout;
  /** Of all training samples, by input leaf: a step gathers the rows of its batch. */
  readonly samples: Sources;
  /** Lays the memory on the numbers that programs read, and fills in first values. */
  bind(data: Float32Array): void;
  /** Tells the epoch, and, unless one is resumed, takes the bounds of what is kept of samples. */
  beginEpoch(epoch: number, resumed: boolean): void;
  /** Takes in what a step on samples `order[from .. from + count)` gave; what it left out stays. */
  store(value: (name: string) => Float32Array | undefined, order: ArrayLike<number>, from: number, count: number): void;
  /** Everything that a resumed run needs. */
  state(): State;
  restore(state: State): void;
}

/** The memory of a stage whose training graph is `outputs`, for N training samples. */
export function createMemory(stage: Stage<never>, outputs: readonly Expr[], count: number): Memory {
  const { memory = {}, sampleMemory = {} } = stage;
  const layout = layoutOf("memory", leafParts(outputs, "memory"));
  const samples = Object.fromEntries(
    Object.entries(sampleMemory).map(([name, { width, value }]) => [
      sampleLeaf(name),
      { data: new Float32Array(count * width).fill(value), lead: 1, rows: count, width },
    ]),
  );
  let numbers: Bound = { layout, data: new Float32Array(layout.length) };
  const write = (leaf: string, values: ArrayLike<number>): void => {
    if (layout.places.has(leaf)) placeOf(numbers, leaf).set(values);
  };
  return {
    layout,
    samples,

    bind(data) {
      numbers = { layout, data };
      for (const [name, { value }] of Object.entries(memory)) {
        if (layout.places.has(memoryLeaf(name))) placeOf(numbers, memoryLeaf(name)).fill(value);
      }
    },

    beginEpoch(epoch, resumed) {
      write(EPOCH, [epoch]);
      if (resumed) return;
      for (const name of Object.keys(sampleMemory)) {
        const { data, width } = samples[sampleLeaf(name)]!;
        for (const [which, pick] of [
          ["least", Math.min],
          ["largest", Math.max],
        ] as const) {
          const bound = data.slice(0, width);
          for (let i = width; i < data.length; i++) bound[i % width] = pick(bound[i % width]!, data[i]!);
          write(boundLeaf(name, which), bound);
        }
      }
    },

    store(value, order, from, count) {
      for (const name of Object.keys(memory)) {
        const given = value(name);
        if (given !== undefined) write(memoryLeaf(name), given);
      }
      for (const name of Object.keys(sampleMemory)) {
        const given = value(name);
        if (given !== undefined) scatterInto(samples[sampleLeaf(name)]!, given, order, from, count);
      }
    },

    state: () =>
      Object.fromEntries([
        ...[...layout.places].map(
          ([name, { shape }]) => [name, float32(shape, placeOf(numbers, name).slice())] as const,
        ),
        ...Object.entries(samples).map(
          ([name, { data, rows, width }]) => [name, float32([rows, width], data.slice())] as const,
        ),
      ]),

    restore(state) {
      for (const name of layout.places.keys()) write(name, state[name]!.data);
      for (const [name, { data }] of Object.entries(samples)) data.set(state[name]!.data);
    },
  };
}
