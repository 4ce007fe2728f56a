/** @file Bits of predictions made elsewhere: the project's own definitions, calibration that never reads what it was fitted to, known truth. */
import { describe, expect, test } from "vitest";
import { stream } from "../../../src/core/random.ts";
import { atoms, labelFreeBits } from "../../../src/interactions/bits.ts";
import { foreignBits } from "../../../src/interactions/foreign/bits.ts";
import type { ForeignPredictions } from "../../../src/interactions/foreign/result.ts";
import { calibrated, fitScaling, logPriorOf } from "../../../src/targets/calibrate.ts";

const N = 400;
const classes = ["no", "yes"];

/** Log-probabilities [N, 2] of which `sure` is given to `label` where `knows` says so, else a half. */
function says(labels: Int32Array, knows: (i: number) => boolean, sure = 0.95): Float64Array {
  return Float64Array.from({ length: 2 * labels.length }, (_, at) => {
    const i = Math.floor(at / 2);
    return Math.log(knows(i) ? (at % 2 === labels[i]! ? sure : 1 - sure) : 0.5);
  });
}

/** Samples by turns redundant, unique to a, unique to b, synergistic. */
function quarters(n = N): ForeignPredictions & { labels: Int32Array } {
  const draw = stream(3, "quarters");
  const labels = Int32Array.from({ length: n }, () => draw.below(2));
  const kind = (i: number): number => i % 4;
  return {
    classes,
    labels,
    sets: {
      a: says(labels, (i) => kind(i) <= 1),
      b: says(labels, (i) => kind(i) === 0 || kind(i) === 2),
      "a+b": says(labels, () => true),
    },
  };
}

test("atoms of known samples fall where they belong, by component and in their sum", () => {
  const { rows, bits, labelBits, largest, accuracy } = foreignBits(quarters(), { seed: 0 });
  const names = ["redundant", "unique_a", "unique_b", "synergistic"];
  rows.forEach((row, i) => {
    expect(row.largest).toBe(names[i % 4]);
    const parts = names.map((name) => row[`bits_${name}`] as number);
    expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(row.bits_total as number, 12);
  });
  for (const name of names) {
    expect(bits[name]!.value).toBeGreaterThan(0.15);
    expect(bits[name]!.lower).toBeLessThan(bits[name]!.value);
    expect(largest[name]).toBe(0.25);
    expect(labelBits![name]!.value).toBeCloseTo(bits[name]!.value, 1);
  }
  expect(accuracy).toMatchObject({ "a+b": 1 });
});

test("rows that are fitted to are not read, and the rest is the project's own calibration and atoms", () => {
  const data = quarters();
  const fitted = Uint8Array.from({ length: N }, (_, i) => Number(i < 100));
  const report = foreignBits({ ...data, fitted }, { seed: 0 });
  expect(report.samples).toBe(300);
  expect(report.calibration).toMatchObject({ how: "rows", rows: 100 });
  const fit = data.labels.slice(0, 100);
  const prior = logPriorOf(fit, 2);
  const logs = Object.entries(data.sets).map(([name, own]) => {
    const scaling = fitScaling(own.slice(0, 200), fit, prior);
    return [name, labelFreeBits(calibrated(own.slice(200), prior, scaling), Float64Array.from(prior))] as const;
  });
  const { "a+b": whole, ...alone } = Object.fromEntries(logs);
  const expected = atoms(whole!, alone as Record<string, Float64Array>);
  report.rows.forEach((row, i) => {
    expect(row.bits_redundant).toBeCloseTo(expected.redundant[i]!, 12);
    expect(row.bits_unique_a).toBeCloseTo(expected.unique.a![i]!, 12);
    expect(row.bits_synergistic).toBeCloseTo(expected.synergistic[i]!, 12);
  });
  const flipped = data.labels.map((label, i) => (i < 100 ? label : 1 - label));
  const other = foreignBits({ ...data, labels: flipped, fitted }, { seed: 0 });
  expect(other.rows.map((row) => row.p_yes)).toEqual(report.rows.map((row) => row.p_yes));
});

test("confident predictions that are unrelated to the label are not shown to be informative", () => {
  const { labels } = quarters();
  const draw = stream(5, "noise");
  const noise = (): Float64Array =>
    says(
      labels.map(() => draw.below(2)),
      () => true,
      0.99,
    );
  const report = foreignBits({ classes, labels, sets: { a: noise(), b: noise(), "a+b": noise() } }, { seed: 0 });
  expect(report.bits.total!.value).toBeLessThan(0.05);
  expect(report.verdicts.join(" ")).toMatch(/No information about the label is shown|hardly differ from the prior/);
});

test("without labels nothing is calibrated, the prior is the mean prediction, and that is said", () => {
  const { sets } = quarters();
  const report = foreignBits({ classes, sets }, { seed: 0 });
  expect(report.calibration.how).toBe("none");
  expect(report.calibration.scalings.a).toEqual({ scale: 1, doubt: 0 });
  expect(report.calibration.prior.no! + report.calibration.prior.yes!).toBeCloseTo(1, 12);
  expect(report.labelBits).toBeUndefined();
  expect(report.accuracy).toBeUndefined();
  expect(report.classesBy).toBe("prediction");
  expect(report.notes[0]).toMatch(/^no labels: probabilities are used uncalibrated/);
});

test("Shapley values of the prediction sum to what all say over the prior; the pair is their interaction", () => {
  const { rows, shapley } = foreignBits(quarters(), { seed: 0 });
  rows.forEach((row, i) => {
    const total = (row.shapley_a as number) + (row.shapley_b as number);
    const kind = i % 4;
    // Every prediction here is of the label, so both games are one.
    expect(total).toBeCloseTo(row.label_bits_total as number, 10);
    if (kind === 3) expect(row["shapley_a+b"]).toBeGreaterThan(0.5);
    if (kind === 0) expect(row["shapley_a+b"]).toBeLessThan(-0.5);
  });
  expect(shapley!.label!.a!.value).toBeCloseTo(shapley!.predicted.a!.value, 10);
});

describe("three modalities", () => {
  const { labels } = quarters();
  const knows = (turn: number) => says(labels, (i) => i % 3 === turn);
  const alone = { a: knows(0), b: knows(1), c: knows(2) };
  const all = says(labels, () => true);
  test("singles and all are enough for bits, and what Shapley lacks is named", () => {
    const report = foreignBits({ classes, labels, sets: { ...alone, "a+b+c": all } }, { seed: 0 });
    expect(report.shapley).toBeUndefined();
    expect(report.notes.join()).toMatch(/no Shapley values: .* a\+b, a\+c, b\+c are missing/);
    expect(report.rows.slice(0, 3).map((row) => row.largest)).toEqual(["unique_a", "unique_b", "unique_c"]);
  });
  test("every set gives every index", () => {
    const pairs = {
      "b+a": says(labels, (i) => i % 3 < 2),
      "a+c": says(labels, (i) => i % 3 !== 1),
      "b+c": says(labels, (i) => i % 3 > 0),
    };
    const { shapley } = foreignBits({ classes, labels, sets: { ...alone, ...pairs, "c+a+b": all } }, { seed: 0 });
    expect(Object.keys(shapley!.predicted)).toEqual(["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"]);
    expect(shapley!.label!["a+b"]!.value).toBeCloseTo(0, 1);
  });
});

test("the same seed gives the same report; groups stay whole", () => {
  const data = quarters();
  expect(foreignBits(data, { seed: 4 })).toEqual(foreignBits(data, { seed: 4 }));
  const groups = Array.from(data.labels, (_, i) => `g${Math.floor(i / 8)}`);
  const grouped = foreignBits({ ...data, groups }, { seed: 4 });
  // A group is of one fold: its rows share one calibration.
  const kinds = new Map<string, Set<number>>();
  grouped.rows.forEach((row, i) => {
    const key = `${groups[i]} ${i % 4} ${row.label}`;
    kinds.set(key, (kinds.get(key) ?? new Set()).add(row.p_yes as number));
  });
  expect(Math.max(...[...kinds.values()].map((values) => values.size))).toBe(1);
});

test.each([
  ["one modality", { a: new Float64Array(8), "a+b": new Float64Array(8) }, /only one modality \(a\)/],
  ["no joint prediction", { a: new Float64Array(8), b: new Float64Array(8) }, /from all modalities together \(a\+b\)/],
  ["another length", { a: new Float64Array(8), b: new Float64Array(6), "a+b": new Float64Array(8) }, /6 numbers of b/],
  ["NaN", { a: new Float64Array(8).fill(Number.NaN), b: new Float64Array(8), "a+b": new Float64Array(8) }, /a, row 0/],
  [
    "an unknown part",
    { a: new Float64Array(8), b: new Float64Array(8), "a+c": new Float64Array(8) },
    /"a\+c" is not a combination/,
  ],
])("%s is refused", (_, sets, message) => {
  expect(() => foreignBits({ classes, sets: sets as Record<string, Float64Array> }, { seed: 0 })).toThrowError(message);
});
