/** @file The exported file, run by itself on raw data, says what `predict` says. */

import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { Tensor } from "../../src/core/tensor.ts";
import { VERSION } from "../../src/core/version.ts";
import { hideModalities, presenceMatrix } from "../../src/data/presence.ts";
import { labelsOf } from "../../src/data/target.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { ModelProtoSchema } from "../../src/graph/onnx/schema/onnx_pb.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";
import { smallDmil, smallMixture } from "../support/models.ts";
import { difference } from "../support/numbers.ts";

const data = smallMixture();
const options = { seed: 1, batchSize: 32, threads: 1 } as const;

test("dmil: prediction, unimodal predictions, gate and components, for any batch", async () => {
  const ort = await import("onnxruntime-node");
  const fitted = await fit(smallDmil(), data, { ...options, epochs: { intra: 2, components: 2, whole: 2 } });
  const session = await ort.InferenceSession.create(toOnnx(fitted));
  expect(session.inputNames).toEqual(["a", "b"]);
  expect(session.outputNames).toEqual([
    "probabilities",
    "logits",
    "unimodal",
    "unimodal_probabilities",
    "gate",
    "components",
    "contributions",
    "bits",
  ]);
  const ours = await predict(fitted, data.test);
  for (const count of [1, 2, 60]) {
    const feeds = Object.fromEntries(
      Object.entries(data.test.modalities).map(([name, { data: values }]) => [
        name,
        new ort.Tensor("float32", values.slice(0, count * 8), [count, 8]),
      ]),
    );
    const out = await session.run(feeds);
    const get = (name: string): Float32Array => out[name]!.data as Float32Array;
    expect(difference(ours.logits.subarray(0, count * 2), get("logits"))).toBeLessThan(1e-5);
    const names = Object.keys(ours.components);
    expect(names).toEqual(["redundant", "unique_a", "unique_b", "synergistic"]);
    names.forEach((name, c) => {
      const { gate, logits, contribution } = ours.components[name]!;
      const shares = Float32Array.from({ length: count }, (_, i) => get("gate")[i * 4 + c]!);
      expect(difference(gate.subarray(0, count), shares)).toBeLessThan(1e-5);
      const own = Float32Array.from(
        { length: count * 2 },
        (_, j) => get("components")[(Math.floor(j / 2) * 4 + c) * 2 + (j % 2)]!,
      );
      expect(difference(logits.subarray(0, count * 2), own)).toBeLessThan(1e-5);
      const added = Float32Array.from(
        { length: count * 2 },
        (_, j) => get("contributions")[(Math.floor(j / 2) * 4 + c) * 2 + (j % 2)]!,
      );
      expect(difference(contribution.subarray(0, count * 2), added)).toBeLessThan(1e-5);
    });
    const alone = Float32Array.from(
      { length: count * 2 },
      (_, j) => get("unimodal")[(Math.floor(j / 2) * 2 + 1) * 2 + (j % 2)]!,
    );
    expect(difference(ours.unimodal.b!.subarray(0, count * 2), alone)).toBeLessThan(1e-5);
  }
});

test("inputs keep the shape of the data, with its own sizes", async () => {
  const ort = await import("onnxruntime-node");
  const square = (split: typeof data.train) => ({
    ...split,
    modalities: { ...split.modalities, a: { ...split.modalities.a!, shape: [split.size, 2, 4] } },
  });
  const shaped = { train: square(data.train), validation: square(data.validation), test: square(data.test) };
  const method = joint({ encoders: { a: mlp([8, 4]), b: mlp([8, 4]) }, embedding: 3 });
  const fitted = await fit(method, shaped, { ...options, epochs: { whole: 1 } });
  const session = await ort.InferenceSession.create(toOnnx(fitted));
  const out = await session.run({
    a: new ort.Tensor("float32", shaped.test.modalities.a.data, [60, 2, 4]),
    b: new ort.Tensor("float32", data.test.modalities.b!.data, [60, 8]),
  });
  const ours = await predict(fitted, shaped.test);
  expect(difference(ours.logits, out.logits!.data as Float32Array)).toBeLessThan(1e-5);
  expect(methodFrom("joint", method.description).description).toEqual(method.description);
});

test("with an input that says what is missing: as predict on data with gaps, whatever stands in them", async () => {
  const ort = await import("onnxruntime-node");
  const fitted = await fit(smallDmil(), data, { ...options, epochs: { intra: 2, components: 2, whole: 2 } });
  const session = await ort.InferenceSession.create(toOnnx(fitted, { missing: true }));
  expect(session.inputNames).toEqual(["a", "b", "present"]);
  const rows = (first: number): number[] => [...labelsOf(data.test).keys()].filter((row) => row % 3 === first);
  const masked = hideModalities(hideModalities(data.test, ["a"], rows(0)), ["b"], rows(1));
  const ours = await predict(fitted, masked);
  for (const gap of [Number.NaN, 50]) {
    const feeds = Object.fromEntries(
      Object.entries(masked.modalities).map(([name, { data: values }]) => [
        name,
        new ort.Tensor(
          "float32",
          values.map((v, i) => (masked.present![name]![Math.floor(i / 8)] === 0 ? gap : v)),
          [60, 8],
        ),
      ]),
    );
    const present = new ort.Tensor("float32", presenceMatrix(masked, ["a", "b"]), [60, 2]);
    const out = await session.run({ ...feeds, present });
    expect(difference(ours.logits, out.logits!.data as Float32Array)).toBeLessThan(1e-5);
    const alone = out.unimodal!.data as Float32Array;
    const b = Float32Array.from({ length: 120 }, (_, j) => alone[(Math.floor(j / 2) * 2 + 1) * 2 + (j % 2)]!);
    expect(difference(ours.unimodal.b!, b)).toBeLessThan(1e-5);
  }
});

test("modalities may be called what inputs and outputs are called: each name is used once", async () => {
  const ort = await import("onnxruntime-node");
  const named = joint({
    encoders: { present: mlp([8, 4]), probabilities: mlp([8, 4]), prior: mlp([8, 4]) },
    embedding: 3,
  });
  const other = (split: typeof data.train) => {
    const { a, b } = split.modalities as { a: Tensor<"float32">; b: Tensor<"float32"> };
    return { ...split, modalities: { present: a, probabilities: b, prior: a } };
  };
  const splits = { train: other(data.train), validation: other(data.validation) };
  const fitted = await fit(named, splits, { ...options, epochs: { whole: 1 } });
  const session = await ort.InferenceSession.create(toOnnx(fitted, { missing: true }));
  expect(session.inputNames).toEqual(["modality.present", "modality.probabilities", "prior", "present"]);
  const { modalities } = other(data.test);
  const rows = (values: Tensor<"float32">) => new ort.Tensor("float32", values.data, [60, 8]);
  const out = await session.run({
    "modality.present": rows(modalities.present),
    "modality.probabilities": rows(modalities.probabilities),
    prior: rows(modalities.prior),
    present: new ort.Tensor("float32", new Float32Array(180).fill(1), [60, 3]),
  });
  const ours = await predict(fitted, other(data.test));
  expect(difference(ours.logits, out.logits!.data as Float32Array)).toBeLessThan(1e-5);
});

test("the file says what it is: names, shapes, calibration, version, how to call it; nodes have names to find one's way by", async () => {
  const fitted = await fit(smallDmil(), data, { ...options, epochs: { intra: 1, components: 1, whole: 1 } });
  const model = fromBinary(ModelProtoSchema, toOnnx(fitted));
  const told = Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value]));
  const read = (key: string): unknown => JSON.parse(told[key]!);
  expect(told).toMatchObject({ dmil: VERSION, method: "dmil-published" });
  expect(read("classes")).toEqual(["0", "1"]);
  expect(read("modalities")).toEqual(["a", "b"]);
  expect(read("shapes")).toEqual({ a: [8], b: [8] });
  expect(read("components")).toEqual(["redundant", "unique_a", "unique_b", "synergistic"]);
  expect(read("bits")).toEqual(["redundant", "unique_a", "unique_b", "synergistic", "total"]);
  expect(read("calibration")).toEqual(fitted.calibration);
  const graph = model.graph!;
  expect(Object.keys(read("outputs") as object)).toEqual(graph.output.map(({ name }) => name));
  expect(Object.keys(read("inputs") as object)).toEqual(["a", "b"]);
  expect(told.usage).toMatch(/probabilities \[batch, class\]: calibrated probability/);
  expect(graph.output.every(({ docString }) => docString.length > 20)).toBe(true);
  const names = graph.node.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).not.toContain("");
  expect(names).toEqual(
    expect.arrayContaining([
      "standardise.a/Sub",
      "encoders.a.0/Gemm",
      "encoders.b.embedding/Gemm",
      "probabilities",
      "bits",
    ]),
  );
  expect(graph.initializer.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["encoders.a.0.weight", "calibration.prediction.scale", "calibration.modalities.b.scale"]),
  );
});
