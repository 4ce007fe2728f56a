import { expect, test } from "vitest";
import { classTarget } from "../../src/data/target.ts";
import { againstCeiling, ceilingBits } from "../../src/interactions/ceiling.ts";

const logs = (...p: number[]) => Float32Array.from(p, (v) => Math.log(Math.max(v, 1e-30)));

test("the ceiling's bits are the atoms of its posteriors", () => {
  const prior = [0.5, 0.5].map(Math.log);
  const { redundant, unique_a, unique_b, synergistic, total } = ceilingBits(
    { logits: logs(1, 0, 0, 1), unimodal: { b: logs(0.5, 0.5, 0.5, 0.5), a: logs(1, 0, 0.5, 0.5) } },
    ["a", "b"],
    prior,
  );
  expect(
    [redundant, unique_a, unique_b, synergistic, total].map((own) =>
      Array.from(own!, (v) => Math.round(1e6 * v) / 1e6),
    ),
  ).toEqual([
    [0, 0],
    [1, 0],
    [0, 0],
    [0, 1],
    [1, 1],
  ]);
});

test("a model is told beside the ceiling and what is planted", () => {
  const columns = (...rows: number[][]) => {
    const names = ["redundant", "unique_a", "unique_b", "synergistic"];
    const own = Object.fromEntries(names.map((name, c) => [name, rows.map((row) => row[c]!)]));
    return { ...own, total: rows.map((row) => row.reduce((a, b) => a + b)) };
  };
  const found = columns([0.5, 0.75, 0, 0], [0, 0.5, 0, 0.25]);
  const ceiling = columns([0.75, 0.25, 0, 0], [0, 0.25, 0, 0.5]);
  const truth = ["redundant", "synergistic"];
  const { means, distance, named } = againstCeiling(found, ceiling, {
    name: "test",
    truth,
    target: classTarget(["0", "1"], [0]).target,
  });
  expect(named).toEqual({ found: 0, ceiling: 1 });
  expect(distance).toEqual({ redundant: 0.125, unique_a: 0.375, unique_b: 0, synergistic: 0.125, total: 0.125 });
  expect(Object.keys(means)).toEqual(["all", "redundant", "synergistic"]);
  expect(means.redundant).toMatchObject({
    samples: 1,
    found: { redundant: 0.5, total: 1.25 },
    ceiling: { redundant: 0.75, total: 1 },
    planted: { redundant: 1, unique_a: 0, total: 1 },
  });
  expect(means.all!.planted).toEqual({ redundant: 0.5, unique_a: 0, unique_b: 0, synergistic: 0.5, total: 1 });
  expect(() =>
    againstCeiling(found, ceiling, {
      name: "test",
      truth: ["unique_c", "redundant"],
      target: classTarget(["0", "1"], [0]).target,
    }),
  ).toThrow(/unique_c/);
  const bare = againstCeiling(found, ceiling, { name: "test", target: classTarget(["0", "1"], [0]).target });
  expect([bare.named, Object.keys(bare.means), bare.means.all!.planted]).toEqual([undefined, ["all"], undefined]);
});
