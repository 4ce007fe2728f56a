import { describe, expect, it } from "vitest";
import {
  type Atoms,
  type BatchTerms,
  type BlockName,
  batchEstimate,
  block,
  blockRows,
  gaussianClasses,
  gaussianClassRows,
  pointwiseInformation,
} from "../../src/info/index.ts";

const ATOMS = ["R", "U1", "U2", "S"] as const;

/** Blocks side by side: sources see all of them, the class is the tuple of theirs; atoms add. */
function sideBySide(names: readonly BlockName[], rows: number, sigma: number): { terms: BatchTerms; classes: number } {
  const parts = names.map((name, b) => blockRows(name, { rows, sigma, seed: b }));
  const classes = 2 ** names.length;
  const labels = Int32Array.from({ length: rows }, (_, i) =>
    parts.reduce((sum, { labels: own }, b) => sum + own[i]! * 2 ** b, 0),
  );
  const logs = (["first", "second", "both"] as const).map((part) =>
    Float64Array.from({ length: rows * classes }, (_, cell) => {
      const [i, k] = [Math.floor(cell / classes), cell % classes];
      return parts.reduce((sum, { exact }, b) => sum + exact[part][2 * i + ((k >> b) & 1)]!, 0);
    }),
  ) as [Float64Array, Float64Array, Float64Array];
  const prior = new Array<number>(classes).fill(-Math.log(classes));
  const [i1, i2, i12] = logs.map((own) => pointwiseInformation(own, labels, prior)) as typeof logs;
  return { terms: { i1, i2, i12, logs: { first: logs[0], second: logs[1] } }, classes };
}

describe("exact posteriors of blocks", () => {
  it.each<[BlockName[], number]>([
    [["R0"], 0.5],
    [["R"], 1],
    [["U1"], 0.5],
    [["S"], 0.5],
    [["U1", "U2"], 0.5],
    [["R", "U1", "U2"], 0.5],
    [["R0", "S", "U2"], 0.75],
  ])("%j at sigma %f", (names, sigma) => {
    const { terms, classes } = sideBySide(names, 3000, sigma);
    const found = batchEstimate(terms, classes, { seed: 0 });
    expect(found.redundancy.converged).toBe(true);
    for (const atom of ATOMS) {
      const truth = names.reduce((sum, name) => sum + block(name, { sigma })[atom], 0);
      expect(Math.abs(found[atom].value - truth), atom).toBeLessThan(0.06);
      expect(found[atom].lower, atom).toBeLessThanOrEqual(truth + 0.02);
      expect(found[atom].upper, atom).toBeGreaterThanOrEqual(truth - 0.02);
    }
  });

  it("the sum rules hold, groups widen the intervals, the seed repeats", () => {
    const { terms, classes } = sideBySide(["R", "U1"], 1200, 0.75);
    const found = batchEstimate(terms, classes, { seed: 0 });
    const mean = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect(found.R.value + found.U1.value).toBeCloseTo(mean(terms.i1), 9);
    expect(found.R.value + found.U2.value).toBeCloseTo(mean(terms.i2), 9);
    expect(ATOMS.reduce((sum, atom) => sum + found[atom].value, 0)).toBeCloseTo(mean(terms.i12), 9);
    expect(batchEstimate(terms, classes, { seed: 0 })).toEqual(found);
    const order = [...terms.i1.keys()].sort((a, b) => terms.i1[a]! - terms.i1[b]!);
    const groups = new Int32Array(1200);
    order.forEach((row, place) => {
      groups[row] = Math.floor(place / 60); // like rows together
    });
    expect(batchEstimate(terms, classes, { seed: 0, groups }).U1.se).toBeGreaterThan(1.5 * found.U1.se);
  });
});

it("ten Gaussian classes: equal channels are all redundant, within what the intervals say", () => {
  const [rows, n, sigma] = [3000, 10, 0.5];
  const { exact } = gaussianClassRows({ rows, seed: 0, classes: n, sigma });
  const truth: Atoms = gaussianClasses({ classes: n, sigma });
  const found = batchEstimate(exact, n, { seed: 0 });
  for (const atom of ATOMS) {
    expect(Math.abs(found[atom].value - truth[atom]), atom).toBeLessThan(0.08);
    expect(found[atom].lower, atom).toBeLessThanOrEqual(truth[atom] + 1e-9);
    expect(found[atom].upper, atom).toBeGreaterThanOrEqual(truth[atom] - 1e-9);
  }
});

it("refuses terms of different samples and unknown options", () => {
  const { terms, classes } = sideBySide(["U1"], 40, 0.5);
  expect(() => batchEstimate({ ...terms, i2: new Float64Array(3) }, classes, { seed: 0 })).toThrow(/i2 3/);
  expect(() => batchEstimate(terms, 3, { seed: 0 })).toThrow(/\[N, K\]/);
  expect(() => batchEstimate(terms, classes, { seeds: 0 } as never)).toThrow('did you mean "seed"?');
});
