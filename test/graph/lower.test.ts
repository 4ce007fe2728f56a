import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { leaf } from "../../src/graph/expr.ts";
import { lower } from "../../src/graph/onnx/lower.ts";
import { ModelProtoSchema } from "../../src/graph/onnx/schema/onnx_pb.ts";
import { add, exp, matmul, mean, mul, reshape, split, stack, transpose } from "../../src/graph/ops/index.ts";
import { normals, x } from "../support/numbers.ts";

const nodesOf = (model: Uint8Array) => fromBinary(ModelProtoSchema, model).graph!.node;
const types = (model: Uint8Array) => nodesOf(model).map((node) => node.opType);

test("slices that tile an axis are one Split, also when they were made twice", () => {
  const a = x("a", [2, 6]);
  const [p, q] = split(a, 1, [2, 4]);
  const [again] = split(a, 1, [2, 4]);
  const f = add(mul(p!, again!), mean(q!, 1, true));
  const model = lower({ inputs: [{ name: "a", parts: [a] }], outputs: [{ name: "f", parts: [f] }] });
  expect(types(model).filter((type) => type === "Split" || type === "Slice")).toEqual(["Split"]);
});

test("equal nodes are emitted once", () => {
  const a = x("a", [2, 2]);
  const f = add(exp(a), exp(a));
  const model = lower({ inputs: [{ name: "a", parts: [a] }], outputs: [{ name: "f", parts: [f] }] });
  expect(types(model)).toEqual(["Exp", "Add", "Identity"]);
});

test("an open batch leaves no trace of the batch size", () => {
  const build = (batch: number): Uint8Array => {
    const data = leaf("input", "data", [batch, 2, 3]);
    const flat = matmul(reshape(data, [batch, 6]), leaf("parameter", "w", [6, 4]));
    const both = stack([flat, mul(flat, 2)]);
    const f = reshape(transpose(both, [1, 0, 2]), [batch, 8]);
    const w = { dtype: "float32" as const, shape: [6, 4], data: normals([6, 4], 1) };
    return lower({
      inputs: [{ name: "data", parts: [data] }],
      outputs: [{ name: "f", parts: [f] }],
      stored: { w },
      openBatch: true,
    });
  };
  expect(build(3)).toEqual(build(7));
  const { input, output } = fromBinary(ModelProtoSchema, build(3)).graph!;
  const dims = (info: typeof input) => info[0]!.type!.tensorType!.shape!.dim.map((d) => String(d.value.value));
  expect([dims(input), dims(output)]).toEqual([
    ["batch", "2", "3"],
    ["batch", "8"],
  ]);
});

test("an output that mixes samples cannot have an open batch", () => {
  const data = leaf("input", "data", [3, 2]);
  const f = mul(data, mean(data, 0, true));
  const options = { inputs: [{ name: "data", parts: [data] }], outputs: [{ name: "f", parts: [f] }], openBatch: true };
  expect(() => lower(options)).toThrowError(/^mean of shape \[1, 2\] mixes the samples of a batch.*scope\.statistic/);
});
