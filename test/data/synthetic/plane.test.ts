import { describe, expect, test } from "vitest";
import { checkSplits } from "../../../src/data/check.ts";
import { plane } from "../../../src/data/synthetic/plane.ts";
import { labelsOf } from "../../../src/data/target.ts";
import { normalCdf } from "../../../src/info/special.ts";

/** The place of a point on a side of length 1, read from its bumps: the peak of their logarithms, a parabola. */
function placeOf(bumps: Float32Array): number {
  const j = bumps.reduce((best, v, i) => (v > bumps[best]! ? i : best), 0);
  const at = Math.min(14, Math.max(1, j));
  const [l, m, r] = [-1, 0, 1].map((d) => Math.log(bumps[at + d]!)) as [number, number, number];
  return (at + (l - r) / (2 * (l - 2 * m + r))) / 15;
}

const samples = { train: 300, validation: 20, test: 20 };

describe.each([
  { classes: 2, pair: [0, 4], direct: [1, 3], silent: 2 },
  { classes: 3, pair: [0, 5, 6], direct: [1, 3, 4], silent: 2 },
  { classes: 4, pair: [0, 1, 7, 8], direct: [2, 3, 5, 6], silent: 4 },
])("plane of $classes classes", ({ classes: K, pair, direct, silent }) => {
  const made = plane({ seed: 1, classes: K, noise: 0.01, samples });
  const { train } = made.splits;
  const trainLabels = labelsOf(train);
  const places = ["a", "b"].map((name) =>
    train.ids.map((_, i) => placeOf(train.modalities[name]!.data.subarray(16 * i, 16 * i + 16)) * (2 * K + 1)),
  );
  const bands = places.map((own) => own.map(Math.floor));

  test("shows each type where its bands are", () => {
    expect(checkSplits(made.splits).warnings).toEqual([]);
    train.truth!.forEach((type, i) => {
      const y = trainLabels[i]!;
      const [a, b] = [bands[0]![i]!, bands[1]![i]!];
      const expected = {
        redundant: a === direct[y] && b === direct[y],
        unique_a: a === direct[y] && b === silent,
        unique_b: b === direct[y] && a === silent,
        synergistic: (pair.indexOf(a) + pair.indexOf(b)) % K === y && pair.includes(a) && pair.includes(b),
      };
      expect([type, expected[type as keyof typeof expected]]).toEqual([type, true]);
    });
    expect(new Set(train.truth).size).toBe(4);
  });

  test("says all that is planted where noise is small", () => {
    const { logits, unimodal } = made.exact.train;
    train.truth!.forEach((type, i) => {
      const p = (logs: Float32Array) => Math.exp(logs[K * i + trainLabels[i]!]!);
      expect(p(logits)).toBeCloseTo(1, 6);
      for (const name of ["a", "b"]) {
        const tells = type === "redundant" || type === `unique_${name}`;
        expect(p(unimodal[name]!)).toBeCloseTo(tells ? 1 : 1 / K, 6);
      }
    });
  });
});

test("the posterior is that of an even band under normal noise", () => {
  const noise = 0.3;
  const { splits, exact } = plane({ seed: 2, noise, samples });
  const { train } = splits;
  for (let i = 0; i < 50; i++) {
    const v = 5 * placeOf(train.modalities.a!.data.subarray(16 * i, 16 * i + 16));
    const density = (band: number) => normalCdf((v - band - 0.1) / noise) - normalCdf((v - band - 0.9) / noise);
    // Two classes: bands of pairs 0 and 4, of classes 1 and 3, the silent one 2; a quarter of each type.
    const none = (0.25 * (density(0) + density(4))) / 2 + 0.25 * density(2);
    const say = [1, 3].map((band) => 0.25 * density(band));
    const total = none + say[0]! + say[1]!;
    expect(Math.exp(exact.train.unimodal.a![2 * i]!)).toBeCloseTo((say[0]! + none / 2) / total, 3);
  }
});

test("settings that do not fit are told", () => {
  expect(() => plane({ seed: 0, noise: 0 })).toThrow(/at least 0.01/);
  expect(() => plane({ seed: 0, shares: { redundant: 1, unique: 1, synergistic: 0 } })).toThrow(
    /plane.shares.*sum to 1/,
  );
});
