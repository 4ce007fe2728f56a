/** @file Laws of exported files: run by themselves on raw data they say what `explain` reports, for every method and kind of target. */
import { describe, expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { hideModalities, presenceMatrix } from "../../src/data/presence.ts";
import { fitStandardiser } from "../../src/data/standardise.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { report } from "../../src/interactions/explain.ts";
import { explainTarget, flattenTarget } from "../../src/interactions/explain-target.ts";
import { type Cell, flatten } from "../../src/interactions/report.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { methodNamed, methodNames, resolveMethod } from "../../src/methods/index.ts";
import { type Method, PRIOR } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState } from "../../src/nn/module.ts";
import { toOnnx } from "../../src/train/export.ts";
import { forward, parametersOf } from "../../src/train/graph.ts";
import { type Fitted, widthsOf } from "../../src/train/model.ts";
import { predict } from "../../src/train/predict.ts";
import { fitTarget, priorOf } from "../../src/train/target.ts";
import { methodOf } from "../support/models.ts";
import { difference } from "../support/numbers.ts";

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

/** A file at work: named tables of what it says of data. */
async function opened(fitted: Fitted, missing: boolean) {
  const ort = await import("onnxruntime-node");
  const session = await ort.InferenceSession.create(toOnnx(fitted, { missing }));
  const { modalities } = fitted.method;
  return async (data: Dataset): Promise<Record<string, Float32Array>> => {
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
    return Object.fromEntries(Object.entries(out).map(([name, { data: own }]) => [name, own as Float32Array]));
  };
}

/** The columns of reports whose names begin so, row by row. */
const columns = (rows: readonly Record<string, Cell>[], keep: (name: string) => boolean): number[] =>
  rows.flatMap((row) => Object.entries(row).flatMap(([name, cell]) => (keep(name) ? [cell as number] : [])));

async function expectClasses(
  fitted: Fitted,
  data: Dataset,
  read: (data: Dataset) => Promise<Record<string, Float32Array>>,
): Promise<void> {
  const file = await read(data);
  const predictions = await predict(fitted, data);
  const { samples } = report(predictions, data, fitted.calibration);
  const rows = samples.map(flatten);
  const begins = (start: string) => columns(rows, (name) => name.startsWith(start));
  expect(difference(begins("p_"), file.probabilities!), "probabilities").toBeLessThan(1e-5);
  expect(difference(begins("bits_"), file.bits!), "bits").toBeLessThan(1e-4);
  expect(difference(predictions.logits, file.logits!)).toBeLessThan(1e-5);
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

const scalings = [
  { scale: 2.3, doubt: 0.2 },
  { scale: 0.6, doubt: 0 },
  { scale: 5, doubt: 0.9 },
] as const;

/** A model as if trained, its first numbers made larger, with every form of calibration: with doubt and without, with weights of components. */
function modelOf(method: Method, { train }: DataSplits): Fitted {
  const { modalities } = method;
  const target = fitTarget(train);
  const shapes = Object.fromEntries(modalities.map((name) => [name, train.modalities[name]!.shape.slice(1)]));
  const { classes } = train;
  const widths = { ...widthsOf({ shapes, classes, ...(target && { target }) }), masked: true };
  const logPrior = priorOf(train);
  const first = initialState(parametersOf(method, widths), 2);
  const state = Object.fromEntries(
    Object.entries(first).map(([name, { shape, data }]) => [
      name,
      float32(
        shape,
        data.map((v) => 2 * v),
      ),
    ]),
  );
  const { components } = forward(method, widths, 2, { training: false }).outputs;
  const weights = components?.names.map((name, c) => [name, 0.5 + 0.4 * c] as const);
  const byModality = Object.fromEntries(modalities.map((name, m) => [name, scalings[m]!]));
  const K = logPrior.length;
  return {
    method,
    classes,
    shapes,
    standardiser: fitStandardiser(train),
    state: { ...state, [PRIOR]: float32([K], logPrior) },
    ...(target && {
      target: {
        ...target,
        scale: {
          prediction: logPrior.map((_, k) => 0.7 + 0.3 * k),
          modalities: target.kind === "values" ? { a: logPrior.map(() => 1.4), b: logPrior.map(() => 0.6) } : {},
        },
      },
    }),
    calibration: {
      logPrior,
      prediction: { scale: 3.1, doubt: 0.3 },
      all: { scale: 1.7, doubt: 0.05 },
      modalities: byModality,
      ...(weights && { components: Object.fromEntries(weights) }),
    },
    history: [],
  };
}

describe("classes", () => {
  test.each(methodNames)("%s", async (name) => {
    const fitted = modelOf(methodOf(name), mixture);
    await expectClasses(fitted, mixture.test, await opened(fitted, false));
    const told = await opened(fitted, true);
    await expectClasses(fitted, mixture.test, told);
    await expectClasses(fitted, gaps(mixture.test, ["a", "b"]), told);
  });

  test("three modalities: the second largest, whatever their order", async () => {
    const modalities = ["a", "b", "c"];
    const splits = mixtureOf(modalities);
    const encoders = Object.fromEntries(modalities.map((m) => [m, mlp([5, 6])]));
    const fitted = modelOf(dmil({ encoders, embedding: 4 }), splits);
    const read = await opened(fitted, true);
    await expectClasses(fitted, splits.test, read);
    await expectClasses(fitted, gaps(splits.test, modalities), read);
  });
});

describe.each(["labels", "values"] as const)("%s", (kind) => {
  const data = targets[kind];
  const serving = methodNames.filter((name) => methodNamed(resolveMethod(name).method).targets.includes(kind));
  test.each(serving.filter((name) => kind === "labels" || name !== "ensemble-product"))("%s", async (name) => {
    const fitted = modelOf(methodOf(name), data);
    for (const [own, missing] of [
      [data.test, false],
      [gaps(data.test, ["a", "b"]), true],
    ] as const) {
      const file = await (await opened(fitted, missing))(own);
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
