import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { readDataset, readTraining } from "../../src/data/load.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { writeDataset } from "../../src/data/write.ts";
import { planTrial } from "../../src/experiments/settings.ts";
import { bestTrial, runTuning, searchSpace, trialsOf } from "../../src/experiments/tuning.ts";
import { methods } from "../../src/methods/index.ts";

const splits = interactionMixture({
  classes: 2,
  noise: 0.3,
  samples: { train: 120, validation: 60, test: 60 },
  shares: { redundant: 0.25, unique: 0.25, synergistic: 0.25 },
  features: 4,
  modalities: ["a", "b"],
  seed: 0,
});
const DEFAULTS: Readonly<Record<string, unknown>> = {
  "encoder.dropout": 0.2,
  "encoder.hidden": [64],
  "options.alpha": 0.8,
};
const search = { alpha: [0.3, 0.8] };

test("the defaults come first, then others, none twice, drawn by the name", () => {
  const all = trialsOf(36, search, (name) => DEFAULTS[name], "clips ogm");
  expect(searchSpace(search)).toHaveLength(36);
  expect(all[0]).toEqual({});
  expect(new Set(all.map((own) => JSON.stringify(own))).size).toBe(36);
  // What the defaults say is not tried a second time under another name.
  expect(all).not.toContainEqual({
    learningRate: 1,
    "encoder.dropout": 0.2,
    "encoder.hidden": [64],
    "options.alpha": 0.8,
  });
  const some = (name: string) => trialsOf(6, search, (own) => DEFAULTS[own], name);
  expect(some("clips ogm")).toEqual(all.slice(0, 6));
  expect(some("clips pmr")).not.toEqual(some("clips ogm"));
  expect(() => trialsOf(37, search, (name) => DEFAULTS[name], "clips ogm")).toThrow(/37 trials are more than the 36/);
});

test("eighteen trials are to be had of every method", () => {
  for (const { search: own } of Object.values(methods)) expect(searchSpace(own).length).toBeGreaterThanOrEqual(18);
});

test("log-loss chooses, R2 of values; the earlier among equals; a trial that failed is no choice", () => {
  const trial = (reached?: number, logLoss?: number) => ({
    changes: {},
    seconds: 1,
    ...(reached !== undefined && { reached }),
    ...(logLoss !== undefined && { logLoss }),
  });
  expect(bestTrial([trial(0.8, 0.5), trial(0.9, 0.7), trial(0.7, 0.4), trial(0.9, 0.4), trial()])).toBe(2);
  expect(bestTrial([trial(0.2), trial(), trial(0.5), trial(0.5), trial(-1)])).toBe(2);
  expect(bestTrial([trial(), trial(0.1, 9)])).toBe(1);
  expect(bestTrial([trial(Number.NaN, Number.NaN), trial(-3)])).toBe(1);
  expect(bestTrial([trial(), trial()])).toBeUndefined();
  expect(bestTrial([])).toBeUndefined();
});

test("a test split of garbage changes nothing: tuning cannot open it", async () => {
  const clean = memoryFolder("clean");
  await writeDataset(clean, splits);
  const spoilt = memoryFolder("spoilt");
  for (const file of await clean.list()) {
    await spoilt.write(file, file.startsWith("test/") ? "garbage" : await clean.read(file));
  }
  await expect(readDataset(spoilt)).rejects.toThrow();
  const changes = trialsOf(3, {}, (name) => DEFAULTS[name], "clips joint");
  const tuned = async (folder: typeof clean) => {
    const training = await readTraining(folder);
    const given = { data: "clips", method: "joint", epochs: 2 };
    const configs = changes.map((own) => planTrial(given, own, training.train).config);
    const { trials, chosen } = await runTuning(configs, changes, training);
    return { chosen, trials: trials.map(({ seconds: _, ...rest }) => rest) };
  };
  const found = await tuned(clean);
  expect(await tuned(spoilt)).toEqual(found);
  expect(new Set(found.trials.map(({ logLoss }) => logLoss)).size).toBe(3);
});

test("a trial changes what it says and nothing else", () => {
  const given = { data: "clips", method: "reconboost", seed: 0 };
  const plain = planTrial(given, {}, splits.train).config;
  const changes = { learningRate: 3, "encoder.dropout": 0, "options.rounds": 1 };
  const { config } = planTrial(given, changes, splits.train);
  expect(config.encoder).toEqual({ ...plain.encoder, dropout: 0 });
  expect(config.options).toEqual({ ...plain.options, rounds: 1 });
  const stages = Object.keys(config.learningRate);
  expect(stages.length).toBeLessThan(Object.keys(plain.learningRate).length);
  for (const stage of stages) expect(config.learningRate[stage]).toBeCloseTo(3 * plain.learningRate[stage]!, 12);
});

test("trials change encoders of single modalities, and the shared setting reaches those that do not set it", () => {
  const given = { data: "clips", method: "joint", encoders: { a: { dropout: 0.1 } } };
  const { config } = planTrial(
    given,
    { "encoder.dropout": 0.4, "encoder.hidden": [7], "encoders.b.norm": "batch" },
    splits.train,
  );
  expect(config.encoders).toMatchObject({
    a: { dropout: 0.1, hidden: [7], norm: false },
    b: { dropout: 0.4, hidden: [7], norm: "batch" },
  });
});
