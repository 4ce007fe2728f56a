import { expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import {
  assignClusters,
  broja,
  cvxEstimate,
  cvxTable,
  type Features,
  fitDensity,
  fitWhitener,
  gaussianClassRows,
  kMeans,
  meanIntervals,
  pid,
  surprisal,
  whiten,
} from "../../src/info/index.ts";
import { posteriorRedundancy } from "../../src/info/posterior.ts";

it("k-means finds separate clusters, the same ones for the same seed", () => {
  const draw = stream(0, "test.clusters");
  const centres = [-10, 0, 10];
  const data = Float64Array.from({ length: 300 }, (_, i) => centres[i % 3]! + draw.normal());
  const features = { shape: [300], data };
  const model = kMeans(features, { clusters: 3, seed: 1 });
  const own = assignClusters(model, features);
  for (let i = 3; i < 300; i++) expect(own[i]).toBe(own[i % 3]);
  expect(new Set(own.slice(0, 3)).size).toBe(3);
  expect(kMeans(features, { clusters: 3, seed: 1 })).toEqual(model);
  expect(kMeans(features, { clusters: 5, seed: 1 }).inertia).toBeLessThan(model.inertia);
  expect(kMeans({ shape: [4], data: [2, 2, 2, 2] }, { clusters: 3, seed: 0 }).inertia).toBe(0);
  expect(() => kMeans({ shape: [2], data: [1, 2] }, { clusters: 3, seed: 0 })).toThrow(/2 rows cannot fill 3/);
});

it("whitening gives uncorrelated directions of unit variance and drops empty ones", () => {
  const draw = stream(1, "test.whiten");
  const rows = 500;
  const data = new Float64Array(rows * 4);
  for (let i = 0; i < rows; i++) {
    const [a, b] = [draw.normal(), draw.normal()];
    data.set([100 * a, a + 0.5 * b, 3, a - b], i * 4);
  }
  const whitener = fitWhitener({ shape: [rows, 4], data }, 4);
  expect(whitener.kept).toBe(2);
  expect(whitener.share).toBeCloseTo(1, 9);
  const out = whiten(whitener, { shape: [rows, 4], data }).data;
  const moment = (f: number, g: number): number => {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += out[i * 2 + f]! * out[i * 2 + g]!;
    return sum / rows;
  };
  expect(moment(0, 0)).toBeCloseTo(1, 6);
  expect(moment(1, 1)).toBeCloseTo(1, 6);
  expect(moment(0, 1)).toBeCloseTo(0, 6);
  expect(() => fitWhitener({ shape: [3, 1], data: [1, 1, 1] }, 1)).toThrow(/constant/);
});

it("a mixture density comes close to the true surprisal, from above in the mean", () => {
  const draw = stream(2, "test.density");
  const rows = 3000;
  const data = new Float64Array(rows * 2);
  const truth = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    const side = draw.below(2) * 6 - 3;
    const [a, b] = [draw.normal(), draw.normal()];
    data.set([side + a, a + b], i * 2);
    const density = (centre: number): number => {
      const x = side + a - centre;
      return Math.exp(-(x * x + (a + b - x) ** 2) / 2) / (2 * Math.PI);
    };
    truth[i] = -Math.log((density(-3) + density(3)) / 2);
  }
  const part = (from: number, to: number) => ({ shape: [to - from, 2], data: data.subarray(2 * from, 2 * to) });
  const density = fitDensity(part(0, 2000), part(2000, 2300), { seed: 0 });
  const found = surprisal(density, part(2300, 3000), { unit: "nats" });
  const gap = found.reduce((sum, h, i) => sum + h - truth[2300 + i]!, 0) / found.length;
  expect(gap).toBeGreaterThan(-0.02);
  expect(gap).toBeLessThan(0.05);
});

it("CVX tables count only rows that placed no centre, and keep what clusters can keep", () => {
  const { x1, x2, labels } = gaussianClassRows({ classes: 2, sigma: 0.3, rows: 2000, seed: 4 });
  const [first, second]: [Features, Features] = [
    { shape: [2000, 2], data: x1 },
    { shape: [2000, 2], data: x2 },
  ];
  const { table, clusters, countedRows } = cvxTable(first, second, labels, { seed: 0 });
  expect([clusters, countedRows, table.total]).toEqual([5, 1000, 1000]);
  const { R, U1, U2, converged } = pid(table);
  const estimate = cvxEstimate(first, second, labels, { seed: 0, measure: "mmi" });
  expect(estimate.table.p).toEqual(table.p);
  expect(estimate.R).toBeCloseTo(pid(table, { measure: "mmi" }).R, 12);
  expect(converged).toBe(true);
  expect(R).toBeGreaterThan(0.6);
  expect(Math.max(U1, U2)).toBeLessThan(0.1);
  expect(() =>
    cvxTable({ shape: [4], data: [1, 2, 3, 4] }, { shape: [4], data: [1, 2, 3, 4] }, [0, 1, 0, 1], { seed: 0 }),
  ).toThrow(/at least 20/);
});

it("posteriors have the redundancy of the table they stand for, also with rows left out", () => {
  // Two symbols a source, each on two rows: p(y | x1) in {0.9, 0.1}, p(y | x2) in {0.8, 0.2}.
  const first = [0.9, 0.1, 0.9, 0.1, 0.1, 0.9, 0.1, 0.9];
  const second = [0.8, 0.2, 0.8, 0.2, 0.2, 0.8, 0.2, 0.8];
  const margin = (p: number[]) => [p[0]! / 2, p[1]! / 2, p[4]! / 2, p[5]! / 2];
  const [a, b] = [margin(first), margin(second)];
  const table = [0, 1].map((i) => [0, 1].map((j) => [0, 1].map((y) => (a[2 * i + y]! * b[2 * j + y]!) / 0.5)));
  const found = posteriorRedundancy(first.map(Math.log), second.map(Math.log), 2, { seed: 0, blocks: [0, 1, 0, 1] });
  expect(found.converged).toBe(true);
  expect(found.lost1).toBeLessThan(1e-9);
  expect(found.R).toBeCloseTo(broja(table).R, 6);
  expect(found.without).toHaveLength(2);
  expect(found.share).toBeCloseTo(found.R / Math.min(found.I1, found.I2), 6);
  expect(found.selfShare).toBeCloseTo(1, 6);
  expect(found.without[0]).toBeCloseTo(found.share, 6);
  expect(() => posteriorRedundancy([0, 0], [0], 2, { seed: 0 })).toThrow(/\[N, K\]/);
});

it("equal channels are all redundant, an uninformed source not at all", () => {
  const rows = 3000;
  const { logs } = gaussianClassRows({ classes: 2, rows, seed: 0 }).exact;
  const equal = posteriorRedundancy(logs.first, logs.second, 2, { seed: 0 });
  expect(Math.abs(equal.R - 0.7215)).toBeLessThan(0.03);
  expect(equal.lost1).toBeLessThan(0.02);
  expect(equal.share).toBeGreaterThan(0.97);
  const flat = new Float64Array(2 * rows).fill(-Math.LN2);
  expect(Math.abs(posteriorRedundancy(logs.first, flat, 2, { seed: 0 }).R)).toBeLessThan(1e-6);
});

it("intervals cover the mean of normals; groups and folds widen them", () => {
  const draw = stream(5, "test.intervals");
  const rows = 400;
  const noise = Float64Array.from({ length: rows }, () => draw.normal());
  const [plain] = meanIntervals([noise], { seed: 0 });
  expect(plain!.se).toBeCloseTo(1 / 20, 1);
  expect(plain!.lower).toBeLessThan(plain!.value);
  const shared = Float64Array.from({ length: rows }, (_, i) => noise[i >> 3]!);
  const groups = Int32Array.from({ length: rows }, (_, i) => i >> 3);
  const [single] = meanIntervals([shared], { seed: 0 });
  const [grouped] = meanIntervals([shared], { seed: 0, groups });
  expect(grouped!.se / single!.se).toBeGreaterThan(2);
  const folds = Int32Array.from({ length: rows }, (_, i) => i % 4);
  const shifted = noise.map((v, i) => v + folds[i]!);
  const [apart] = meanIntervals([shifted], { seed: 0, folds });
  expect(apart!.se).toBeGreaterThan(0.5);
});
