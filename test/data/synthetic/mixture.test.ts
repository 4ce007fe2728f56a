import { describe, expect, it } from "vitest";
import type { Dataset } from "../../../src/data/dataset.ts";
import {
  componentShares,
  interactionMixture,
  type Mixture,
  mixtureLatents,
  mixtureMap,
} from "../../../src/data/synthetic/mixture.ts";
import { classesOf, labelsOf } from "../../../src/data/target.ts";
import { caught } from "../fixtures/reference.ts";

const base: Mixture = {
  classes: 3,
  noise: 0.3,
  shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
  samples: 100,
  seed: 1,
  features: 20,
  modalities: ["a", "b"],
  synergy: "all",
  stratified: false,
};
const three: Mixture = {
  ...base,
  modalities: ["a", "b", "c"],
  shares: { redundant: 0.4, unique: { a: 0.1, b: 0.1, c: 0 }, synergistic: 0.4 },
};
const latentsOf = (mixture: Mixture, n: number) => mixtureLatents(mixture, componentShares(mixture), "train", n);

/** The symbol of a one-hot block, -1 for zeros, NaN for anything else. */
function symbol(vector: Float32Array, from: number, K: number): number {
  let found = -1;
  for (let k = 0; k < K; k++) {
    const value = vector[from + k];
    if (value === 0) continue;
    found = value === 1 && found === -1 ? k : Number.NaN;
  }
  return found;
}

describe("latent vectors", () => {
  it.each([
    ["two modalities", base],
    ["three, all together", three],
    ["three, in pairs", { ...three, synergy: "pairs" } as Mixture],
  ])("of %s are what the component says", (_, mixture) => {
    const { classes: K, modalities } = mixture;
    const n = 600;
    const wrong: number[] = [];
    const { labels, truth, vectors } = latentsOf(mixture, n);
    const blocks = mixture.synergy === "pairs" ? modalities.length - 1 : 1;
    const size = K * (1 + blocks) + 2;
    let consistent = 0;
    for (let row = 0; row < n; row++) {
      const parts = modalities.map((name) => vectors[name]!.data.subarray(row * size, (row + 1) * size));
      const direct = parts.map((vector) => symbol(vector, 0, K));
      const holder = truth[row]!.replace("unique_", "");
      const expected = modalities.map((name) => (truth[row] === "redundant" || holder === name ? labels[row] : -1));
      const paired = parts.map((vector) => Array.from({ length: blocks }, (_, b) => symbol(vector, K * (1 + b), K)));
      const sums: number[] = [];
      if (mixture.synergy === "all") sums.push(paired.flat().reduce((a, b) => a + b, 0) % K);
      else {
        for (let m = 0; m < modalities.length; m++) {
          for (let o = m + 1; o < modalities.length; o++) sums.push((paired[m]![o - 1]! + paired[o]![m]!) % K);
        }
      }
      const fits = sums.every((sum) => sum === labels[row]);
      const whole = paired.flat().every((value) => value >= 0) && direct.every((value, m) => value === expected[m]);
      if (!whole || (truth[row] === "synergistic" && !fits)) wrong.push(row);
      else if (truth[row] !== "synergistic" && fits) consistent++;
    }
    expect(wrong).toEqual([]);
    const chance = K ** -(mixture.synergy === "pairs" ? 3 : 1); // that random symbols fit the label
    const others = truth.filter((component) => component !== "synergistic").length;
    expect(consistent / others).toBeGreaterThan(chance - 4 * Math.sqrt((chance * (1 - chance)) / others));
    expect(consistent / others).toBeLessThan(chance + 4 * Math.sqrt((chance * (1 - chance)) / others));
  });

  it("in synergistic samples no modality (and of three together no two) tells the label: chi-square", () => {
    const { classes: K } = base;
    for (const mixture of [
      { ...base, shares: { redundant: 0, unique: 0, synergistic: 1 } },
      { ...three, shares: { redundant: 0, unique: 0, synergistic: 1 } },
    ]) {
      const n = 3000;
      const { labels, vectors } = latentsOf(mixture, n);
      const size = 2 * K + 2;
      const known = mixture.modalities.slice(0, -1); // all but one
      const cells = K ** known.length;
      const table = new Float64Array(cells * K);
      for (let row = 0; row < n; row++) {
        let cell = 0;
        for (const name of known) cell = cell * K + symbol(vectors[name]!.data.subarray(row * size), K, K);
        table[cell * K + labels[row]!]!++;
      }
      const expected = n / (cells * K);
      const chi = table.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
      const freedom = cells * K - 1;
      expect(chi).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom));
    }
  });

  it("components and labels come in their shares", () => {
    const n = 20000;
    const { labels, truth } = latentsOf(three, n);
    for (const [component, share] of componentShares(three)) {
      const count = truth.filter((name) => name === component).length;
      expect(Math.abs(count - share * n)).toBeLessThanOrEqual(4 * Math.sqrt(share * (1 - share) * n));
    }
    for (let k = 0; k < 3; k++) {
      expect(Math.abs(labels.filter((label) => label === k).length - n / 3)).toBeLessThan(4 * Math.sqrt((n * 2) / 9));
    }
  });
  it("stratified: exactly, for every component and label", () => {
    const { labels, truth } = latentsOf({ ...base, stratified: true }, 1200);
    const cells = new Map<string, number>();
    truth.forEach((component, row) => {
      const cell = `${component} ${labels[row]}`;
      cells.set(cell, (cells.get(cell) ?? 0) + 1);
    });
    expect(cells.size).toBe(12);
    expect([...cells.values()]).toEqual(new Array(12).fill(100));
    const odd = latentsOf({ ...base, stratified: true }, 101); // 101 / 12 = 8.4
    const perCell = new Array<number>(12).fill(0);
    odd.truth.forEach((component, row) => {
      const index = ["redundant", "unique_a", "unique_b", "synergistic"].indexOf(component);
      perCell[3 * index + odd.labels[row]!]!++;
    });
    expect(perCell.sort()).toEqual([...new Array(7).fill(8), ...new Array(5).fill(9)]);
    expect(truth.slice(0, 40)).not.toEqual([...truth.slice(0, 40)].sort());
  });
});

describe("features", () => {
  it("are the latent vector times the map, plus noise of the stated size", () => {
    const mixture: Mixture = { ...base, samples: { train: 2000, validation: 50, test: 50 }, noise: 0.6 };
    const { train } = interactionMixture(mixture);
    const { labels, truth, vectors } = latentsOf(mixture, 2000);
    expect(labelsOf(train)).toEqual(labels);
    expect(train.truth).toEqual(truth);
    for (const name of ["a", "b"]) {
      const map = mixtureMap(mixture, name);
      const [L, D] = map.shape as [number, number];
      expect([L, D]).toEqual([8, 20]);
      let squares = 0;
      let sum = 0;
      for (let i = 0; i < 2000; i++) {
        for (let d = 0; d < D; d++) {
          let clean = 0;
          for (let l = 0; l < L; l++) clean += vectors[name]!.data[i * L + l]! * map.data[l * D + d]!;
          const rest = train.modalities[name]!.data[i * D + d]! - clean;
          squares += rest * rest;
          sum += rest;
        }
      }
      expect(Math.sqrt(squares / 40000)).toBeCloseTo(0.6, 2);
      expect(sum / 40000).toBeCloseTo(0, 1);
    }
    const a = mixtureMap(mixture, "a").data;
    const spread = Math.sqrt(a.reduce((s, v) => s + v * v, 0) / a.length);
    expect(Math.abs(spread - 1)).toBeLessThan(4 / Math.sqrt(2 * a.length));
    expect(mixtureMap(mixture, "b").data).not.toEqual(a);
  });

  it("let one modality tell the label of redundant and its own unique samples, and of no others", () => {
    const { train, test } = interactionMixture({
      ...base,
      classes: 2,
      samples: { train: 1200, validation: 50, test: 1200 },
    });
    const right = (name: string, component: string): number => {
      const guess = linearReader(train, name);
      const labels = labelsOf(test);
      const rows = [...labels.keys()].filter((row) => test.truth![row] === component);
      return rows.filter((row) => guess(test, row) === labels[row]).length / rows.length;
    };
    for (const name of ["a", "b"]) {
      expect(right(name, "redundant")).toBeGreaterThan(0.9);
      expect(right(name, `unique_${name}`)).toBeGreaterThan(0.9);
      expect(right(name, `unique_${name === "a" ? "b" : "a"}`)).toBeLessThan(0.6);
      expect(right(name, "synergistic")).toBeGreaterThan(0.4);
      expect(right(name, "synergistic")).toBeLessThan(0.6);
    }
  });

  it("repeat with the seed; splits and seeds differ", () => {
    const one = interactionMixture(base);
    expect(interactionMixture(base)).toEqual(one);
    expect(interactionMixture({ ...base, seed: 2 }).train.modalities).not.toEqual(one.train.modalities);
    expect(one.validation.modalities.a!.data.slice(0, 20)).not.toEqual(one.test.modalities.a!.data.slice(0, 20));
    expect([one.train.size, one.validation.size, one.test.size]).toEqual([60, 20, 20]);
    expect(classesOf(one.test)).toEqual(["0", "1", "2"]);
    const { features: _, modalities: __, synergy: ___, stratified: ____, ...least } = base;
    expect(interactionMixture(least)).toEqual(one);
  });
});

/** A linear reader of one modality: least squares on the samples whose direct block holds the label, two classes. */
function linearReader(train: Dataset, name: string): (data: Dataset, row: number) => number {
  const D = 20;
  const labels = labelsOf(train);
  const own = [...labels.keys()].filter((row) => ["redundant", `unique_${name}`].includes(train.truth![row]!));
  const weights = new Float64Array(D + 1);
  const data = train.modalities[name]!.data;
  for (let step = 0; step < 150; step++) {
    const gradient = new Float64Array(D + 1);
    for (const row of own) {
      let score = weights[D]!;
      for (let d = 0; d < D; d++) score += weights[d]! * data[row * D + d]!;
      const error = score - (2 * labels[row]! - 1);
      for (let d = 0; d < D; d++) gradient[d]! += error * data[row * D + d]!;
      gradient[D]! += error;
    }
    for (let d = 0; d <= D; d++) weights[d]! -= (0.01 * gradient[d]!) / own.length;
  }
  return (other, row) => {
    const values = other.modalities[name]!.data;
    let score = weights[D]!;
    for (let d = 0; d < D; d++) score += weights[d]! * values[row * D + d]!;
    return score > 0 ? 1 : 0;
  };
}

describe("settings", () => {
  it.each<[string, object, RegExp]>([
    [
      "shares that do not sum to 1",
      { shares: { redundant: 0.5, unique: 0.25, synergistic: 0.25 } },
      /redundant 0\.5 \+ unique_a 0\.25 \+ unique_b 0\.25 \+ synergistic 0\.25 = 1\.25; they must sum to 1/,
    ],
    [
      "a share for an unknown modality",
      { shares: { redundant: 0.5, unique: { a: 0.25, c: 0 }, synergistic: 0.25 } },
      /gives a, c; one share is needed for each of a, b/,
    ],
    ["an unknown key", { noize: 1 }, /unknown option "noize"; did you mean "noise"/],
    ["one class", { classes: 1 }, /classes/],
    ["a modality twice", { modalities: ["a", "a"] }, /named twice/],
    ["one modality", { modalities: ["a"] }, /modalities/],
    ["a negative noise", { noise: -1 }, /noise/],
    ["a seed left out", { seed: undefined }, /seed/],
  ])("%s are refused", (_, change, message) => {
    const error = caught(() => interactionMixture({ ...base, ...change } as Mixture));
    expect(error.code).toBe("ConfigError");
    expect(error.message).toMatch(message);
  });
  it("too few samples to hold every class are refused", () => {
    expect(caught(() => interactionMixture({ ...base, classes: 50, samples: 20 })).message).toMatch(
      /no sample of class/,
    );
  });
});
