import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { excessBounds } from "../../src/info/gaussian-certificate.ts";
import { eigenOf } from "../../src/info/linear/symmetric.ts";

/** A symmetric matrix with eigenvalues inside (-1, 1). */
function contraction(n: number, seed: number): Float64Array[] {
  const draw = stream(seed, "test.certificate");
  const a = Array.from({ length: n }, () => Float64Array.from({ length: n }, () => draw.normal()));
  return a.map((row, i) => row.map((v, j) => (v + a[j]![i]!) / (6 * Math.sqrt(n))));
}

describe("bounds from eigenpairs", () => {
  it("meet at the optimum", () => {
    for (let seed = 0; seed < 20; seed++) {
      const m = contraction(1 + (seed % 6), seed);
      const { values, vectors } = eigenOf(
        m.map((row) => row.slice()),
        1e-30,
      );
      const truth = values.reduce((sum, value) => sum + (value < 0 ? Math.atanh(-value) : 0), 0);
      const { lower, upper } = excessBounds(m, { values, vectors });
      expect(Math.abs(lower - truth)).toBeLessThan(1e-13);
      expect(Math.abs(upper - truth)).toBeLessThan(1e-12);
    }
  });

  it("hold, further apart, for eigenpairs that are wrong", () => {
    let widest = 0;
    for (let seed = 0; seed < 50; seed++) {
      const m = contraction(4, seed + 100);
      const exact = eigenOf(
        m.map((row) => row.slice()),
        1e-30,
      );
      const truth = exact.values.reduce((sum, value) => sum + (value < 0 ? Math.atanh(-value) : 0), 0);
      const draw = stream(seed, "test.wrong");
      const error = 10 ** -(1 + (seed % 6));
      const wrong = {
        values: exact.values.map((value) => value + error * draw.normal() * 0.1),
        vectors: exact.vectors.map((row) => row.map((v) => v + error * draw.normal())),
      };
      const { lower, upper } = excessBounds(m, wrong);
      expect(lower).toBeLessThanOrEqual(truth + 1e-14);
      expect(upper).toBeGreaterThanOrEqual(truth - 1e-14);
      widest = Math.max(widest, upper - lower);
    }
    expect(widest).toBeGreaterThan(1e-3);
  });
});
