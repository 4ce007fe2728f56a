import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countTable,
  gaussianClassRows,
  logicGate,
  lsmi,
  meanScores,
  pid,
  pminScores,
  pointwiseInformation,
  SAMPLE_TYPES,
  sampleRows,
  typeNull,
  typeSamples,
  unitSensitivity,
} from "../../src/info/index.ts";

const column = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 4, maxLength: 4 });

describe("scores", () => {
  it("sum to the informations, for both measures; the projection keeps the sums and makes means 0 or more", () => {
    fc.assert(
      fc.property(column, column, column, column, column, (a, b, c, d, e) => {
        const [i1, i2, i12, h1, h2] = [a, b, c, d, e].map((v) => Float64Array.from(v)) as Float64Array[];
        const terms = { i1: i1!, i2: i2!, i12: i12!, h1: h1!, h2: h2! };
        const read = lsmi(terms);
        for (const scores of [pminScores(terms), read.scores, lsmi(terms, { project: true }).scores]) {
          for (let i = 0; i < 4; i++) {
            expect(scores.r[i]! + scores.u1[i]!).toBeCloseTo(a[i]!, 9);
            expect(scores.r[i]! + scores.u2[i]!).toBeCloseTo(b[i]!, 9);
            expect(scores.r[i]! + scores.u1[i]! + scores.u2[i]! + scores.s[i]!).toBeCloseTo(c[i]!, 9);
          }
        }
        const [I1, I2, I12] = [a, b, c].map((v) => v.reduce((x, y) => x + y, 0) / 4) as [number, number, number];
        const clipped = Math.min(Math.max(read.means.R, 0, I1 + I2 - I12), I1, I2);
        expect(read.projected.R).toBeCloseTo(clipped, 9);
        expect(meanScores(lsmi(terms, { project: true }).scores).R).toBeCloseTo(clipped, 9);
      }),
      { numRuns: 50 },
    );
  });

  it("of exact posteriors average to the table's pmin", () => {
    const columns = sampleRows(logicGate("xor").table, { rows: 400, seed: 1 });
    const table = countTable(columns);
    const rows = 400;
    const shares = (symbols: ArrayLike<number>, count: number): Float64Array => {
      const joint = new Float64Array(count * 2);
      for (let i = 0; i < rows; i++) joint[symbols[i]! * 2 + columns[2]![i]!]! += 1;
      const out = new Float64Array(rows * 2);
      for (let i = 0; i < rows * 2; i++) {
        const at = symbols[i >> 1]! * 2;
        out[i] = Math.log(joint[at + (i & 1)]! / (joint[at]! + joint[at + 1]!));
      }
      return out;
    };
    const labels = columns[2]!;
    const ones = labels.reduce((a, b) => a + b, 0) / rows;
    const prior = [Math.log(1 - ones), Math.log(ones)];
    const both = columns[0]!.map((a, i) => 2 * a + columns[1]![i]!);
    const [i1, i2, i12] = [shares(columns[0]!, 2), shares(columns[1]!, 2), shares(both, 4)].map((logs) =>
      pointwiseInformation(logs, labels, prior),
    ) as [Float64Array, Float64Array, Float64Array];
    const found = meanScores(pminScores({ i1, i2, i12 }));
    const want = pid(table, { measure: "pmin" });
    for (const atom of ["R", "U1", "U2", "S"] as const) expect(found[atom]).toBeCloseTo(want[atom], 9);
  });

  it("uses the prior it is given, and clips confident mistakes", () => {
    const logs = [Math.log(0.9), Math.log(0.1), 0, Number.NEGATIVE_INFINITY];
    const found = pointwiseInformation(logs, [0, 1], [Math.log(0.9), Math.log(0.1)]);
    expect(found[0]).toBeCloseTo(0, 12);
    expect(found[1]).toBeCloseTo((-30 - Math.log(0.1)) / Math.LN2, 9);
    expect(() => pointwiseInformation([0.5, 0], [0], [0, 0])).toThrow(/log-probability 0.5/);
    expect(() => pointwiseInformation([0, 0, 0], [0], [0, 0])).toThrow(/\[N, K\]/);
  });

  it("refuses terms of different samples", () => {
    const [a, b] = [new Float64Array(2), new Float64Array(3)];
    expect(() => pminScores({ i1: a, i2: a, i12: b })).toThrow(/i12 3/);
  });
});

it("a far larger unit of one source makes all of its partner's information redundant in LSMI", () => {
  const { exact } = gaussianClassRows({ rows: 3000, seed: 0 });
  const scaled = { ...exact, h1: exact.h1.map((h) => h + 10 * Math.log2(100)) };
  const mean = exact.i2.reduce((a, b) => a + b, 0) / 3000;
  expect(lsmi(scaled).means.R).toBeCloseTo(mean, 9);
  const { half, own, double } = unitSensitivity(exact, 10);
  expect(own).toBeCloseTo(lsmi(exact).means.R, 12);
  expect(Math.abs(double - own) + Math.abs(half - own)).toBeGreaterThan(0.01);
});

describe("types", () => {
  const scores = {
    r: Float64Array.of(1, 0, 0, 0, 0.1),
    u1: Float64Array.of(0, 1, 0, 0, 0),
    u2: Float64Array.of(0, 0, 1, 0, 0),
    s: Float64Array.of(0, 0, 0, 1, 0),
  };
  it("name the largest score", () => {
    expect([...typeSamples(scores)].map((type) => SAMPLE_TYPES[type])).toEqual(["R", "U1", "U2", "S", "R"]);
  });

  it("are none below the null's quantile, and the null's mean is taken off first", () => {
    const none = typeNull([
      {
        r: new Float64Array(100).fill(0.5),
        u1: new Float64Array(100),
        u2: new Float64Array(100),
        s: new Float64Array(100),
      },
    ]);
    expect([...typeSamples(scores, none)].map((type) => SAMPLE_TYPES[type])).toEqual(["R", "U1", "U2", "S", "none"]);
    expect(() => typeNull([])).toThrow(/at least one/);
  });
});
