/** @file Models as files and open models: predictions in the data's own words, alone as in company, with modalities missing. */
import { describe, expect, it } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32 } from "../../src/core/tensor.ts";
import { takeRows } from "../../src/data/dataset.ts";
import { inputsOf } from "../../src/data/inputs.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { loadModel, openModel, saveModel } from "../../src/runs/model.ts";
import { fit } from "../../src/train/fit.ts";
import { rejected } from "../data/fixtures/reference.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture(3);
const method = joint({ encoders: { a: mlp([8, 6]), b: mlp([8, 6]) }, embedding: 4 }) as Method;
const options = { seed: 1, batchSize: 32, threads: 1, epochs: 2 } as const;

describe("a model that is saved and opened", async () => {
  const fitted = await fit(method, data, options);
  const folder = memoryFolder("shelf");
  await saveModel(fitted, folder);

  it("is the same model", async () => {
    const again = await loadModel(folder);
    expect(again.state).toEqual(fitted.state);
    expect(again.calibration).toEqual(fitted.calibration);
  });

  it("predicts classes with probabilities; one sample says alone what it says in company, to the bit", async () => {
    const model = await openModel(folder, { batchSize: 16 });
    const all = await model.predict(data.test);
    expect(all).toHaveLength(data.test.size);
    for (const { label, values } of all) {
      expect(Object.values(values).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
      expect(values[label!]).toBe(Math.max(...Object.values(values)));
    }
    for (const row of [0, 7]) {
      const { modalities } = takeRows(data.test, [row]);
      expect(await model.predict(inputsOf(modalities))).toEqual([all[row]]);
    }
    await model.dispose();
  });

  it("predicts without a modality", async () => {
    const model = await openModel(folder);
    const { modalities } = takeRows(data.test, [0, 1]);
    const [first, second] = await model.predict(inputsOf(modalities, { a: Uint8Array.of(0, 1) }));
    const without = inputsOf(
      { a: float32([1, 8]), b: takeRows(data.test, [0]).modalities.b! },
      { a: Uint8Array.of(0) },
    );
    expect(await model.predict(without)).toEqual([first]);
    expect(second).not.toEqual(first);
    await model.dispose();
  });
});

it("values come in the data's unit, labels with the probability of yes", async () => {
  for (const target of ["regression", "multilabel"] as const) {
    const { splits } = sums({ seed: 3, features: 5, target, samples: { train: 60, validation: 40, test: 20 } });
    const encoders = { a: mlp([5, 4]), b: mlp([5, 4]) };
    const fitted = await fit(joint({ encoders, embedding: 4 }) as Method, splits, options);
    const folder = memoryFolder();
    await saveModel(fitted, folder, "sums.safetensors");
    await saveModel(await loadModel(folder, "sums.safetensors"), folder);
    const model = await openModel(folder);
    const answers = await model.predict(splits.test);
    expect(Object.keys(answers[0]!.values)).toEqual(splits.test.target.names);
    expect(answers[0]!.label).toBeUndefined();
    if (target === "multilabel")
      for (const { values } of answers) for (const p of Object.values(values)) expect(p).toBeLessThanOrEqual(1);
    await model.dispose();
  }
});

describe("refuses", () => {
  it("a folder without a model", async () => {
    expect((await rejected(openModel(memoryFolder("empty")))).message).toMatch(
      /empty: there is no model model\.safetensors here/,
    );
  });
  it("arrays of different lengths", () => {
    expect(() => inputsOf({ a: float32([2, 8]), b: float32([3, 8]) })).toThrow(/b has 3 samples, the first modality 2/);
  });
});
