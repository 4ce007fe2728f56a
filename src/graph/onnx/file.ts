/** @file ONNX files that others wrote: their inputs and values, and the same file with another output. */
import { create, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { dataError } from "../../core/errors.ts";
import { type ModelProto, ModelProtoSchema, type ValueInfoProto, ValueInfoProtoSchema } from "./schema/onnx_pb.ts";

/** Numbers of fields that the schema leaves out and the protobuf runtime keeps as they are. */
export const FIELDS = { subgraph: 6, subgraphs: 11, location: 14, functions: 25, valueInfo: 13 } as const;

/** Element types by their number in the format. */
const TYPES: Readonly<Record<number, string>> = { 1: "float32", 6: "int32", 7: "int64", 10: "float16", 11: "float64" };

/** An input of a file: its type, and its axes as sizes or names. */
export interface FileInput {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

/** Parses a file. @throws DataError if it is not an ONNX model, or keeps its weights in other files. */
export function parseOnnx(bytes: Uint8Array, where: string): ModelProto {
  const notOnnx = `${where}: this is not an ONNX model; give a file that ends in .onnx, as torch.onnx.export writes it.`;
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch {
    throw dataError(notOnnx, { where });
  }
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0 || model.opsetImport.length === 0) {
    throw dataError(notOnnx, { where });
  }
  if (graph.initializer.some((own) => hasField(own, FIELDS.location))) {
    throw dataError(
      `${where}: the model keeps its weights in other files, which would not be found later. Write it as one file: in Python onnx.save(onnx.load("FILE"), "FILE2").`,
      { where },
    );
  }
  return model;
}

/** Whether a message has a field that the schema leaves out. */
export function hasField(message: Message, no: number): boolean {
  return message.$unknown?.some((field) => field.no === no) ?? false;
}

/** The inputs that must be fed: those without a stored value. */
export function inputsOfFile({ graph }: ModelProto): FileInput[] {
  const stored = new Set(graph!.initializer.map(({ name }) => name));
  return graph!.input.filter(({ name }) => !stored.has(name)).map(inputOf);
}

function inputOf({ name, type }: ValueInfoProto): FileInput {
  const { elemType = 0, shape } = type?.tensorType ?? {};
  return {
    name,
    type: TYPES[elemType] ?? "other",
    shape: (shape?.dim ?? []).map(({ value }) =>
      value.case === "dimValue" ? Number(value.value) : (value.value ?? ""),
    ),
  };
}

/** Names of the outputs. */
export function outputsOfFile({ graph }: ModelProto): string[] {
  return graph!.output.map(({ name }) => name);
}

/** Names of all values that nodes compute. */
export function valuesOfFile({ graph }: ModelProto): string[] {
  return graph!.node.flatMap(({ output }) => output.filter((name) => name !== ""));
}

/** The file with one value as its only output; the runtime leaves out what it does not need. */
export function withOutput(model: ModelProto, name: string): Uint8Array {
  const { graph } = model;
  const known = graph!.output.find((own) => own.name === name);
  // The type of an inner value is inferred by the runtime.
  const output = [known ?? create(ValueInfoProtoSchema, { name })];
  return toBinary(ModelProtoSchema, { ...model, graph: { ...graph!, output } });
}
