import { expect, test } from "vitest";
import { plantedSet } from "../../src/data/synthetic/several.ts";
import { setsOf } from "../../src/data/synthetic/synergy-sets.ts";
import { labelsOf } from "../../src/data/target.ts";
import { bitsOfSets, setMetrics, synergyOfSets } from "../../src/interactions/sets.ts";

const SETS = ["a+b", "a+c", "b+c", "a+b+c"];
const names = ["a", "b", "c"];
const made = plantedSet({
  kind: "synergy-sets",
  seed: 1,
  noise: 0.1,
  samples: { train: 1500, validation: 50, test: 50 },
});
const { truth, exact } = made.sets!.train;
const { train } = made.splits;
const trainLabels = labelsOf(train);

test("sets come small ones first", () => {
  expect(setsOf(names).map((set) => set.join("+"))).toEqual(["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"]);
});

test("each sample holds one bit; a set of synergy tells it whole, and no part of it anything", () => {
  expect(new Set(truth)).toEqual(new Set([undefined, ...SETS]));
  expect(new Set(train.truth)).toEqual(new Set(["redundant", "unique_a", "unique_b", "unique_c", "synergistic"]));
  const p = (set: string, i: number) => Math.exp(exact[set]![2 * i + trainLabels[i]!]!);
  truth.forEach((set, i) => {
    expect(set === undefined).toBe(train.truth![i] !== "synergistic");
    if (set === undefined) return;
    for (const other of setsOf(names)) {
      const knows = set.split("+").every((name) => other.includes(name));
      expect(p(other.join("+"), i)).toBeCloseTo(knows ? 1 : 0.5, 2);
    }
  });
});

test("synergy of sets is named by what a set says beyond its parts", () => {
  const prior = [0.5, 0.5].map(Math.log);
  const synergy = synergyOfSets(bitsOfSets(exact, prior), names);
  expect(Object.keys(synergy)).toEqual(SETS);
  const { named, bits } = setMetrics(synergy, truth);
  expect(named).toBeGreaterThan(0.99);
  for (const own of SETS) {
    for (const set of SETS) expect(bits[own]![set]).toBeCloseTo(own === set ? 1 : 0, 1);
  }
  // Whoever only ever hears all three cannot tell pairs from the triple.
  const deaf = Object.fromEntries(
    Object.entries(exact).map(([set, logs]) => [set, set === "a+b+c" ? logs : logs.map(() => Math.log(0.5))]),
  );
  const blind = setMetrics(synergyOfSets(bitsOfSets(deaf, prior), names), truth);
  expect(blind.named).toBeCloseTo(
    truth.filter((set) => set === "a+b+c").length / truth.filter((set) => set !== undefined).length,
    12,
  );
});
