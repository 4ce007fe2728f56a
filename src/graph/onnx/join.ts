/** @file Puts the graph of one ONNX file before that of another: names get a prefix, versions of operators are brought together. */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { configError } from "../../core/errors.ts";
import { FIELDS, hasField } from "./file.ts";
import {
  type AttributeProto,
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  type NodeProto,
  type OperatorSetIdProto,
  OperatorSetIdProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from "./schema/onnx_pb.ts";

/** The version of ONNX's own operators in files of this package (lower.ts). */
const OURS = 21;

/** Since this version the operators in use have their present meaning, with the exceptions below. */
const OLDEST = 13;

/** Operators that had another meaning before a version. */
const CHANGED: Readonly<Record<string, number>> = {
  GridSample: 20,
  RoiAlign: 16,
  GroupNormalization: 21,
  Upsample: 99,
};

/** Reductions whose axes are an attribute before version 18, and an input since. */
const REDUCTIONS = /^Reduce(L1|L2|LogSum|LogSumExp|Max|Mean|Min|Prod|SumSquare)$/;
const INT64 = 7;

/** The parts of a file under a prefix: nodes in the present version of their operators, and stored values. */
export interface Prefixed {
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
}

/** @throws ConfigError for operators that cannot be brought to the version of the other file; `where` names the file. */
export function prefixed(model: ModelProto, prefix: string, where: string): Prefixed {
  const version = versionOf(model, where);
  const { graph } = model;
  const initializers = graph!.initializer.map((own) => ({ ...own, name: prefix + own.name }));
  const nodes = renamed(graph!, prefix).node.map((node) => upgraded(node, version, initializers, where));
  return { nodes, initializers };
}

function versionOf({ opsetImport }: ModelProto, where: string): number {
  const version = Number(opsetImport.find(({ domain }) => isOwn(domain))?.version ?? OURS);
  if (version >= OLDEST) return version;
  throw configError(
    `${where} has operators of version ${version}; version ${OLDEST} or later is needed to export it with the model. Export the network again, in PyTorch with torch.onnx.export(..., opset_version=${OURS}).`,
    { version },
  );
}

function isOwn(domain: string): boolean {
  return domain === "" || domain === "ai.onnx";
}

/** The operator sets and functions of both files. @throws ConfigError if they have different versions of one domain. */
export function mergedSets(
  outer: ModelProto,
  inner: ModelProto,
  where: string,
): Pick<ModelProto, "irVersion" | "opsetImport" | "$unknown"> {
  const sets = new Map(outer.opsetImport.map(({ domain, version }) => [domain, version]));
  for (const { domain: given, version } of inner.opsetImport) {
    const domain = isOwn(given) ? "" : given;
    const known = sets.get(domain) ?? version;
    if (domain !== "" && known !== version) {
      throw configError(`${where} has operators of ${domain} in version ${version}, and another file in ${known}.`);
    }
    sets.set(domain, later(known, version));
  }
  const functions = (inner.$unknown ?? []).filter(({ no }) => no === FIELDS.functions);
  return {
    irVersion: later(outer.irVersion, inner.irVersion),
    opsetImport: [...sets].map(
      ([domain, version]): OperatorSetIdProto => create(OperatorSetIdProtoSchema, { domain, version }),
    ),
    $unknown: [...(outer.$unknown ?? []), ...functions],
  };
}

/** Versions are 64-bit integers in the format. */
function later(a: bigint, b: bigint): bigint {
  return BigInt(Math.max(Number(a), Number(b)));
}

/** The nodes of a graph, and of graphs inside them, with a prefix before every name. */
function renamed(graph: GraphProto, prefix: string): GraphProto {
  const name = (own: string): string => (own === "" ? "" : prefix + own);
  return {
    ...graph,
    node: graph.node.map((node) => ({
      ...node,
      name: name(node.name),
      input: node.input.map(name),
      output: node.output.map(name),
      domain: isOwn(node.domain) ? "" : node.domain,
      attribute: node.attribute.map((attribute) => withSubgraphs(attribute, prefix)),
    })),
    initializer: graph.initializer.map((own) => ({ ...own, name: name(own.name) })),
    input: graph.input.map((own) => ({ ...own, name: name(own.name) })),
    output: graph.output.map((own) => ({ ...own, name: name(own.name) })),
    // Types of inner values carry names without the prefix; the runtime infers them.
    $unknown: graph.$unknown?.filter(({ no }) => no !== FIELDS.valueInfo),
  };
}

/** Branches and loop bodies, which the schema leaves out, with the prefix. */
function withSubgraphs(attribute: AttributeProto, prefix: string): AttributeProto {
  if (!hasField(attribute, FIELDS.subgraph) && !hasField(attribute, FIELDS.subgraphs)) return attribute;
  return {
    ...attribute,
    $unknown: attribute.$unknown!.map((field) => {
      if (field.no !== FIELDS.subgraph && field.no !== FIELDS.subgraphs) return field;
      const inner = renamed(fromBinary(GraphProtoSchema, new BinaryReader(field.data).bytes()), prefix);
      const data = new BinaryWriter().bytes(toBinary(GraphProtoSchema, inner)).finish();
      return { no: field.no, wireType: WireType.LengthDelimited, data };
    }),
  };
}

/** A node in the present form of its operator; new constants are added to `initializers`. */
function upgraded(node: NodeProto, version: number, initializers: TensorProto[], where: string): NodeProto {
  if (node.domain !== "" || version >= OURS) return node;
  const since = CHANGED[node.opType];
  if (since !== undefined && version < since) {
    throw configError(
      `${where} uses ${node.opType} of version ${version}, whose meaning has changed since. Export the network again, in PyTorch with torch.onnx.export(..., opset_version=${OURS}).`,
      { operator: node.opType, version },
    );
  }
  if (version >= 18) return node;
  const axes = node.attribute.find(({ name }) => name === "axes");
  if (REDUCTIONS.test(node.opType) && axes !== undefined) {
    const name = `${node.output[0]}/axes`;
    const rawData = new Uint8Array(BigInt64Array.from(axes.ints).buffer);
    initializers.push(create(TensorProtoSchema, { name, dims: [BigInt(axes.ints.length)], dataType: INT64, rawData }));
    return { ...node, input: [node.input[0]!, name], attribute: node.attribute.filter((own) => own !== axes) };
  }
  if (node.opType === "Split" && node.input.length < 2) return withCount(node);
  return node;
}

/** Since version 18 a Split into equal parts says how many they are. */
function withCount(node: NodeProto): NodeProto {
  const INT = 2;
  const [like] = node.attribute;
  const count: AttributeProto = {
    ...(like ?? { $typeName: "onnx.AttributeProto", f: 0, s: new Uint8Array(), floats: [], ints: [] }),
    name: "num_outputs",
    type: INT,
    i: BigInt(node.output.length),
  };
  return { ...node, attribute: [...node.attribute, count] };
}
