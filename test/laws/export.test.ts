/** @file Laws of exported files: run by themselves on raw data they say what `explain` reports, for every method and kind of target. */
import { describe, expect, test } from "vitest";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { hideModalities, presenceMatrix } from "../../src/data/presence.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { explain } from "../../src/interactions/explain.ts";
import { explainTarget, flattenTarget } from "../../src/interactions/explain-target.ts";
import { type Cell, flatten } from "../../src/interactions/report.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { methodNamed, methodNames, resolveMethod } from "../../src/methods/index.ts";
import { mlp } from "../../src/nn/mlp.ts";
import type { Calibration } from "../../src/train/calibrate.ts";
import { toOnnx } from "../../src/train/export.ts";
import { fit } from "../../src/train/fit.ts";
import type { Fitted } from "../../src/train/model.ts";
import { predict } from "../../src/train/predict.ts";
import { epochsOf, methodOf } from "../support/models.ts";
import { difference } from "../support/numbers.ts";

const base = { seed: 0, batchSize: 16, threads: 1 } as const;
const sizes = { train: 60, validation: 40, test: 30 };
const mixtureOf = (modalities: readonly string[]): DataSplits =>
  interactionMixture({
    classes: 3,
    noise: 0.3,
    samples: sizes,
    features: 5,
    modalities: [...modalities],
    shares: { redundant: 0.3, unique: 0.4 / modalities.length, synergistic: 0.3 },
    seed: 3,
  });
const mixture = mixtureOf(["a", "b"]);
const targets = {
  labels: sums({ seed: 3, features: 5, target: "labels", samples: sizes }).splits,
  values: sums({ seed: 3, features: 5, samples: sizes }).splits,
} satisfies Record<string, DataSplits>;

/** Rows lack the modalities in turn, and one of three lacks none. */
function gaps(data: Dataset, modalities: readonly string[]): Dataset {
  const every = modalities.length + 1;
  return modalities.reduce((shown, name, m) => {
    const rows = [...data.ids.keys()].filter((row) => row % every === m);
    return hideModalities(shown, [name], rows);
  }, data);
}

/** Named tables [row][...] of what the file says. */
async function said(fitted: Fitted, data: Dataset, missing: boolean): Promise<Record<string, Float32Array>> {
  const ort = await import("onnxruntime-node");
  const session = await ort.InferenceSession.create(toOnnx(fitted, { missing }));
  const { modalities } = fitted.method;
  const N = data.ids.length;
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => {
      if (name === "present") {
        return [name, new ort.Tensor("float32", presenceMatrix(data, modalities), [N, modalities.length])];
      }
      const { data: values, shape } = data.modalities[name]!;
      const hole = (i: number): boolean => data.present?.[name]?.[Math.floor((i * N) / values.length)] === 0;
      // Whatever stands where nothing was measured must not be read.
      const fed = Float32Array.from(values, (v, i) => (hole(i) ? (i % 2 === 0 ? Number.NaN : 50) : v));
      return [name, new ort.Tensor("float32", fed, [...shape])];
    }),
  );
  const out = await session.run(feeds);
  await session.release();
  return Object.fromEntries(Object.entries(out).map(([name, { data: own }]) => [name, own as Float32Array]));
}

/** The columns of reports whose names begin so, row by row. */
const columns = (rows: readonly Record<string, Cell>[], keep: (name: string) => boolean): number[] =>
  rows.flatMap((row) => Object.entries(row).flatMap(([name, cell]) => (keep(name) ? [cell as number] : [])));

async function expectClasses(fitted: Fitted, data: Dataset, missing: boolean): Promise<void> {
  const file = await said(fitted, data, missing);
  const { samples } = await explain(fitted, data);
  const rows = samples.map(flatten);
  const begins = (start: string) => columns(rows, (name) => name.startsWith(start));
  expect(difference(begins("p_"), file.probabilities!), "probabilities").toBeLessThan(1e-5);
  expect(difference(begins("bits_"), file.bits!), "bits").toBeLessThan(1e-4);
  expect(difference((await predict(fitted, data)).logits, file.logits!)).toBeLessThan(1e-5);
  const K = data.classes.length;
  const { modalities } = fitted.method;
  const gapsOfModalities = samples.flatMap((sample, i) =>
    modalities.map((name, m) => {
      const { prediction, probability } = sample.modalities[name]!;
      const k = data.classes.indexOf(prediction);
      return file.unimodal_probabilities![(i * modalities.length + m) * K + k]! - probability;
    }),
  );
  expect(Math.max(...gapsOfModalities.map(Math.abs)), "unimodal").toBeLessThan(1e-5);
  if (file.gate === undefined) expect(begins("gate_")).toEqual([]);
  else expect(difference(begins("gate_"), file.gate)).toBeLessThan(1e-5);
}

/** Scalings with doubt and without, and weights of components: whether a small model was given them or not. */
function scaledAtWill(fitted: Fitted): Fitted {
  const { modalities } = fitted.method;
  const scalings = [
    { scale: 2.3, doubt: 0.2 },
    { scale: 0.6, doubt: 0 },
    { scale: 5, doubt: 0.9 },
  ];
  const names = Object.keys(fitted.calibration.components ?? {});
  const calibration: Calibration = {
    ...fitted.calibration,
    prediction: { scale: 3.1, doubt: 0.3 },
    all: { scale: 1.7, doubt: 0.05 },
    modalities: Object.fromEntries(modalities.map((name, m) => [name, scalings[m]!])),
    ...(names.length > 0 && { components: Object.fromEntries(names.map((name, c) => [name, 0.5 + 0.4 * c])) }),
  };
  return { ...fitted, calibration };
}

describe("classes", () => {
  test.each(methodNames)("%s", async (name) => {
    const method = methodOf(name);
    const fitted = await fit(method, mixture, { ...base, epochs: epochsOf(method) });
    for (const own of [fitted, scaledAtWill(fitted)]) {
      await expectClasses(own, mixture.test, false);
      await expectClasses(own, mixture.test, true);
      await expectClasses(own, gaps(mixture.test, ["a", "b"]), true);
    }
  });

  test("three modalities: the second largest, whatever their order", async () => {
    const modalities = ["a", "b", "c"];
    const splits = mixtureOf(modalities);
    const method = dmil({ encoders: Object.fromEntries(modalities.map((m) => [m, mlp([5, 6])])), embedding: 4 });
    const fitted = scaledAtWill(await fit(method, splits, { ...base, epochs: epochsOf(method) }));
    await expectClasses(fitted, splits.test, true);
    await expectClasses(fitted, gaps(splits.test, modalities), true);
  });
});

describe.each(["labels", "values"] as const)("%s", (kind) => {
  const data = targets[kind];
  const serving = methodNames.filter((name) => methodNamed(resolveMethod(name).method).targets.includes(kind));
  test.each(serving.filter((name) => kind === "labels" || name !== "ensemble-product"))("%s", async (name) => {
    const method = methodOf(name);
    const fitted = await fit(method, data, { ...base, epochs: epochsOf(method) });
    for (const [own, missing] of [
      [data.test, false],
      [gaps(data.test, ["a", "b"]), true],
    ] as const) {
      const file = await said(fitted, own, missing);
      const rows = (await explainTarget(fitted, own)).samples.map(flattenTarget);
      const begins = (start: string) => columns(rows, (column) => column.startsWith(start));
      const prediction = kind === "labels" ? file.probabilities! : file.values!;
      expect(difference(begins("prediction_"), prediction)).toBeLessThan(1e-5);
      const alone = kind === "labels" ? file.unimodal_probabilities! : file.unimodal!;
      expect(difference(begins("pred_only_"), alone)).toBeLessThan(1e-5);
      if (file.gate !== undefined) expect(difference(begins("gate_"), file.gate)).toBeLessThan(1e-5);
      const others = {
        labels: ["values", "bits"],
        values: ["probabilities", "unimodal_probabilities", "logits", "bits"],
      };
      for (const absent of others[kind]) expect(Object.keys(file)).not.toContain(absent);
    }
  });
});
