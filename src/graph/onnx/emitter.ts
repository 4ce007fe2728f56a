/** @file Collects ONNX nodes and constants; equal nodes are emitted once. */
import { create } from "@bufbuild/protobuf";
import type { Shape } from "../../core/shape.ts";
import {
  type AttributeProto,
  AttributeProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "./schema/onnx_pb.ts";

/** Attributes of an ONNX node: numbers are integers, `{ float }` is a float. */
type OnnxAttributes = Readonly<Record<string, number | readonly number[] | string | { readonly float: number }>>;

export const FLOAT = 1;
const INT32 = 6;
const INT64 = 7;
const BOOL = 9;
const encoder = new TextEncoder();

/** The interface that op records use. All methods return the name of the value that they emit. */
export class Emitter {
  readonly nodes: NodeProto[] = [];
  readonly initializers: TensorProto[] = [];
  /** Domains used besides ONNX's own. */
  readonly domains: Set<string> = new Set();
  readonly #known = new Map<string, string[]>();
  readonly #taken = new Set<string>();
  #count = 0;
  /** Prefix of node names in exported files; without it nodes have no names. */
  scope: string | undefined;
  /** The row axis of the node being lowered, if the batch axis is dynamic; reshapes infer the size of that axis. */
  openAxis: number | undefined;

  /** Convolutions are direct products, without Winograd's rounding. */
  readonly exact: boolean;

  constructor(exact = false) {
    this.exact = exact;
  }

  /** An unused name: `wanted` itself if it is free. */
  free(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#taken.add(name);
    return name;
  }

  name(): string {
    return this.scope === undefined ? `v${this.#count++}` : this.free(`v${this.#count++}`);
  }

  /** One node with one output. */
  node(type: string, inputs: readonly string[], attributes: OnnxAttributes = {}, domain = ""): string {
    return this.nodeOf(type, inputs, attributes, 1, domain)[0]!;
  }

  /** One node with several outputs. */
  nodeOf(type: string, inputs: readonly string[], attributes: OnnxAttributes, outputs: number, domain = ""): string[] {
    const key = JSON.stringify([type, inputs, attributes, outputs]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { scope } = this;
    const names = Array.from({ length: outputs }, () =>
      scope === undefined ? this.name() : this.free(`${scope}/${type}`),
    );
    this.#known.set(key, names);
    if (domain !== "") this.domains.add(domain);
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    const name = scope === undefined ? "" : names[0]!;
    this.nodes.push(
      create(NodeProtoSchema, { name, opType: type, input: [...inputs], output: names, attribute, domain }),
    );
    return names;
  }

  /** Gives a value its public name. */
  output(from: string, name: string): void {
    const own = this.scope === undefined ? "" : name;
    this.nodes.push(create(NodeProtoSchema, { name: own, opType: "Identity", input: [from], output: [name] }));
  }

  /** Equal small constants are emitted once, unless they have an explicit name. */
  constant(shape: Shape, data: Float32Array, own?: string): string {
    const key = own === undefined && data.length <= 64 ? `constant ${shape.join()} ${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known[0]!;
    const name = own ?? this.name();
    if (key !== undefined) this.#known.set(key, [name]);
    this.initializers.push(
      create(TensorProtoSchema, {
        dims: shape.map(BigInt),
        dataType: FLOAT,
        name,
        rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      }),
    );
    return name;
  }

  /** A list of integers, as shapes, axes and sizes are passed. */
  integers(values: readonly number[]): string {
    const key = `integers ${values.join()}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known[0]!;
    const name = this.name();
    this.#known.set(key, [name]);
    const rawData = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
    this.initializers.push(
      create(TensorProtoSchema, { dims: [BigInt(values.length)], dataType: INT64, name, rawData }),
    );
    return name;
  }

  /** A table of indices, for Gather. Equal keys are equal tables, which are made and emitted once. */
  indices(key: string, shape: Shape, make: () => Int32Array): string {
    return this.#table(`indices ${key}`, shape, INT32, make);
  }

  /** A constant that is made and emitted once for equal keys. */
  table(key: string, shape: Shape, make: () => Float32Array): string {
    return this.#table(`table ${key}`, shape, FLOAT, make);
  }

  #table(key: string, shape: Shape, dataType: number, make: () => Int32Array | Float32Array): string {
    const known = this.#known.get(key);
    if (known !== undefined) return known[0]!;
    const name = this.name();
    this.#known.set(key, [name]);
    const { buffer, byteOffset, byteLength } = make();
    const rawData = new Uint8Array(buffer, byteOffset, byteLength);
    this.initializers.push(create(TensorProtoSchema, { dims: shape.map(BigInt), dataType, name, rawData }));
    return name;
  }

  reduce(
    type: string,
    input: string,
    { axes, keep }: { readonly axes: readonly number[]; readonly keep: boolean },
  ): string {
    return this.node(type, [input, this.integers(axes)], { keepdims: Number(keep) });
  }

  cast(input: string, to: "float" | "bool" | "int32" = "float"): string {
    return this.node("Cast", [input], { to: { float: FLOAT, bool: BOOL, int32: INT32 }[to] });
  }

  reshape(input: string, shape: Shape): string {
    return this.node("Reshape", [input, this.integers(shape.map((n, i) => (i === this.openAxis ? -1 : n)))]);
  }

  /** A stack of matrix products. Transposed operands use the runtime's fused form, which only gradients need. */
  matmul(a: string, b: string, transposeA: boolean, transposeB: boolean): string {
    if (!transposeA && !transposeB) return this.node("MatMul", [a, b]);
    const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
    return this.node("FusedMatMul", [a, b], attributes, "com.microsoft");
  }
}

function attributeProto(name: string, value: OnnxAttributes[string]): AttributeProto {
  if (typeof value === "number") return create(AttributeProtoSchema, { name, type: 2, i: BigInt(value) });
  if (typeof value === "string") return create(AttributeProtoSchema, { name, type: 3, s: encoder.encode(value) });
  if ("float" in value) return create(AttributeProtoSchema, { name, type: 1, f: value.float });
  return create(AttributeProtoSchema, { name, type: 7, ints: value.map(BigInt) });
}
