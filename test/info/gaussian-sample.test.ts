import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { equalSources } from "../../src/info/gaussian-equal.ts";
import { GAUSSIAN_AMOUNTS, gaussianEstimate, gaussianPid } from "../../src/info/index.ts";

/** Rows of [x1 (2), x2 (2), y (2)], y1 in both sources through noise, y2 in the second alone; and their covariance. */
function rowsOf(n: number, seed: number, told = 1) {
  const draw = stream(seed, "test.gaussian-sample");
  const [x1, x2, y] = [new Float64Array(2 * n), new Float64Array(2 * n), new Float64Array(2 * n)];
  for (let i = 0; i < n; i++) {
    const [a, b] = [draw.normal(), draw.normal()];
    y.set([a, b], 2 * i);
    x1.set([told * a + 0.5 * draw.normal(), draw.normal()], 2 * i);
    x2.set([told * a + draw.normal(), told * b + 0.7 * draw.normal()], 2 * i);
  }
  const tensor = (data: Float64Array) => ({ shape: [n, 2], data });
  return { x1: tensor(x1), x2: tensor(x2), y: tensor(y) };
}

const TRUTH = gaussianPid(
  [
    [1.25, 0, 1, 0, 1, 0],
    [0, 1, 0, 0, 0, 0],
    [1, 0, 2, 0, 1, 0],
    [0, 0, 0, 1.49, 0, 1],
    [1, 0, 1, 0, 1, 0],
    [0, 0, 0, 1, 0, 1],
  ],
  { first: [0, 1], second: [2, 3], target: [4, 5] },
);

describe("rows", () => {
  it("give the decomposition of the law they are drawn from, within intervals that mostly hold it", () => {
    const held = GAUSSIAN_AMOUNTS.map(() => 0);
    const sums = GAUSSIAN_AMOUNTS.map(() => 0);
    const runs = 40;
    for (let seed = 0; seed < runs; seed++) {
      const { x1, x2, y } = rowsOf(400, seed);
      const found = gaussianEstimate(x1, x2, y, { seed, nulls: 20 });
      GAUSSIAN_AMOUNTS.forEach((name, a) => {
        const { value, lower, upper } = found[name];
        if (lower <= TRUTH[name] && TRUTH[name] <= upper) held[a]!++;
        sums[a]! += value / runs;
      });
      const { R, U1, U2, S, I12 } = found;
      expect(R.value + U1.value + U2.value + S.value).toBeCloseTo(I12.value, 10);
      expect(found.balance.value).toBeCloseTo(S.value - R.value, 12);
    }
    GAUSSIAN_AMOUNTS.forEach((name, a) => {
      expect(Math.abs(sums[a]! - TRUTH[name]), name).toBeLessThan(0.03);
      expect(held[a]!, name).toBeGreaterThanOrEqual(0.85 * runs);
    });
  });

  it("without any relation have informations of 0 in the mean, and little above the null", () => {
    let sum = 0;
    let above = 0;
    const runs = 30;
    for (let seed = 0; seed < runs; seed++) {
      const { x1, x2, y } = rowsOf(60, seed, 0);
      const { I12, S, plugIn } = gaussianEstimate(x1, x2, y, { seed, nulls: 40 });
      sum += I12.value / runs;
      expect(plugIn.I12).toBeGreaterThan(I12.value + 0.05);
      if (I12.value > I12.null95) above++;
      expect(S.value).toBeGreaterThanOrEqual(0);
    }
    expect(Math.abs(sum)).toBeLessThan(0.03);
    expect(above).toBeLessThanOrEqual(6);
  });

  it("of two equal sources show nothing unique beyond the null of equal sources", () => {
    let above = 0;
    for (let seed = 0; seed < 20; seed++) {
      const draw = stream(seed, "test.equal");
      const n = 300;
      const y = Float64Array.from({ length: 5 * n }, () => draw.normal());
      const seen = () => ({ shape: [n, 5], data: y.map((v) => v + draw.normal()) });
      const found = gaussianEstimate(seen(), seen(), { shape: [n, 5], data: y }, { seed, nulls: 40 });
      expect(found.equalShows).toBeGreaterThan(0.02);
      if (found.U1.value > found.U1.null95) above++;
    }
    expect(above).toBeLessThanOrEqual(4);
  });

  it("do not depend on the units of the columns", () => {
    const { x1, x2, y } = rowsOf(200, 3);
    const scaled = { ...x1, data: x1.data.map((v, i) => (i % 2 === 0 ? 1e6 * v + 5 : 1e-4 * v)) };
    const [one, other] = [x1, scaled].map((own) => gaussianEstimate(own, x2, y, { seed: 0, nulls: 20 }));
    for (const name of GAUSSIAN_AMOUNTS) expect(Math.abs(one![name].value - other![name].value)).toBeLessThan(1e-9);
  });

  it("are refused where they are too few or do not fit", () => {
    const { x1, x2, y } = rowsOf(11, 4);
    expect(() => gaussianEstimate(x1, x2, y, { seed: 0 })).toThrow(/11 rows for 6 columns.*twice as many/);
    expect(() => gaussianEstimate(rowsOf(20, 4).x1, x2, y, { seed: 0 })).toThrow(/20, 11 and 11 rows/);
    const { x1: a, x2: b, y: c } = rowsOf(40, 4);
    expect(() => gaussianEstimate(c, b, c, { seed: 0 })).toThrow(/determine.*12 digits/);
    expect(() => gaussianEstimate(a, b, c, { seed: 0, groups: new Array(40).fill(1) })).toThrow(/one group/);
  });
});

describe("samples of equal sources", () => {
  it("have the information asked for in the mean", () => {
    const plugIn = { ...TRUTH, I1: 1, I2: 1.4, widths: { first: 3, second: 4, both: 7, target: 3 } };
    const found = equalSources(plugIn, 2000, 20, 0);
    const mean = (name: "I1" | "I2"): number => found.reduce((sum, own) => sum + own[name] / found.length, 0);
    expect(mean("I1")).toBeCloseTo(1, 1);
    expect(mean("I2")).toBeCloseTo(1, 1);
  });
});
