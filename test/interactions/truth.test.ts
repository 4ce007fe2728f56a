import { describe, expect, test } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import type { Dataset } from "../../src/data/dataset.ts";
import { plantedSet } from "../../src/data/synthetic/several.ts";
import { classTarget } from "../../src/data/target.ts";
import { truthMetrics } from "../../src/interactions/truth.ts";
import { UNSCALED } from "../../src/targets/calibrate.ts";

const types = ["redundant", "unique_a", "unique_b", "synergistic"] as const;
const labels = Int32Array.from({ length: 40 }, (_, i) => Math.floor(i / 4) % 2);
const truth = Array.from(labels, (_, i) => types[i % 4]!);
const dataset: Dataset = {
  name: "test",
  ids: truth.map((_, i) => String(i)),
  modalities: { a: float32([40, 1]), b: float32([40, 1]) },
  ...classTarget(["no", "yes"], labels),
  truth,
};
const calibration = {
  logPrior: [-Math.LN2, -Math.LN2],
  prediction: UNSCALED,
  all: UNSCALED,
  modalities: { a: UNSCALED, b: UNSCALED },
};

/** Logits that are sure of the label where `knows` says so, and say nothing elsewhere. */
function sure(knows: (type: string) => boolean): Float32Array {
  const logits = new Float32Array(80);
  truth.forEach((type, i) => {
    if (knows(type)) logits[2 * i + labels[i]!] = 60;
  });
  return logits;
}
const perfect = {
  logits: sure(() => true),
  unimodal: {
    a: sure((type) => type === "redundant" || type === "unique_a"),
    b: sure((type) => type === "redundant" || type === "unique_b"),
  },
  components: Object.fromEntries(
    types.map((name) => [
      name,
      {
        logits: sure((type) => type === name),
        gate: Float32Array.from(truth, (type) => (type === name ? 0.7 : 0.1)),
        contribution: sure((type) => type === name),
      },
    ]),
  ),
};

describe("perfect predictions", () => {
  const found = truthMetrics(perfect, calibration, dataset);

  test("are identified, right, and without error", () => {
    expect(found.identified).toEqual({ labelFree: 1, withLabel: 1 });
    expect(found.accuracy).toEqual({ all: 1, redundant: 1, unique_a: 1, unique_b: 1, synergistic: 1 });
    expect(found.error!.labelFree.samples).toBeCloseTo(0, 10);
    expect(found.error!.withLabel.set).toBeCloseTo(0, 10);
    expect(found.within).toEqual({ labelFree: 1, withLabel: 1 });
    expect(found.gateIdentified).toBe(1);
  });

  test("fill the diagonal of the confusion", () => {
    for (const type of types) {
      expect(found.confusion!.labelFree[type]).toEqual(
        Object.fromEntries(types.map((found) => [found, found === type ? 10 : 0])),
      );
    }
  });

  test("have components that know their own type alone", () => {
    for (const name of types) {
      const { accuracy, gate, information } = found.own[name]!;
      expect(gate[name]).toBeCloseTo(0.7, 6);
      expect(accuracy[name]).toBe(1);
      for (const type of types) {
        expect(information.labelFree[type]).toBeCloseTo(type === name ? 1 : 0, 10);
        if (type !== name) expect(accuracy[type]).toBe(0.5);
      }
    }
  });

  test("are reliable: what is said is what is realised", () => {
    const bins = found.reliability.total!;
    expect(bins).toHaveLength(1);
    expect(bins[0]).toEqual({ samples: 40, predicted: bins[0]!.realised, realised: bins[0]!.realised });
    expect(found.reliability.redundant!.map((bin) => bin.samples)).toEqual([30, 10]);
  });
});

test("a model that calls every sample redundant is found out", () => {
  const all = sure(() => true);
  const found = truthMetrics({ logits: all, unimodal: { a: all, b: all } }, calibration, dataset);
  expect(found.identified!.labelFree).toBe(0.25);
  expect(found.confusion!.withLabel.synergistic).toEqual({ redundant: 10, unique_a: 0, unique_b: 0, synergistic: 0 });
  // 1 bit too much of R and 1 too little of another atom, in three samples of four, over four atoms.
  expect(found.error!.labelFree.samples).toBeCloseTo(0.375, 10);
  // In the mean R is .75 bit too high and three atoms .25 too low.
  expect(found.error!.labelFree.set).toBeCloseTo(0.375, 10);
  expect(found.own).toEqual({});
  expect(found.gateIdentified).toBeUndefined();
});

test("atoms of unsure predictions sum to the total", () => {
  const wave = (k: number): Float32Array => Float32Array.from({ length: 80 }, (_, i) => Math.sin(k * i + k));
  const predictions = { logits: wave(1), unimodal: { a: wave(2), b: wave(3) } };
  const { bits, reliability } = truthMetrics(predictions, calibration, dataset);
  const sum = Object.values(bits.labelFree.all!).reduce((a, b) => a + b, 0);
  const total = reliability.total!.reduce((all, bin) => all + bin.samples * bin.predicted, 0) / 40;
  expect(sum).toBeCloseTo(total, 10);
});

test("exact probabilities recover unique content that feeds a synergy, and two atoms of a sample unless both are unique", () => {
  const samples = { train: 200, validation: 50, test: 2000 };
  const read = (kind: "unique-feeds-synergy" | "two-atoms") => {
    const { splits, exact } = plantedSet({ kind, seed: 0, samples });
    const law = { ...calibration, logPrior: new Array<number>(4).fill(-Math.log(4)) };
    return truthMetrics(exact.test, law, splits.test);
  };
  const fed = read("unique-feeds-synergy");
  expect(fed.identified).toBeUndefined();
  expect(fed.error!.labelFree.samples).toBeLessThan(0.01);
  // Where one bit is unique to a and the other to b, the pointwise minimum reads redundant and synergistic: 1 sample of 8.
  expect(Math.abs(read("two-atoms").within!.labelFree - 7 / 8)).toBeLessThan(0.03);
});

test("a truth that names a modality the model does not have is an error", () => {
  const odd = { ...dataset, truth: truth.map(() => "unique_c") };
  expect(() => truthMetrics(perfect, calibration, odd)).toThrow(/unique_c.*redundant, unique_a/);
});
