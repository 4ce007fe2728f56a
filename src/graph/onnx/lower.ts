/** @file Expr -> ONNX model bytes. */
import { create, toBinary } from "@bufbuild/protobuf";
import { internalError, methodError } from "../../core/errors.ts";
import { checkOptions } from "../../core/keys.ts";
import { formatShape, type Shape, sizeOf } from "../../core/shape.ts";
import type { State } from "../../core/tensor.ts";
import { asLeaf, type Expr, topological } from "../expr.ts";
import { concat, reshape, sliceOf } from "../ops/movement.ts";
import { rowAxes } from "../rows.ts";
import { Emitter, FLOAT } from "./emitter.ts";
import { scopesOf } from "./names.ts";
import {
  type GraphProto,
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./schema/onnx_pb.ts";

/** One input or output array of a program: leaves (or outputs) stored one after the other. A single one keeps its shape. */
export interface Block {
  readonly name: string;
  readonly parts: readonly Expr[];
  /** Documentation in an exported file. */
  readonly meaning?: string;
}

interface LowerOptions {
  readonly inputs: readonly Block[];
  readonly outputs: readonly Block[];
  /** Leaves that become initializers of the model, by leaf name. */
  readonly stored?: State;
  /** Make the batch axis of inputs (leaves of kind "input", axis 0) dynamic, with the name "batch". */
  readonly openBatch?: boolean;
  /** Convolutions as direct products, slower and without Winograd's rounding (errors of 1e-6 instead of 1e-5 of the maximum). */
  readonly exact?: boolean;
  /** For exported files: names of nodes, and documentation of the file. */
  readonly about?: {
    readonly version: string;
    readonly description: string;
    /** Key-value pairs stored in the file. */
    readonly metadata: Readonly<Record<string, string>>;
  };
}

/** The shape of a block as an input or output. */
export function blockShape(block: Block): Shape {
  return block.parts.length === 1
    ? block.parts[0]!.shape
    : [block.parts.reduce((n, part) => n + sizeOf(part.shape), 0)];
}

/** A model in the ONNX format (IR 10, opset 21; gradients also use the runtime's own domain). */
export function lower(options: LowerOptions): Uint8Array {
  checkOptions("lower", options, {
    inputs: true,
    outputs: true,
    stored: true,
    openBatch: true,
    exact: true,
    about: true,
  });
  const emit = new Emitter(options.exact);
  const names = new Map<Expr, string>();
  const leaves = new Map<string, string>();
  const outputs = options.outputs.map((block) => (block.parts.length === 1 ? block.parts[0]! : joined(block)));
  const order = topological(outputs);
  const open = options.openBatch === true ? openAxes(outputs) : undefined;

  const { about } = options;
  const scopes = about && scopesOf(options.outputs.map(({ name }, i) => ({ name, expr: outputs[i]! })));
  if (scopes !== undefined) for (const { name } of [...options.inputs, ...options.outputs]) emit.free(name);
  emit.scope = scopes && "";
  for (const block of options.inputs) bindBlock(emit, block, leaves);
  for (const node of order) {
    const leaf = asLeaf(node);
    if (leaf !== undefined) names.set(node, leafName(emit, leaf.kind, leaf.name, node, leaves, options.stored));
  }
  const tiles = tilings(order);
  for (const node of order) {
    if (names.has(node)) continue;
    const axis = open?.get(node);
    if (axis === "mixed") {
      throw methodError(
        `${node.op.name} of shape ${formatShape(node.shape)} mixes the samples of a batch, so its graph cannot be exported with an open batch size. In evaluation mode each sample is computed apart; means over samples are stored as scope.statistic.`,
      );
    }
    emit.openAxis = axis;
    emit.scope = scopes?.get(node);
    const inputs = node.inputs.map((input) => names.get(input)!);
    const tile = tiles.get(node);
    if (tile === undefined) names.set(node, node.op.onnx(emit, inputs, node.attributes, node.shape));
    else {
      const parts = emit.nodeOf(
        "Split",
        [inputs[0]!, emit.integers(tile.sizes)],
        { axis: tile.axis },
        tile.sizes.length,
      );
      names.set(node, parts[tile.index]!);
    }
  }
  options.outputs.forEach((block, i) => {
    emit.output(names.get(outputs[i]!)!, block.name);
  });

  const axisName = (shape: Shape, i: number | undefined): Shape | (number | string)[] =>
    shape.map((n, axis) => (axis === i ? "batch" : n));
  const graph = create(GraphProtoSchema, {
    name: "dmil",
    node: emit.nodes,
    initializer: emit.initializers,
    input: options.inputs.map((block) =>
      valueInfo(block, axisName(blockShape(block), open === undefined ? undefined : 0)),
    ),
    output: options.outputs.map((block, i) => {
      const axis = open?.get(outputs[i]!);
      return valueInfo(block, axisName(blockShape(block), axis === "mixed" ? undefined : axis));
    }),
  });
  return bytesOf(graph, ["", ...emit.domains], about);
}

function bytesOf(graph: GraphProto, domains: readonly string[], about: LowerOptions["about"]): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: "dmil",
    ...(about && { producerVersion: about.version, docString: about.description }),
    graph,
    opsetImport: domains.map((domain) =>
      create(OperatorSetIdProtoSchema, { domain, version: domain === "" ? 21n : 1n }),
    ),
    metadataProps: Object.entries(about?.metadata ?? {}).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
  });
  return toBinary(ModelProtoSchema, model);
}

function joined(block: Block): Expr {
  return concat(
    block.parts.map((part) => reshape(part, [sizeOf(part.shape)])),
    0,
  );
}

/** Emits a block's leaves: the block itself, or the parts of a Split. */
function bindBlock(emit: Emitter, block: Block, leaves: Map<string, string>): void {
  const key = (part: Expr): string => leafKey(asLeaf(part)!.kind, asLeaf(part)!.name);
  if (block.parts.length === 1) {
    leaves.set(key(block.parts[0]!), block.name);
    return;
  }
  const sizes = emit.integers(block.parts.map((part) => sizeOf(part.shape)));
  const flat = emit.nodeOf("Split", [block.name, sizes], { axis: 0 }, block.parts.length);
  block.parts.forEach((part, i) => {
    leaves.set(key(part), part.shape.length === 1 ? flat[i]! : emit.reshape(flat[i]!, part.shape));
  });
}

function leafKey(kind: string, name: string): string {
  return `${kind} ${name}`;
}

function leafName(
  emit: Emitter,
  kind: string,
  name: string,
  node: Expr,
  leaves: Map<string, string>,
  stored: State | undefined,
): string {
  const key = leafKey(kind, name);
  const known = leaves.get(key);
  if (known !== undefined) return known;
  const value = stored?.[name];
  if (value === undefined) throw internalError(`the ${kind} ${name} is neither an input nor stored.`);
  const made = emit.constant(node.shape, value.data, emit.scope === undefined ? name : emit.free(name));
  leaves.set(key, made);
  return made;
}

function openAxes(outputs: readonly Expr[]): ReturnType<typeof rowAxes> {
  return rowAxes(outputs, (leaf) => (asLeaf(leaf)?.kind === "input" ? 0 : undefined));
}

/** A slice as one part of a Split. */
interface Tile {
  readonly axis: number;
  readonly sizes: readonly number[];
  readonly index: number;
}

/** Slices of one node that together tile one of its axes, each with its index in one common Split. */
function tilings(order: readonly Expr[]): Map<Expr, Tile> {
  const bySource = new Map<Expr, Expr[]>();
  for (const node of order) {
    if (sliceOf(node) === undefined) continue;
    const source = node.inputs[0]!;
    bySource.set(source, [...(bySource.get(source) ?? []), node]);
  }
  const tiled = new Map<Expr, Tile>();
  for (const [source, slices] of bySource) {
    const { axis } = sliceOf(slices[0]!)!;
    if (slices.some((slice) => sliceOf(slice)!.axis !== axis)) continue;
    const lengths = new Map(slices.map((slice) => [sliceOf(slice)!.start, sliceOf(slice)!.length]));
    if (slices.some((slice) => lengths.get(sliceOf(slice)!.start) !== sliceOf(slice)!.length)) continue;
    const starts = [...lengths.keys()].sort((a, b) => a - b);
    const ends = starts.map((start) => start + lengths.get(start)!);
    if (starts[0] !== 0 || ends.at(-1) !== source.shape[axis] || starts.some((s, i) => i > 0 && s !== ends[i - 1]))
      continue;
    const sizes = starts.map((start) => lengths.get(start)!);
    for (const slice of slices) tiled.set(slice, { axis, sizes, index: starts.indexOf(sliceOf(slice)!.start) });
  }
  return tiled;
}

function valueInfo({ name, meaning = "" }: Block, shape: readonly (number | string)[]): ValueInfoProto {
  const dim = shape.map((n) => ({
    value:
      typeof n === "number" ? { case: "dimValue" as const, value: BigInt(n) } : { case: "dimParam" as const, value: n },
  }));
  return create(ValueInfoProtoSchema, {
    name,
    docString: meaning,
    type: { tensorType: { elemType: FLOAT, shape: { dim } } },
  });
}
