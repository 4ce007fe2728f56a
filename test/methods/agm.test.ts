import { expect, test } from "vitest";
import { stageGraph } from "../../src/engine/graph.ts";
import { constant } from "../../src/graph/ops/index.ts";
import { agm, modulation, surprise } from "../../src/methods/agm.ts";
import { joint } from "../../src/methods/joint.ts";
import { difference } from "../support/numbers.ts";
import { expectResumed } from "./resumed.ts";
import { B, encoders, F, gradientsOf, K, numbers, outputsOf, valuesOf, vector, widths } from "./support.ts";

const E = 4;

/** Prediction of a set of modalities, the others' inputs set to zero. */
function padded(method: ReturnType<typeof agm>, present: readonly number[], training: boolean): Float64Array {
  const muted = Object.fromEntries(
    method.modalities.flatMap((name, m) =>
      present.includes(m) ? [] : [[`modality.${name}`, new Float32Array(B * F)]],
    ),
  );
  return valuesOf(method, [outputsOf(method, training).logits], muted)[0]!;
}

/** Shapley shares by their definition, from a pass for every set of modalities: the full one in training form, others in evaluation form. */
function byDefinition(method: ReturnType<typeof agm>): Float64Array[] {
  const M = method.modalities.length;
  const all = Array.from({ length: 2 ** M }, (_, s) =>
    Array.from({ length: M }, (_, m) => m).filter((m) => (s >> m) & 1),
  );
  const worth = all.map((set) => (set.length === 0 ? new Float64Array(B * K) : padded(method, set, set.length === M)));
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  return Array.from({ length: M }, (_, m) => {
    const share = new Float64Array(B * K);
    all.forEach((set, s) => {
      if (set.includes(m)) return;
      const weight = (factorial(set.length) * factorial(M - set.length - 1)) / factorial(M);
      share.forEach((_, i) => void (share[i]! += weight * (worth[s | (1 << m)]![i]! - worth[s]![i]!)));
    });
    return share;
  });
}

test.each([2, 3])(
  "of %i modalities: shares are Shapley's, muted inputs are zeros, and they sum to the prediction",
  (count) => {
    const method = agm({ encoders: encoders(count), embedding: E });
    const { shares, logits } = outputsOf(method, true);
    const [own, whole] = valuesOf(method, [shares, logits]);
    byDefinition(method).forEach((share, m) => {
      expect(difference(share, own!.subarray(m * B * K, (m + 1) * B * K))).toBeLessThan(1e-12);
    });
    const total = whole!.map((_, i) =>
      Array.from({ length: count }, (_, m) => own![m * B * K + i]!).reduce((a, b) => a + b),
    );
    expect(difference(whole!, total)).toBeLessThan(1e-12);
  },
);

const r = (own: number, other: number): number => Math.exp(other - own);
const kappa = (now: number[], before: number[], alpha = 1.5): number[] =>
  numbers(modulation(vector(...now), vector(...before), alpha));

test("two modalities: kappa is exp(alpha (tau - r)), r_1 r_2 = 1, and tau = 1 on the first batch", () => {
  const [a, b] = kappa([0.3, 0.7], [0, 0]);
  expect(a).toBeCloseTo(Math.exp(1.5 * (1 - r(0.3, 0.7))), 12);
  expect(b).toBeCloseTo(Math.exp(1.5 * (1 - r(0.7, 0.3))), 12);
  // r read back from kappa.
  const back = [a!, b!].map((own) => 1 - Math.log(own) / 1.5);
  expect(back[0]! * back[1]!).toBeCloseTo(1, 12);
  const [later] = kappa([0.3, 0.7], [0.2, 0.5]);
  expect(later).toBeCloseTo(Math.exp(1.5 * (r(0.2, 0.5) - r(0.3, 0.7))), 12);
  expect(kappa([0, 0], [0, 18])[0]).toBeCloseTo(Math.exp(1.5 * 10), -2);
});

test("a modality is slowed exactly when it is further ahead than it has been", () => {
  for (const now of [-2, -0.5, 0.1, 1.3]) {
    for (const before of [-1, 0, 0.5, 2]) {
      const [a, b] = kappa([0, now], [0, before]) as [number, number];
      expect(a < 1).toBe(now > before);
      expect(b < 1).toBe(now < before);
    }
  }
  const three = kappa([0.1, 0.5, 0.9], [0.5, 0.5, 0.5]);
  expect(three[0]!).toBeLessThan(1);
  expect(three[1]!).toBeCloseTo(1, 12);
  expect(three[2]!).toBeGreaterThan(1);
});

/** S of the batch that `gradientsOf` uses. */
function surprises(method: ReturnType<typeof agm>): Float64Array {
  const { shares } = outputsOf(method, true);
  const target = constant(
    Array.from({ length: B * K }, (_, j) => (j % K === Math.floor(j / K) % K ? 1 : 0)),
    [B, K],
  );
  return valuesOf(method, [surprise(shares, target)])[0]!;
}

test.each([2, 3])("of %i modalities: kappa 1 gives joint learning's gradient, other values another", (count) => {
  const method = agm({ encoders: encoders(count), embedding: E });
  const plain = gradientsOf(joint({ encoders: encoders(count), embedding: E }));
  const now = surprises(method);
  const even = gradientsOf(method, 0, { "memory.surprise": now });
  for (const [name, gradient] of Object.entries(plain)) expect(difference(gradient, even[name]!)).toBeLessThan(1e-6);
  const uneven = gradientsOf(method, 0, { "memory.surprise": now.map((s, m) => s + m) });
  expect(difference(plain["head.weight"]!, uneven["head.weight"]!)).toBeGreaterThan(1e-3);
});

test("the loss has joint learning's value, and a gradient through each share times its kappa", () => {
  const method = agm({ encoders: encoders(), embedding: E, alpha: 2 });
  const before = [0.4, 1.2];
  const given = { "memory.surprise": before };
  const { terms } = stageGraph(method, method.stages[0] as never, widths(method), B);
  const plainMethod = joint({ encoders: encoders(), embedding: E });
  const plain = stageGraph(plainMethod as never, plainMethod.stages[0] as never, widths(plainMethod as never), B).terms;
  const value = (own: typeof terms): number => valuesOf(method, [own[0]!.value], given)[0]![0]!;
  expect(value(terms)).toBeCloseTo(value(plain), 10);
  // The bias of the head is in every share alike, so it sees the mean of kappa.
  const own = gradientsOf(method, 0, given)["head.bias"]!;
  const usual = gradientsOf(plainMethod as never)["head.bias"]!;
  const factor =
    numbers(modulation(constant([...surprises(method)], [2]), vector(...before), 2)).reduce((a, b) => a + b) / 2;
  expect(
    difference(
      own,
      usual.map((g) => g * factor),
    ),
  ).toBeLessThan(1e-6);
});

test("what is remembered is the mean over all steps so far", () => {
  const method = agm({ encoders: encoders(), embedding: E });
  const { remembered } = stageGraph(method, method.stages[0] as never, widths(method), B);
  const now = surprises(method);
  let [mean, steps] = [new Float64Array(2), 0];
  for (let t = 1; t <= 4; t++) {
    const given = { "memory.surprise": mean, "memory.steps": [steps] };
    const [nextMean, nextSteps] = valuesOf(method, [remembered.get("surprise")!, remembered.get("steps")!], given);
    [mean, steps] = [nextMean! as never, nextSteps![0]!];
    expect(steps).toBe(t);
    expect(difference(mean, now)).toBeLessThan(1e-6);
  }
  const given = { "memory.surprise": [3, 4], "memory.steps": [9] };
  const [tenth] = valuesOf(method, [remembered.get("surprise")!], given);
  expect(difference(tenth!, [3 * 0.9 + now[0]! / 10, 4 * 0.9 + now[1]! / 10])).toBeLessThan(1e-6);
});

test("a stopped run goes on to the same bits", async () => {
  await expectResumed(agm({ encoders: encoders(), embedding: E, alpha: 2 }), 3, [2, 4, 8]);
});
