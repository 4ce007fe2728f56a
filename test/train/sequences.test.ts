/** @file Arrays of rank 3 from data to predictions: pooled and flattened, normalised or not, missing, resumed, stored, exported. */

import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type DataSplits, type Dataset, rowIds } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { classTarget } from "../../src/data/target.ts";
import { pool } from "../../src/encoders/pool.ts";
import { decodeWithChecksum, encodeWithChecksum } from "../../src/evaluation/checksum.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { decodeModel, encodeModel } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { fit } from "../../src/train/fit.ts";
import { expectResumed } from "../methods/resumed.ts";
import { difference } from "../support/numbers.ts";

const T = 6;
/** The class is whether one step, anywhere among six, has a large first feature; `still` [2, 2] says nothing. */
function made(name: string, samples: number, seed: number): Dataset {
  const draw = stream(seed, name);
  const clip = float32([samples, T, 3]);
  const still = float32([samples, 2, 2]);
  const labels = Int32Array.from({ length: samples }, (_, i) => i % 2);
  for (let i = 0; i < clip.data.length; i++) clip.data[i] = draw.normal();
  for (let i = 0; i < still.data.length; i++) still.data[i] = draw.normal();
  labels.forEach((label, i) => {
    if (label === 1) clip.data[(T * i + draw.below(T)) * 3] = 6;
  });
  return { name, ids: rowIds(samples), modalities: { clip, still }, ...classTarget(["no", "yes"], labels) };
}
const data: DataSplits = {
  train: made("train", 200, 1),
  validation: made("validation", 80, 2),
  test: made("test", 80, 3),
};
const method = (): Method =>
  joint({ encoders: { clip: pool([3, 8, 8]), still: mlp([4, 4]) }, embedding: 4, members: 1 });
const base = { seed: 1, batchSize: 32, threads: 1, epochs: 20, learningRate: 1e-2 } as const;

test("the maximum over steps finds what is anywhere; files and exports say the same", async () => {
  const fitted = await fit(method(), data, { ...base, normalize: { clip: "none" } });
  expect((await evaluate(fitted, data.test)).values.accuracy).toBeGreaterThan(0.95);
  expect(fitted.shapes).toEqual({ clip: [T, 3], still: [2, 2] });
  expect(Object.values(fitted.transforms).map(({ normalize }) => normalize)).toEqual(["none", "standard"]);

  const read = await decodeModel(await encodeModel(fitted), methodFrom, "model");
  expect(read.transforms).toEqual(fitted.transforms);
  const some = hideModalities(data.test, ["still"], [0, 3, 4]);
  for (const rows of [data.test, some]) {
    const expected = await predict(fitted, rows, { threads: 1 });
    expect((await predict(read, rows, { threads: 1 })).logits).toEqual(expected.logits);
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(toOnnx(fitted, { missing: true }));
    const feeds = Object.fromEntries(
      Object.entries(rows.modalities).map(([name, { data: values, shape }]) => [
        name,
        new ort.Tensor("float32", values, [...shape]),
      ]),
    );
    const present = Float32Array.from({ length: 160 }, (_, j) =>
      j % 2 === 1 ? (rows.present?.still?.[j >> 1] ?? 1) : 1,
    );
    const { logits } = await session.run({ ...feeds, present: new ort.Tensor("float32", present, [80, 2]) });
    expect(difference(expected.logits, logits!.data as Float32Array)).toBeLessThan(1e-5);
  }
});

test("a run on sequences that was stopped and resumed has the same bits", async () => {
  await expectResumed(method(), 2, [1, 30], data);
});

test("values that are not normalised are not scaled and not clipped", async () => {
  const far = { ...data, train: { ...data.train, modalities: { ...data.train.modalities } } };
  const options = { ...base, epochs: 1, calibrate: false } as const;
  const fitted = await fit(method(), far, { ...options, normalize: "none" });
  const times = (factor: number): Dataset => ({
    ...data.test,
    modalities: {
      ...data.test.modalities,
      still: float32(
        [80, 2, 2],
        data.test.modalities.still!.data.map((value) => factor * value),
      ),
    },
  });
  const [large, larger] = [await predict(fitted, times(1e3)), await predict(fitted, times(1e4))];
  expect(difference(large.logits, larger.logits)).toBeGreaterThan(0.1);
  const clipped = await fit(method(), far, options);
  const [a, b] = [await predict(clipped, times(1e6)), await predict(clipped, times(1e7))];
  expect(a.logits).toEqual(b.logits);
});

test("a normalisation of a modality or of a kind that does not exist is refused", async () => {
  const start = (normalize: object | string) => fit(method(), data, { ...base, normalize: normalize as never });
  await expect(start({ clap: "none" })).rejects.toThrow(
    /normalize\.clap: there is no modality "clap"; did you mean "clip"/,
  );
  await expect(start("minmax")).rejects.toThrow(/normalize: unknown normalisation "minmax".*standard, .*none/);
});

test("a model file without normalisations, as earlier versions wrote it, is of standardised vectors", async () => {
  const fitted = await fit(method(), data, { ...base, epochs: 1 });
  const { state, metadata } = await decodeWithChecksum(await encodeModel(fitted), {
    where: "model",
    advice: "",
    older: () => undefined,
  });
  const { modalities, ...description } = JSON.parse(metadata.dmil!) as Record<string, unknown>;
  expect(modalities).toEqual({
    clip: { kind: "vector", normalize: "standard" },
    still: { kind: "vector", normalize: "standard" },
  });
  const old = await encodeWithChecksum(state, { dmil: JSON.stringify(description) });
  const read = await decodeModel(old, methodFrom, "old");
  expect(read.transforms).toEqual(fitted.transforms);
  expect(await predict(read, data.test)).toEqual(await predict(fitted, data.test));
});
