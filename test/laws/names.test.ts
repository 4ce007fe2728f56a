/** @file Laws of names: modalities, classes, labels and values may be called what every object of JavaScript has of itself. */

import { describe, expect, test } from "vitest";
import { memoryFolder } from "../../src/core/folder.ts";
import { ownValue } from "../../src/core/record.ts";
import { type DataSplits, type Dataset, mapSplits } from "../../src/data/dataset.ts";
import { readDataset } from "../../src/data/load.ts";
import { interactionMixture } from "../../src/data/synthetic/mixture.ts";
import { sums } from "../../src/data/synthetic/sums.ts";
import { classesOf } from "../../src/data/target.ts";
import { writeDataset } from "../../src/data/write.ts";
import { toOnnx } from "../../src/evaluation/export.ts";
import { decodeModel, encodeModel, type Fitted } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { explain } from "../../src/interactions/explain.ts";
import { methodFrom, methods } from "../../src/methods/index.ts";
import { planRun } from "../../src/runs/plan.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { fit } from "../../src/train/fit.ts";
import { caught, rejected } from "../data/fixtures/reference.ts";
import { epochsOf } from "../support/models.ts";

const sizes = { train: 36, validation: 20, test: 16 };
const CLASSES = ["__proto__", "constructor", "prototype"];
const NAMES = { a: "constructor", b: "toString", c: "valueOf", d: "hasOwnProperty" } as const;

/** Data whose modalities have other names; samples lack the second modality here and there, so that the others are without a mask beside it. */
function renamed(splits: DataSplits): DataSplits {
  return mapSplits((split): Dataset => {
    const data = splits[split];
    const entries = Object.entries(data.modalities).map(([, values], i) => [Object.values(NAMES)[i]!, values] as const);
    const mask = Uint8Array.from({ length: data.size }, (_, i) => (i % 7 === 3 ? 0 : 1));
    return { ...data, modalities: Object.fromEntries(entries), present: { [NAMES.b]: mask } };
  });
}

const noTruth = ({ truth: _, truthBits: __, ...data }: Dataset): Dataset => data;
const mixture = renamed(
  interactionMixture({
    classes: 3,
    noise: 0.3,
    shares: { redundant: 0.3, unique: 0.2, synergistic: 0.3 },
    features: 4,
    samples: sizes,
    seed: 1,
  }),
);
const classes = mapSplits((split): Dataset => {
  const data = noTruth(mixture[split]);
  return { ...data, target: { ...data.target, names: CLASSES } };
});
const target = (kind: "multilabel" | "regression"): DataSplits => {
  const { splits } = sums({ seed: 3, features: 4, target: kind, samples: sizes });
  return mapSplits((split) => {
    const data = noTruth(renamed(splits)[split]);
    return {
      ...data,
      target: {
        ...data.target!,
        names: data.target!.names.map((name, i) => [...CLASSES, ...Object.values(NAMES)][i] ?? name),
      },
    };
  });
};

async function trained(data: DataSplits, method: string): Promise<Fitted> {
  const options = methods[method]?.perModality ? { modality: NAMES.a } : {};
  const settings = { data: "d", method, encoder: { hidden: [] }, batchSize: 16, threads: 1, options };
  const plan = planRun(parseSettings(settings), data.train);
  return fit(plan.method, data, { seed: 0, batchSize: 16, threads: 1, epochs: epochsOf(plan.method) });
}

async function held(fitted: Fitted, data: DataSplits): Promise<void> {
  const again = await decodeModel(await encodeModel(fitted), methodFrom, "model");
  const [before, after] = [await predict(fitted, data.test), await predict(again, data.test)];
  expect(after.logits).toEqual(before.logits);
  expect(Object.keys(before.unimodal)).toEqual(fitted.method.modalities);
  expect((await toOnnx(fitted)).length).toBeGreaterThan(100);
}

test("the data goes to disk and back", async () => {
  const folder = memoryFolder("d");
  await writeDataset(folder, classes);
  const { splits } = await readDataset(folder);
  expect(Object.keys(splits.train.modalities).sort()).toEqual([NAMES.a, NAMES.b].sort());
  expect(Object.keys(splits.train.present!)).toEqual([NAMES.b]);
  expect(classesOf(splits.train)).toEqual(CLASSES);
});

describe.each(Object.keys(methods))("%s", (name) => {
  test("trains, predicts, explains and is stored", async () => {
    const fitted = await trained(classes, name);
    await held(fitted, classes);
    const { samples } = await explain(fitted, classes.test);
    expect(samples.length).toBe(sizes.test);
    for (const { prediction, probabilities } of samples) {
      expect(CLASSES).toContain(prediction);
      expect(Object.keys(probabilities)).toEqual(CLASSES);
      expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
    }
    expect((await evaluate(fitted, classes.test)).samples).toBe(sizes.test);
  });
});

test.each(["multilabel", "regression"] as const)("targets of %s", async (kind) => {
  const data = target(kind);
  const fitted = await trained(data, "dmil");
  await held(fitted, data);
  const report = await explain(fitted, data.test);
  expect(report.samples.length).toBe(sizes.test);
});

test("what cannot be a name is refused", async () => {
  const folder = memoryFolder("d");
  const rows = ["train", "train", "valid", "test"].map((split, i) => `${i},1,${i % 2},${split}`);
  await folder.write("data.csv", `__proto__,b,label,split\n${rows.join("\n")}\n`);
  // A column gives its modality a name that can be used, and the report says which column it was.
  expect((await readDataset(folder)).report.taken.modalities.proto?.from).toBe("column __proto__");
  const arrays = memoryFolder("e");
  await writeDataset(arrays, classes);
  await arrays.remove("dataset.json"); // it names the modalities
  for (const split of ["train", "valid", "test"]) {
    await arrays.write(`${split}/__proto__.npy`, await arrays.read(`${split}/${NAMES.a}.npy`));
  }
  expect((await rejected(readDataset(arrays))).message).toMatch(
    /modality "__proto__": this name cannot be used.*Rename it/,
  );
  for (const setting of ["__proto__", "constructor", "toString"]) {
    const settings = JSON.parse(`{"data":"d","${setting}":1}`);
    expect(caught(() => parseSettings(settings)).message).toContain(setting);
    const options = JSON.parse(`{"data":"d","options":{"${setting}":1}}`);
    expect(caught(() => parseSettings(options)).message).toContain(setting);
    expect(caught(() => parseSettings({ data: "d", method: setting })).message).toMatch(/unknown method/);
    expect(caught(() => parseSettings({ data: "d", optimiser: { name: setting } })).message).toMatch(/unknown word/);
    expect(caught(() => parseSettings({ data: "d", encoder: { activation: setting } })).message).toMatch(
      /unknown word/,
    );
  }
});

test("an object's own names are not what a record holds", () => {
  expect(ownValue({}, "constructor")).toBeUndefined();
  expect(ownValue<number>({ toString: 3 } as never, "toString")).toBe(3);
  expect(ownValue(undefined, "x")).toBeUndefined();
});
