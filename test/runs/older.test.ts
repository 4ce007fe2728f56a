/**
 * @file Runs of the version before targets were one record (models of the format dmil-model-3, classes beside the target, the kinds "classes",
 * "labels" and "values"): opened, scored, predicted and resumed, to the same bits. fixtures/model-3.json was written by that version.
 */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import type { DataSplits } from "../../src/data/dataset.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { decodeModel, encodeModel } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { openRun } from "../../src/runs/open.ts";
import { readResult } from "../../src/runs/result.ts";
import { resumeRun } from "../../src/runs/run.ts";

type Files = Readonly<Record<string, string>>;
interface OlderRun {
  /** The first predictions of the finished run on test data. */
  readonly logits: readonly number[];
  readonly finished: Files;
  /** The same run, stopped after its first epoch. */
  readonly stopped: Files;
}
const fixture = path.join(import.meta.dirname, "fixtures/model-3.json");
const older = JSON.parse(readFileSync(fixture, "utf8")) as Readonly<Record<string, OlderRun>>;

const samples = { train: 40, validation: 20, test: 20 };
const shares = { redundant: 0.3, unique: 0.2, synergistic: 0.3 };
const small = { seed: 0, features: 3, samples };
const data: Readonly<Record<string, DataSplits>> = {
  classes: interactionMixture({ classes: 2, noise: 0.3, shares, ...small }),
  labels: sums({ ...small, target: "multilabel" }).splits,
  values: sums(small).splits,
};
const KINDS = { classes: "multiclass", labels: "multilabel", values: "regression" } as const;
const here = { backend: "wasm", threads: 1 } as const;

function folderOf(files: Files): Folder {
  const bytes = (name: string, text: string) =>
    Uint8Array.from(Buffer.from(text, name.endsWith(".safetensors") ? "base64" : "utf8"));
  return memoryFolder("older", new Map(Object.entries(files).map(([name, text]) => [name, bytes(name, text)])));
}

test.each(["classes", "labels", "values"] as const)(
  "%s: a finished run is opened, and predicts as before",
  async (name) => {
    const { finished, logits } = older[name]!;
    const folder = folderOf(finished);
    const { fitted, record } = await openRun(folder);
    expect(record.status).toBe("finished");
    expect(fitted.target.kind).toBe(KINDS[name]);
    const { train, validation, test: last } = data[name]!;
    expect(fitted.target.names).toEqual(train.target.names);
    expect([...(await predict(fitted, last, here)).logits.slice(0, logits.length)]).toEqual(logits);
    expect((await readResult(folder)).validation).toEqual(await evaluate(fitted, validation, here));
    const again = await decodeModel(await encodeModel(fitted), methodFrom, "again");
    expect([...(await predict(again, last, here)).logits.slice(0, logits.length)]).toEqual(logits);
  },
);

test.each(["classes", "labels", "values"] as const)(
  "%s: a stopped run goes on, to the model that it would have had",
  async (name) => {
    const { finished, stopped, logits } = older[name]!;
    const folder = folderOf(stopped);
    expect((await openRun(folder)).unfinished).toMatchObject({ status: "interrupted", done: 1 });
    const { fitted, result } = await resumeRun(folder, data[name]!);
    expect([...(await predict(fitted, data[name]!.test, here)).logits.slice(0, logits.length)]).toEqual(logits);
    const before = await openRun(folderOf(finished));
    expect(fitted.state).toEqual(before.fitted.state);
    expect(result.validation).toEqual((await readResult(folderOf(finished))).validation);
  },
);
