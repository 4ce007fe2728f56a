import { describe, expect, test } from "vitest";
import { sums } from "../../../src/data/synthetic/sums.ts";

const samples = { train: 4000, validation: 20, test: 20 };

/** Correlations of the target with products and single features, over all pairs: the largest in size. */
function linked(target: ArrayLike<number>, feature: (row: number) => number, rows: number): number {
  let [st, sf, tt, ff, tf] = [0, 0, 0, 0, 0];
  for (let i = 0; i < rows; i++) {
    const [t, f] = [target[i]!, feature(i)];
    st += t;
    sf += f;
    tt += t * t;
    ff += f * f;
    tf += t * f;
  }
  return (
    Math.abs(tf / rows - (st / rows) * (sf / rows)) /
    Math.sqrt((tt / rows - (st / rows) ** 2) * (ff / rows - (sf / rows) ** 2))
  );
}

describe("sums", () => {
  test("bounds are shares of variance, and the sum has that variance", () => {
    const { splits, bound } = sums({ seed: 0, weights: [0.1, 0.2, 0.3, 0.4], noise: 0.5, samples });
    expect(bound.any).toBeCloseTo(1 / 1.25, 12);
    expect(bound.additive).toBeCloseTo(0.6 / 1.25, 12);
    const { data } = splits.train.target!.values;
    expect(data.reduce((sum, v) => sum + v * v, 0) / data.length).toBeCloseTo(1.25, 1);
  });

  test("a synergistic sum shows in no single feature; with another seed the data differs, with the same it does not", () => {
    const { splits } = sums({ seed: 0, weights: [0, 0, 0, 1], noise: 0, samples });
    const { modalities, target } = splits.train;
    const one = (m: string, f: number) => linked(target!.values.data, (row) => modalities[m]!.data[8 * row + f]!, 4000);
    for (let f = 0; f < 8; f++) expect(Math.max(one("a", f), one("b", f))).toBeLessThan(0.08);
    const pairs = Array.from({ length: 64 }, (_, p) =>
      linked(
        target!.values.data,
        (row) => modalities.a!.data[8 * row + (p >> 3)]! * modalities.b!.data[8 * row + (p & 7)]!,
        4000,
      ),
    );
    expect(Math.max(...pairs)).toBeGreaterThan(0.2);
    expect(sums({ seed: 0, weights: [0, 0, 0, 1], noise: 0, samples }).splits).toEqual(splits);
    expect(sums({ seed: 1, samples }).splits.test.target).not.toEqual(splits.test.target);
  });

  test("labels: one for each part that has a share, half of them yes", () => {
    const { splits } = sums({ seed: 0, target: "multilabel", weights: [0.5, 0.2, 0, 0.3], samples });
    const { names, values } = splits.train.target!;
    expect(names).toEqual(["redundant", "unique_a", "synergistic"]);
    names.forEach((_, l) => {
      const own = values.data.filter((_, i) => i % 3 === l);
      expect(own.reduce((sum, v) => sum + v, 0) / own.length).toBeCloseTo(0.5, 1);
    });
  });

  test("settings that do not fit", () => {
    expect(() => sums({ seed: 0, features: 2 })).toThrowError(/sums\.features: 3 features or more/);
    expect(() => sums({ seed: 0, weights: [1, 1, 0, 0] })).toThrowError(/the four weights must sum to 1/);
    expect(() => sums({ seed: 0, target: "regresion" as never })).toThrowError(
      /unknown word "regresion"; did you mean "regression"\?/,
    );
  });
});
