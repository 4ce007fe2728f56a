/** @file Runs that learn from a teacher: identity, the copy they keep, going on without the teacher's folder, and refusals. */
import { expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { takeRows } from "../../src/data/dataset.ts";
import { openRun } from "../../src/runs/open.ts";
import { planRun } from "../../src/runs/plan.ts";
import { readRecord, runFiles } from "../../src/runs/record.ts";
import { type RunOptions, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { openTeacher } from "../../src/runs/teacher.ts";
import { smallEpochs, smallMixture } from "../support/models.ts";

const data = smallMixture();
const base = { data: "mixture", seed: 3, batchSize: 32, encoder: { hidden: [12] }, options: { embedding: 8 } };
const planned = (settings: object) => planRun(parseSettings({ ...base, ...settings }), data.train);
const place = memoryFolder("runs/teacher");
await startRun(place, planned({ method: "dmil-published", epochs: smallEpochs }), data);
const teacher = await openTeacher(place, data.train);
const student = (changes: object = {}) =>
  planned({
    method: "joint",
    epochs: 3,
    teacher: { run: "runs/teacher", of: ["prediction", "components"], ...changes },
  });

const whole = memoryFolder("runs/whole");
const finished = await startRun(whole, student(), data, { teacher });

/** Stops at the n-th step. */
function stopping(n: number): RunOptions {
  const controller = new AbortController();
  let seen = 0;
  return {
    teacher,
    signal: controller.signal,
    checkpointSeconds: 0,
    onEvent: (event) => void (event.kind === "step" && ++seen === n && controller.abort()),
  };
}

test("the teacher's file, the weight and what is learnt belong to the identity; where the teacher lies does not", async () => {
  const { record } = finished;
  expect(record.config.teacher).toEqual({ run: "runs/teacher", weight: 1, of: ["prediction", "components"] });
  expect(record.data.hashes.teacher).toBe(teacher.hash);
  const identity = async (changes: object, by = teacher): Promise<string> =>
    (await startRun(memoryFolder(), student(changes), data, { teacher: by })).record.identity;
  expect(await identity({ run: "elsewhere" })).toBe(record.identity);
  expect(await identity({ weight: 2 })).not.toBe(record.identity);
  expect(await identity({ of: ["prediction"] })).not.toBe(record.identity);
  expect(await identity({}, { ...teacher, hash: "0" })).not.toBe(record.identity);
  const { record: alone } = await startRun(memoryFolder(), planned({ method: "joint", epochs: 3 }), data);
  expect(alone.identity).not.toBe(record.identity);
  expect(alone.data.hashes).not.toHaveProperty("teacher");
});

test("a stopped run goes on to the same bits from its own copy; the teacher's folder is not needed, nor to open it", async () => {
  const folder = memoryFolder("runs/broken");
  await expect(startRun(folder, student(), data, stopping(7))).rejects.toMatchObject({ fields: { interrupted: true } });
  await resumeRun(folder, data);
  for (const file of [runFiles.model, runFiles.metrics, runFiles.result]) {
    expect(Buffer.compare(await folder.read(file), await whole.read(file)), file).toBe(0);
  }
  await folder.remove(runFiles.teacher);
  expect((await openRun(folder)).fitted.history).toEqual([]);
});

test("a stopped run whose copy is gone or another says so", async () => {
  const folder = memoryFolder("runs/broken");
  await expect(startRun(folder, student(), data, stopping(7))).rejects.toMatchObject({ fields: { interrupted: true } });
  const copy = await folder.read(runFiles.teacher);
  await folder.remove(runFiles.teacher);
  await expect(resumeRun(folder, data)).rejects.toThrow(
    "runs/broken: teacher.safetensors, the copy of the model of the teacher, is missing, so training cannot continue.",
  );
  await folder.write(runFiles.teacher, await whole.read(runFiles.model));
  await expect(resumeRun(folder, data)).rejects.toThrow(
    "the data has changed since the run was started: teacher. Restore the old data",
  );
  await folder.write(runFiles.teacher, copy);
  expect((await resumeRun(folder, data)).record.status).toBe("finished");
});

test("a run that is not finished, or was trained on other samples, is no teacher", async () => {
  const other = {
    ...data,
    train: takeRows(
      data.train,
      Uint32Array.from({ length: 100 }, (_, i) => i),
    ),
  };
  await expect(openTeacher(place, other.train)).rejects.toThrow(
    "the teacher runs/teacher was trained on other samples (different: train/a, train/b, train/labels)",
  );
  const folder = memoryFolder("runs/half");
  await expect(
    startRun(folder, planned({ method: "joint" }), data, { ...stopping(7), teacher: undefined } as never),
  ).rejects.toMatchObject({ fields: { interrupted: true } });
  expect((await readRecord(folder)).status).toBe("interrupted");
  await expect(openTeacher(folder, data.train)).rejects.toThrow(/the teacher/);
  await expect(openTeacher(memoryFolder("runs/none"), data.train)).rejects.toThrow(
    "the teacher, runs/none: there is no run here (no run.json).",
  );
});

test("settings and options must agree about a teacher", async () => {
  await expect(startRun(memoryFolder(), student(), data)).rejects.toThrow(
    "startRun: the settings name the teacher runs/teacher, but no teacher is given.",
  );
  await expect(startRun(memoryFolder(), planned({ method: "joint" }), data, { teacher })).rejects.toThrow(
    "startRun: a teacher is given, but the settings have none.",
  );
});

test.each([
  [{ run: "" }, "teacher.run: is empty; give the folder of a run, for example --teacher RUN"],
  [{ weight: -1 }, "teacher.weight: -1 given; allowed is a number from 0, for example 1"],
  [{ of: "all" }, 'teacher.of: "all" given; allowed is a list of prediction, components, representations'],
  [{ of: ["gate"] }, 'teacher.of.0: unknown word "gate". Allowed: prediction, components, representations.'],
])("settings %j are told", (changes, message) => {
  expect(() => student(changes)).toThrow(message);
});
