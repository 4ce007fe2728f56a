/** @file Bad input, function by function: a clear error of our own, or the documented right answer. */
import { describe, expect, it } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import {
  type BatchTerms,
  batchEstimate,
  bestAdditiveAccuracy,
  bootstrap,
  correctedAtoms,
  cvxEstimate,
  encode,
  entropy,
  type Features,
  fitDensity,
  fitWhitener,
  kMeans,
  lsmi,
  maxent,
  meanIntervals,
  meanScores,
  miKnife,
  miKsg,
  miKsgContinuous,
  mutualInformation,
  pid,
  pid3,
  pminScores,
  pointwise,
  sampleRows,
  surprisal,
  synergyBound,
  synergyTest,
  type Table,
  whiten,
} from "../../src/info/index.ts";

function features(rows: number, width: number, of: (i: number) => number): Features {
  return { shape: [rows, width], data: Float64Array.from({ length: rows * width }, (_, i) => of(i)) };
}
/** Numbers without a pattern that matters. */
const uneven = (i: number): number => (Math.sin(12.9898 * i) * 43758.5453) % 1;
const halves = (rows: number): number[] => Array.from({ length: rows }, (_, i) => i % 2);
const one = (rows: number): number[] => new Array<number>(rows).fill(0);
const terms = (rows: number, value = 0): BatchTerms => {
  const column = new Float64Array(rows).fill(value);
  const logs = new Float64Array(2 * rows).fill(-Math.LN2);
  return { i1: column, i2: column, i12: column, logs: { first: logs, second: logs } };
};
const faked = (p: number[], total = 1): Table => ({ shape: [1, 1, p.length], p: Float64Array.from(p), total });
const seed = 0;

describe("refused, by an error that says what is wrong", () => {
  it.each<[string, () => unknown, RegExp]>([
    ["null for a table", () => pid(null as never), /table: null was given/],
    ["a text for a table", () => pid("xor" as never), /table: string was given/],
    ["a hole among cells", () => pid([[[1, undefined as never]]]), /found undefined/],
    ["a negative probability in a table of one's own", () => pid(faked([1.5, -0.5])), /cell \[0, 0, 1\] holds -0.5/],
    ["NaN in a table of one's own", () => entropy(faked([Number.NaN])), /holds NaN/],
    ["probabilities that do not sum to 1", () => pointwise(faked([0.5, 0.2])), /sum to 0.7/],
    ["a table of other size than its shape", () => pid({ ...faked([1]), shape: [1, 1, 2] }), /has 2 cells but 1/],
    ["another unit", () => mutualInformation([[1, 0]], [0], [1], { unit: "bit" as never }), /did you mean "bits"/],
    ["no cells with mass", () => maxent([[[0, 0]]]), /sum to 0/],
    ["a negative cell, three sources", () => pid3([[[[1, -1]]]]), /holds -1/],
    ["two axes where three are needed", () => synergyBound([[1]]), /needs 3 axes/],
    [
      "more classes than can be searched",
      () => bestAdditiveAccuracy({ shape: [1, 1, 31], data: one(31).fill(1) }),
      /at most 30/,
    ],
    ["a representation beyond memory", () => encode(faked([1]), [0], () => 2 ** 40), /whole numbers/],
    ["probabilities where rows are drawn again", () => bootstrap([[[0.5, 0.5]]], { seed }), /Give counts/],
    ["more rows than can be drawn", () => bootstrap([[[5, 5]]], { seed, rows: 1e12 }), /from 1 to 33554432/],
    ["more rows than fit in memory", () => sampleRows([[1]], { rows: 1e12, seed }), /from 1 to 33554432/],
    ["a missing seed", () => synergyTest([[[5, 5]]], {} as never), /seed is undefined/],
    ["a jackknife of one row", () => correctedAtoms([[[1]]], { bias: "jackknife" }), /one row is too few/],
    [
      "NaN features",
      () =>
        miKsg(
          features(9, 2, (i) => (i === 5 ? Number.NaN : i)),
          halves(9),
          { seed },
        ),
      /row 2/,
    ],
    ["neighbours of one row", () => miKsg(features(1, 2, uneven), [0], { seed }), /no class has two rows/],
    [
      "neighbours of other rows",
      () => miKsgContinuous(features(4, 1, uneven), features(5, 1, uneven), { seed }),
      /4 rows beside 5/,
    ],
    ["no rows", () => kMeans(features(0, 2, uneven), { clusters: 1, seed }), /at least one row/],
    ["one row to whiten", () => fitWhitener(features(1, 4, uneven), 2), /constant over 1 rows/],
    [
      "constant features to whiten",
      () =>
        fitWhitener(
          features(9, 4, () => 1),
          2,
        ),
      /no density/,
    ],
    ["other widths to whiten", () => whiten(fitWhitener(features(9, 4, uneven), 2), features(9, 3, uneven)), /width 3/],
    ["the density of one row", () => fitDensity(features(1, 2, uneven), features(5, 2, uneven), { seed }), /one row/],
    [
      "densities of other widths",
      () => fitDensity(features(9, 2, uneven), features(9, 3, uneven), { seed }),
      /width 3 beside 2/,
    ],
    [
      "no number of components",
      () => fitDensity(features(9, 2, uneven), features(9, 2, uneven), { seed, components: [] }),
      /empty/,
    ],
    [
      "a floor below 0",
      () => fitDensity(features(9, 2, uneven), features(9, 2, uneven), { seed, floor: -1 }),
      /floor is -1/,
    ],
    ["densities of one class", () => miKnife(features(40, 2, uneven), one(40), { seed }), /1 of 1 classes/],
    [
      "too few rows for clusters",
      () => cvxEstimate(features(9, 2, uneven), features(9, 2, uneven), halves(9), { seed }),
      /at least 20/,
    ],
    [
      "clusters beyond memory",
      () => cvxEstimate(features(60, 2, uneven), features(60, 2, uneven), halves(60), { seed, clusters: 100_000 }),
      /at most 67108864 fit in memory/,
    ],
    [
      "labels that are no numbers of classes",
      () => cvxEstimate(features(60, 1, uneven), features(60, 1, uneven), one(60).fill(1.5), { seed }),
      /row 0 .*1\.5/,
    ],
    ["posteriors of one class", () => batchEstimate(terms(20), 1, { seed }), /classes is 1/],
    ["posteriors of one row", () => batchEstimate(terms(1), 2, { seed }), /all rows are of one group/],
    [
      "informations that are no numbers",
      () => batchEstimate(terms(20, Number.NaN), 2, { seed }),
      /i1 of row 0 .* is NaN/,
    ],
    ["groups of other rows", () => batchEstimate(terms(20), 2, { seed, groups: [0, 1] }), /2 groups for 20 rows/],
    ["scores of NaN", () => pminScores(terms(3, Number.NaN)), /terms are finite/],
    [
      "densities of NaN",
      () => lsmi({ ...terms(2), h1: Float64Array.of(1, Number.NaN), h2: new Float64Array(2) }),
      /h1 of row 1/,
    ],
    ["means of no rows", () => meanScores(pminScores(terms(3)), []), /no rows were named/],
    ["intervals of NaN", () => meanIntervals([Float64Array.of(1, Number.NaN)], { seed }), /row 1/],
    [
      "intervals with groups of other rows",
      () => meanIntervals([new Float64Array(3)], { seed, groups: [1] }),
      /1 groups for 3/,
    ],
  ])("%s", (_, call, text) => {
    let thrown: unknown;
    try {
      call();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DmilError);
    expect((thrown as DmilError).message).toMatch(text);
    expect((thrown as DmilError).code).not.toBe("InternalError");
  });
});

describe("answered, as documented", () => {
  it("one class and one row of a table hold nothing, also when resampled", () => {
    expect(bootstrap([[[1]]], { seed, rounds: 3 }).S).toMatchObject({ value: 0, lower: 0, upper: 0 });
    expect(synergyTest([[[1]]], { seed, rounds: 3 }).positive).toBe(false);
  });

  it("constant features tell nothing", () => {
    expect(
      Math.abs(
        miKsgContinuous(
          features(40, 2, () => 3),
          features(40, 1, uneven),
          { seed },
        ).value,
      ),
    ).toBeLessThan(0.1);
    const { R, U1, U2, S } = cvxEstimate(
      features(60, 2, () => 3),
      features(60, 2, uneven),
      halves(60),
      { seed },
    );
    expect([R, U1, S].every((atom) => Math.abs(atom) < 1e-9)).toBe(true);
    expect(U2).toBeGreaterThanOrEqual(0);
    expect(
      kMeans(
        features(40, 2, () => 3),
        { clusters: 4, seed },
      ).inertia,
    ).toBe(0);
  });

  it("more dimensions than rows: whitening keeps what the rows span, densities stay finite", () => {
    const wide = features(6, 40, uneven);
    const whitener = fitWhitener(wide, 16);
    expect(whitener.kept).toBe(5);
    const seen = whiten(whitener, wide);
    const bits = surprisal(fitDensity(seen, seen, { seed }), seen);
    expect(bits.every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(miKsg(features(20, 100, uneven), halves(20), { seed }).value)).toBe(true);
    expect(cvxEstimate(features(30, 200, uneven), features(30, 2, uneven), halves(30), { seed }).converged).toBe(true);
  });

  it("one class tells nothing to neighbours", () => {
    expect(miKsg(features(40, 2, uneven), one(40), { seed }).value).toBeCloseTo(0, 12);
  });
});
