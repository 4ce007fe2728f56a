/** @file The warning that validation and test split differ: said where they do, and not where chance explains it. */

import { expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { kolmogorovSmirnov, shiftWarnings } from "../../src/data/shift.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";

const sorted = (...values: number[]): Float64Array => Float64Array.from(values);
const drawn = (samples: number, seed = 0) =>
  interactionMixture({
    classes: 3,
    noise: 0.5,
    shares: { redundant: 0.3, unique: 0.3, synergistic: 0.1 },
    samples: { train: 30, validation: samples, test: samples },
    features: 20,
    seed,
  });
/** A feature of every sample moved by so many of its units. */
function moved(data: Dataset, feature: number, by: number): Dataset {
  const { shape, data: values } = data.modalities.b!;
  const shifted = values.map((value, i) => (i % shape[1]! === feature ? value + by : value));
  return { ...data, modalities: { ...data.modalities, b: float32(shape, shifted) } };
}

test("the distance of two samples, by hand", () => {
  expect(kolmogorovSmirnov(sorted(1, 2, 3), sorted(1, 2, 3))).toBe(0);
  expect(kolmogorovSmirnov(sorted(1, 2), sorted(3, 4))).toBe(1);
  expect(kolmogorovSmirnov(sorted(1, 1, 2, 4), sorted(1, 3, 3, 3))).toBeCloseTo(0.5, 12);
  expect(kolmogorovSmirnov(sorted(), sorted(1))).toBe(0);
});

test("a shift is told with its modality and feature; equal distributions, whatever their size, are not", () => {
  for (const samples of [8, 40, 400]) {
    for (let seed = 0; seed < 20; seed++) expect(shiftWarnings(drawn(samples, seed), "d")).toEqual([]);
  }
  const { validation, test } = drawn(400);
  const [warning, ...more] = shiftWarnings({ validation: moved(validation, 7, 2), test }, "d");
  expect(more).toEqual([]);
  expect(warning).toMatch(/^d: the validation split differs from the test split: b \(feature 7 of 20\) by 0\.\d\d \(/);
  // A tenth of a unit is a difference, but none that matters.
  expect(shiftWarnings({ validation: moved(validation, 7, 0.1), test }, "d")).toEqual([]);
});

test("rows of a missing modality are not numbers of the data", () => {
  const { validation, test } = drawn(400);
  const half = Array.from({ length: 200 }, (_, i) => i);
  const far = moved(validation, 7, 2);
  // The first half of the shifted rows lacks b, the second half has the numbers that are alike.
  const [values, own] = [far.modalities.b!, validation.modalities.b!].map(({ data }) => data) as [
    Float32Array,
    Float32Array,
  ];
  const b = float32(
    validation.modalities.b!.shape,
    values.map((value, i) => (i < values.length / 2 ? value : own[i]!)),
  );
  const mixed = { ...validation, modalities: { ...validation.modalities, b } };
  expect(shiftWarnings({ validation: mixed, test }, "d")).toHaveLength(1);
  expect(shiftWarnings({ validation: hideModalities(mixed, ["b"], half), test }, "d")).toEqual([]);
});

test("other shares of classes are told; targets that are no classes have none", () => {
  const { validation, test } = drawn(400);
  const few = labelsOf(validation).map((label, i) => (i % 4 === 0 ? label : 0));
  const [warning] = shiftWarnings(
    { validation: { ...validation, ...classTarget(validation.target.names, few) }, test },
    "d",
  );
  expect(warning).toMatch(/differs from the test split: shares of classes by 0\.\d\d \(/);
});

test("samples without labels have no shares of classes", () => {
  const { validation, test } = drawn(400);
  const unlabelled = { ...test, ...classTarget(test.target.names, new Int32Array(test.size).fill(-1)) };
  expect(shiftWarnings({ validation, test: unlabelled }, "d")).toEqual([]);
});
