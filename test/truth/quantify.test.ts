/** @file Estimators against known truth: Gaussian classes and the quad mixture, at the sizes the acceptance names. */

import { expect, it } from "vitest";
import { float32 } from "../../src/core/tensor.ts";
import { rowIds } from "../../src/data/dataset.ts";
import { quadMixture } from "../../src/data/synthetic/quad.ts";
import { classTarget } from "../../src/data/target.ts";
import { gaussianClasses, gaussianClassRows } from "../../src/info/index.ts";
import { permutedLabels } from "../../src/quantify/crossfit.ts";
import { quantify } from "../../src/quantify/index.ts";

/** R of LSMI on the default Gaussian classes, by simulation of exact densities; standard error 0.0006. */
const EXACT_LSMI_R = 2.0705;

it("Gaussian classes: informations within 0.03 bit, LSMI's R within 0.05", { timeout: 900_000 }, async () => {
  const rows = 100_000;
  const { x1, x2, labels } = gaussianClassRows({ rows, seed: 0 });
  const data = {
    name: "gaussian",
    ids: rowIds(rows),
    modalities: { a: float32([rows, 10], x1), b: float32([rows, 10], x2) },
    ...classTarget(rowIds(10), labels),
  };
  const truth = gaussianClasses();
  const { informations, measures } = await quantify(data, { seed: 0, folds: 2, measures: ["lsmi", "broja"] });
  console.log(JSON.stringify({ informations, lsmi: measures[0], broja: measures[1] }));
  expect(Math.abs(informations.I1.value - truth.I1)).toBeLessThan(0.03);
  expect(Math.abs(informations.I2.value - truth.I2)).toBeLessThan(0.03);
  expect(Math.abs(informations.I12.value - truth.I12)).toBeLessThan(0.03);
  expect(Math.abs(measures[0]!.details.rawR! - EXACT_LSMI_R)).toBeLessThan(0.05);
  // Equal channels: all of either information is redundant.
  expect(Math.abs(measures[1]!.atoms.R.value - truth.R)).toBeLessThan(0.06);
  expect(Math.abs(measures[1]!.atoms.S.value - truth.S)).toBeLessThan(0.06);
});

it("permuted labels leave nothing: atoms within 3 standard errors of 0", { timeout: 300_000 }, async () => {
  const { splits } = quadMixture({ seed: 1, samples: { train: 4000, validation: 1, test: 1 } });
  const shuffled = permutedLabels(splits.train, 7, 0);
  const { informations, measures, findings } = await quantify(shuffled, { seed: 0, measures: ["broja", "cvx"] });
  for (const { atoms, measure } of measures) {
    for (const [atom, { value, lower, upper, real }] of Object.entries(atoms)) {
      const se = (upper - lower) / 2 / 1.96;
      expect(Math.abs(value), `${measure} ${atom}`).toBeLessThanOrEqual(Math.max(3 * se, 0.005));
      expect(real, `${measure} ${atom}`).toBe(false);
    }
  }
  expect(Math.abs(informations.I12.value)).toBeLessThan(0.02);
  expect(findings.join("\n")).toContain("no information about label is shown");
});

/** Probability that a sample of the type scores above another, ties counted half. */
function auroc(scores: readonly number[], positive: readonly boolean[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  let rank = 0;
  let sum = 0;
  for (let from = 0; from < order.length; from = rank) {
    while (rank < order.length && scores[order[rank]!] === scores[order[from]!]) rank++;
    for (let i = from; i < rank; i++) if (positive[order[i]!]) sum += (from + 1 + rank) / 2;
  }
  const count = positive.filter(Boolean).length;
  return (sum - (count * (count + 1)) / 2) / (count * (positive.length - count));
}

const TYPES = ["redundant", "unique_a", "unique_b", "synergistic"] as const;
const PARTS = ["r", "u1", "u2", "s"] as const;

function aurocs(
  rows: readonly Readonly<Record<string, unknown>>[],
  truth: readonly string[],
  prefix: string,
): number[] {
  return PARTS.map((part, t) =>
    auroc(
      rows.map((row) => Number(row[prefix + part])),
      truth.map((name) => name === TYPES[t]),
    ),
  );
}

it("quad mixture: the pointwise minimum names types nearly as well as exact densities", {
  timeout: 600_000,
}, async () => {
  const { splits } = quadMixture({ seed: 0, samples: { train: 8000, validation: 1, test: 1 } });
  const { rows, measures } = await quantify(splits.train, { seed: 0, measures: ["pmin", "broja"] });
  const truth = splits.train.truth!;
  const found = aurocs(rows, truth, "");
  const right = rows.filter((row, i) => {
    const best = PARTS.reduce((a, b) => (Number(row[b]) > Number(row[a]) ? b : a));
    return TYPES[PARTS.indexOf(best)] === truth[i];
  }).length;
  console.log(JSON.stringify({ found, argmax: right / rows.length, measures }));
  const ceilings = [0.977, 0.985, 0.986, 0.956];
  found.forEach((value, t) => {
    expect(value).toBeGreaterThan(ceilings[t]! - 0.04);
  });
  expect(right / rows.length).toBeGreaterThan(0.9);
});

it("quad mixture: LSMI comes near its own, low, ceilings", {
  timeout: 600_000,
}, async () => {
  const { splits } = quadMixture({ seed: 0, samples: { train: 8000, validation: 1, test: 1 } });
  const { rows } = await quantify(splits.train, { seed: 0, measures: ["lsmi"] });
  const found = aurocs(rows, splits.train.truth!, "lsmi_");
  console.log(JSON.stringify({ found }));
  [0.832, 0.783, 0.783, 0.746].forEach((ceiling, t) => {
    expect(Math.abs(found[t]! - ceiling)).toBeLessThan(0.05);
  });
});
