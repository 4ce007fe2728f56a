/** @file Models of every method and kind of target for tests of exported files: what to feed, and what `explain` says of it. */

import { float32 } from "../../src/core/tensor.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { hideModalities, presenceMatrix } from "../../src/data/presence.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { forward, parametersOf } from "../../src/engine/graph.ts";
import { type Fitted, widthsOf } from "../../src/evaluation/model.ts";
import { type Predictions, predict } from "../../src/evaluation/predict.ts";
import { report } from "../../src/interactions/explain.ts";
import { type Cell, type SampleReport, sampleRow } from "../../src/interactions/report.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { methodNamed, methodNames, resolveMethod } from "../../src/methods/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { fitTransforms } from "../../src/modalities/index.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState } from "../../src/nn/module.ts";
import { targetTypes } from "../../src/targets/index.ts";
import { PRIOR } from "../../src/targets/task.ts";
import { methodOf } from "./models.ts";

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
  multilabel: sums({ seed: 3, features: 5, target: "multilabel", samples: sizes }).splits,
  regression: sums({ seed: 3, features: 5, samples: sizes }).splits,
} satisfies Record<string, DataSplits>;

/** Rows lack the modalities in turn, and one of three lacks none. */
function gaps(data: Dataset, modalities: readonly string[]): Dataset {
  const every = modalities.length + 1;
  return modalities.reduce((shown, name, m) => {
    const rows = [...data.ids.keys()].filter((row) => row % every === m);
    return hideModalities(shown, [name], rows);
  }, data);
}

const scalings = [
  { scale: 2.3, doubt: 0.2 },
  { scale: 0.6, doubt: 0 },
  { scale: 5, doubt: 0.9 },
] as const;

/** A model as if trained, its first numbers made larger, with every form of calibration: with doubt and without, with weights of components. */
export function modelOf(method: Method, { train }: DataSplits): Fitted {
  const { modalities } = method;
  const type = targetTypes[train.target.kind];
  const target = type.fit(train.target);
  const shapes = Object.fromEntries(modalities.map((name) => [name, train.modalities[name]!.shape.slice(1)]));
  const transforms = fitTransforms(train, modalities);
  const widths = { ...widthsOf({ method, shapes, transforms, target }), masked: true };
  const logPrior = type.prior(train.target);
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
    shapes,
    transforms: fitTransforms(train),
    state: { ...state, [PRIOR]: float32([K], logPrior) },
    target,
    calibration: {
      logPrior,
      prediction: { scale: 3.1, doubt: 0.3 },
      all: { scale: 1.7, doubt: 0.05 },
      modalities: byModality,
      ...(weights && { components: Object.fromEntries(weights) }),
      ...(!type.hasBits && {
        outputs: {
          prediction: logPrior.map((_, k) => 0.7 + 0.3 * k),
          modalities: target.kind === "regression" ? { a: logPrior.map(() => 1.4), b: logPrior.map(() => 0.6) } : {},
        },
      }),
    },
    history: [],
  };
}

/** A model, and data to ask it about. */
export interface ExportCase {
  readonly name: string;
  readonly fitted: Fitted;
  /** Without gaps, for a file without the input `present`; with gaps, for one with it. */
  readonly whole: Dataset;
  readonly gaps: Dataset;
}

function caseOf(name: string, method: Method, splits: DataSplits): ExportCase {
  const { test: whole } = splits;
  return { name, fitted: modelOf(method, splits), whole, gaps: gaps(whole, method.modalities) };
}

/** Every method and variant on every kind of target it serves, and one with three modalities. */
export function exportCases(): ExportCase[] {
  const three = ["a", "b", "c"];
  const encoders = Object.fromEntries(three.map((m) => [m, mlp([5, 6])]));
  const serves = (name: string, kind: "multilabel" | "regression"): boolean =>
    methodNamed(resolveMethod(name).method).targets.includes(kind) &&
    (kind === "multilabel" || name !== "ensemble-product");
  return [
    ...methodNames.map((name) => caseOf(`classes ${name}`, methodOf(name), mixture)),
    caseOf("three modalities", dmil({ encoders, embedding: 4 }), mixtureOf(three)),
    ...(["multilabel", "regression"] as const).flatMap((kind) =>
      methodNames
        .filter((name) => serves(name, kind))
        .map((name) => caseOf(`${kind} ${name}`, methodOf(name), targets[kind])),
    ),
  ];
}

/** An array to feed. */
export interface Fed {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What an exported file is fed, by input. Whatever stands where nothing was measured must not be read. */
export function feedsOf({ method }: Fitted, data: Dataset, missing: boolean): Record<string, Fed> {
  const N = data.ids.length;
  const { modalities } = method;
  const feeds = modalities.map((name): [string, Fed] => {
    const { data: values, shape } = data.modalities[name]!;
    const hole = (i: number): boolean => data.present?.[name]?.[Math.floor((i * N) / values.length)] === 0;
    return [
      name,
      { dims: shape, data: Float32Array.from(values, (v, i) => (hole(i) ? (i % 2 === 0 ? Number.NaN : 50) : v)) },
    ];
  });
  const present: Fed = { dims: [N, modalities.length], data: presenceMatrix(data, modalities) };
  return Object.fromEntries(missing ? [...feeds, ["present", present]] : feeds);
}

/** The rows of `dmil explain`. */
export async function rowsOf(fitted: Fitted, data: Dataset): Promise<Record<string, Cell>[]> {
  return report(await predict(fitted, data), data, fitted).samples.map(sampleRow);
}

/** What the file must say, by output: the columns of `explain` and what `predict` gives besides. */
export function expectedOf(
  { kind }: Fitted["target"],
  { logits }: Predictions,
  samples: readonly SampleReport[],
): Record<string, ArrayLike<number>> {
  const rows = samples.map(sampleRow);
  const begins = (start: string): number[] =>
    rows.flatMap((row) =>
      Object.entries(row).flatMap(([name, cell]) => (name.startsWith(start) ? [cell as number] : [])),
    );
  const gate = begins("gate_");
  const shares = gate.length > 0 ? { gate } : {};
  if (kind === "multiclass") return { probabilities: begins("p_"), logits, bits: begins("bits_"), ...shares };
  const [prediction, alone] = [begins("prediction_"), begins("pred_only_")];
  return kind === "regression"
    ? { values: prediction, unimodal: alone, ...shares }
    : { probabilities: prediction, logits, unimodal_probabilities: alone, ...shares };
}
