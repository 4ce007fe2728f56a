/** @file Model cards: a head that is YAML, names that stay names, figures, and the mark by which an untouched card is known. */
import { beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { memoryFolder } from "../../../src/core/folder.ts";
import type { DataSplits, Dataset } from "../../../src/data/dataset.ts";
import { sums } from "../../../src/data/synthetic/sums.ts";
import { classTarget, labelsOf } from "../../../src/data/target.ts";
import { isUntouchedCard, modelCard } from "../../../src/runs/card/card.ts";
import { planRun } from "../../../src/runs/plan.ts";
import { type FinishedRun, startRun } from "../../../src/runs/run.ts";
import { parseSettings } from "../../../src/runs/settings.ts";
import { smallMixture } from "../../support/models.ts";

const EVIL = "<img src=x onerror=alert(1)>|`**b** ```";
const IMAGE = "a|b\n# title";

/** Data whose names would be markup if nobody escaped them. */
function nasty(): DataSplits {
  const named = (split: Dataset): Dataset => {
    const { a, b } = split.modalities as Required<typeof split.modalities>;
    return { ...split, target: { ...split.target, names: [EVIL, "yes"] }, modalities: { [IMAGE]: a!, b: b! } };
  };
  const { train, validation, test: last } = smallMixture();
  return { train: named(train), validation: named(validation), test: named(last) };
}

async function run(data: DataSplits, settings: object): Promise<FinishedRun> {
  const plan = planRun(
    parseSettings({ data: "/home/somebody/secret/my data", method: "joint", epochs: 1, ...settings }),
    data.train,
  );
  return startRun(memoryFolder(), plan, data, { environment: { dmil: "1.2.3" } });
}

/** Lines outside blocks of code. */
function prose(card: string): string[] {
  let fence: string | undefined;
  return card.split("\n").filter((line) => {
    const mark = /^`{3,}/.exec(line)?.[0];
    if (mark === undefined) return fence === undefined;
    if (fence === undefined) fence = mark;
    else if (fence === mark) fence = undefined;
    return false;
  });
}

let finished: FinishedRun;
let card = "";
beforeAll(async () => {
  finished = await run(nasty(), {});
  const { fitted, record, result } = finished;
  card = await modelCard({ fitted, record, result, file: "model.onnx", onnx: {} });
});

test("the head is YAML as model hubs read it, with figures of validation data alone", () => {
  const head = parse(card.split("---\n")[1]!);
  expect(head).toMatchObject({ library_name: "dmil", license: "unknown", pipeline_tag: "tabular-classification" });
  const [{ results }] = head["model-index"];
  expect(results[0].dataset).toEqual({ name: "my data", type: "my data", split: "validation" });
  const { accuracy } = finished.result.validation.values;
  expect(results[0].metrics).toContainEqual({ type: "accuracy", name: "accuracy", value: accuracy });
});

test("says how the model was trained, and not where its data lay", () => {
  expect(card).toMatch(/\| seed \| 0 \|/);
  expect(card).toMatch(/\| dmil \| 1\.2\.3 \|/);
  expect(card).toMatch(/\| epochs by stage \| whole 1 \(best 1\) \|/);
  expect(card).toContain(finished.record.data.hashes["train/b"]);
  expect(card).toMatch(/never trained with a modality missing/);
  expect(card).not.toMatch(/somebody|secret/);
});

test("names are names: no markup, no cell, no line and no end of a block of code comes of them", () => {
  const text = prose(card).join("\n");
  expect(text).not.toMatch(/(?<!\\)<img/);
  expect(text).not.toMatch(/^# title/m);
  for (const line of text.split("\n").filter((own) => own.startsWith("| "))) {
    const borders = line.match(/(?<!\\)\|/g)!.length;
    expect([3, 4, 5], line).toContain(borders);
  }
  expect(prose(card).filter((line) => line.startsWith("## "))).toEqual(
    ["Model", "Training", "Metrics on validation data", "Calibration", "How to call it", "Limits", "Licence"].map(
      (title) => `## ${title}`,
    ),
  );
});

test("an untouched card is known again; one that was added to, and any other text, is not ours to replace", async () => {
  expect(await isUntouchedCard(card)).toBe(true);
  expect(await isUntouchedCard(card.replace('license: "unknown"', 'license: "mit"'))).toBe(false);
  expect(await isUntouchedCard(`${card}More.\n`)).toBe(false);
  expect(await isUntouchedCard("# Notes\n")).toBe(false);
  expect(await isUntouchedCard("")).toBe(false);
});

test("ordered classes: one factor of calibration for all steps, under the name of no class", async () => {
  const classes = ["mild", "moderate", "severe"];
  const ordered = (split: Dataset): Dataset => ({
    ...split,
    ...classTarget(
      classes,
      labelsOf(split).map((label, i) => label + (i % 2)),
      "ordinal",
    ),
  });
  const { train, validation, test: last } = smallMixture();
  const data = { train: ordered(train), validation: ordered(validation), test: ordered(last) };
  const { fitted, record, result } = await run(data, {});
  const own = await modelCard({ fitted, record, result, file: "m.safetensors" });
  expect(own).toMatch(
    /^Outputs are multiplied by factors that were fitted on validation data: [\d.e-]+\. The factors/m,
  );
});

test("labels and numbers: their names, units and figures; safetensors: how to read it", async () => {
  const samples = { train: 60, validation: 40, test: 30 };
  for (const target of ["multilabel", "regression"] as const) {
    const { splits } = sums({ seed: 3, features: 5, samples, ...(target === "multilabel" && { target }) });
    const { fitted, record, result } = await run(splits, { modalityDropout: 0.3 });
    const own = await modelCard({ fitted, record, result, file: "m.safetensors" });
    for (const name of splits.train.target!.names) expect(own).toMatch(new RegExp(`^\\| ${name} \\| \\d`, "m"));
    expect(own).toContain(target === "regression" ? "deviation in training" : "yes/no labels");
    expect(own).toContain(target === "regression" ? "| r2 | " : "| macroF1 | ");
    expect(own).toContain("explain, loadDataset, loadModel");
    expect(own).toMatch(/trained with modalities missing \(by modality dropout\)/);
    expect(parse(own.split("---\n")[1]!).tags).toContain("safetensors");
    const unfinished = await modelCard({ fitted, record, file: "m.safetensors" });
    expect(unfinished).toContain("None: training did not finish.");
  }
});
