/** @file Padded sequences and token ids from data to predictions: trained, missing, resumed, stored, exported. */

import { expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type DataSplits, type Dataset, rowIds, takeRows } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { classTarget } from "../../src/data/target.ts";
import { gru } from "../../src/encoders/gru.ts";
import { text } from "../../src/encoders/text.ts";
import { transformer } from "../../src/encoders/transformer.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { decodeModel, encodeModel } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { planRun } from "../../src/runs/plan.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { fit } from "../../src/train/fit.ts";
import { expectResumed } from "../methods/resumed.ts";
import { difference } from "../support/numbers.ts";

const [T, F, WORDS] = [7, 3, 5];
/** The class is the sign of the last valid step of `clip`, and whether `words` has the token 3. */
function made(name: string, samples: number, seed: number): Dataset {
  const draw = stream(seed, name);
  const clip = float32([samples, T, F]);
  const words = float32([samples, WORDS]);
  const labels = Int32Array.from({ length: samples }, (_, i) => i % 2);
  labels.forEach((label, i) => {
    const length = 1 + draw.below(T);
    for (let j = 0; j < T * F; j++) clip.data[i * T * F + j] = j < length * F ? draw.normal() : Number.NaN;
    clip.data[(i * T + length - 1) * F] = (2 * label - 1) * (0.5 + draw.uniform());
    const tokens = 1 + draw.below(WORDS);
    for (let t = 0; t < tokens; t++) words.data[i * WORDS + t] = 4 + draw.below(5);
    if (label === 1) words.data[i * WORDS + draw.below(tokens)] = 3;
  });
  return { name, ids: rowIds(samples), modalities: { clip, words }, ...classTarget(["no", "yes"], labels) };
}
const data: DataSplits = {
  train: made("train", 240, 1),
  validation: made("validation", 80, 2),
  test: made("test", 80, 3),
};
const methods: Readonly<Record<string, () => Method>> = {
  "gru and mean of tokens": () =>
    joint({
      encoders: { clip: gru(F, { width: 8, masked: true }), words: text(9, { width: 8, layers: 0 }) },
      embedding: 4,
      members: 1,
    }),
  transformers: () =>
    joint({
      encoders: {
        clip: transformer(F, { width: 8, heads: 2, layers: 1, pool: "last", dropout: 0.1, masked: true }),
        words: text(9, { width: 8, heads: 2, layers: 1, norm: "pre" }),
      },
      embedding: 4,
      members: 1,
    }),
};
const base = {
  seed: 1,
  batchSize: 32,
  threads: 1,
  epochs: 15,
  learningRate: 1e-2,
  normalize: { words: "none" },
} as const;

test.each(Object.entries(methods))(
  "%s learn; files and exports say the same, with missing samples too",
  async (_, method) => {
    const fitted = await fit(method(), data, base);
    expect((await evaluate(fitted, data.test)).values.accuracy).toBeGreaterThan(0.9);
    expect(fitted.shapes).toEqual({ clip: [T, F], words: [WORDS] });
    expect(fitted.transforms.clip!.kind).toBe("sequence");
    const read = await decodeModel(await encodeModel(fitted), methodFrom, "model");
    expect(read.transforms).toEqual(fitted.transforms);
    const some = hideModalities(hideModalities(data.test, ["clip"], [0, 3, 4]), ["words"], [1, 2]);
    const ort = await import("onnxruntime-node");
    const session = await ort.InferenceSession.create(toOnnx(fitted, { missing: true }));
    for (const rows of [data.test, some]) {
      const expected = await predict(fitted, rows, { threads: 1 });
      expect(expected.logits.every(Number.isFinite)).toBe(true);
      expect((await predict(read, rows, { threads: 1 })).logits).toEqual(expected.logits);
      // Evaluation does not depend on the batch.
      const one = await predict(fitted, takeRows(rows as Dataset, [3, 0]), { threads: 1, batchSize: 2 });
      expect(difference([...expected.logits.slice(6, 8), ...expected.logits.slice(0, 2)], one.logits)).toBeLessThan(
        1e-6,
      );
      const feeds = Object.fromEntries(
        Object.entries(rows.modalities).map(([name, { data: values, shape }]) => [
          name,
          new ort.Tensor("float32", values, [...shape]),
        ]),
      );
      const present = Float32Array.from(
        { length: 160 },
        (_, j) => rows.present?.[j % 2 === 0 ? "clip" : "words"]?.[j >> 1] ?? 1,
      );
      const { logits } = await session.run({ ...feeds, present: new ort.Tensor("float32", present, [80, 2]) });
      expect(difference(expected.logits, logits!.data as Float32Array)).toBeLessThan(1e-5);
    }
  },
);

test.each(Object.entries(methods))("%s that were stopped and resumed have the same bits", async (_, method) => {
  await expectResumed(method(), 2, [1, 33], data, { normalize: { words: "none" } });
});

test("settings make encoders that know of the padding, and of what texts need", () => {
  const settings = parseSettings({
    data: "folder",
    method: "joint",
    encoders: { clip: { kind: "gru", width: 8 }, words: { kind: "text", vocabulary: 9, layers: 0 } },
  });
  const { config, method } = planRun(settings, data.train);
  expect(config.normalize).toEqual({ words: "none" });
  expect(method.description.encoders.clip).toMatchObject({ kind: "gru", features: F, masked: true });
});

test("ids that the table does not have, and ids that are normalised, are refused before training and predicting", async () => {
  const start = (train: Dataset, normalize: object) =>
    fit(methods["gru and mean of tokens"]!(), { ...data, train }, { ...base, epochs: 1, ...normalize });
  const far = takeRows(data.train, [...data.train.ids.keys()]);
  far.modalities.words!.data[2 * WORDS] = 9;
  await expect(start(far, {})).rejects.toThrow(
    /modality words of the train data: row 2, token 0 \(from 0\) is 9; the vocabulary of 9/,
  );
  await expect(start(data.train, { normalize: "standard" })).rejects.toThrow(
    /Ids are whole numbers, 0 or more, and are not normalised/,
  );
  const fitted = await start(data.train, {});
  const wrong = takeRows(data.test, [0, 1]);
  wrong.modalities.words!.data[0] = -1;
  await expect(predict(fitted, wrong)).rejects.toThrow(
    /modality words of the test data: row 0, token 0 \(from 0\) is -1/,
  );
});
