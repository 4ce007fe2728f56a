import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { float32 } from "../../src/core/tensor.ts";
import { type Dataset, rowIds } from "../../src/data/dataset.ts";
import { classTarget } from "../../src/data/target.ts";
import { posteriorRedundancy } from "../../src/info/posterior.ts";
import { applyScales, fitScales } from "../../src/quantify/evidence.ts";
import { quantify } from "../../src/quantify/index.ts";
import { withinReach } from "../../src/quantify/reach.ts";

function made(classes: number, each: number): Dataset {
  const rows = classes * each;
  const draw = stream(5, "test.reach");
  const labels = Int32Array.from({ length: rows }, (_, i) => i % classes);
  const source = (): ReturnType<typeof float32> =>
    float32(
      [rows, 2],
      Array.from({ length: 2 * rows }, (_, i) => labels[i >> 1]! / classes + 0.1 * draw.normal()),
    );
  return {
    name: "made",
    ids: rowIds(rows),
    modalities: { a: source(), b: source() },
    ...classTarget(
      Array.from({ length: classes }, (_, k) => `c${k}`),
      labels,
    ),
  };
}

describe("more classes than a measure can take", () => {
  const data = made(201, 2);
  const quick = { seed: 0, folds: 2, hidden: [8], epochs: 1 };

  it("is said before the work starts, and the other measures are computed", async () => {
    const told: [string, number][] = [];
    const onProgress = (what: string, share: number): void => void told.push([what, share]);
    const { measures, warnings } = await quantify(data, { ...quick, onProgress });
    expect(told[0]![0]).toMatch(/^broja is not feasible: 201 classes, and more than 200 /);
    expect(told[0]![1]).toBe(0);
    expect(warnings).toContain(told[0]![0]);
    expect(warnings.join("\n")).toMatch(/left out; pmin is computed. Merge classes/);
    expect(measures.map(({ measure }) => measure)).toEqual(["pmin"]);
    expect(told.map(([, share]) => share)).toEqual(told.map(([, share]) => share).sort((a, b) => a - b));
  });

  it("is an error where no measure is left", async () => {
    const told: string[] = [];
    const asked = { ...quick, measures: ["broja", "cvx"] as const, onProgress: (what: string) => void told.push(what) };
    await expect(quantify(data, asked)).rejects.toThrow(/broja is not feasible.*cvx is not feasible.*--measure pmin/);
    expect(told).toEqual([]);
  });
});

it("all measures are in reach of 100 classes, and broja is not where its log-probabilities do not fit in memory", () => {
  const all = ["broja", "pmin", "lsmi", "cvx"] as const;
  expect(withinReach(all, { classes: 100, rows: 100_000, fits: 2 })).toEqual({ measures: all, warnings: [] });
  const { measures, warnings } = withinReach(all, { classes: 100, rows: 1_000_000, fits: 2 });
  expect(measures).toEqual(["pmin", "lsmi", "cvx"]);
  expect(warnings[0]).toMatch(/1000000 rows x 100 classes x 2 fits are 200000000 log-probabilities per source/);
});

it("scales of many log-probabilities are fitted on fewer rows, and are those of all rows but for chance", () => {
  const [classes, rows] = [512, 4096];
  const draw = stream(6, "test.scales");
  const prior = new Array<number>(classes).fill(-Math.log(classes));
  const labels = Int32Array.from({ length: rows }, () => draw.below(classes));
  // Evidence twice as strong as it should be: the scale that is right is a half.
  const right = new Float64Array(rows * classes);
  labels.forEach((label, row) => {
    for (let k = 0; k < classes; k++) right[row * classes + k] = 2 * draw.normal() + (k === label ? 4 : 0);
  });
  const doubled = applyScales([right], [2], prior);
  const [scale] = fitScales([doubled], labels, prior) as [number];
  expect(scale).toBeGreaterThan(0.45);
  expect(scale).toBeLessThan(0.55);
});

it("the coupling of many classes is certified to 1e-4 bit, and how far it is gets told", () => {
  const [classes, rows] = [60, 600];
  const draw = stream(7, "test.coupling");
  const side = (strength: number): Float64Array => {
    const logs = new Float64Array(rows * classes);
    for (let row = 0; row < rows; row++) {
      const own = draw.below(classes);
      for (let k = 0; k < classes; k++) logs[row * classes + k] = draw.normal() + (k === own ? strength : 0);
    }
    return applyScales([logs], [1], new Array<number>(classes).fill(-Math.log(classes)));
  };
  const shares: number[] = [];
  const found = posteriorRedundancy(side(6), side(4), classes, {
    seed: 0,
    clusters: 8,
    onSolved: (share) => shares.push(share),
  });
  expect(found.converged).toBe(true);
  expect(found.gap).toBeLessThan(1e-4);
  expect(shares).toEqual([0.5, 1]);
});
