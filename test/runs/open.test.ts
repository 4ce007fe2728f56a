/** @file Runs that did not finish, opened for questions: the best epoch so far, what is said of it, and what it is calibrated on. */

import { describe, expect, test } from "vitest";
import { memoryFolder, readText } from "../../src/core/folder.ts";
import { takeRows } from "../../src/data/dataset.ts";
import { classTarget, labelsOf } from "../../src/data/target.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { hashSplits } from "../../src/runs/identity.ts";
import { calibratedOn, changedData, describeUnfinished, openRun } from "../../src/runs/open.ts";
import { planRun } from "../../src/runs/plan.ts";
import { readRecord, runFiles } from "../../src/runs/record.ts";
import { type RunOptions, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { smallMixture } from "../support/models.ts";

const data = smallMixture();
const plan = (changes: object = {}) =>
  planRun(
    parseSettings({
      data: "mixture",
      method: "mcr",
      batchSize: 50,
      epochs: { alone: 2, whole: 3 },
      encoder: { hidden: [6], dropout: 0 },
      options: { embedding: 4 },
      ...changes,
    }),
    data.train,
  );
/** Plain gradient descent whose steps are far too long: after some epochs numbers are no longer finite. */
const wild = { optimiser: { name: "sgd", momentum: 0.9 }, learningRate: { alone: 0.01, whole: 3 } };

/** Stops when the n-th epoch is over. */
function stoppingAfter(n: number): RunOptions {
  const controller = new AbortController();
  let epochs = 0;
  return {
    signal: controller.signal,
    checkpointSeconds: 0,
    onEvent: (event) => {
      if (event.kind === "epoch" && ++epochs === n) controller.abort();
    },
  };
}

async function interruptedAfter(n: number) {
  const folder = memoryFolder("runs/broken");
  await startRun(folder, plan(), data, stoppingAfter(n)).catch(() => {});
  return folder;
}

describe("a run that was interrupted", () => {
  test("gives the model of its best epoch so far, calibrated as the run would be if it ended there", async () => {
    const folder = await interruptedAfter(4);
    const run = await openRun(folder);
    const { best } = run.fitted.history.at(-1)!;
    expect(run.unfinished).toEqual({
      status: "interrupted",
      stage: "whole",
      epoch: best.epoch,
      done: 2,
      epochs: 3,
      stagesLeft: [],
      calibrated: false,
    });
    const short = memoryFolder();
    const { fitted } = await startRun(short, plan({ epochs: { alone: 2, whole: 2 } }), data);
    const { fitted: opened, unfinished } = await calibratedOn(run, data.validation);
    expect(unfinished?.calibrated).toBe(true);
    expect(opened.calibration).toEqual(fitted.calibration);
    expect(await evaluate(opened, data.test)).toEqual(await evaluate(fitted, data.test));
  });

  test("says which stages were not begun", async () => {
    const { unfinished } = await openRun(await interruptedAfter(1));
    expect(unfinished).toMatchObject({ stage: "alone", done: 1, epochs: 2, stagesLeft: ["whole"] });
    expect(describeUnfinished(unfinished!)).toBe(
      "of stage alone, epoch 1 of 2, unfinished\nnot trained yet: stage whole\nprobabilities are not calibrated, because the validation data of the run cannot be read",
    );
  });

  test("is not calibrated on other data than its own", async () => {
    const run = await openRun(await interruptedAfter(2));
    const fewer = takeRows(data.validation, [...data.validation.ids.keys()].slice(1));
    expect(await calibratedOn(run, fewer)).toBe(run);
  });

  test("has no model before its first epoch was kept", async () => {
    const folder = memoryFolder("runs/early");
    const controller = new AbortController();
    controller.abort();
    const options = { signal: controller.signal, checkpointSeconds: 0 };
    await expect(startRun(folder, plan(), data, options)).rejects.toThrow(/interrupted before training started/);
    await expect(openRun(folder)).rejects.toThrow(
      "runs/early: this run (interrupted) has no model, because no epoch was stored. Continue with: dmil resume runs/early",
    );
  });
});

describe("training that diverges", () => {
  test("keeps its best model, says which and why, and does not go on", async () => {
    const folder = memoryFolder("runs/wild");
    const settings = { ...wild, epochs: { alone: 2, whole: 200 } };
    const error = await startRun(folder, plan(settings), data, { checkpointSeconds: 3600 }).catch((thrown) => thrown);
    expect(error.message).toMatch(
      /^(loss is|on validation data) .*\(stage whole.*\)\. Lower the learning rate \(3 here; try 0\.001\) or set clipNorm, for example to 1\. The model of stage \w+, epoch \d+ of \d+, is kept; evaluate, explain and export work on it\.$/,
    );
    const run = await openRun(folder);
    expect(run.unfinished).toMatchObject({
      status: "failed",
      reason: expect.stringMatching(/Lower the learning rate/),
    });
    expect(describeUnfinished(run.unfinished!)).toMatch(/^of stage \w+, epoch \d+ of \d+.*, training failed: /);
    const { accuracy } = (await evaluate(run.fitted, data.validation)).values;
    expect(accuracy).toBe(run.fitted.history.at(-1)!.best.accuracy);
    expect(await folder.exists(runFiles.best)).toBe(true);
    expect((await readText(folder, runFiles.metrics)).trimEnd().split("\n")).toHaveLength(run.fitted.history.length);
    await expect(resumeRun(folder, data)).rejects.toThrow(
      /^runs\/wild: training failed and would fail again: .* Begin a new run with other settings\.$/,
    );
    expect((await openRun(folder)).unfinished?.reason).toBe(run.unfinished?.reason);
  });

  test("in its first epoch leaves no model, and says so", async () => {
    const folder = memoryFolder("runs/wild");
    await expect(startRun(folder, plan({ learningRate: 1e30 }), data)).rejects.toThrow(
      /Lower the learning rate .* No epoch was finished before, so there is no model\.$/,
    );
    await expect(openRun(folder)).rejects.toThrow(
      /^runs\/wild: this run \(failed\) has no model, because no epoch was stored\. .* dmil train DATA --out runs\/wild --force$/,
    );
    await expect(startRun(folder, plan(), data)).rejects.toThrow(/already holds a run \(failed\)\. It failed: /);
  });
});

test("data that changed since training is told apart by split; a split that was never read is not judged", async () => {
  const modalities = ["a", "b"];
  const folder = memoryFolder();
  const testHashes = await hashSplits({ test: data.test }, modalities);
  await startRun(folder, plan({ epochs: { alone: 0, whole: 1 } }), data, { testHashes });
  const record = await readRecord(folder);
  const all = await hashSplits({ ...data }, modalities);
  const splits = ["train", "validation", "test"];
  expect(changedData(record, all, splits)).toEqual([]);
  const relabelled = {
    ...data.test,
    ...classTarget(
      data.test.target.names,
      labelsOf(data.test).map((label) => 1 - label),
    ),
  };
  const changed = await hashSplits({ ...data, test: relabelled }, modalities);
  expect(changedData(record, changed, splits)).toEqual(["test/labels"]);
  const { test: _, ...known } = record.data;
  expect(changedData({ ...record, data: known }, changed, splits)).toEqual([]);
  const { identity } = (await startRun(memoryFolder(), plan({ epochs: { alone: 0, whole: 1 } }), data)).record;
  expect(identity).toBe(record.identity);
});
