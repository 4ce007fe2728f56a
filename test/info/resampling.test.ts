import { describe, expect, it } from "vitest";
import {
  bootstrap,
  connectedTest,
  correctedAtoms,
  countTable,
  informationTerms,
  logicGate,
  millerMadow,
  permutationNull,
  pid,
  rowsFor,
  sampleRows,
  synergyTest,
} from "../../src/info/index.ts";

/** Counts of rows drawn from a table. */
function drawn(table: Parameters<typeof sampleRows>[0], sizes: number[], rows: number, seed: number) {
  return countTable(sampleRows(table, { rows, seed }), sizes);
}
const and = drawn(logicGate("and").table, [2, 2, 2], 300, 1);
const uniform = { shape: [4, 4, 3], data: new Float64Array(48).fill(1) };

describe("bias", () => {
  it("Miller and Madow's formula, and the rows it asks for", () => {
    expect(millerMadow(64, 4, 300)).toBeCloseTo(0.45445, 5);
    expect(rowsFor([8, 8, 4], 0.4545)).toBe(300);
  });

  it("is taken off the informations alike, and the atoms still sum", () => {
    for (const bias of ["none", "miller-madow", "permutation", "jackknife"] as const) {
      const { R, U1, U2, S, informations, bias: taken, converged } = correctedAtoms(and, { bias, seed: 0, rounds: 20 });
      expect(converged).toBe(true);
      expect(R + U1).toBeCloseTo(informations.I1, 12);
      expect(R + U2).toBeCloseTo(informations.I2, 12);
      expect(R + U1 + U2 + S).toBeCloseTo(informations.I12, 12);
      expect(informations.I12 + taken.I12).toBeCloseTo(informationTerms(and).I12, 12);
    }
    expect(correctedAtoms(and, { bias: "none" }).S).toBeCloseTo(pid(and).S, 12);
  });

  it("most of what independent sources and target seem to share is gone", () => {
    const names = ["none", "miller-madow", "permutation", "jackknife"] as const;
    const mean: Record<string, number> = {};
    for (let seed = 0; seed < 5; seed++) {
      const counts = drawn(uniform, [4, 4, 3], 400, seed);
      for (const bias of names) {
        const { S } = correctedAtoms(counts, { bias, seed, rounds: 15 });
        mean[bias] = (mean[bias] ?? 0) + S / 5;
      }
    }
    expect(mean.none).toBeGreaterThan(0.025);
    for (const bias of names.slice(1)) expect(Math.abs(mean[bias]!), bias).toBeLessThan(mean.none! / 3);
  });

  it("needs counts, and a seed where it draws", () => {
    expect(() =>
      correctedAtoms(
        [
          [[0.5], [0.25]],
          [[0.25], [0]],
        ],
        { bias: "jackknife" },
      ),
    ).toThrow("Give counts");
    expect(() => correctedAtoms(and, { bias: "permutation" })).toThrow("give a seed");
    expect(() => correctedAtoms(and, { bias: "jacknife" as "jackknife" })).toThrow('did you mean "jackknife"?');
    expect(() => bootstrap([[[2 ** 26, 1]]], { seed: 0 })).toThrow("at most 33554432 are resampled");
  });
});

describe("nulls", () => {
  it("see information where there is some and none where there is none", () => {
    const real = permutationNull(and, { seed: 0, rounds: 50 });
    expect(real.I12.p).toBeLessThan(0.03);
    expect(real.I12.value).toBeGreaterThan(real.I12.quantile95);
    const ps = Array.from({ length: 10 }, (_, seed) => {
      const counts = drawn(uniform, [4, 4, 3], 200, seed);
      return permutationNull(counts, { seed, rounds: 30, measure: "mmi" }).I12.p;
    });
    expect(ps.filter((p) => p > 0.05).length).toBeGreaterThanOrEqual(7);
    expect(permutationNull(and, { seed: 0, rounds: 50 })).toEqual(real);
  });

  it("call synergy positive only when it is", () => {
    expect(synergyTest(and, { seed: 0, rounds: 30 }).positive).toBe(true);
    expect(synergyTest(drawn(logicGate("xor").table, [2, 2, 2], 60, 2), { seed: 0, rounds: 30 }).positive).toBe(true);
    let falsely = 0;
    for (let seed = 0; seed < 8; seed++) {
      if (synergyTest(drawn(uniform, [4, 4, 3], 150, seed), { seed, rounds: 20 }).positive) falsely++;
    }
    expect(falsely).toBeLessThanOrEqual(2);
  });

  it("call connected information positive for xor, not for and", () => {
    expect(connectedTest(drawn(logicGate("xor").table, [2, 2, 2], 60, 2), { seed: 0, rounds: 30 }).positive).toBe(true);
    expect(connectedTest(and, { seed: 0, rounds: 30 }).positive).toBe(false);
  });
});

describe("bootstrap", () => {
  it("covers the truth it was drawn from", () => {
    const truth = { ...logicGate("and").broja, ...informationTerms(logicGate("and").table) };
    let covered = 0;
    for (let seed = 0; seed < 6; seed++) {
      const counts = drawn(logicGate("and").table, [2, 2, 2], 400, 50 + seed);
      const { S, I12, unconverged } = bootstrap(counts, { seed, rounds: 50 });
      expect(unconverged).toBe(0);
      expect(S.lower).toBeLessThan(S.upper);
      expect(S.upperLimit).toBeLessThanOrEqual(S.upper + 1e-12);
      if (S.lower <= truth.S && truth.S <= S.upper) covered++;
      if (I12.lower <= truth.I12 && truth.I12 <= I12.upper) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(9);
  });

  it("repeats under its seed, changes with it, and takes fewer rows when asked", () => {
    const once = bootstrap(and, { seed: 1, rounds: 20, measure: "pmin" });
    expect(bootstrap(and, { seed: 1, rounds: 20, measure: "pmin" })).toEqual(once);
    expect(bootstrap(and, { seed: 2, rounds: 20, measure: "pmin" })).not.toEqual(once);
    const fewer = bootstrap(and, { seed: 1, rounds: 40, rows: "fewer" });
    expect(fewer.S.centred).toBe(fewer.S.value);
    expect(fewer.S.upper).toBeGreaterThan(fewer.S.lower);
    expect(() => bootstrap(and, { seed: 1, level: 1 })).toThrow("level is 1");
  });
});
