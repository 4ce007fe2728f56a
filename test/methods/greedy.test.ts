import { expect, test } from "vitest";
import { stageGraph } from "../../src/engine/graph.ts";
import { constant } from "../../src/graph/ops/index.ts";
import { type GreedyOptions, greedy, lead } from "../../src/methods/greedy.ts";
import { mmtm } from "../../src/methods/mmtm.ts";
import { interpret } from "../../src/runtime/reference.ts";
import { fit } from "../../src/train/fit.ts";
import { normals } from "../support/numbers.ts";
import { expectResumed } from "./resumed.ts";
import { B, bindings, bits, encoders, F, smallData, widths } from "./support.ts";

type Given = Record<string, ArrayLike<number>>;
const build = (options: Partial<GreedyOptions> = {}) => greedy({ encoders: encoders(), embedding: 4, ...options });
const graphOf = (options: Partial<GreedyOptions> = {}) => {
  const method = build(options);
  return { method, graph: stageGraph(method, method.stages[0]!, widths(method), B) };
};

/** What a step leaves in memory. */
function after(options: Partial<GreedyOptions>, given: Given): Record<string, number[]> {
  const { method, graph } = graphOf(options);
  const names = [...graph.remembered.keys()];
  const exprs = [...graph.remembered.values()];
  const values = interpret(exprs, bindings(method, exprs, given));
  return Object.fromEntries(names.map((name, i) => [name, [...values[i]!.data]]));
}
const idle = { "memory.left": [0], "memory.branch": [0], "memory.seen": [3] };

test.each([0, 1])(
  "while branch %d is guided it does not see the other modality, and the other branch goes on as ever",
  (branch) => {
    const { method, graph } = graphOf();
    const value = graph.terms[0]!.value;
    const losses = (given: Given): number[] => [...interpret([value], bindings(method, [value], given))[0]!.data];
    const gates = { "memory.gates": normals([2, 1, 4], 3).map((v) => 1 + 0.1 * v) };
    const busy = { "memory.left": [2], "memory.branch": [branch], ...gates };
    const changed = { [`modality.${"ba"[branch]}`]: normals([B, F], 77) };
    const [before, moved] = [losses(busy), losses({ ...busy, ...changed })];
    expect(moved[branch]).toBe(before[branch]);
    expect(moved[1 - branch]).not.toBe(before[1 - branch]);
    const free = losses({ ...idle, ...gates });
    expect(losses({ ...idle, ...gates, ...changed })[branch]).not.toBe(free[branch]);
    expect(before[1 - branch]).toBe(free[1 - branch]);
    expect(before[branch]).not.toBe(free[branch]);
  },
);

test("the lead of branch 0 in powers of ten", () => {
  const [d] = interpret([lead(constant([20, 3], [2]), constant([2, 30], [2]))], {});
  expect(d!.data[0]).toBeCloseTo(2, 6);
});

test("the branch that learns more through the other is guided for some steps, from the second epoch on", () => {
  const leaning = (through: number[], epoch: number, options: Partial<GreedyOptions> = {}) =>
    after(options, { ...idle, "memory.through": through, "memory.alone": [1e6, 1e6], epoch: [epoch] });
  const first = [1e9, 1e3];
  const second = [1e3, 1e9];
  expect(leaning(first, 2)).toMatchObject({ left: [5], branch: [0] });
  expect(leaning(second, 2, { steps: 7 })).toMatchObject({ left: [7], branch: [1] });
  expect(leaning(first, 1).left).toEqual([0]);
  expect(leaning(first, 2, { from: 3 }).left).toEqual([0]);
  expect(leaning(first, 2, { threshold: 6.1 }).left).toEqual([0]);
  expect(leaning(first, 2, { threshold: 5.9 }).left).toEqual([5]);
});

test("while a branch is guided only the steps that are left change", () => {
  const memory = { through: [3, 4], alone: [5, 6], branch: [1], seen: [9], gates: [...normals([2, 1, 4], 3)] };
  const given = Object.fromEntries(Object.entries(memory).map(([name, value]) => [`memory.${name}`, value]));
  expect(after({}, { ...given, "memory.left": [3], epoch: [4] })).toEqual({ ...memory, left: [2] });
  expect(after({}, { ...given, "memory.left": [0], epoch: [4] })).not.toMatchObject({ gates: memory.gates });
});

test("at random: neither, the one or the other with equal odds, from the second epoch on", () => {
  const { method, graph } = graphOf({ guide: "random" });
  const value = graph.terms[0]!.value;
  const free = (draw: number, epoch: number): boolean[] => {
    const given = { "step.branch": [draw], epoch: [epoch], "memory.gates": new Array(8).fill(1.3) };
    const never = { ...given, "step.branch": [0] };
    const read = (own: Given): number[] => [...interpret([value], bindings(method, [value], own))[0]!.data];
    return read(given).map((v, m) => v === read(never)[m]);
  };
  expect(free(0.42, 2)).toEqual([true, true]);
  expect(free(-0.44, 2)).toEqual([false, true]);
  expect(free(0.44, 2)).toEqual([true, false]);
  expect(free(-0.44, 1)).toEqual([true, true]);
});

test("with a threshold nothing reaches it is MMTM with branch losses, bit for bit; with its own it is not", async () => {
  const run = async (method: ReturnType<typeof build>): Promise<string> => {
    const options = { seed: 1, batchSize: 8, threads: 1, epochs: { whole: 6 } };
    return bits((await fit(method, smallData(method), options)).state);
  };
  const plain = await run(mmtm({ encoders: encoders(), embedding: 4, loss: "branches" }));
  expect(await run(build({ threshold: 1e9 }))).toBe(plain);
  expect(await run(build())).not.toBe(plain);
});

test("is defined for two modalities", () => {
  expect(() => greedy({ encoders: encoders(3) })).toThrow(
    /greedy is defined for 2 modalities; 3 were given \(a, b, c\)/,
  );
});

test.each(["speed", "random"] as const)("resumes to the same bits: %s", (guide) =>
  expectResumed(build({ guide }), 3, [4, 9, 13]),
);
