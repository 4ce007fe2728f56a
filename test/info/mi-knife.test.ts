import { expect, it } from "vitest";
import { stream } from "../../src/core/random.ts";
import { block, blockRows, gaussianClasses, gaussianClassRows, miKnife } from "../../src/info/index.ts";

it("comes near known informations in few dimensions", () => {
  for (const name of ["U1", "U2"] as const) {
    const { x1, labels } = blockRows(name, { rows: 4000, sigma: 0.75, seed: 0 });
    const found = miKnife({ shape: [4000], data: x1 }, labels, { seed: 0 });
    expect(Math.abs(found.value - block(name, { sigma: 0.75 }).U1)).toBeLessThan(0.06);
    expect(found.rows).toBeGreaterThanOrEqual(1000);
    expect(found.dimensions).toBe(1);
  }
  const { x1, labels } = gaussianClassRows({ rows: 6000, classes: 3, seed: 1 });
  const truth = gaussianClasses({ classes: 3 }).I1;
  const found = miKnife({ shape: [6000, 3], data: x1 }, labels, { seed: 0 });
  expect(Math.abs(found.value - truth)).toBeLessThan(0.08);
  const nats = miKnife({ shape: [6000, 3], data: x1 }, labels, { seed: 0, unit: "nats" });
  expect(nats.value).toBeCloseTo(found.value * Math.LN2, 9);
});

it("is the same when a source's units change, as information is", () => {
  const { x1, labels } = gaussianClassRows({ rows: 2000, classes: 3, seed: 1 });
  const features = { shape: [2000, 3], data: x1 };
  const scaled = { shape: [2000, 3], data: Float64Array.from(x1, (v, i) => v * [1, 1000, 1e-3][i % 3]! + 5) };
  expect(miKnife(scaled, labels, { seed: 0 }).value).toBeCloseTo(miKnife(features, labels, { seed: 0 }).value, 4);
});

it("leaves small classes out, and refuses what has no density", () => {
  const draw = stream(0, "test.knife");
  const data = Float64Array.from({ length: 100 }, () => draw.normal());
  const labels = Array.from({ length: 100 }, (_, i) => (i < 5 ? 2 : i % 2));
  expect(miKnife({ shape: [100], data }, labels, { seed: 0 }).rows).toBeLessThan(30);
  const rare = labels.map((label) => (label === 1 ? 3 + (label % 2) : label)).map((label, i) => (i % 9 ? 0 : label));
  expect(() => miKnife({ shape: [100], data }, rare, { seed: 0 })).toThrow(/classes have 12 rows or more/);
  expect(() => miKnife({ shape: [100], data: new Float64Array(100) }, labels, { seed: 0 })).toThrow(/constant/);
  expect(() => miKnife({ shape: [100], data }, labels.slice(1), { seed: 0 })).toThrow(/99 labels for 100 rows/);
  expect(() => miKnife({ shape: [100], data }, labels, { seed: 0, k: 3 } as never)).toThrow('unknown option "k"');
});
