/** @file What single methods make of missing modalities: members left out, no synergy with one, no share for what is not there. */
import { describe, expect, test } from "vitest";
import { hideModalities } from "../../src/data/presence.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { leaf } from "../../src/graph/expr.ts";
import { dmilPublished } from "../../src/methods/dmil-published/index.ts";
import { purifiedSynergy } from "../../src/methods/dmil-published/synergy.ts";
import { teach } from "../../src/methods/dmil-published/teacher.ts";
import { ensemble } from "../../src/methods/ensemble.ts";
import { meanOfPresent } from "../../src/methods/missing.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { initialState, rootScope } from "../../src/nn/module.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { targetTypes as tasks } from "../../src/targets/index.ts";
import { logSoftmaxRows } from "../../src/targets/metrics.ts";
import { fit } from "../../src/train/fit.ts";
import { difference, normals } from "../support/numbers.ts";

const data = interactionMixture({
  classes: 3,
  noise: 0.3,
  samples: { train: 120, validation: 40, test: 30 },
  features: 5,
  modalities: ["a", "b", "c"],
  shares: { redundant: 0.3, unique: 0.1, synergistic: 0.4 },
  seed: 2,
});
const encoders = { a: mlp([5, 6]), b: mlp([5, 6]), c: mlp([5]) };
const K = 3;

test("ensemble: with one modality it is that member, with two their mean", async () => {
  const fitted = await fit(ensemble({ encoders, embedding: 4 }), data, {
    seed: 0,
    epochs: { a: 2, b: 2, c: 2 },
    threads: 1,
  });
  const { unimodal } = await predict(fitted, data.test);
  const [a, b, c] = ["a", "b", "c"].map((name) => logSoftmaxRows(unimodal[name]!, K).map(Math.exp));
  const alone = await predict(fitted, hideModalities(data.test, ["a", "b"]));
  expect(difference(alone.logits.map(Math.exp), c!)).toBeLessThan(1e-6);
  const two = await predict(fitted, hideModalities(data.test, ["c"]));
  expect(
    difference(
      two.logits.map(Math.exp),
      a!.map((p, i) => (p + b![i]!) / 2),
    ),
  ).toBeLessThan(1e-6);
});

describe.each([
  ["purified", { synergy: "purified" }],
  ["published", { synergy: "published" }],
] as const)("dmil, %s", (_, options) => {
  test("a component that a sample cannot have says the prior and has no share; the others share alone", async () => {
    const epochs = { intra: 3, components: 2, whole: 2 };
    const fitted = await fit(dmilPublished({ encoders, embedding: 4, ...options }), data, {
      seed: 0,
      epochs,
      threads: 1,
    });
    const { logPrior } = fitted.calibration;
    const prior = Array.from({ length: 30 * K }, (_, i) => logPrior[i % K]!);
    const says = (logits: Float32Array): number => difference(logSoftmaxRows(logits, K), prior);

    const two = await predict(fitted, hideModalities(data.test, ["b"]));
    expect(says(two.components.unique_b!.logits)).toBeLessThan(1e-5);
    expect(two.components.unique_b!.gate.every((share) => share === 0)).toBe(true);
    for (const name of ["redundant", "unique_a", "unique_c", "synergistic"]) {
      expect(says(two.components[name]!.logits), name).toBeGreaterThan(1e-3);
      expect(two.components[name]!.gate.every((share) => share > 0)).toBe(true);
    }
    const one = await predict(fitted, hideModalities(data.test, ["b", "c"]));
    expect(says(one.components.synergistic!.logits)).toBeLessThan(1e-5);
    expect(one.components.synergistic!.gate.every((share) => share === 0)).toBe(true);
    expect(
      one.components.redundant!.gate.every(
        (share, i) => Math.abs(share + one.components.unique_a!.gate[i]! - 1) < 1e-6,
      ),
    ).toBe(true);
  });
});

test("purified synergy: products with a missing modality vanish, and the centre is that of the samples that have it", () => {
  const [M, B, E] = [2, 5, 3];
  const build = (training: boolean, masked: boolean) => {
    const { scope, requests } = rootScope({ training });
    const mask = masked ? leaf("input", "mask", [M, B, 1]) : undefined;
    const made = purifiedSynergy(scope, leaf("input", "residual", [M, B, E]), 2, mask);
    return { ...made, state: initialState(requests.parameters.values(), 1) };
  };
  const residual = normals([M, B, E], 3);
  const mask = Float32Array.from([1, 0, 1, 1, 1, 1, 1, 1, 0, 1]); // a lacks row 1, b row 3
  const { representation, state } = build(false, true);
  const bindings = {
    ...Object.fromEntries(Object.entries(state).map(([name, { data: own }]) => [name, own])),
    residual,
    mask,
    mask01: mask,
  };
  const [s] = interpret([representation], bindings);
  const rows = Array.from({ length: B }, (_, i) => [...s!.data.slice(i * E, (i + 1) * E)]);
  expect(rows[1]!.every((v) => v === 0)).toBe(true);
  expect(rows[3]!.every((v) => v === 0)).toBe(true);
  expect(rows[0]!.some((v) => v !== 0)).toBe(true);
  // In training the batch's own centre: values of rows that lack the modality must not move it.
  const still = { ...bindings, "products.mask": new Float32Array(B * 2 * E).fill(1) };
  const trained = build(true, true).representation;
  const [before] = interpret([trained], still);
  const moved = residual.slice();
  moved.fill(9, E, 2 * E); // a, row 1
  const [after] = interpret([trained], { ...still, residual: moved });
  expect(after!.data).toEqual(before!.data);
  const [plain] = interpret([build(true, false).representation], still);
  const [ones] = interpret([trained], { ...still, mask: new Float32Array(M * B).fill(1) });
  expect(difference(ones!.data, plain!.data)).toBeLessThan(1e-12);
});

test("the teacher: a missing modality has no part in the mixture, and one modality teaches nobody", () => {
  const [M, B] = [3, 2];
  const unimodal = leaf("input", "unimodal", [M, B, K]);
  const mask = leaf("input", "mask", [M, B, 1]);
  const logPrior = leaf("input", "prior", [K]);
  const pure = leaf("input", "pure", [B, K]);
  const prior = [-1, -1.2, -1.1].map((v, _, all) => v - Math.log(all.reduce((sum, u) => sum + Math.exp(u), 0)));
  const values = normals([M, B, K], 4).map((v) => 3 * v);
  // Row 0 has a and b, row 1 has c alone.
  const present = Float32Array.from([1, 0, 1, 0, 0, 1]);
  present.forEach((has, at) => {
    if (has === 0) values.set(prior, at * K);
  });
  const bindings = { unimodal: values, mask: present, prior: Float64Array.from(prior), pure: new Float64Array(B * K) };
  const { residual, portions } = teach(tasks.multiclass, unimodal, pure, logPrior, { redundant: true, mask });
  const [logs, atoms] = interpret([residual, portions], bindings);
  const c = logSoftmaxRows(Float64Array.from(values.slice((2 * B + 1) * K, (2 * B + 2) * K)), K);
  expect(difference(logs!.data.slice(K), c)).toBeLessThan(1e-6);
  const shares = Array.from({ length: 5 }, (_, i) => [atoms!.data[i * B]!, atoms!.data[i * B + 1]!]);
  expect(shares.every(([, row1]) => row1 === 0)).toBe(true);
  expect(shares[0]![0]).toBeGreaterThan(0); // a and b give something alike
  expect(shares[3]![0]).toBe(0); // nothing is unique to c, which is missing
});

test("meanOfPresent: over all with a mask of ones, over those present, 0 for nobody", () => {
  const x = leaf("input", "x", [2, 4, 3]);
  const mask = leaf("input", "mask", [2, 4, 1]);
  const values = normals([2, 4, 3], 7);
  const run = (masks: number[]): ArrayLike<number> =>
    interpret([meanOfPresent(x, [1, 2], mask)], { x: values, mask: Float32Array.from(masks) })[0]!.data;
  const plain = interpret([meanOfPresent(x, [1, 2], undefined)], { x: values })[0]!.data;
  expect(difference(run([1, 1, 1, 1, 1, 1, 1, 1]), plain)).toBeLessThan(1e-12);
  const some = run([0, 1, 0, 1, 0, 0, 0, 0]);
  const rows = [...values.slice(3, 6), ...values.slice(9, 12)];
  expect(some[0]).toBeCloseTo(rows.reduce((a, b) => a + b) / 6, 6);
  expect(some[1]).toBe(0);
});
