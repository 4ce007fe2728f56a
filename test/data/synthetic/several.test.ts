import { describe, expect, test } from "vitest";
import { exactMixture } from "../../../src/data/synthetic/mixture-exact.ts";
import { PLANTED_KINDS, plantedSet } from "../../../src/data/synthetic/several.ts";
import { classesOf, labelsOf } from "../../../src/data/target.ts";
import { accuracy, argmaxRows } from "../../../src/targets/metrics.ts";

const samples = { train: 400, validation: 100, test: 3000 };

/** Mean information about the label in bits, by exact log-probabilities. */
function information(logs: Float32Array, labels: Int32Array, classes: number, prior: readonly number[]): number {
  let total = 0;
  for (const [i, label] of labels.entries()) total += logs[i * classes + label]! - Math.log(prior[label]!);
  return total / labels.length / Math.LN2;
}

describe.each(PLANTED_KINDS)("%s", (kind) => {
  const { splits, exact, means } = plantedSet({ kind, seed: 1, samples });
  const labels = labelsOf(splits.test);
  const classes = classesOf(splits.test);
  const { truth, truthBits } = splits.test;
  const K = classes.length;
  const prior = kind === "and" ? [0.75, 0.25] : new Array<number>(K).fill(1 / K);

  test("all modalities give what all atoms sum to", () => {
    const all = information(exact.test.logits, labels, K, prior);
    const sum = Object.values(means!).reduce((a, b) => a + b, 0);
    expect(Math.abs(all - sum)).toBeLessThan(0.06);
  });

  test("one modality alone gives redundant and its unique atom", () => {
    for (const side of ["a", "b"]) {
      const own = information(exact.test.unimodal[side]!, labels, K, prior);
      const expected = (means!.redundant ?? 0) + (means![`unique_${side}`] ?? 0);
      expect(Math.abs(own - expected)).toBeLessThan(0.06);
    }
  });

  test("truth and true bits say the same", () => {
    if (kind === "and") {
      expect(truthBits).toBeUndefined();
      return;
    }
    const modalities = Object.keys(splits.test.modalities);
    expect(modalities).toEqual(kind === "synergy-sets" ? ["a", "b", "c"] : ["a", "b"]);
    expect(Object.keys(truthBits!)).toEqual([
      "redundant",
      ...modalities.map((name) => `unique_${name}`),
      "synergistic",
    ]);
    expect((truth ?? []).filter((name, i) => truthBits![name]![i] !== 1)).toEqual([]);
    for (let i = 0; i < labels.length; i++) {
      const total = Object.values(truthBits!).reduce((sum, bits) => sum + bits[i]!, 0);
      expect(total).toBe(truth === undefined ? 2 : 1);
    }
  });
});

describe("the interaction mixture's exact probabilities", () => {
  const base = { samples, seed: 2, shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 } };

  test("with little noise the pair is right on every type, one modality alone on what it holds", () => {
    const { splits, exact } = exactMixture({ ...base, classes: 3, noise: 0.1 });
    const labels = labelsOf(splits.test);
    const { truth } = splits.test;
    expect(accuracy(argmaxRows(exact.test.logits, 3), labels)).toBeGreaterThan(0.999);
    const alone = argmaxRows(exact.test.unimodal.a!, 3);
    const share = (type: string): number => {
      const rows = truth!.flatMap((own, i) => (own === type ? [i] : []));
      return rows.filter((i) => alone[i] === labels[i]).length / rows.length;
    };
    expect(share("redundant")).toBe(1);
    expect(share("unique_a")).toBe(1);
    expect(Math.abs(share("unique_b") - 1 / 3)).toBeLessThan(0.07);
    expect(Math.abs(share("synergistic") - 1 / 3)).toBeLessThan(0.07);
  });

  test("with much noise they are calibrated: confidence and accuracy agree", () => {
    const { splits, exact } = exactMixture({ ...base, classes: 2, noise: 2 });
    const labels = labelsOf(splits.test);
    const right = accuracy(argmaxRows(exact.test.logits, 2), labels);
    let confidence = 0;
    for (let i = 0; i < labels.length; i++) {
      confidence += Math.exp(Math.max(exact.test.logits[2 * i]!, exact.test.logits[2 * i + 1]!)) / labels.length;
    }
    expect(right).toBeGreaterThan(0.6);
    expect(right).toBeLessThan(0.97);
    expect(Math.abs(right - confidence)).toBeLessThan(0.03);
  });

  test.each(["all", "pairs"] as const)(
    "three modalities, synergy of %s: any two tell it, or only all three",
    (synergy) => {
      const three = { ...base, shares: { redundant: 0, unique: 0, synergistic: 1 }, modalities: ["a", "b", "c"] };
      const { splits, exact } = exactMixture({ ...three, classes: 2, noise: 0.2, synergy });
      const labels = labelsOf(splits.test);
      expect(accuracy(argmaxRows(exact.test.logits, 2), labels)).toBeGreaterThan(0.99);
      for (const logs of Object.values(exact.test.unimodal)) {
        expect(Math.abs(accuracy(argmaxRows(logs, 2), labels) - 0.5)).toBeLessThan(0.04);
      }
    },
  );
});
