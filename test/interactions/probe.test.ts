import { describe, expect, test } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32, type Tensor } from "../../src/core/tensor.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import {
  estimate,
  joined,
  priorLosses,
  probeLosses,
  probeRepresentations,
  probeRows,
} from "../../src/interactions/probe.ts";
import { predictability } from "../../src/interactions/regression.ts";
import { estimateSynergyBound } from "../../src/interactions/synergy-bound.ts";

const N = 1000;
const draw = stream(5, "probe test");
const labels = Int32Array.from({ length: N }, () => draw.below(2));
const normal = (width: number): Tensor<"float32"> =>
  float32(
    [N, width],
    Float32Array.from({ length: N * width }, () => draw.normal()),
  );
const noise = normal(3);
/** The label in the first of three numbers. */
const telling = float32([N, 3], noise.data.slice());
labels.forEach((label, i) => {
  telling.data[3 * i] = 6 * label - 3 + 0.1 * noise.data[3 * i]!;
});
const rows = probeRows(N, 1);
const options = { seed: 1, epochs: 8 };
const dataset: Dataset = {
  name: "test",
  ids: Array.from(labels, (_, i) => String(i)),
  modalities: { a: telling, b: noise },
  ...classTarget(["0", "1"], labels),
};

test("rows are dealt once each", () => {
  const all = [...rows.train, ...rows.validation, ...rows.test].sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: N }, (_, i) => i));
  expect(() => probeRows(20, 1)).toThrow(/at least 50/);
});

test("a probe reads the bit that is there, and none from noise", async () => {
  const before = priorLosses(labels, 2, rows);
  const gained = async (z: Tensor<"float32">) => {
    const after = await probeLosses(z, labels, 2, rows, options);
    return estimate(before.map((loss, i) => loss - after[i]!));
  };
  expect((await gained(telling)).value).toBeGreaterThan(0.95);
  expect(Math.abs((await gained(normal(3))).value)).toBeLessThan(0.05);
});

describe("regression of one representation on another", () => {
  test("explains a bent function of the source, not independent noise", () => {
    const source = normal(2);
    const bent = float32(
      [N, 1],
      Float32Array.from({ length: N }, (_, i) => Math.abs(source.data[2 * i]!)),
    );
    expect(predictability(source, bent, rows, 0)).toBeGreaterThan(0.8);
    expect(predictability(source, normal(3), rows, 0)).toBeLessThan(0.1);
    expect(predictability(source, source, rows, 0)).toBeGreaterThan(0.99);
  });

  test("a constant target has nothing to explain", () => {
    expect(predictability(noise, float32([N, 2]), rows, 0)).toBe(0);
  });
});

test("representations are probed one by one and against each other", async () => {
  const predictions = {
    logits: new Float32Array(2 * N),
    unimodal: {},
    components: {},
    representations: { unique_a: telling, unique_b: normal(3) },
  };
  const report = await probeRepresentations(predictions, dataset, options);
  expect(report.samples).toBe(rows.test.length);
  expect(report.information.unique_a!.value).toBeGreaterThan(0.95);
  expect(report.information.unique_b!.value).toBeLessThan(0.05);
  expect(Object.keys(report.predictability)).toEqual(["unique_a from unique_b", "unique_b from unique_a"]);
  const { representations: _, ...without } = predictions;
  await expect(probeRepresentations(without, dataset, options)).rejects.toThrow(/representations: true/);
});

test("theorem 1 on a Z that keeps label and type: both sides are 1 bit, the slack is 0", async () => {
  const truth = Array.from(labels, () => (draw.below(2) === 0 ? "redundant" : "synergistic"));
  const cue = float32(
    [N, 1],
    Float32Array.from(truth, (name) => (name === "redundant" ? 2 : -2)),
  );
  const { labelInformation, withinTypes, hiddenType, labelOfType, slack, lower, difference } =
    await estimateSynergyBound(joined([telling, cue]), { ...dataset, truth }, options);
  for (const { value } of [labelInformation, withinTypes]) expect(Math.abs(value - 1)).toBeLessThan(0.05);
  for (const { value } of [hiddenType, labelOfType, slack]) expect(Math.abs(value)).toBeLessThan(0.05);
  expect(lower).toBeCloseTo(withinTypes.value - hiddenType.value + labelOfType.value, 12);
  expect(Math.abs(difference)).toBeLessThan(0.1);
});
