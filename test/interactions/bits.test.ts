import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Predictions } from "../../src/evaluation/predict.ts";
import { atoms, bitColumns, bitsAt, bitsOf } from "../../src/interactions/bits.ts";
import { UNSCALED } from "../../src/targets/calibrate.ts";

const K = 3;
const N = 4;
const labels = Int32Array.of(0, 1, 2, -1);
const logits = (size: number) =>
  fc
    .array(fc.float({ min: -8, max: 8, noNaN: true }), { minLength: size, maxLength: size })
    .map((values) => Float32Array.from(values));
const names = ["a", "b", "c"];
const any = fc.record({
  logits: logits(N * K),
  unimodal: fc
    .integer({ min: 2, max: 3 })
    .chain((m) => fc.record(Object.fromEntries(names.slice(0, m).map((name) => [name, logits(N * K)])))),
  prior: fc.array(fc.float({ min: Math.fround(0.1), max: 1, noNaN: true }), { minLength: K, maxLength: K }),
});

describe("atoms of one sample", () => {
  test("sum to the information of all modalities exactly, with the label and without", () => {
    fc.assert(
      fc.property(any, ({ logits: whole, unimodal, prior }) => {
        const total = prior.reduce((a, b) => a + b);
        const calibration = {
          logPrior: prior.map((p) => Math.log(p / total)),
          prediction: UNSCALED,
          all: { scale: 0.7, doubt: 0.1 },
          modalities: Object.fromEntries(Object.keys(unimodal).map((name) => [name, UNSCALED])),
        };
        const predictions = { logits: whole, unimodal, components: {} } as Predictions;
        const { labelFree, withLabel } = bitsOf(predictions, calibration, labels);
        for (const own of [labelFree, withLabel]) {
          for (let i = 0; i < N; i++) {
            const { total, ...parts } = bitsAt(bitColumns(own), i);
            const sum = Object.values(parts).reduce((a, b) => a + b, 0);
            if (own === withLabel && labels[i]! < 0) expect(total).toBeNaN();
            else expect(Math.abs(sum - total!)).toBeLessThan(1e-12 * (1 + Math.abs(total!)) * 8);
          }
        }
        // Without the label nothing but synergy can be negative, and at most one modality has something of its own.
        for (let i = 0; i < N; i++) {
          const { redundant, synergistic: _, total: __, ...unique } = bitsAt(bitColumns(labelFree), i);
          expect(redundant).toBeGreaterThanOrEqual(-1e-12);
          expect(Object.values(unique).filter((u) => u > 0).length).toBeLessThanOrEqual(1);
          expect(Object.values(unique).every((u) => u >= 0)).toBe(true);
        }
      }),
    );
  });

  test("of known amounts: what two of three modalities give is redundant, what one has beyond it unique", () => {
    const amounts = { a: Float64Array.of(0.9), b: Float64Array.of(0.2), c: Float64Array.of(0.6) };
    const found = bitsAt(bitColumns(atoms(Float64Array.of(1.5), amounts)), 0);
    expect(found.redundant).toBe(0.6);
    expect(found.unique_a).toBeCloseTo(0.3, 12);
    expect([found.unique_b, found.unique_c]).toEqual([0, 0]);
    expect(found.synergistic).toBeCloseTo(0.6, 12);
  });
});
