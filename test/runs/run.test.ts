/** @file Runs: what lies in the folder, going on to the same bits after an interrupt and after a kill, and refusals. */

import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { type Folder, memoryFolder, readText } from "../../src/core/folder.ts";
import { takeRows } from "../../src/data/dataset.ts";
import { classesOf, classTarget, labelsOf } from "../../src/data/target.ts";
import { evaluate, requireSameTarget } from "../../src/evaluation/score.ts";
import { disk } from "../../src/node/disk.ts";
import { withChecksum } from "../../src/runs/checksum.ts";
import { openRun } from "../../src/runs/open.ts";
import { planRun } from "../../src/runs/plan.ts";
import { readRecord, runFiles, writeRecord } from "../../src/runs/record.ts";
import { readResult } from "../../src/runs/result.ts";
import { type RunOptions, removeRun, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { smallEpochs, smallMixture } from "../support/models.ts";

const data = smallMixture();
const settings = {
  data: "mixture",
  method: "dmil-published",
  seed: 3,
  batchSize: 32,
  epochs: smallEpochs,
  encoder: { hidden: [12], dropout: 0.2 },
  options: { embedding: 8 },
};
const plan = (changes: object = {}) => planRun(parseSettings({ ...settings, ...changes }), data.train);
const environment = { dmil: "0.0.0", node: "20", cpu: "test" };
const kept = [runFiles.model, runFiles.metrics, runFiles.result, runFiles.best] as const;

/** Stops at the n-th step or epoch. */
function stopping(n: number): RunOptions {
  const controller = new AbortController();
  let seen = 0;
  return {
    environment,
    signal: controller.signal,
    checkpointSeconds: 0,
    onEvent(event) {
      if ((event.kind === "step" || event.kind === "epoch") && ++seen === n) controller.abort();
    },
  };
}

async function expectSameRun(folder: Folder, other: Folder): Promise<void> {
  for (const file of kept) {
    expect(Buffer.compare(await folder.read(file), await other.read(file)), file).toBe(0);
  }
}

const whole = memoryFolder("runs/whole");
const finished = await startRun(whole, plan(), data, {
  environment,
  dataPath: "/data/mixture",
});

test("a finished run holds record, metrics, checkpoints, model and result", async () => {
  expect(await whole.list()).toEqual([
    "checkpoints/best.safetensors",
    "checkpoints/last.safetensors",
    "events.out.tfevents.dmil",
    "metrics.jsonl",
    "model.safetensors",
    "result.json",
    "run.json",
  ]);
  const record = await readRecord(whole);
  expect(record).toMatchObject({
    format: "dmil-run-2",
    status: "finished",
    config: plan().config,
    data: { path: "/data/mixture" },
    engine: { threads: 1, parameters: expect.any(Number), version: expect.stringMatching(/^\d+\./) },
    environment,
  });
  expect(Object.keys(record.data.hashes)).toEqual([
    "train/a",
    "train/b",
    "train/labels",
    "validation/a",
    "validation/b",
    "validation/labels",
  ]);
  expect(Date.parse(record.ended!)).toBeGreaterThanOrEqual(Date.parse(record.started));
  const lines = (await readText(whole, runFiles.metrics)).trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(finished.fitted.history);
});

test("the result holds validation figures of the model, and the model opens to the same answers", async () => {
  const result = await readResult(whole);
  expect(result).toEqual(finished.result);
  const { fitted } = await openRun(whole);
  expect(await evaluate(fitted, data.validation)).toEqual(result.validation);
  expect(result.stages.map(({ stage }) => stage)).toEqual(["intra", "components", "whole"]);
});

test("the same settings, seed and data give the same bits and the same identity; the place of the data does not matter", async () => {
  const again = memoryFolder();
  const { record } = await startRun(again, plan({ data: "elsewhere" }), data);
  await expectSameRun(again, whole);
  expect(record.identity).toBe(finished.record.identity);
  const { record: other } = await startRun(
    memoryFolder(),
    plan({ seed: 4, epochs: { intra: 1, components: 0, whole: 0 } }),
    data,
  );
  expect(other.identity).not.toBe(finished.record.identity);
});

describe("a run that was interrupted and goes on equals the unbroken one, bit for bit", () => {
  test.each([4, 30])("at event %i", async (n) => {
    const folder = memoryFolder("runs/broken");
    await expect(startRun(folder, plan(), data, stopping(n))).rejects.toMatchObject({
      code: "RunError",
      fields: { interrupted: true },
    });
    expect(await readRecord(folder)).toMatchObject({ status: "interrupted", ended: expect.any(String) });
    const resumed = await resumeRun(folder, data, { environment });
    expect(resumed.record).toMatchObject({
      status: "finished",
      started: expect.any(String),
      resumed: expect.any(String),
    });
    await expectSameRun(folder, whole);
  });

  test("several times over", async () => {
    const folder = memoryFolder();
    await expect(startRun(folder, plan(), data, stopping(3))).rejects.toThrow(/interrupted/);
    for (let i = 0; i < 3; i++) await expect(resumeRun(folder, data, stopping(2 + i))).rejects.toThrow(/interrupted/);
    await resumeRun(folder, data);
    await expectSameRun(folder, whole);
  });

  test("after a kill in the middle of an epoch, on a disk", async () => {
    const place = await fs.mkdtemp(path.join(tmpdir(), "dmil-kill-"));
    afterAll(() => fs.rm(place, { recursive: true, force: true }));
    const script = path.resolve(import.meta.dirname, "train-until-killed.ts");
    const child = spawn(process.execPath, ["--import", "tsx", script, place, JSON.stringify(settings)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let told = "";
    await new Promise<void>((resolve, reject) => {
      child.once("exit", () => reject(new Error(`the process ended by itself: ${told}`)));
      child.stdout.on("data", (chunk) => {
        told += String(chunk);
        if (told.includes("components 2 step 6")) resolve();
      });
    });
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    child.kill("SIGKILL");
    expect(await ended).toBe("SIGKILL");
    const folder = disk(place);
    expect((await readRecord(folder)).status).toBe("running");
    expect(await folder.exists(runFiles.model)).toBe(false);
    await resumeRun(folder, data);
    await expectSameRun(folder, whole);
  });
});

describe("a run refuses", () => {
  const message = (work: Promise<unknown>): Promise<string> =>
    work.then(
      () => "no error",
      (error) => `${error.code}: ${error.message}`,
    );

  test("a folder that holds one already, and goes after it was removed", async () => {
    expect(await message(startRun(whole, plan(), data))).toMatchInlineSnapshot(
      `"RunError: runs/whole already holds a run (finished). Continue it: dmil resume runs/whole; or give another --out; or replace it with --force."`,
    );
    const folder = memoryFolder();
    for (const file of await whole.list()) await folder.write(file, await whole.read(file));
    await folder.write("notes.txt", "mine");
    await removeRun(folder);
    expect(await folder.list()).toEqual(["notes.txt"]);
  });

  test("to go on when it is finished, with other data, with other settings, or where there is none", async () => {
    expect(await message(resumeRun(whole, data))).toMatchInlineSnapshot(
      `"RunError: runs/whole: this run is already finished."`,
    );
    expect(await message(resumeRun(memoryFolder("runs/empty"), data))).toMatchInlineSnapshot(
      `"RunError: runs/empty: there is no run here (no run.json). \`dmil train\` creates runs."`,
    );
    const folder = memoryFolder("runs/broken");
    await startRun(folder, plan(), data, stopping(4)).catch(() => {});
    const swapped = labelsOf(data.train).map((label, i) => (i === 7 ? 1 - label : label));
    const changed = { ...data.train, ...classTarget(classesOf(data.train), swapped) };
    expect(await message(resumeRun(folder, { ...data, train: changed }))).toMatchInlineSnapshot(
      `"RunError: runs/broken: the data has changed since the run was started: train/labels. Restore the old data, or start a new run."`,
    );
    const fewer = takeRows(data.validation, [...data.validation.ids.keys()].slice(1));
    expect(await message(resumeRun(folder, { ...data, validation: fewer }))).toMatchInlineSnapshot(
      `"RunError: runs/broken: the data has changed since the run was started: validation/a, validation/b, validation/labels. Restore the old data, or start a new run."`,
    );
    const record = await readRecord(folder);
    await writeRecord(folder, { ...record, config: { ...record.config, batchSize: 16 } });
    expect(await message(resumeRun(folder, data))).toMatchInlineSnapshot(
      `"RunError: runs/broken: with this version of dmil, the settings describe a different run than the one that was started (with 0.0.0). Resume it with that version, or start the run again: dmil train DATA --out runs/broken --force"`,
    );
  });

  test("a record that cannot be read", async () => {
    const folder = memoryFolder("runs/odd");
    await folder.write(runFiles.record, "{");
    expect(await message(resumeRun(folder, data))).toMatch(
      /^RunError: runs\/odd\/run\.json: not valid JSON; the file is truncated or damaged\. Start the run again: dmil train DATA --out runs\/odd --force$/,
    );
    await folder.write(runFiles.record, await withChecksum({ format: "other" }));
    expect(await message(openRun(folder))).toMatch(
      /^RunError: runs\/odd\/run\.json: not the record of a run \(wrong or missing: format, status, /,
    );
  });

  test("questions about data with other classes", () => {
    expect(() =>
      requireSameTarget(finished.fitted, { ...data.test, target: { ...data.test.target, names: ["no", "yes"] } }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[DataError: the test data has the classes (no, yes), the model the classes (0, 1); they must be the same in the same order. Give kind and names under "target" in dataset.json.]`,
    );
  });
});

test("a run that fails says so in its record, with the reason", async () => {
  const folder = memoryFolder();
  const error = await startRun(folder, plan({ learningRate: 1e30 }), data).catch((thrown) => thrown);
  expect(error).toMatchObject({ code: "RunError", message: expect.stringMatching(/^loss is /) });
  expect(await readRecord(folder)).toMatchObject({
    status: "failed",
    error: { code: "RunError", message: error.message },
  });
});

test("an error of the system in a run is told as one, in its record and to whoever opens it", async () => {
  const folder = memoryFolder("runs/full");
  const onEvent = (): never => {
    throw Object.assign(new Error("EIO: i/o error, write"), { code: "EIO", syscall: "write" });
  };
  await expect(startRun(folder, plan(), data, { onEvent })).rejects.toThrow("EIO");
  const reason = "write: the disk or its connection failed. Look at the system's log, or choose another disk.";
  expect(await readRecord(folder)).toMatchObject({ status: "failed", error: { code: "RunError", message: reason } });
  await expect(openRun(folder)).rejects.toThrow(reason);
});

test("a run that failed before it began does not stand in the way of the next", async () => {
  const folder = memoryFolder();
  const nowhere = { ...plan(), config: { ...plan().config, epochs: { intra: 0, components: 0, whole: 0 } } };
  await expect(startRun(folder, nowhere, data)).rejects.toThrow(/every stage has 0 epochs/);
  expect(await readRecord(folder)).toMatchObject({ status: "failed" });
  const { record } = await startRun(folder, plan({ epochs: { intra: 1, components: 0, whole: 0 } }), data);
  expect(record.status).toBe("finished");
});

test("a disk that is full when the record is written does not hide the first error", async () => {
  const folder = memoryFolder();
  const full: Folder = {
    ...folder,
    async write(name, content) {
      if (name === runFiles.last || (await folder.exists(runFiles.metrics))) throw new Error("disk full");
      await folder.write(name, content);
    },
  };
  await expect(startRun(full, plan(), data)).rejects.toThrow("disk full");
});

test("another version or machine is noted when a run goes on", async () => {
  const folder = memoryFolder();
  await startRun(folder, plan(), data, stopping(4)).catch(() => {});
  const notes: string[] = [];
  await resumeRun(folder, data, {
    environment: { ...environment, dmil: "9.9.9" },
    onEvent: (event) => void (event.kind === "note" && notes.push(event.message)),
  });
  expect(notes).toEqual([
    "the run was started with dmil 0.0.0 and continues with 9.9.9; bit-identical results are not guaranteed.",
  ]);
});
