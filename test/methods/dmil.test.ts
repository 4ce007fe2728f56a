/** @file The additive form of DMIL: the parts of its branches are what they are called, and what it is asked at the end of training. */
import { describe, expect, test } from "vitest";
import { hideModalities } from "../../src/data/presence.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { leaf } from "../../src/graph/expr.ts";
import { type Branches, branches } from "../../src/methods/dmil/branches.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { sharedEvidence } from "../../src/methods/dmil/redundancy.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fitWeight } from "../../src/targets/calibrate.ts";
import { targetTypes as tasks } from "../../src/targets/index.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";

const [B, K, M, E] = [8, 3, 3, 4];
const names = ["a", "b", "c"];

/** Branches in training form, where the means are those of the batch, on all combinations of two values of each modality. */
function onEveryCombination(): {
  found: Branches;
  read: (part: "branches" | "effects" | "interaction") => Float64Array;
} {
  const { scope, requests } = rootScope({ training: true });
  const inputs = Object.fromEntries(names.map((name) => [name, leaf("input", name, [B, 5])]));
  const prior = () => scope.statistic("prior", [K], -Math.log(K));
  const encoders = Object.fromEntries(names.map((name) => [name, mlp([5, 6])]));
  const found = branches({ scope, inputs, classes: K, task: tasks.multiclass, prior }, encoders, E, undefined);
  const state = initialState(requests.parameters.values(), 3);
  const bindings = {
    ...Object.fromEntries(Object.entries(state).map(([name, { data }]) => [name, data.map((v) => 3 * v)])),
    ...Object.fromEntries(
      names.map((name, m) => {
        const two = normals([2, 5], m + 1);
        return [
          name,
          Float32Array.from({ length: B * 5 }, (_, i) => two[((Math.floor(i / 5) >> m) & 1) * 5 + (i % 5)]!),
        ];
      }),
    ),
    prior: new Float32Array(K).fill(-Math.log(K)),
  };
  return { found, read: (part) => Float64Array.from(interpret([found[part]], bindings)[0]!.data) };
}

describe("branches", () => {
  const { read } = onEveryCombination();

  test("the mean of the branches is the prior, what each modality adds, and the interaction", () => {
    const [said, effects, interaction] = [read("branches"), read("effects"), read("interaction")];
    for (let i = 0; i < B * K; i++) {
      const mean = names.reduce((sum, _, m) => sum + said[m * B * K + i]! / M, 0);
      const added = names.reduce((sum, _, m) => sum + effects[m * B * K + i]!, -Math.log(K) + interaction[i]!);
      expect(added).toBeCloseTo(mean, 6);
    }
  });

  test("what modality m adds depends on m alone", () => {
    const effects = read("effects");
    for (let m = 0; m < M; m++)
      for (let row = 0; row < B; row++)
        for (let k = 0; k < K; k++) {
          const alike = (row >> m) & 1 ? 1 << m : 0;
          expect(effects[(m * B + row) * K + k]!).toBeCloseTo(effects[(m * B + alike) * K + k]!, 6);
        }
  });

  test("the interaction is there, and its mean over all values of one modality and its pairs is 0", () => {
    const interaction = read("interaction");
    expect(Math.max(...interaction.map(Math.abs))).toBeGreaterThan(1e-3);
    // With three modalities pairs are left when one is averaged out; with all but one averaged out nothing is.
    for (let m = 0; m < M; m++)
      for (const value of [0, 1])
        for (let k = 0; k < K; k++) {
          let sum = 0;
          for (let row = 0; row < B; row++) if (((row >> m) & 1) === value) sum += interaction[row * K + k]!;
          expect(sum / 4).toBeCloseTo(0, 6);
        }
  });
});

test("evidence that another modality has too is shared in full, what one has alone is not", () => {
  const even = -Math.log(2);
  // Rows: both sure, the first alone sure, nobody sure.
  const alone = leaf("input", "alone", [2, 3, 2]);
  const sure = [3, -3];
  const values = Float32Array.from([...sure, ...sure, even, even, ...sure, even, even, even, even]);
  const prior = leaf("parameter", "prior", [2]);
  const rho = interpret([sharedEvidence(tasks.multiclass, alone, prior)], {
    alone: values,
    prior: Float32Array.from([even, even]),
  })[0]!.data;
  expect([...rho].map((v) => Number(v.toFixed(2)))).toEqual([1, 0, 1, 1, 1, 1]);
});

describe("at the end of training", () => {
  const labels = Int32Array.from({ length: 400 }, (_, i) => i % 2);
  const said = (strength: number): Float32Array =>
    Float32Array.from({ length: 800 }, (_, i) => (i % 2 === labels[i >> 1] ? strength : 0));
  const chance = Float32Array.from(normals([800], 4));

  test("a component that is right too faintly is given more weight, one that is chance less, one that is neither keeps 1", () => {
    const plus = (a: Float32Array, b: Float32Array): Float32Array => a.map((v, i) => v + b[i]!);
    expect(fitWeight(plus(chance, said(0.3)), said(0.3), labels, 2)).toBeGreaterThan(1.5);
    expect(fitWeight(plus(said(2), chance), chance, labels, 2)).toBeLessThan(0.5);
    expect(fitWeight(plus(said(2), said(0)), said(0), labels, 2)).toBe(1);
  });

  test("without labels it keeps 1", () => {
    expect(fitWeight(said(1), said(0.5), new Int32Array(400).fill(-1), 2)).toBe(1);
  });
});

describe("trained", () => {
  const data = interactionMixture({
    classes: 2,
    noise: 0.3,
    samples: { train: 200, validation: 80, test: 60 },
    features: 6,
    shares: { redundant: 0.3, unique: 0.2, synergistic: 0.3 },
    seed: 2,
  });
  const encoders = { a: mlp([6, 16]), b: mlp([6, 16]) };
  const base = { seed: 0, threads: 1, batchSize: 32 } as const;

  test("a modality that is missing adds nothing, and nothing is said together", async () => {
    const fitted = await fit(dmil({ encoders, embedding: 8, members: 2 }), data, {
      ...base,
      modalityDropout: 0.3,
      epochs: { evidence: 3, synergy: 2 },
    });
    const { components } = await predict(fitted, hideModalities(data.test, ["b"]));
    for (const name of ["unique_b", "synergistic"])
      expect(
        components[name]!.contribution.every((v) => Math.abs(v) < 1e-6),
        name,
      ).toBe(true);
    expect(components.unique_a!.contribution.some((v) => Math.abs(v) > 1e-3)).toBe(true);
  });

  test("the synergy stage judges the model it begins with, and ends six epochs after its best", async () => {
    const { history } = await fit(dmil({ encoders, embedding: 8, members: 1 }), data, {
      ...base,
      epochs: { evidence: 2 },
    });
    const own = history.filter(({ stage }) => stage === "synergy");
    const last = own.at(-1)!;
    expect(own[0]!.best.epoch).toBeLessThanOrEqual(1);
    expect(last.epoch === 30 || last.epoch - last.best.epoch === 6).toBe(true);
    expect(own.every(({ epoch, best }) => epoch === last.epoch || epoch - best.epoch < 6)).toBe(true);
  });

  test("a stage that makes nothing better leaves the model as it was", async () => {
    const method = dmil({ encoders, embedding: 8, members: 1 });
    const short = await fit(method, data, { ...base, epochs: { evidence: 2, synergy: 0 }, calibrate: false });
    const long = await fit(method, data, {
      ...base,
      epochs: { evidence: 2, synergy: 3 },
      learningRate: { synergy: 0 },
      calibrate: false,
    });
    expect(long.history.at(-1)!.best.epoch).toBe(0);
    for (const [name, { data: values }] of Object.entries(short.state))
      if (name !== "synergy.centre") expect([...long.state[name]!.data], name).toEqual([...values]);
  });
});
