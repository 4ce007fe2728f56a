/** @file The PyTorch example: from `explain`'s columns it learns what the model knew, synergy included. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, test } from "vitest";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { writeDataset } from "../../src/data/write.ts";
import { explain } from "../../src/interactions/explain.ts";
import { sampleRow } from "../../src/interactions/report.ts";
import { dmil } from "../../src/methods/dmil/index.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { disk } from "../../src/node/disk.ts";
import { encodeTable } from "../../src/runs/tables.ts";
import { fit } from "../../src/train/fit.ts";

const SCRIPT = path.resolve(import.meta.dirname, "../../examples/07-pytorch-student.py");
const able = spawnSync("python3", ["-c", "import numpy, torch"]).status === 0;
/** Small products gain nothing from threads. */
const env = { ...process.env, OMP_NUM_THREADS: "1" };
if (!able) console.warn("SKIPPED: python3 cannot import numpy and torch; the PyTorch example was not run.");

test.runIf(able)(
  "losses towards p and bits fall, and the student answers nearly as well as its teacher",
  { timeout: 300_000 },
  async () => {
    const place = await fs.mkdtemp(path.join(tmpdir(), "dmil-student-"));
    const shares = { redundant: 0.4, unique: 0.3, synergistic: 0 };
    const data = interactionMixture({ classes: 2, noise: 0.3, shares, samples: 1000, features: 10, seed: 0 });
    const method = dmil({ encoders: { a: mlp([10, 32]), b: mlp([10, 32]) }, embedding: 16 });
    const fitted = await fit(method, data, { seed: 0, threads: 1, epochs: 10 });
    await writeDataset(disk(place), data);
    const table = path.join(place, "samples.jsonl");
    await fs.writeFile(table, encodeTable((await explain(fitted, data.train)).samples.map(sampleRow), table));
    const { summary } = await explain(fitted, data.test);

    const { status, stdout, stderr } = spawnSync("python3", [SCRIPT, place, table], { encoding: "utf8", env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const said = /^loss (\S+), towards p (\S+), towards bits (\S+); test accuracy (\S+)$/m.exec(stdout)!;
    const [own, p, bits, accuracy] = said.slice(1).map(Number) as [number, number, number, number];
    expect(own).toBeLessThan(0.4);
    expect(p).toBeLessThan(0.5);
    expect(bits).toBeLessThan(0.1);
    expect(accuracy).toBeGreaterThan(summary.accuracy! - 0.05);
    await fs.rm(place, { recursive: true });
  },
);
