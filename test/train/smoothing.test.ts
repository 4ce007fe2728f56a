/** @file Label smoothing: what losses see, who sees the target as it is, and whose default counts. */
import { describe, expect, test } from "vitest";
import { sums } from "../../src/data/synthetic/sums.ts";
import { stageGraph } from "../../src/engine/graph.ts";
import type { Expr } from "../../src/graph/expr.ts";
import { constant } from "../../src/graph/ops/index.ts";
import { agm } from "../../src/methods/agm.ts";
import { fcl } from "../../src/methods/fcl/index.ts";
import { joint } from "../../src/methods/joint.ts";
import { mcr } from "../../src/methods/mcr/index.ts";
import type { Method } from "../../src/methods/method.ts";
import { mmpareto } from "../../src/methods/mmpareto.ts";
import { pmr } from "../../src/methods/pmr.ts";
import { qmf } from "../../src/methods/qmf.ts";
import { residualCrossEntropy } from "../../src/methods/reconboost.ts";
import { planRun } from "../../src/runs/plan.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { targetTypes as tasks } from "../../src/targets/index.ts";
import { fit } from "../../src/train/fit.ts";
import { B, bindings, bits, encoders, K, smallData, widths } from "../methods/support.ts";

const SHARE = 0.3;

/** Values of a stage's loss terms by name, on the same random numbers. */
function termsOf(method: Method, smoothing: number, given: Record<string, number[]> = {}): Record<string, number> {
  const { terms } = stageGraph(method, method.stages[0] as never, widths(method), B, smoothing);
  const exprs = terms.map(({ value }) => value);
  const values = interpret(exprs, bindings(method, exprs, given));
  return Object.fromEntries(terms.flatMap(({ names }, t) => names.map((name, i) => [name, values[t]!.data[i]!])));
}

describe("targets", () => {
  test("of classes are spread over all, of labels over the two answers; what is unknown stays so", () => {
    const target = constant(Float32Array.of(0, 1, 0, 0), [1, 4]);
    const [classes] = interpret([tasks.multiclass.smoothed!(target, 0.2)], {});
    expect([...classes!.data].map((value) => Number(value.toFixed(6)))).toEqual([0.05, 0.85, 0.05, 0.05]);
    const gaps = constant(Float32Array.of(0, 1, Number.NaN), [1, 3]);
    const [labels] = interpret([tasks.multilabel.smoothed!(gaps, 0.2)], {});
    expect([...labels!.data].map((value) => Number(value.toFixed(6)))).toEqual([0.1, 0.9, Number.NaN]);
    expect(tasks.regression.smoothed).toBeUndefined();
  });

  test("a cross-entropy is that against the smoothed target", () => {
    const method = joint({ encoders: encoders(), embedding: 4 }) as Method;
    const { terms } = stageGraph(method, method.stages[0]!, widths(method), B, SHARE);
    const { prediction } = stageGraph(method, method.stages[0]!, widths(method), B);
    const bound = bindings(method, [terms[0]!.value, prediction]);
    const [loss, logits] = interpret([terms[0]!.value, prediction], bound);
    let due = 0;
    for (let i = 0; i < B; i++) {
      const row = [...logits!.data].slice(i * K, (i + 1) * K);
      const all = Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0));
      row.forEach((value, k) => {
        due -= ((1 - SHARE) * Number(k === i % K) + SHARE / K) * (value - all);
      });
    }
    expect(loss!.data[0]).toBeCloseTo(due / B, 5);
  });
});

describe("a target that is read as membership is not smoothed", () => {
  const settings = { encoders: encoders(), embedding: 4 };

  test("critics of FactorCL, the contrastive term of MCR", () => {
    const factors = fcl({ ...settings, critic: 6 }) as Method;
    expect(termsOf(factors, SHARE)).toEqual(termsOf(factors, 0));
    const players = mcr({ ...settings, pretrain: false }) as Method;
    const [smoothed, plain] = [termsOf(players, SHARE), termsOf(players, 0)];
    expect(smoothed.contrastive).toBe(plain.contrastive);
    expect(smoothed["ce.prediction"]).not.toBe(plain["ce.prediction"]);
  });

  test("PMR's distances: who is behind, and by how much", () => {
    const method = pmr({ ...settings, form: "paper" }) as Method;
    const given = {
      "prototypes.shares": new Array<number>(K).fill(1 / K),
      "prototypes.sums": Array.from({ length: 2 * K * 4 }, (_, i) => Math.sin(i) / K),
    };
    const [plain, some, all] = [0, 0.4, 0.8].map((share) => termsOf(method, share, given)) as [
      Record<string, number>,
      Record<string, number>,
      Record<string, number>,
    ];
    const pulled = ["prototype.a", "prototype.b"].filter((name) => plain[name] !== 0);
    expect(pulled).toHaveLength(1);
    // With a pull that stays, the term is linear in the share.
    const name = pulled[0]!;
    expect(some[name]! - plain[name]!).not.toBe(0);
    expect(some[name]! - plain[name]!).toBeCloseTo(all[name]! - some[name]!, 6);
  });

  test("what the others of ReconBoost know", () => {
    const unimodal = constant(Float32Array.of(2, 0, 0, 0, 3, 0), [2, 1, 3]);
    const out = { unimodal, scale: constant(1, [1]) } as never;
    const [hard, smooth] = [
      constant(Float32Array.of(1, 0, 0), [1, 3]),
      constant(Float32Array.of(0.8, 0.1, 0.1), [1, 3]),
    ];
    const options = { weight: 5, discount: 2 };
    const [found] = interpret([residualCrossEntropy(out, smooth, 0, options, hard)], {});
    const known = 1 / (2 + Math.exp(3));
    const logs = [2, 0, 0].map((value) => value - Math.log(Math.exp(2) + 2));
    const due = (-(5 - 2 * known) * (0.8 * logs[0]! + 0.1 * logs[1]! + 0.1 * logs[2]!)) / 3;
    expect(found!.data[0]).toBeCloseTo(due, 6);
  });

  test("what QMF and AGM remember, and what AGM compares with it", () => {
    for (const method of [qmf(settings) as Method, agm(settings) as Method]) {
      const [plain, smoothed] = [0, SHARE].map((share) => {
        const { remembered } = stageGraph(method, method.stages[0]!, widths(method), B, share);
        const exprs = [...remembered.values()];
        return interpret(exprs, bindings(method, exprs)).map(({ data }) => [...data]);
      });
      expect(smoothed).toEqual(plain);
    }
    // AGM's logits have the value of the plain sum, so that its scaling shows in gradients: linear in the share if the scaling stays.
    const method = agm(settings) as Method;
    const gradients = [0, 0.4, 0.8].map((share) => {
      const graph = stageGraph(method, method.stages[0]!, widths(method), B, share);
      const { gradient } = graph.gradients.get("head.weight")!;
      return [...interpret([gradient], bindings(method, [gradient]))[0]!.data];
    }) as [number[], number[], number[]];
    gradients[0].forEach((plain, i) => {
      expect(gradients[1][i]! - plain).toBeCloseTo(gradients[2][i]! - gradients[1][i]!, 6);
    });
    expect(gradients[1]).not.toEqual(gradients[0]);
  });

  test("MMPareto takes the joint loss once more as training sees it", () => {
    // The rest of an encoder's gradient is the unimodal loss only if both are of one target.
    const method = mmpareto({ ...settings, gamma: 1 }) as Method;
    const stage = method.stages[0]!;
    const seen: unknown[] = [];
    const watched = {
      ...stage,
      modulate: (gradients: never, out: never, plain: never, context: { smoothed: unknown; plain: unknown }) => {
        seen.push(context.smoothed, context.plain, plain);
        return stage.modulate!(gradients, out, plain, context as never);
      },
    };
    stageGraph({ ...method, stages: [watched] }, watched as never, widths(method), B, SHARE);
    const [smoothed, plain, given] = seen;
    expect(plain).toBe(given);
    expect(smoothed).not.toBe(plain);
    const [value] = interpret([smoothed as Expr], {
      target: Float32Array.from({ length: B * K }, (_, j) => Number(j % K === 0)),
    });
    expect(value!.data[0]).toBeCloseTo(1 - SHARE + SHARE / K, 6);
  });
});

describe("whose share counts", () => {
  const method = joint({ encoders: encoders(), embedding: 4 }) as Method;
  const data = smallData(method);
  const base = { seed: 1, batchSize: 16, threads: 1, epochs: { whole: 2 } } as const;
  const trained = async (own: Method, share?: number) =>
    fit(own, data, { ...base, ...(share !== undefined && { labelSmoothing: share }) });

  test("the run's, else the method's, else none", async () => {
    const [none, zero, some] = [await trained(method), await trained(method, 0), await trained(method, 0.1)];
    expect(bits(zero.state)).toBe(bits(none.state));
    expect(bits(some.state)).not.toBe(bits(none.state));
    const smoothing: Method = { ...method, labelSmoothing: 0.1 };
    expect(bits((await trained(smoothing)).state)).toBe(bits(some.state));
    expect(bits((await trained(smoothing, 0)).state)).toBe(bits(none.state));
    // Accuracy while training is told against the truth.
    expect(some.history[0]!.train.accuracy! * data.train.size).toBeCloseTo(
      Math.round(some.history[0]!.train.accuracy! * data.train.size),
      9,
    );
    await expect(trained(method, 1)).rejects.toThrowError(/labelSmoothing is 1; a share in \[0, 1\) is needed/);
  });

  test("values have none: the method's own is left out, one that is asked for is an error", async () => {
    const { splits } = sums({ seed: 3, features: 5, samples: { train: 40, validation: 20, test: 20 } });
    const one = { ...base, epochs: { whole: 1 } };
    const plain = await fit(method, splits, one);
    expect(bits((await fit({ ...method, labelSmoothing: 0.1 }, splits, one)).state)).toBe(bits(plain.state));
    const message = /labelSmoothing: 0\.1 given, but this data has values: .* Leave it out, or give 0\./;
    await expect(fit(method, splits, { ...one, labelSmoothing: 0.1 })).rejects.toThrowError(message);
    const settings = parseSettings({ data: "d", method: "joint", labelSmoothing: 0.1 });
    expect(() => planRun(settings, splits.train)).toThrowError(message);
  });

  test("a run's settings say it where it is asked for, and only there", () => {
    const plan = (given: object) => planRun(parseSettings({ data: "d", method: "joint", ...given }), data.train).config;
    expect(plan({ labelSmoothing: 0.1 })).toMatchObject({ labelSmoothing: 0.1 });
    expect(plan({})).not.toHaveProperty("labelSmoothing");
  });
});
