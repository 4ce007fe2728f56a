/** @file Laws of missing modalities, over every method: nothing hidden is seen, nothing changes where nothing is missing. */

import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { float32 } from "../../src/core/tensor.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { labelsOf } from "../../src/data/target.ts";
import { parametersOf, stageGraph } from "../../src/engine/graph.ts";
import type { Fitted } from "../../src/evaluation/model.ts";
import { type Predictions, predict } from "../../src/evaluation/predict.ts";
import { asLeaf, topological } from "../../src/graph/expr.ts";
import { methodNames, methods } from "../../src/methods/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { initialState } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { logSoftmaxRows } from "../../src/targets/metrics.ts";
import { fit } from "../../src/train/fit.ts";
import { epochsOf, methodOf } from "../support/models.ts";
import { difference, normals } from "../support/numbers.ts";

const modalities = ["a", "b"];
const data = interactionMixture({
  classes: 3,
  noise: 0.3,
  samples: { train: 90, validation: 40, test: 40 }, // Equal sizes share a compiled graph.
  features: 5,
  modalities,
  shares: { redundant: 0.3, unique: 0.2, synergistic: 0.3 },
  seed: 3,
});
/** Rows 0, 3, .. lack b, rows 1, 4, .. of train and test lack a. */
const some = (split: Dataset): Dataset => {
  const every = (first: number): number[] => [...labelsOf(split).keys()].filter((row) => row % 3 === first);
  return hideModalities(hideModalities(split, ["b"], every(0)), ["a"], every(1));
};
const masked: DataSplits = { train: some(data.train), validation: some(data.validation), test: some(data.test) };

const train = (method: Method, splits: DataSplits, modalityDropout = 0): Promise<Fitted> =>
  fit(method, splits, { seed: 0, batchSize: 16, epochs: epochsOf(method), threads: 1, modalityDropout });

/** Everything a model says, as one list of numbers. */
const numbers = ({ logits, unimodal, components }: Predictions): number[] => [
  ...logits,
  ...Object.values(unimodal).flatMap((own) => [...own]),
  ...Object.values(components).flatMap((own) => [...own.logits, ...own.gate]),
];
/** The same data with other values (also NaN) where modalities are missing. */
const scrambled = (split: Dataset): Dataset => ({
  ...split,
  modalities: Object.fromEntries(
    Object.entries(split.modalities).map(([name, { shape, data: values }]) => [
      name,
      float32(
        shape,
        values.map((v, i) => (split.present?.[name]?.[Math.floor(i / 5)] === 0 ? (i % 2 === 0 ? Number.NaN : 99) : v)),
      ),
    ]),
  ),
});

describe.each(methodNames)("%s", (name) => {
  const method = methodOf(name);
  let known: Promise<Fitted> | undefined;
  /** The model of complete data, trained once. */
  const plainModel = (): Promise<Fitted> => (known ??= train(method, data));

  test("trained on complete data: answers without a modality, and never reads what is hidden", async () => {
    const fitted = await plainModel();
    const whole = await predict(fitted, data.test);
    const told = await predict(fitted, masked.test);
    expect(numbers(told).every(Number.isFinite)).toBe(true);
    expect(numbers(await predict(fitted, scrambled(masked.test)))).toEqual(numbers(told));
    // Rows 2, 5, .. have everything: as if nothing were missing elsewhere.
    const K = 3;
    for (let row = 2; row < data.test.size; row += 3) {
      expect(
        difference(told.logits.subarray(row * K, row * K + K), whole.logits.subarray(row * K, row * K + K)),
      ).toBeLessThan(1e-5);
      for (const own of modalities.filter((m) => whole.unimodal[m] !== undefined)) {
        const [x, y] = [told.unimodal[own]!, whole.unimodal[own]!].map((v) => v.subarray(row * K, row * K + K));
        expect(difference(x!, y!)).toBeLessThan(1e-5);
      }
    }
    // A missing modality says the class prior.
    const b = logSoftmaxRows(told.unimodal.b!.subarray(0, K), K);
    expect(difference(b, fitted.calibration.logPrior)).toBeLessThan(1e-6);
    for (const { gate } of Object.values(told.components)) expect(gate.every((share) => share >= 0)).toBe(true);
    for (let row = 0; row < data.test.size; row++) {
      const shares = Object.values(told.components).map(({ gate }) => gate[row]!);
      if (shares.length > 0) expect(shares.reduce((x, y) => x + y)).toBeCloseTo(1, 5);
    }
  });

  test("in training too, the graph does not read what is hidden", () => {
    for (const stage of method.stages) {
      const widths = { shapes: { a: [5], b: [5] }, classes: 3, masked: true };
      const graph = stageGraph(method, stage as never, widths, 6);
      const outputs = [graph.prediction, ...graph.terms.map(({ value }) => value)];
      const state = initialState(parametersOf(method, widths), 1);
      const present = Float32Array.from([1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1]);
      const values = (hidden: number): Record<string, ArrayLike<number>> =>
        Object.fromEntries(
          topological(outputs).flatMap((node, i) => {
            const found = asLeaf(node);
            if (found === undefined) return [];
            const own = state[found.name]?.data ?? normals(found.shape, i).map(Math.abs);
            if (found.name === "present") return [[found.name, present]];
            const m = ["modality.a", "modality.b"].indexOf(found.name);
            if (m < 0) return [[found.name, own]];
            return [[found.name, own.map((v, j) => (present[2 * Math.floor(j / 5) + m] === 0 ? hidden : v))]];
          }),
        );
      const run = (hidden: number) => interpret(outputs, values(hidden)).map(({ data: own }) => [...own]);
      expect(run(7), stage.name).toEqual(run(-1));
    }
  });

  // How training treats masks does not depend on a method's settings.
  if (!Object.hasOwn(methods, name)) return;

  test("masks of ones change no bit", async () => {
    const ones = (split: Dataset): Dataset => ({
      ...split,
      present: { a: new Uint8Array(split.size).fill(1) },
    });
    const plain = await plainModel();
    const full = await train(method, { train: ones(data.train), validation: ones(data.validation), test: data.test });
    expect(full.state).toEqual(plain.state);
    expect(numbers(await predict(full, ones(data.test)))).toEqual(numbers(await predict(plain, data.test)));
  });

  test("trained on data with gaps: learns nothing from what stands in them", async () => {
    const fitted = await train(method, masked);
    const odd = { train: scrambled(masked.train), validation: scrambled(masked.validation), test: masked.test };
    expect((await train(method, odd)).state).toEqual(fitted.state);
    expect(Object.values(fitted.state).every(({ data: values }) => values.every(Number.isFinite))).toBe(true);
    expect(numbers(await predict(fitted, masked.test)).every(Number.isFinite)).toBe(true);
  });

  test("modality dropout: the same seed, the same bits; not those without; resumed as if unbroken", async () => {
    const whole = await train(method, data, 0.5);
    expect((await train(method, data, 0.5)).state).toEqual(whole.state);
    const changed = Object.entries((await plainModel()).state).some(([key, { data: values }]) =>
      values.some((v, i) => v !== whole.state[key]?.data[i]),
    );
    expect(changed).toBe(true);

    const folder = memoryFolder();
    const abort = new AbortController();
    const options = {
      seed: 0,
      batchSize: 16,
      epochs: epochsOf(method),
      threads: 1,
      modalityDropout: 0.5,
      folder,
    } as const;
    let saved = 0;
    const broken = fit(method, data, {
      ...options,
      checkpointSeconds: 0,
      signal: abort.signal,
      onEvent: (event) => void (event.kind === "checkpoint" && ++saved === 4 && abort.abort()),
    });
    await expect(broken).rejects.toMatchObject({ fields: { interrupted: true } });
    expect((await fit(method, data, { ...options, resume: true })).state).toEqual(whole.state);
  });
});

test.each(["ensemble", "ensemble-logits", "ensemble-product", "qmf", "reconboost"])(
  "%s decides by the modality that is there, without the bias of the other's branch",
  async (name) => {
    const { logits, unimodal } = await predict(await train(methodOf(name), data), hideModalities(data.test, ["b"]));
    const K = 3;
    for (let row = 0; row < data.test.size; row++) {
      const [whole, alone] = [logits, unimodal.a!].map((all) => {
        const own = [...logSoftmaxRows(all.slice(row * K, row * K + K), K)];
        const middle = own.reduce((x, y) => x + y) / K;
        return own.map((v) => v - middle);
      });
      // Evidence in the same direction: one is a positive multiple of the other.
      const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, k) => sum + v * y[k]!, 0);
      expect(dot(whole!, alone!) / Math.sqrt(dot(whole!, whole!) * dot(alone!, alone!))).toBeCloseTo(1, 5);
    }
  },
);
