import { expect, test } from "vitest";
import { labelsOf } from "../../src/data/target.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { type Expr, leaf } from "../../src/graph/expr.ts";
import { constant } from "../../src/graph/ops/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { coefficients, pmr, prototypes } from "../../src/methods/pmr.ts";
import { fit } from "../../src/train/fit.ts";
import { difference } from "../support/numbers.ts";
import { expectResumed } from "./resumed.ts";
import { B, encoders, gradientsOf, K, numbers, outputsOf, smallData, valuesOf, vector } from "./support.ts";

const E = 4;
const pulls = (form: "code" | "paper", ...scores: number[]): { pull: number[]; ahead: number[] } => {
  const { pull, ahead } = coefficients(vector(...scores), form);
  return { pull: numbers(pull), ahead: numbers(ahead) };
};

test("the code's form pulls whoever is not ahead, and nobody when all are even", () => {
  expect(pulls("code", 3, 2).pull).toEqual([0, 1]);
  expect(pulls("code", 2, 3).pull).toEqual([1, 0]);
  expect(pulls("code", 2, 2).pull).toEqual([0, 0]);
  expect(pulls("code", 4, 2, 1).pull).toEqual([0, 1, 1]);
});

test("the paper's form pulls by how far the best is ahead: 0 at rho = 1, 1 from rho = 2", () => {
  expect(pulls("paper", 2, 2)).toEqual({ pull: [0, 0], ahead: [0, 0] });
  expect(pulls("paper", 3, 2)).toEqual({ pull: [0, 0.5], ahead: [0.5, 0] });
  expect(pulls("paper", 1, 2)).toEqual({ pull: [1, 0], ahead: [0, 1] });
  expect(pulls("paper", 1, 5)).toEqual({ pull: [1, 0], ahead: [0, 1] });
  const three = pulls("paper", 3, 2, 1);
  expect(three.pull).toEqual([0, 0.5, 1]);
  expect(three.ahead).toEqual([0.75, 0, 0]);
});

/** Prototypes of one modality are its own class means; those of the other are of the wrong classes, so that it is behind. */
function ahead(method: ReturnType<typeof pmr>, best: number): Record<string, ArrayLike<number>> {
  const [z] = valuesOf(method, [outputsOf(method, true).stacked]);
  const sums = new Float64Array(2 * K * E);
  for (const m of [0, 1]) {
    for (let i = 0; i < B; i++) {
      const k = (i + (m === best ? 0 : 1)) % K;
      for (let e = 0; e < E; e++) sums[(m * K + k) * E + e]! += z![(m * B + i) * E + e]! / B;
    }
  }
  return { "prototypes.sums": sums, "prototypes.shares": new Float64Array(K).fill(1 / K) };
}

test.each(["code", "paper"] as const)(
  "%s: the modality ahead has joint learning's gradient, the other is pulled",
  (form) => {
    const method = pmr({ encoders: encoders(), embedding: E, form });
    const plain = gradientsOf(joint({ encoders: encoders(), embedding: E }));
    for (const [m, [best, slow]] of [
      ["a", "b"],
      ["b", "a"],
    ].entries()) {
      const pulled = gradientsOf(method, 0, ahead(method, m));
      const apart = (name: string): number => difference(plain[name]!, pulled[name]!);
      const names = Object.keys(plain);
      for (const name of names.filter((own) => !own.startsWith(`encoders.${slow}.`)))
        expect(apart(name)).toBeLessThan(1e-12);
      for (const name of names.filter((own) => own.startsWith(`encoders.${slow}.`)))
        expect(apart(name)).toBeGreaterThan(1e-4);
      expect(names.some((name) => name.startsWith(`encoders.${best}.`))).toBe(true);
    }
  },
);

test("the pull and the entropy term rest outside their windows", () => {
  const plain = gradientsOf(joint({ encoders: encoders(), embedding: E }));
  const method = pmr({ encoders: encoders(), embedding: E, form: "paper", entropy: 0.5, entropyTo: 2, to: 4 });
  const at = (epoch: number) => gradientsOf(method, 0, { ...ahead(method, 0), epoch: [epoch] });
  const gap = (name: string, epoch: number): number => difference(plain[name]!, at(epoch)[name]!);
  const [best, slow] = ["encoders.a.embedding.weight", "encoders.b.embedding.weight"];
  expect([1, 2].every((epoch) => gap(best, epoch) > 1e-6)).toBe(true);
  expect([3, 4, 5].every((epoch) => gap(best, epoch) < 1e-12)).toBe(true);
  expect([3, 4].every((epoch) => gap(slow, epoch) > 1e-6)).toBe(true);
  expect(gap(slow, 5)).toBeLessThan(1e-12);
});

test("prototypes are the class means of the training data at the model's parameters", async () => {
  const method = pmr({ encoders: encoders(), embedding: E });
  const data = smallData(method);
  const { state, ...rest } = await fit(method, data, { seed: 1, batchSize: 16, epochs: { whole: 2 }, threads: 1 });
  const { representations = {} } = await predict({ state, ...rest }, data.train, { representations: true });
  const own = numbers(
    prototypes(
      constant(state["prototypes.sums"]!.data as Float32Array, [2, K, E]),
      constant(state["prototypes.shares"]!.data as Float32Array, [K]),
    ),
  );
  const labels = labelsOf(data.train);
  ["a", "b"].forEach((name, m) => {
    const z = representations[`embedding_${name}`]!.data;
    for (let k = 0; k < K; k++) {
      const rows = [...labels.keys()].filter((i) => labels[i] === k);
      for (let e = 0; e < E; e++) {
        const mean = rows.reduce((sum, i) => sum + z[i * E + e]!, 0) / rows.length;
        expect(own[(m * K + k) * E + e]!).toBeCloseTo(mean, 5);
      }
    }
  });
});

test("prototypes of a constant encoder are that constant; of a class without samples the mean of all", () => {
  const shares = [0.5, 0.5, 0];
  const sums = [0, 1].flatMap((m) => shares.flatMap((share) => [share * (m + 1), share * 3, 0, share]));
  const own = numbers(prototypes(constant(sums, [2, K, E]), vector(...shares)));
  expect(own).toEqual([0, 1].flatMap((m) => shares.flatMap(() => [m + 1, 3, 0, 1])));
});

test("with momentum old prototypes count, but for the first time", () => {
  const method = pmr({ encoders: encoders(), embedding: E, momentum: 0.25 });
  const out = outputsOf(method, false);
  const { "prototypes.sums": next } = method.stages[0]!.statistics!(out, leaf("input", "target", [B, K]));
  const old = new Float64Array(2 * K * E).fill(8);
  const mean = (given: Record<string, ArrayLike<number>>): number[] => {
    const [rows] = valuesOf(method, [next as Expr], given);
    return Array.from({ length: 2 * K * E }, (_, j) => {
      const [m, at] = [Math.floor(j / (K * E)), j % (K * E)];
      return Array.from({ length: B }, (_, i) => rows![(m * B + i) * K * E + at]! / B).reduce((a, b) => a + b);
    });
  };
  const first = mean({ "prototypes.sums": new Float64Array(2 * K * E), "prototypes.shares": new Float64Array(K) });
  const later = mean({ "prototypes.sums": old, "prototypes.shares": new Float64Array(K).fill(1 / K) });
  expect(
    difference(
      later,
      first.map((fresh) => 0.75 * fresh + 0.25 * 8),
    ),
  ).toBeLessThan(1e-12);
});

test("a stopped run goes on to the same bits", async () => {
  await expectResumed(pmr({ encoders: encoders(), embedding: E, momentum: 0.3, alpha: 2 }), 3, [2, 4, 8]);
});
