import { describe, expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { gaussianClassInformation, gaussianClassRows, miKsg, miKsgContinuous } from "../../src/info/index.ts";
import { digamma, normalCdf } from "../../src/info/special.ts";

function bivariate(rows: number, rho: number, seed: number): { x: Float64Array; y: Float64Array } {
  const draw = stream(seed, "test.bivariate");
  const x = Float64Array.from({ length: rows }, () => draw.normal());
  const y = x.map((v) => rho * v + Math.sqrt(1 - rho * rho) * draw.normal());
  return { x, y };
}

describe("two continuous sides", () => {
  it.each([0, 0.5, 0.9])("a bivariate normal with correlation %s", (rho) => {
    const { x, y } = bivariate(1500, rho, 3);
    const found = miKsgContinuous(
      { shape: [1500], data: x },
      { shape: [1500], data: y },
      { seed: 0, k: 4, unit: "nats" },
    );
    expect(Math.abs(found.value + 0.5 * Math.log(1 - rho * rho))).toBeLessThan(0.06);
    expect(found.local.length).toBe(1500);
  });

  it("units do not matter, sides may be swapped", () => {
    const { x, y } = bivariate(300, 0.7, 1);
    const first = { shape: [300], data: x };
    const scaled = { shape: [300], data: y.map((v) => 1000 * v + 5) };
    const value = miKsgContinuous(first, { shape: [300], data: y }, { seed: 0 }).value;
    expect(miKsgContinuous(first, scaled, { seed: 0 }).value).toBeCloseTo(value, 6);
    expect(miKsgContinuous(scaled, first, { seed: 0 }).value).toBeCloseTo(value, 6);
  });
});

describe("features and a label", () => {
  it("Gaussian classes", () => {
    const { x1, labels } = gaussianClassRows({ classes: 2, sigma: 0.5, rows: 2000, seed: 5 });
    const found = miKsg({ shape: [2000, 2], data: x1 }, labels, { seed: 0 });
    expect(Math.abs(found.value - gaussianClassInformation(2, 0.5))).toBeLessThan(0.05);
  });

  it("independent labels and constant features tell nothing", () => {
    const draw = stream(2, "test.labels");
    const labels = Int32Array.from({ length: 1000 }, () => draw.below(3));
    const noise = Float64Array.from({ length: 2000 }, () => draw.normal());
    expect(Math.abs(miKsg({ shape: [1000, 2], data: noise }, labels, { seed: 0 }).value)).toBeLessThan(0.06);
    const same = new Float64Array(1000).fill(7);
    expect(Math.abs(miKsg({ shape: [1000], data: same }, labels, { seed: 0 }).value)).toBeLessThan(0.06);
  });

  it("a class with one member is left out; ties and discrete values give H(Y) where y is known", () => {
    const data = Float64Array.from({ length: 101 }, (_, i) => (i === 100 ? 9 : i % 2));
    const labels = Int32Array.from({ length: 101 }, (_, i) => (i === 100 ? 2 : i % 2));
    const { local, value } = miKsg({ shape: [101], data }, labels, { seed: 0 });
    expect(local[100]).toBeNaN();
    expect(value).toBeCloseTo(1, 1);
  });

  it("refuses NaN, wrong labels and lonely rows", () => {
    expect(() => miKsg({ shape: [2, 1], data: [1, Number.NaN] }, [0, 1], { seed: 0 })).toThrow(/row 1 .* NaN/);
    expect(() => miKsg({ shape: [2, 1], data: [1, 2] }, [0, -1], { seed: 0 })).toThrow(/label of row 1/);
    expect(() => miKsg({ shape: [2, 1], data: [1, 2] }, [0], { seed: 0 })).toThrow(/1 labels for 2 rows/);
    expect(() => miKsg({ shape: [2, 1], data: [1, 2] }, [0, 1], { seed: 0 })).toThrow(/no class has two rows/);
    expect(() => miKsgContinuous({ shape: [1], data: [1] }, { shape: [1], data: [1] }, { seed: 0 })).toThrow(
      /at least two/,
    );
  });
});

it("special functions", () => {
  expect(digamma(1)).toBeCloseTo(-0.5772156649015329, 13);
  expect(digamma(0.5)).toBeCloseTo(-1.9635100260214235, 13);
  expect(digamma(100)).toBeCloseTo(4.600161852738087, 13);
  expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 13);
  expect(normalCdf(-6) / 9.865876450376946e-10).toBeCloseTo(1, 9);
  expect(normalCdf(0)).toBe(0.5);
});
