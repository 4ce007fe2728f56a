/** @file Agreement between seeds: of made bits by hand, of raters whose truth is known, and of trained seeds on data whose truth is known. */
import { beforeAll, describe, expect, test } from "vitest";
import { type Folder, memoryFolder } from "../../../src/core/folder.ts";
import { permutation, stream } from "../../../src/core/random.ts";
import { interactionMixture } from "../../../src/data/synthetic/mixture.ts";
import { writeDataset } from "../../../src/data/write.ts";
import { compareRuns } from "../../../src/experiments/compare/compare.ts";
import { stabilityOf } from "../../../src/experiments/compare/stability.ts";
import { readTrace, type Trace } from "../../../src/experiments/compare/trace.ts";
import type { SweepEntry } from "../../../src/experiments/entry.ts";
import { runJob } from "../../../src/experiments/job.ts";
import { planTrial } from "../../../src/experiments/settings.ts";
import { cohenKappa, correlation, order, ranks } from "../../../src/info/statistics/agreement.ts";
import { readSampleBits, type SampleBits, writeSampleBits } from "../../../src/runs/sample-bits.ts";
import { madeEntries } from "./manifest.ts";

/** Spearman's rank correlation of two columns. */
const spearman = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  correlation(ranks(a, order(a)), ranks(b, order(b)));

const COMPONENTS = ["redundant", "unique_a", "synergistic"];
const entries = (seeds: number, splits = ["own"]): SweepEntry[] =>
  madeEntries({ seeds, splits, methods: { dmil: 0.9 } });

/** Bits of N samples under a seed: the samples' own, and so much noise. */
function noisy(seed: number, noise: number, n = 300, draws = "made"): SampleBits {
  const atoms = COMPONENTS.map((name) => {
    const [own, more] = [stream(0, `${draws} ${name}`), stream(seed, `${draws} ${name} noise`)];
    return Float32Array.from({ length: n }, () => own.normal() + noise * more.normal());
  });
  return { components: COMPONENTS, atoms, samples: `${n}` };
}
const stability = (bits: readonly SampleBits[], seeds = bits.length) =>
  stabilityOf(entries(seeds), ({ seed }) => bits[seed]);

const types = ({ atoms }: SampleBits): number[] =>
  [...atoms[0]!.keys()].map((i) => [0, 1, 2].reduce((best, c) => (atoms[c]![i]! > atoms[best]![i]! ? c : best), 0));

describe("made bits", () => {
  test("figures are means over pairs of seeds, within their intervals", () => {
    const bits = [0, 1, 2].map((seed) => noisy(seed, 0.5));
    const found = stability(bits)!;
    expect(found).toMatchObject({ runs: 3, samples: 300 });
    const pairs = [
      [0, 1],
      [0, 2],
      [1, 2],
    ].map(([i, j]) => [bits[i!]!, bits[j!]!] as const);
    const mean = (read: (a: SampleBits, b: SampleBits) => number): number =>
      pairs.reduce((sum, [a, b]) => sum + read(a, b), 0) / 3;
    expect(found.kappa.value).toBeCloseTo(
      mean((a, b) => cohenKappa(types(a), types(b), 3)),
      12,
    );
    const same = mean((a, b) => types(a).filter((type, i) => type === types(b)[i]).length / 300);
    expect(found.sameType.value).toBeCloseTo(same, 12);
    COMPONENTS.forEach((name, c) => {
      expect(found.ranks[name]!.value).toBeCloseTo(
        mean((a, b) => spearman(a.atoms[c]!, b.atoms[c]!)),
        12,
      );
    });
    for (const own of [found.kappa, found.sameType, ...Object.values(found.ranks), ...Object.values(found.bits)]) {
      expect(own.lower).toBeLessThan(own.value);
      expect(own.upper).toBeGreaterThan(own.value);
      expect(own.upper - own.lower).toBeLessThan(0.5);
    }
  });

  test("equal seeds agree wholly, shuffled samples not at all", () => {
    const one = noisy(0, 0, 1000);
    const whole = { value: 1, lower: 1, upper: 1 };
    const equal = stability([one, one, one])!;
    expect(equal).toMatchObject({ kappa: whole, sameType: whole, ranks: { redundant: whole, synergistic: whole } });
    const shuffled = [0, 1, 2].map((seed) => {
      const rows = permutation(1000, seed, "shuffled");
      return { ...one, atoms: one.atoms.map((values) => values.map((_, i) => values[rows[i]!]!)) };
    });
    const none = stability(shuffled)!;
    for (const own of [none.kappa, ...Object.values(none.ranks)]) {
      expect(Math.abs(own.value)).toBeLessThan(0.05);
      expect(own.lower).toBeLessThan(0);
      expect(own.upper).toBeGreaterThan(0);
    }
  });

  test("95 % intervals hold the agreement of all seeds and samples about so often", () => {
    const truth = stability([0, 1, 2, 3].map((seed) => noisy(seed, 0.7, 20_000, "many")))!;
    const tries = 60;
    const held = { kappa: 0, ranks: 0 };
    for (let t = 0; t < tries; t++) {
      const found = stability([0, 1, 2, 3].map((seed) => noisy(seed, 0.7, 150, `try ${t}`)))!;
      const holds = ({ lower, upper }: { lower: number; upper: number }, value: number): number =>
        Number(lower <= value && value <= upper);
      held.kappa += holds(found.kappa, truth.kappa.value);
      held.ranks += holds(found.ranks.redundant!, truth.ranks.redundant!.value);
    }
    for (const n of Object.values(held)) expect(n / tries).toBeGreaterThan(0.87);
  });

  test("only seeds that share their test samples are compared", () => {
    const [a, b] = [noisy(0, 0.5), noisy(1, 0.5)];
    expect(stability([a], 1)).toBeUndefined();
    expect(stability([a, { ...b, samples: "others" }])).toBeUndefined();
    expect(stability([a, { ...b, components: ["redundant", "unique_b", "synergistic"] }])).toBeUndefined();
    const apart = ["fold 1/2", "fold 2/2"];
    expect(stabilityOf(entries(1, apart), ({ seed }) => [a, b][seed])).toBeUndefined();
    const four = apart.flatMap((split) => entries(2).map((entry) => ({ ...entry, split })));
    const two = stabilityOf(four, ({ seed, split }) => noisy(seed + 2 * apart.indexOf(split), 0.5))!;
    const each = apart.map((_, s) => stability([noisy(2 * s, 0.5), noisy(2 * s + 1, 0.5)])!.kappa.value);
    expect(two.runs).toBe(4);
    expect(two.kappa.value).toBeCloseTo((each[0]! + each[1]!) / 2, 12);
  });

  test("where all samples have one type, kappa is not defined and agreement is whole", () => {
    const one = noisy(0, 0);
    const atoms = one.atoms.map((values, c) => (c === 1 ? values.map(() => 9) : values));
    const found = stability([
      { ...one, atoms },
      { ...one, atoms },
    ])!;
    expect(found.kappa.value).toBeNaN();
    expect(found.ranks.unique_a!.value).toBeNaN();
    expect(found.sameType.value).toBe(1);
  });
});

describe("seeds that were trained", () => {
  const made = entries(2);
  const sweep: Folder = memoryFolder("sweep");
  const within = (run: string): Folder =>
    ({
      ...memoryFolder(run),
      write: (name: string, bytes: Uint8Array) => sweep.write(`${run}/${name}`, bytes),
    }) as unknown as Folder;

  beforeAll(async () => {
    const splits = interactionMixture({
      classes: 2,
      noise: 0.2,
      samples: { train: 1200, validation: 200, test: 300 },
      shares: { redundant: 0.3, unique: 0.35, synergistic: 0 },
      features: 8,
      modalities: ["a", "b"],
      seed: 5,
    });
    const data = memoryFolder("data");
    await writeDataset(data, splits);
    for (const { run, seed } of made) {
      const { config } = planTrial({ data: "data", method: "dmil", members: 1, epochs: 6, seed }, {}, splits.train);
      const folder = memoryFolder(run);
      await runJob(
        "run",
        { config, reads: ["a", "b"], run, place: { cached: false, path: "data" } },
        { inside: () => folder, outside: () => data },
      );
      await writeSampleBits(within(run), await readSampleBits(folder));
    }
  });

  test("agree on data of known truth, and compare tells so", async () => {
    const traces = new Map<SweepEntry, Trace>();
    for (const entry of made) traces.set(entry, await readTrace(sweep, entry.run));
    const { settings, notes } = compareRuns(made, { bits: (entry) => traces.get(entry)?.bits });
    const found = settings[0]!.methods[0]!.stability!;
    expect(found.samples).toBe(300);
    expect(found.kappa.value).toBeGreaterThan(0.9);
    expect(found.ranks.redundant!.value).toBeGreaterThan(0.7);
    expect(notes.some((note) => note.includes("agreement between seeds"))).toBe(false);
    // Who chooses by validation sees nothing of the test samples.
    const chosen = compareRuns(made, { split: "validation", bits: (entry) => traces.get(entry)?.bits });
    expect(chosen.settings[0]!.methods[0]!.stability).toBeUndefined();
    expect(compareRuns(made, { bits: () => undefined }).notes.at(-1)).toMatch(/agreement between seeds is not known/);
  });
});
