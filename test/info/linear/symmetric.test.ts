import { describe, expect, it } from "vitest";
import { stream } from "../../../src/core/random.ts";
import { between, distance, eigenOf, factorOf, gramOf } from "../../../src/info/linear/symmetric.ts";

function normals(rows: number, columns: number, seed: number): Float64Array[] {
  const draw = stream(seed, "test.symmetric");
  return Array.from({ length: rows }, () => Float64Array.from({ length: columns }, () => draw.normal()));
}

describe("eigenOf", () => {
  it.each([1, 2, 5, 30])("rebuilds a matrix of %d rows", (n) => {
    const a = gramOf(normals(n, n, n));
    const { values, vectors } = eigenOf(
      a.map((row) => row.slice()),
      (Number.EPSILON * n) ** 2,
    );
    const rebuilt = gramOf(vectors.map((row) => row.map((v, k) => v * Math.sqrt(values[k]!))));
    expect(distance(rebuilt, a)).toBeLessThan(1e-12 * n * n);
    const unit = a.map((_, i) => Float64Array.from({ length: n }, (_x, j) => (i === j ? 1 : 0)));
    expect(distance(gramOf(vectors), unit)).toBeLessThan(1e-13 * n);
  });
});

describe("factorOf", () => {
  it("leaves columns out that depend on earlier ones", () => {
    const a = normals(4, 6, 1);
    const rows = [a[0]!, a[1]!, a[0]!.map((v, k) => v - 2 * a[1]![k]!), a[2]!, a[3]!];
    const gram = gramOf(rows);
    const { kept, dropped, lower, impossible } = factorOf(5, (i, j) => gram[i]![j]!, 1e-12);
    expect([kept, dropped]).toEqual([[0, 1, 3, 4], [2]]);
    expect(impossible).toBeLessThan(1e-12);
    const wide = lower.map((row) => Float64Array.from({ length: 4 }, (_, k) => row[k] ?? 0));
    const own = gramOf(kept.map((k) => rows[k]!));
    expect(distance(gramOf(wide), own)).toBeLessThan(1e-12);
    const unit = own.map((_, i) => Float64Array.from({ length: 4 }, (_x, j) => (i === j ? 1 : 0)));
    expect(distance(between(lower, own), unit)).toBeLessThan(1e-12);
  });

  it("tells what no covariance has", () => {
    const indefinite = [
      [1, 2],
      [2, 1],
    ];
    expect(factorOf(2, (i, j) => indefinite[i]![j]!, 1e-12).impossible).toBeCloseTo(3);
    const beside = [
      [0, 0.5],
      [0.5, 1],
    ];
    expect(factorOf(2, (i, j) => beside[i]![j]!, 1e-12).impossible).toBeCloseTo(0.25);
  });
});
