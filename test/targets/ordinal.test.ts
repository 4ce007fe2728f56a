/** @file Classes in an order: what the outputs mean, by hand; metrics against scikit-learn's definitions; data from a folder. */
import { expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { checkSplits } from "../../src/data/check.ts";
import { loadDataset } from "../../src/data/load.ts";
import { leaf } from "../../src/graph/expr.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { UNSCALED } from "../../src/targets/calibrate.ts";
import { targetTypes } from "../../src/targets/index.ts";
import { quadraticKappa } from "../../src/targets/ordinal-metrics.ts";
import { rejected } from "../data/fixtures/reference.ts";
import { textFolder } from "../data/fixtures/small.ts";

const { ordinal } = targetTypes;
const names = ["low", "mid", "high"];
const target = { kind: "ordinal" as const, names, values: float32([4, 1], [0, 1, 2, Number.NaN]) };
const fitted = ordinal.fit(target);
const odds = (p: number): number => Math.log(p / (1 - p));
/** P(low) = .2, P(mid) = .8 * .25 = .2, P(high) = .6. */
const outputs = Float32Array.of(odds(0.8), odds(0.75));

test("a row says of each step whether the class is above it, and nothing of steps above the class", () => {
  const encoded = ordinal.encode(target, fitted);
  expect([...encoded.data]).toEqual([0, Number.NaN, 1, 0, 1, 1, Number.NaN, Number.NaN]);
});

test("the loss is -log p of the class, the prior the shares of classes, the mean P(above)", () => {
  const x = leaf("input", "x", [3, 2]);
  const t = leaf("input", "t", [3, 2]);
  const rows = ordinal.encode({ ...target, values: float32([3, 1], [0, 1, 2]) }, fitted).data;
  const three = Float32Array.from({ length: 6 }, (_, i) => outputs[i % 2]!);
  const [loss, above, back] = interpret(
    [ordinal.lossPerSample(x, t), ordinal.mean(x), ordinal.fromMean(ordinal.mean(x))],
    { x: three, t: rows },
  );
  for (const [i, p] of [0.2, 0.2, 0.6].entries()) expect(loss!.data[i]).toBeCloseTo(-Math.log(p), 5);
  expect([...above!.data.subarray(0, 2)].map((p) => Number(p.toFixed(5)))).toEqual([0.8, 0.6]);
  for (const [i, value] of three.entries()) expect(back!.data[i]).toBeCloseTo(value, 4);
  const prior = ordinal.prior(target);
  expect(prior[0]).toBeCloseTo(Math.log(3 / 1.5), 12);
  expect(prior[1]).toBeCloseTo(0, 12);
});

test("answers are a class, the median, with the probability of each", () => {
  const calibration = { logPrior: [0, 0], prediction: UNSCALED, all: UNSCALED, modalities: {} };
  const read = ordinal.answers(outputs, { target: fitted, calibration }, "prediction");
  const [best, values] = [read.best!(0), read.values(0)];
  expect(best.prediction).toBe("high");
  expect(best.probability).toBe(values.high);
  expect(values.low).toBeCloseTo(0.2, 6);
  expect(values.mid).toBeCloseTo(0.2, 6);
  expect(values.high).toBeCloseTo(0.6, 6);
});

test("kappa is 1 for perfect predictions, 0 for constant ones, and far errors cost more than near ones", () => {
  const truth = Int32Array.of(0, 1, 2, 3, -1);
  expect(quadraticKappa(Int32Array.of(0, 1, 2, 3, 0), truth, 4)).toBe(1);
  expect(quadraticKappa(Int32Array.of(1, 1, 1, 1, 1), truth, 4)).toBeCloseTo(0, 12);
  const near = quadraticKappa(Int32Array.of(1, 1, 2, 3, 0), truth, 4);
  // By hand: observed 1, expected (by i, j over predicted [0,2,1,1] and actual [1,1,1,1]) / 4 = 32 / 4.
  expect(near).toBeCloseTo(1 - 1 / 8, 12);
  expect(quadraticKappa(Int32Array.of(3, 1, 2, 3, 0), truth, 4)).toBeLessThan(near);
});

test("a table with named steps; the names are needed, and keep their order", async () => {
  const rows = ["low,1,2", "high,2,1", "mid,0,3"];
  const text = (split: string): string[] => rows.map((row, i) => `${row},${split}${i},${split}`);
  const csv = ["label,a,b,id,split", ...text("train"), ...text("valid"), ...text("test")].join("\n");
  const manifest = (value: object): string => JSON.stringify({ ...value, modalities: ["a", "b"] });
  const load = async (value: object) =>
    loadDataset(await textFolder({ "data.csv": csv, "dataset.json": manifest({ target: value }) }), {
      onWarning: () => {},
    });
  const splits = await load({ kind: "ordinal", names });
  expect(splits.train.target).toEqual({ kind: "ordinal", names, values: float32([3, 1], [0, 2, 1]) });
  expect(checkSplits(splits).splits.train.counts).toEqual([1, 1, 1]);
  expect((await rejected(load({ kind: "ordinal" }))).message).toMatch(/name them from the lowest to the highest/);
});
