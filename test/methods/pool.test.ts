import { describe, expect, test } from "vitest";
import type { State } from "../../src/core/tensor.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { forward, stageGraph } from "../../src/engine/graph.ts";
import { decodeModel, encodeModel, memberModels } from "../../src/evaluation/model.ts";
import { type Predictions, predict } from "../../src/evaluation/predict.ts";
import { greedy } from "../../src/methods/greedy.ts";
import { i2moe } from "../../src/methods/i2moe.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method, Outputs } from "../../src/methods/method.ts";
import { mmpareto } from "../../src/methods/mmpareto.ts";
import { pmr } from "../../src/methods/pmr.ts";
import type { Pool } from "../../src/methods/pool.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fit } from "../../src/train/fit.ts";
import { plan } from "../../src/train/plan.ts";
import { expectResumed } from "./resumed.ts";
import { B, bindings, bits, encoders, gradientsOf, smallData, widths } from "./support.ts";

const settings = { encoders: encoders(), embedding: 4 };
const single = joint(settings) as Method;
const three = joint({ ...settings, members: 3 });
const base = { seed: 1, batchSize: 16, threads: 1, epochs: { whole: 3 } } as const;

/** The numbers of member k under the names that they have in a method alone, and what is no member's. */
function memberState(state: State, k: number): State {
  return Object.fromEntries(
    Object.entries(state).flatMap(([name, value]) => {
      if (!name.startsWith("members.")) return [[name, value]];
      return name.startsWith(`members.${k}.`) ? [[name.slice(`members.${k}.`.length), value]] : [];
    }),
  );
}

const close = (found: ArrayLike<number>, due: ArrayLike<number>): void => {
  expect(found.length).toBe(due.length);
  for (let i = 0; i < due.length; i++) expect(found[i]!).toBeCloseTo(due[i]!, 5);
};
const meanOf = (all: readonly Predictions[], pick: (own: Predictions) => Float32Array): number[] =>
  [...pick(all[0]!)].map((_, i) => all.reduce((sum, own) => sum + pick(own)[i]!, 0) / all.length);

describe("what a pool says", () => {
  test.each([
    ["joint", single, three],
    ["i2moe, which has components and stored means", i2moe(settings), i2moe({ ...settings, members: 3 })],
    ["pmr, which has stored means of classes", pmr(settings), pmr({ ...settings, members: 3 })],
  ] as const)("%s: the mean of what its members say, each a model of its own", async (_, one, pool) => {
    const data = smallData(one as Method);
    const fitted = await fit(pool as Method, data, base);
    const options = { threads: 1, representations: true } as const;
    const found = await predict(fitted, data.test, options);
    const models = memberModels(fitted);
    for (const [k, { state }] of models.entries()) expect(bits(state)).toBe(bits(memberState(fitted.state, k + 1)));
    const members = await Promise.all(models.map((model) => predict(model, data.test, options)));
    close(
      found.logits,
      meanOf(members, (own) => own.logits),
    );
    for (const name of ["a", "b"])
      close(
        found.unimodal[name]!,
        meanOf(members, (own) => own.unimodal[name]!),
      );
    for (const name of Object.keys(members[0]!.components)) {
      for (const of of ["logits", "contribution", "gate"] as const)
        close(
          found.components[name]![of],
          meanOf(members, (own) => own.components[name]![of]),
        );
    }
    // Representations stand side by side.
    const side = found.representations!.embedding_a!;
    expect(side.shape).toEqual([data.test.size, 12]);
    for (const [k, own] of members.entries()) {
      const row = own.representations!.embedding_a!.data.slice(4, 8);
      close(side.data.slice(12 + 4 * k, 12 + 4 * k + 4), row);
    }
    // Members differ, in what they say and in where they began.
    expect([...members[1]!.logits]).not.toEqual([...members[0]!.logits]);
    expect([...members[2]!.logits]).not.toEqual([...members[1]!.logits]);
  });

  test("where a modality is missing its own prediction is the prior, for members too", async () => {
    const data = smallData(single);
    const train = hideModalities(data.train, ["a"], [0, 3, 6, 9]);
    const fitted = await fit(three, { ...data, train }, base);
    const { unimodal } = await predict(fitted, hideModalities(data.test, ["a"]), { threads: 1 });
    const prior = fitted.state.prior!.data;
    close(unimodal.a!.slice(0, prior.length), prior);
    const masked = { ...widths(three), masked: true };
    const { members } = forward(three, masked, B, { training: true }).outputs as Pool<Outputs>;
    const own = members[1]!.unimodal;
    const bound = bindings(three, [own], { prior: [1, 2, 3], present: new Float32Array(2 * B) });
    const [values] = interpret([own], bound);
    close(values!.data.slice(0, 3), [1, 2, 3]);
  });
});

describe("how a pool is trained", () => {
  test("stages of one member after the other, each with its own best epoch; `whole` speaks for all, `member2.whole` for one", () => {
    expect(three.stages.map(({ name }) => name)).toEqual(["member1.whole", "member2.whole", "member3.whole"]);
    const epochs = plan(three, { ...base, epochs: { whole: 3, "member2.whole": 5 }, learningRate: { whole: 0.1 } });
    expect(epochs.map((own) => [own.epochs, own.learningRate])).toEqual([
      [3, 0.1],
      [5, 0.1],
      [3, 0.1],
    ]);
    expect(() => plan(three, { ...base, epochs: { hole: 1 } })).toThrowError(
      "epochs.hole: joint has no such stage. Its stages: whole, member1.whole, member2.whole, member3.whole.",
    );
  });

  test("a stage moves its own member alone, and renews its stored means alone", async () => {
    const pool = i2moe({ ...settings, members: 2 });
    const data = smallData(pool);
    const { state: first } = await fit(pool, data, { ...base, epochs: { "member1.whole": 2, "member2.whole": 0 } });
    const { state: second } = await fit(pool, data, { ...base, epochs: { "member1.whole": 0, "member2.whole": 2 } });
    const mean = (state: State, k: number): number[] => [...state[`members.${k}.mean`]!.data];
    expect(mean(first, 1).some((value) => value !== 0)).toBe(true);
    expect(mean(first, 2).every((value) => value === 0)).toBe(true);
    expect(mean(second, 1).every((value) => value === 0)).toBe(true);
    const { state: both } = await fit(pool, data, { ...base, epochs: 2 });
    expect(bits(memberState(both, 1))).toBe(bits(memberState(first, 1)));
  });

  test("the members of a pool are the first members of a larger one, to the bit", async () => {
    const data = smallData(single);
    const [two, more] = [await fit(joint({ ...settings, members: 2 }), data, base), await fit(three, data, base)];
    for (const k of [1, 2]) expect(bits(memberState(more.state, k))).toBe(bits(memberState(two.state, k)));
    expect(bits(memberState(two.state, 2))).not.toBe(bits(memberState(two.state, 1)));
  });

  test.each([
    ["mmpareto", mmpareto(settings) as Method, mmpareto({ ...settings, members: 2 })],
    ["pmr", pmr(settings) as Method, pmr({ ...settings, members: 2 })],
  ])("%s: what a member's losses see and what its gradients become is what it is alone", (_, one, pool) => {
    const graph = stageGraph(pool, pool.stages[1]!, widths(pool), B);
    const exprs = [...graph.gradients.values()].map(({ gradient }) => gradient);
    expect([...graph.gradients.keys()].every((name) => name.startsWith("members.2."))).toBe(true);
    const bound = bindings(pool, exprs);
    // The member alone, on the member's numbers.
    const due = gradientsOf(one, 0, inside(bound));
    const found = interpret(exprs, bound);
    for (const [i, name] of [...graph.gradients.keys()].entries()) {
      close(found[i]!.data, due[name.slice("members.2.".length)]!);
    }
    expect(Object.keys(due)).toHaveLength(graph.gradients.size);
  });

  test("greedy remembers in a pool what it remembers alone", () => {
    const [one, pool] = [greedy(settings) as Method, greedy({ ...settings, members: 2 })];
    const own = stageGraph(pool, pool.stages[1]!, widths(pool), B).remembered;
    const bound = bindings(pool, [...own.values()]);
    const due = stageGraph(one, one.stages[0]!, widths(one), B).remembered;
    const values = interpret([...due.values()], bindings(one, [...due.values()], inside(bound)));
    const found = interpret([...own.values()], bound);
    expect([...own.keys()]).toEqual([...due.keys()]);
    found.forEach((value, i) => void close(value.data, values[i]!.data));
  });

  test("a run that is stopped in any member goes on to the same bits", async () => {
    // 40 samples in batches of 8 and 2 epochs are 10 steps a member.
    await expectResumed(three, 2, [3, 12, 20, 23, 27], smallData(single));
    await expectResumed(pmr({ ...settings, momentum: 0.2, members: 3 }), 1, [12], smallData(single));
  });
});

describe("what a pool is called", () => {
  test("its file says how many members there are; one of a single method says nothing, and is one", async () => {
    const data = smallData(single);
    const fitted = await fit(three, data, base);
    const again = await decodeModel(await encodeModel(fitted), methodFrom, "x");
    expect(again.method.description.members).toBe(3);
    const [before, after] = [await predict(fitted, data.test), await predict(again, data.test)];
    expect(after).toEqual(before);
    expect(joint({ ...settings, members: 1 }).description).not.toHaveProperty("members");
    expect(methodFrom("joint", single.description).stages.map(({ name }) => name)).toEqual(["whole"]);
  });

  test("impossible numbers are refused", () => {
    for (const members of [0, 1.5, 65, "4", Number.NaN]) {
      expect(() => joint({ ...settings, members: members as number })).toThrowError(
        /joint: members is .*; a whole number from 1 to 64 is needed\./,
      );
    }
  });
});

/** Numbers for the leaves of a pool's second member, by the names that they have alone. */
function inside(bound: Readonly<Record<string, Float32Array>>): Record<string, Float32Array> {
  return Object.fromEntries(
    Object.entries(bound).flatMap(([name, value]) =>
      name.startsWith("members.2.")
        ? [[name.slice("members.2.".length), value]]
        : name.startsWith("members.")
          ? []
          : [[name, value]],
    ),
  );
}
