/** @file Laws of methods over every kind of target: outputs, losses, training, export, missing modalities. */

import { describe, expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { DataSplits, Dataset } from "../../src/data/dataset.ts";
import { TARGET_KINDS, type TargetKind } from "../../src/data/kinds.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { classTarget } from "../../src/data/target.ts";
import { parametersOf, stageGraph, type Widths } from "../../src/engine/graph.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { decodeModel, encodeModel } from "../../src/evaluation/model.ts";
import { scorePatterns, simulatePatterns } from "../../src/evaluation/patterns.ts";
import { type Predictions, predict } from "../../src/evaluation/predict.ts";
import { score } from "../../src/evaluation/score.ts";
import { asLeaf, type Expr, topological } from "../../src/graph/expr.ts";
import { grad } from "../../src/graph/grad.ts";
import { methodFrom, methods } from "../../src/methods/index.ts";
import { everyTarget, type Method } from "../../src/methods/method.ts";
import { initialState } from "../../src/nn/module.ts";
import { planRun } from "../../src/runs/plan.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { targetTypes } from "../../src/targets/index.ts";
import { fit } from "../../src/train/fit.ts";
import { expectResumed } from "../methods/resumed.ts";
import { epochsOf, methodOf } from "../support/models.ts";
import { difference, normals } from "../support/numbers.ts";

const sizes = { train: 60, validation: 40, test: 30 };
/** Two values, far from mean 0 and deviation 1; a fifth of the training entries are unknown. */
function valueData(): DataSplits {
  const { splits } = sums({ seed: 3, features: 5, samples: sizes });
  const two = (split: Dataset): Dataset => {
    const { data } = split.target!.values;
    const both = [...data].flatMap((v, i) => [
      50 + 10 * v,
      split.name === "train" && i % 5 === 0 ? Number.NaN : v / 100,
    ]);
    const target = { kind: "regression", names: ["x", "y"], values: float32([data.length, 2], both) } as const;
    return { ...split, target };
  };
  return { train: two(splits.train), validation: two(splits.validation), test: two(splits.test) };
}
function labelData(): DataSplits {
  const { splits } = sums({ seed: 3, features: 5, target: "multilabel", samples: sizes });
  splits.train.target!.values.data.forEach((_, i, data) => {
    if (i % 9 === 0) data[i] = Number.NaN;
  });
  return splits;
}
/** Four steps of the sum, in order. */
function stepData(): DataSplits {
  const { splits } = sums({ seed: 3, features: 5, samples: sizes });
  const steps = (split: Dataset): Dataset => ({
    ...split,
    ...classTarget(
      ["none", "mild", "moderate", "severe"],
      split.target.values.data.map((v) => Number(v > -0.7) + Number(v > 0) + Number(v > 0.7)),
      "ordinal",
    ),
  });
  return { train: steps(splits.train), validation: steps(splits.validation), test: steps(splits.test) };
}
/** Every kind but classes, whose laws are those of methods.test.ts. */
const kinds: Readonly<Record<Exclude<TargetKind, "multiclass">, DataSplits>> = {
  ordinal: stepData(),
  multilabel: labelData(),
  regression: valueData(),
};
const others = TARGET_KINDS.filter((kind) => kind !== "multiclass");
/** One for each way of building outputs; laws of the others are those of classes. */
const serving = [
  "unimodal",
  "joint",
  "joint-bilinear",
  "ensemble",
  "ensemble-product",
  "mmml",
  "mmpareto",
  "mmtm",
  "greedy",
  "mmib",
  "i2m2",
  "dmil",
  "dmil-published",
  "dmil-purified",
];

const base = { seed: 0, batchSize: 16, threads: 1 } as const;
const numbers = ({ logits, unimodal, components }: Predictions): number[] => [
  ...logits,
  ...Object.values(unimodal).flatMap((own) => [...own]),
  ...Object.values(components).flatMap((own) => [...own.logits, ...own.gate]),
];
/** Random numbers for every leaf; the target as data has it, with a gap. */
function bindings(method: Method, widths: Widths, exprs: readonly Expr[], seed: number): Record<string, Float32Array> {
  const state = initialState(parametersOf(method, widths), seed);
  return Object.fromEntries(
    topological(exprs).flatMap((node, i) => {
      const found = asLeaf(node);
      if (found === undefined) return [];
      if (found.kind === "parameter") {
        const scale = found.name.startsWith("synergy.") ? 4 : 1 + seed / 4;
        const { data } = state[found.name]!;
        // What starts at 0 is given numbers, so that something rests on it.
        return [[found.name, data.every((v) => v === 0) ? normals(found.shape, seed) : data.map((v) => v * scale)]];
      }
      const values = normals(found.shape, 50 * seed + i);
      if (found.name === "target") {
        if (widths.kind !== "regression") values.forEach((v, j) => void (values[j] = Number(v > 0)));
        values[1] = Number.NaN;
      }
      return [[found.name, values]];
    }),
  );
}

test("methods whose mathematics allows it serve every kind; the others say why not", () => {
  const serving = (kind: keyof typeof kinds) =>
    Object.keys(methods).filter((name) => methods[name]!.targets.includes(kind));
  const everywhere = ["unimodal", "joint", "ensemble", "mmml", "mmpareto", "mmtm", "greedy", "mmib"];
  expect(serving("regression")).toEqual([...everywhere, "dmil", "dmil-published"]);
  expect(serving("multilabel")).toEqual([...everywhere, "i2m2", "dmil", "dmil-published"]);
  for (const { methodName, limit, targets } of Object.values(methods)) {
    expect(limit === undefined, methodName).toBe(targets.length === everyTarget.length);
  }
  const plan = (method: string, kind: keyof typeof kinds) => () =>
    planRun(parseSettings({ data: "d", method }), kinds[kind].train);
  expect(plan("ogm", "regression")).toThrowError(
    "ogm needs classes, because it compares modalities by the probability of the correct class; this data has values (x, y). Methods for values: unimodal, joint, ensemble, mmml, mmpareto, mmtm, greedy, mmib, dmil, dmil-published.",
  );
  expect(plan("i2m2", "regression")).toThrowError(
    "i2m2 needs classes or ordered classes or labels, because a product of experts multiplies probabilities; this data has values (x, y).",
  );
  expect(plan("pmr", "multilabel")).toThrowError(
    /pmr needs classes, because it has a prototype for each class; this data has labels \(redundant, .*\)\. Methods/,
  );
  expect(plan("joint", "regression")).not.toThrow();
});

describe.each(others)("%s", (kind) => {
  const data = kinds[kind];
  const K = targetTypes[kind].outputs(data.train.target.names);
  const names = serving.filter((name) => kind !== "regression" || !["ensemble-product", "i2m2"].includes(name));

  describe.each(names)("%s", (name) => {
    const method = methodOf(name);
    const widths: Widths = { shapes: { a: [5], b: [5] }, classes: K, kind };

    test.each(method.stages.map((stage) => [stage.name, stage] as const))(
      "stage %s: every loss term is named after its loss and moves something, gaps or not",
      (_, stage) => {
        const { terms, gradients } = stageGraph(method, stage as never, widths, 6);
        const parameters = [...gradients.values()].map(({ parameter }) => parameter);
        for (const { names: own, value } of terms) {
          own.forEach((term, i) => {
            expect(term).not.toMatch(/^ce\./);
            const only = grad([{ value, weights: own.map((_, j) => Number(i === j)) }], parameters);
            let size = 0;
            for (let seed = 1; seed <= 12 && size < 1e-12; seed++) {
              const found = interpret(only, bindings(method, widths, only, seed));
              expect(
                found.every(({ data: values }) => values.every(Number.isFinite)),
                term,
              ).toBe(true);
              size = found.reduce((sum, { data: values }) => sum + values.reduce((s, g) => s + g * g, 0), 0);
            }
            expect(size, `gradient of ${term}`).toBeGreaterThan(1e-12);
          });
        }
      },
    );

    test("trained, stored, exported: it says the same everywhere, in the data's unit, with modalities missing too", async () => {
      const ort = await import("onnxruntime-node");
      const fitted = await fit(method, data, { ...base, epochs: epochsOf(method) });
      const ours = await predict(fitted, data.test);
      expect(ours.logits).toHaveLength(30 * K);
      expect(numbers(ours).every(Number.isFinite)).toBe(true);
      const read = await decodeModel(await encodeModel(fitted), methodFrom, "model");
      expect(numbers(await predict(read, data.test))).toEqual(numbers(ours));
      // What the components add to the prior, or to the mean of values, is the prediction, in this unit too.
      const parts = Object.values(ours.components);
      if (parts.length > 0) {
        const start =
          fitted.target.units?.mean ??
          fitted.calibration.logPrior.map((v, l) => v * (fitted.calibration.outputs?.prediction[l] ?? 1));
        const added = ours.logits.map((_, i) =>
          parts.reduce((sum, { contribution }) => sum + contribution[i]!, start[i % K]!),
        );
        expect(difference(added, ours.logits)).toBeLessThan(1e-5);
      }
      const session = await ort.InferenceSession.create(toOnnx(fitted, { missing: true }));
      const rows = (own: Dataset): Record<string, InstanceType<typeof ort.Tensor>> => ({
        ...Object.fromEntries(
          ["a", "b"].map((m) => [m, new ort.Tensor("float32", own.modalities[m]!.data as Float32Array, [30, 5])]),
        ),
        present: new ort.Tensor(
          "float32",
          Float32Array.from({ length: 60 }, (_, i) => own.present?.[i % 2 ? "b" : "a"]?.[i >> 1] ?? 1),
          [30, 2],
        ),
      });
      const used = (feeds: Record<string, InstanceType<typeof ort.Tensor>>) =>
        Object.fromEntries(session.inputNames.map((input) => [input, feeds[input]!]));
      const gaps = hideModalities(hideModalities(data.test, ["b"], [0, 3]), ["a"], [1, 4]);
      for (const own of [data.test, gaps]) {
        const said = await predict(fitted, own);
        const out = await session.run(used(rows(own)));
        expect(
          difference(said.logits, out[kind === "regression" ? "values" : "logits"]!.data as Float32Array),
        ).toBeLessThan(1e-5);
        const alone = Float32Array.from(
          { length: 30 * K },
          (_, i) => (out.unimodal!.data as Float32Array)[Math.floor(i / K) * 2 * K + (i % K)]!,
        );
        expect(difference(said.unimodal.a!, alone)).toBeLessThan(1e-5);
      }
      const told = await predict(fitted, gaps);
      // Nothing hidden is seen, and what is missing says the prior: the mean of the values, the share of yes.
      const prior = [...told.unimodal.b!.subarray(0, K)];
      if (kind === "regression") expect(difference(prior, fitted.target!.units!.mean)).toBeLessThan(1e-6);
      else expect(difference(prior, fitted.calibration.logPrior)).toBeLessThan(1e-6);
      for (const row of [2, 5]) {
        const slice = (from: Predictions): Float32Array => from.logits.slice(row * K, row * K + K);
        expect(difference(slice(told), slice(ours))).toBeLessThan(1e-5);
      }
      expect(scorePatterns(told, gaps, ["a", "b"]).map(({ samples }) => samples)).toEqual([26, 2, 2]);
      expect((await simulatePatterns(fitted, gaps)).map(({ samples }) => samples)).toEqual([26, 26, 26]);
      expect(score(told, gaps)).toMatchObject({ kind, samples: 30 });
    });
  });

  test.each(["joint", "ensemble", "dmil"])("%s: a run stopped in the middle goes on to the same bits", (name) =>
    expectResumed(methodOf(name), 1, [3], data),
  );

  test("trained with gaps and with modality dropout", async () => {
    const every = (first: number): number[] => [...data.train.ids.keys()].filter((row) => row % 3 === first);
    const train = hideModalities(hideModalities(data.train, ["b"], every(0)), ["a"], every(1));
    for (const name of ["joint", "ensemble", "dmil"]) {
      const method = methodOf(name);
      const fitted = await fit(
        method,
        { train, validation: data.validation },
        { ...base, epochs: epochsOf(method), modalityDropout: 0.3 },
      );
      expect(numbers(await predict(fitted, data.test)).every(Number.isFinite), name).toBe(true);
      const [figure] = Object.keys(fitted.history[0]!.best);
      expect(figure).toBe(kind === "regression" ? "r2" : "accuracy");
    }
  });
});

test("values cannot be multiplied as probabilities", async () => {
  await expect(fit(methodOf("ensemble-product"), kinds.regression, base)).rejects.toThrowError(
    /"product" multiplies probabilities, which values do not have/,
  );
});
