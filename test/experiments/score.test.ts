import { beforeAll, expect, test } from "vitest";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { classesApart } from "../../src/data/subsets.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { labelsOf } from "../../src/data/target.ts";
import { writeDataset } from "../../src/data/write.ts";
import { predict } from "../../src/evaluation/predict.ts";
import type { Scores } from "../../src/experiments/entry.ts";
import { type RunOutcome, runJob } from "../../src/experiments/job.ts";
import { planTrial } from "../../src/experiments/settings.ts";
import { explain } from "../../src/interactions/explain.ts";
import { openRun } from "../../src/runs/open.ts";
import type { RunConfig } from "../../src/runs/plan.ts";
import { runFiles } from "../../src/runs/record.ts";
import { readSampleBits } from "../../src/runs/sample-bits.ts";
import { argmaxRows } from "../../src/targets/metrics.ts";

const splits = interactionMixture({
  classes: 5,
  noise: 0.3,
  samples: { train: 300, validation: 100, test: 200 },
  shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
  features: 6,
  modalities: ["a", "b"],
  seed: 0,
});
const data = memoryFolder("clips");
const runs = new Map<string, { outcome: RunOutcome; folder: ReturnType<typeof memoryFolder> }>();

/** A run as a job, with its data and its folder in memory. */
const trained = (
  config: RunConfig,
  reads: readonly string[],
  places: { readonly data?: Folder; readonly unseen?: Folder; readonly run?: Folder },
): Promise<RunOutcome> => {
  const { unseen, run: own = memoryFolder() } = places;
  const place = { cached: false, path: "clips", ...(unseen !== undefined && { unseen: "apart" }) };
  return runJob(
    "run",
    { config, reads, place, run: "run" },
    { inside: (name) => (name === "run" ? own : unseen!), outside: () => places.data ?? data },
  );
};

async function run(method: string, options: object, reads: readonly string[]): Promise<void> {
  const { config } = planTrial({ data: "clips", method, epochs: 3, options, seed: 1 }, {}, splits.train);
  const folder = memoryFolder(method);
  runs.set(method, { outcome: await trained(config, reads, { run: folder }), folder });
}
const scoresOf = (method: string): Scores => runs.get(method)!.outcome.scores;

beforeAll(async () => {
  await writeDataset(data, splits);
  await run("joint", {}, ["a", "b"]);
  await run("dmil", {}, ["a", "b"]);
  await run("unimodal", { modality: "a" }, ["a"]);
});

test("figures are those of the run's own model, counted again here", async () => {
  const { fitted } = await openRun(runs.get("joint")!.folder);
  const { logits, unimodal } = await predict(fitted, splits.test);
  const labels = labelsOf(splits.test);
  const right = (values: Float32Array): boolean[] => [...argmaxRows(values, 5)].map((k, i) => k === labels[i]);
  const [whole, a, b] = [right(logits), right(unimodal.a!), right(unimodal.b!)];
  const mean = (values: readonly boolean[]): number => values.filter(Boolean).length / values.length;
  const scores = scoresOf("joint");
  expect(scores.samples).toEqual({ train: 300, validation: 100, test: 200 });
  expect(Object.keys(scores.test)[0]).toBe("accuracy");
  expect(scores.test.accuracy).toBeCloseTo(mean(whole), 12);
  expect(scores.correct).toBe(whole.map((own) => (own ? "1" : "0")).join(""));
  expect(scores.unimodal.a).toBeCloseTo(mean(a), 12);
  const wrong = a.map((own, i) => !own && !b[i]);
  expect(scores.synergy!.slices.rate).toBeCloseTo(mean(whole.map((own, i) => own && wrong[i]!)), 12);
  expect(scores.synergy!.slices.chance).toBeCloseTo(mean(whole) * mean(wrong), 12);
  expect(scores.synergy!.slices.rate).toBeCloseTo(scores.test.synergyRate!, 12);
  const classes = scores.classes!;
  expect(classes.reduce((n, { samples }) => n + samples, 0)).toBe(200);
  expect(classes.reduce((n, own) => n + own.samples * own.accuracy, 0) / 200).toBeCloseTo(mean(whole), 12);
  expect(classes.reduce((n, { f1 }) => n + f1, 0) / 5).toBeCloseTo(scores.test.macroF1!, 12);
  expect(scores.missing.map(({ present }) => present.join("+"))).toEqual(["a+b", "a", "b"]);
  expect(scores.missing[0]!.value).toBeCloseTo(mean(whole), 12);
});

test("probes are softmax regressions on each modality's representation: better than chance, and no better than all know", () => {
  for (const method of ["joint", "dmil"]) {
    const { rate, chance } = scoresOf(method).synergy!.probes!;
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThan(scoresOf(method).test.accuracy!);
    // Probes that knew nothing would leave four fifths wrong.
    expect(chance).toBeLessThan(0.8 * scoresOf(method).test.accuracy! * 0.9);
  }
});

test("gate shares sum to 1 where there is a gate, and bits to their total", () => {
  const sum = (values: Readonly<Record<string, number>>): number => Object.values(values).reduce((a, b) => a + b, 0);
  expect(sum(scoresOf("dmil").gate!)).toBeCloseTo(1, 5);
  expect(scoresOf("joint").gate).toBeUndefined();
  const { total, ...parts } = scoresOf("dmil").bits!;
  expect(sum(parts)).toBeCloseTo(total!, 5);
});

test("of one modality alone nothing is told of the others", () => {
  const scores = scoresOf("unimodal");
  expect(Object.keys(scores.unimodal)).toEqual(["a"]);
  expect(scores.unimodal.a).toBe(scores.test.accuracy);
  expect(scores.synergy).toBeUndefined();
});

test("the bits of test samples lie in the run's folder, of methods that read several modalities", async () => {
  for (const method of ["joint", "dmil"]) {
    const { folder } = runs.get(method)!;
    const { components, atoms } = await readSampleBits(folder);
    expect(components).toEqual(["redundant", "unique_a", "unique_b", "synergistic"]);
    const { samples } = await explain((await openRun(folder)).fitted, splits.test);
    atoms.forEach((own, c) => {
      samples.forEach(({ bits }, i) => void expect(own[i]).toBeCloseTo(bits[components[c]!]!, 5));
    });
  }
  const all = await Promise.all(["joint", "dmil"].map((method) => readSampleBits(runs.get(method)!.folder)));
  expect(all[0]!.samples).toBe(all[1]!.samples);
  expect(await runs.get("unimodal")!.folder.exists(runFiles.bits)).toBe(false);
});

test("the same run has the same scores", async () => {
  const { config, scores } = runs.get("joint")!.outcome;
  const again = await trained(config, ["a", "b"], {});
  expect(again.scores).toEqual(scores);
  expect(again.secondsPerStep).toBeGreaterThan(0);
  expect(again.secondsPerStep!).toBeLessThan(again.seconds);
});

test("unseen classes are told apart by a probe on the frozen model", async () => {
  const { seen, unseen } = classesApart(splits, 2, 0);
  const [own, apart] = [memoryFolder(), memoryFolder()];
  await writeDataset(own, seen);
  await writeDataset(apart, unseen);
  const { config } = planTrial({ data: "clips", method: "joint", epochs: 6, seed: 0 }, {}, seen.train);
  const { scores } = await trained(config, ["a", "b"], { data: own, unseen: apart });
  expect(scores.classes).toHaveLength(3);
  expect(scores.probe).toBeGreaterThan(0.6);
  expect(scores.probe).toBeLessThanOrEqual(1);
});
