import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { experimentOf } from "../../src/cli/sweep-input.ts";
import { parseExperiment } from "../../src/experiments/experiment.ts";

const root = path.resolve(import.meta.dirname, "../..");
const folder = path.join(root, "experiments");
const shared = path.join(root, "../shared/data");
if (!existsSync(shared)) console.warn("skipped: ../shared is absent; where the experiments' data lies is not checked");

describe.each(readdirSync(folder))("%s", (file) => {
  test("is an experiment, with seeds and data that are there", async () => {
    const given = await experimentOf([], { config: path.join(folder, file), out: "out", workers: "1" });
    const { data, seeds } = parseExperiment(given.value);
    expect(seeds.length).toBeGreaterThan(1);
    for (const { path: place } of data) {
      if (place === undefined || !existsSync(shared)) continue;
      expect(existsSync(path.join(given.directory, place, "train/labels.npy")), place).toBe(true);
    }
  });
});

test("paths begin at the file, in the command at the place where it is called; flags go before the file", async () => {
  const config = path.join(folder, "quick.yaml");
  const given = await experimentOf(["clips"], { config, out: "out", workers: "1", seeds: "3", set: ["epochs=1"] });
  expect(given.directory).toBe("");
  const { data, seeds, set, methods } = parseExperiment(given.value);
  expect([data.map((own) => own.path), seeds, set]).toEqual([["clips"], [3], { epochs: 1 }]);
  expect(methods).toContain("ogm-ge");
});
