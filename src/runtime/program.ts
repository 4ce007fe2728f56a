/** @file Programs: a graph compiled for a backend, which reads and writes regions of one memory. */
import { type Shape, sizeOf } from "../core/shape.ts";
import { float32, type State } from "../core/tensor.ts";
import { asLeaf, type Expr, topological } from "../graph/expr.ts";
import { type Block, blockShape, lower } from "../graph/onnx/lower.ts";
import type { Backend, Executable } from "./backend.ts";

/** Larger arrays are separate inputs or outputs of a program; smaller ones share a block, because each input costs microseconds. */
const PACKED_SIZE = 16384;

/**
 * From so many floats in all arrays of a graph on they are allocated one by one and not as a planned block, whose places fit arrays that live
 * at different times poorly: it is twice as large for a ResNet-18, at the same speed.
 */
const UNPLANNED = 2 ** 22;

/** Offsets are multiples of this many floats (64 bytes). */
const ALIGNMENT = 16;

/** An array to place in a region: a leaf or an output. Groups are stored one after the other. */
export interface Part {
  readonly name: string;
  readonly expr: Expr;
  readonly group?: number;
}

/** Where each part lies in a region, in floats, and the blocks of parts that are one input or output of a program. */
export interface Layout {
  readonly places: ReadonlyMap<string, { readonly offset: number; readonly size: number; readonly shape: Shape }>;
  readonly blocks: readonly {
    readonly block: Block;
    readonly offset: number;
    readonly length: number;
    readonly group: number;
  }[];
  /** Length of the region in floats, padding included. */
  readonly length: number;
}

/** Lays out parts group by group: small parts first, packed into shared blocks, then each large part in its own block. */
export function layoutOf(prefix: string, parts: readonly Part[]): Layout {
  const places = new Map<string, { offset: number; size: number; shape: Shape }>();
  const blocks: Layout["blocks"][number][] = [];
  let offset = 0;
  const put = (members: readonly Part[], group: number): void => {
    if (members.length === 0) return;
    const start = offset;
    for (const { name, expr } of members) {
      places.set(name, { offset, size: sizeOf(expr.shape), shape: expr.shape });
      offset += sizeOf(expr.shape);
    }
    const block = { name: `${prefix}.${blocks.length}`, parts: members.map((part) => part.expr) };
    blocks.push({ block, offset: start, length: offset - start, group });
    offset = Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
  };
  const groups = [...new Set(parts.map((part) => part.group ?? 0))].sort((a, b) => a - b);
  for (const group of groups) {
    const members = parts.filter((part) => (part.group ?? 0) === group);
    put(
      members.filter((part) => sizeOf(part.expr.shape) <= PACKED_SIZE),
      group,
    );
    for (const part of members) if (sizeOf(part.expr.shape) > PACKED_SIZE) put([part], group);
  }
  return { places, blocks, length: offset };
}

/** A region of memory: its numbers, and what lies where. */
export interface Region {
  readonly layout: Layout;
  readonly data: Float32Array;
}

/** The regions that a program reads and writes. */
interface ProgramSpec {
  readonly inputs: readonly Region[];
  readonly outputs: readonly Region[];
}

/** Compiles a program over regions. Inputs on which no output depends are removed. */
export async function compile(
  backend: Backend,
  { inputs, outputs }: ProgramSpec,
  threads: number,
): Promise<Executable> {
  const nodes = topological(outputs.flatMap((region) => region.layout.blocks.flatMap(({ block }) => block.parts)));
  const used = new Set(nodes.flatMap((node) => (asLeaf(node) === undefined ? [] : [keyOf(node)])));
  const readable = inputs
    .map(({ layout, data }) => ({
      data,
      layout: {
        ...layout,
        blocks: layout.blocks.filter(({ block }) => block.parts.some((part) => used.has(keyOf(part)))),
      },
    }))
    .filter(({ layout }) => layout.blocks.length > 0);
  const blocks = (regions: readonly Region[]): Block[] =>
    regions.flatMap(({ layout }) => layout.blocks.map(({ block }) => block));
  const model = lower({ inputs: blocks(readable), outputs: blocks(outputs), exact: backend.exact === true });
  const memoryPattern = nodes.reduce((floats, node) => floats + sizeOf(node.shape), 0) < UNPLANNED;
  return backend.compile(model, arraysOf(readable), arraysOf(outputs), { threads, memoryPattern });
}

/** The blocks of regions as arrays over the regions' memory, by name. */
function arraysOf(regions: readonly Region[]): State {
  const arrays: Record<string, State[string]> = {};
  for (const { layout, data } of regions) {
    for (const { block, offset, length } of layout.blocks) {
      arrays[block.name] = float32(blockShape(block), data.subarray(offset, offset + length));
    }
  }
  return arrays;
}

function keyOf(expr: Expr): string {
  const leaf = asLeaf(expr)!;
  return `${leaf.kind} ${leaf.name}`;
}
