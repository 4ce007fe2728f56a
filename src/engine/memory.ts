/** @file A stage's memory besides parameters: numbers that persist between steps, and numbers for each training sample. */
import { float32, type State } from "../core/tensor.ts";
import type { Expr } from "../graph/expr.ts";
import type { Stage } from "../methods/method.ts";
import { type Layout, layoutOf, type Region } from "../runtime/program.ts";
import { leafParts, placeOf } from "./evaluator.ts";
import { boundLeaf, EPOCH, memoryLeaf, sampleLeaf } from "./graph.ts";
import { inMemory, type RowSource, type Sources, scatterInto } from "./rows.ts";

export interface Memory {
  /** Memory layout that programs read. */
  readonly layout: Layout;
  /** Memory of all training samples, by input leaf; a step gathers the rows of its batch. */
  readonly samples: Sources;
  /** Binds the memory to the array that programs read, and writes the initial values. */
  bind(data: Float32Array): void;
  /** Sets the epoch. Unless the epoch is resumed, recomputes the min and max of the per-sample memory. */
  beginEpoch(epoch: number, resumed: boolean): void;
  /** Stores the results of a step on samples `order[from .. from + count)`; memory without a result is unchanged. */
  store(value: (name: string) => Float32Array | undefined, order: ArrayLike<number>, from: number, count: number): void;
  /** The memory as tensors, for checkpoints. */
  state(): State;
  restore(state: State): void;
}

/** The memory of a stage whose training graph is `outputs`, for N training samples. */
export function createMemory(stage: Stage<never>, outputs: readonly Expr[], count: number): Memory {
  const { memory = {}, sampleMemory = {} } = stage;
  const layout = layoutOf("memory", leafParts(outputs, "memory"));
  const samples: Readonly<Record<string, RowSource>> = Object.fromEntries(
    Object.entries(sampleMemory).map(([name, { width, value }]) => [
      sampleLeaf(name),
      { data: new Float32Array(count * width).fill(value), lead: 1, rows: count, width },
    ]),
  );
  let numbers: Region = { layout, data: new Float32Array(layout.length) };
  const write = (leaf: string, values: ArrayLike<number>): void => {
    if (layout.places.has(leaf)) placeOf(numbers, leaf).set(values);
  };
  return {
    layout,
    samples: Object.fromEntries(Object.entries(samples).map(([name, source]) => [name, inMemory(source)])),

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
        const result = value(name);
        if (result !== undefined) write(memoryLeaf(name), result);
      }
      for (const name of Object.keys(sampleMemory)) {
        const result = value(name);
        if (result !== undefined) scatterInto(samples[sampleLeaf(name)]!, result, order, from, count);
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
