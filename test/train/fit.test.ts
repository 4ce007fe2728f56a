/** @file The protocol: repeatable, resumable to the bit, and honest about what it keeps. */
import { beforeAll, describe, expect, test } from "vitest";
import { memoryFolder, readText } from "../../src/core/folder.ts";
import type { State } from "../../src/core/tensor.ts";
import { takeRows } from "../../src/data/dataset.ts";
import { writeSafetensors } from "../../src/data/formats/safetensors.ts";
import type { EpochRecord } from "../../src/evaluation/history.ts";
import { decodeModel, encodeModel, type Fitted } from "../../src/evaluation/model.ts";
import { evaluate } from "../../src/evaluation/score.ts";
import { dmilPublished } from "../../src/methods/dmil-published/index.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { joint } from "../../src/methods/joint.ts";
import type { Method } from "../../src/methods/method.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { sgd } from "../../src/optim/index.ts";
import { decodeCheckpoint, files } from "../../src/train/checkpoint.ts";
import type { FitEvent } from "../../src/train/events.ts";
import { fit } from "../../src/train/fit.ts";
import type { FitOptions } from "../../src/train/plan.ts";
import { expectResumed } from "../methods/resumed.ts";
import { smallDmil, smallEpochs, smallMixture } from "../support/models.ts";

const data = smallMixture();
const base: FitOptions = { seed: 5, batchSize: 32, epochs: smallEpochs, threads: 1 };
const bits = (state: State): string =>
  Object.entries(state)
    .map(
      ([name, { data: values }]) =>
        `${name} ${Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64")}`,
    )
    .join("\n");

test("the same seed gives the same bits, another seed does not", async () => {
  const [one, two, other] = [
    await fit(smallDmil(), data, base),
    await fit(smallDmil(), data, base),
    await fit(smallDmil(), data, { ...base, seed: 6 }),
  ];
  expect(bits(one.state)).toBe(bits(two.state));
  expect(one.history).toEqual(two.history);
  expect(bits(other.state)).not.toBe(bits(one.state));
});

describe("a run that was stopped and goes on equals the unbroken one, bit for bit", () => {
  const unbroken = memoryFolder();
  const kept: Uint8Array[] = [];
  let whole: Fitted;
  beforeAll(async () => {
    const write = async (path: string, content: Uint8Array | string): Promise<void> => {
      if (path === files.last) kept.push((content as Uint8Array).slice());
      await unbroken.write(path, content);
    };
    whole = await fit(smallDmil(), data, { ...base, folder: { ...unbroken, write }, checkpointSeconds: 0 });
  });
  // Events are told between steps as well as between epochs; stopping at each of them in turn covers both.
  test.each([1, 5, 6, 20, 33, 52])("stopped at event %i", async (stopAt) => {
    const folder = memoryFolder();
    const controller = new AbortController();
    let seen = 0;
    const onEvent = (event: FitEvent): void => {
      if ((event.kind === "step" || event.kind === "epoch") && ++seen === stopAt) controller.abort();
    };
    // With 0 seconds between checkpoints the run pauses after every step.
    const pausing = { ...base, folder, onEvent, signal: controller.signal, checkpointSeconds: 0 };
    const stopped = fit(smallDmil(), data, pausing);
    await expect(stopped).rejects.toMatchObject({ code: "RunError", fields: { interrupted: true } });
    const resumed = await fit(smallDmil(), data, { ...base, folder, resume: true });
    expect(bits(resumed.state)).toBe(bits(whole.state));
    expect(resumed.history).toEqual(whole.history);
    expect(await readText(folder, files.metrics)).toBe(await readText(unbroken, files.metrics));
    expect(Buffer.from(await folder.read(files.best))).toEqual(Buffer.from(await unbroken.read(files.best)));
  });

  test("from any checkpoint that was ever written, as after a kill", async () => {
    // Every step wrote one; every seventh falls on all places within an epoch in turn.
    expect(kept.length).toBeGreaterThan(40);
    for (const checkpoint of kept.filter((_, i) => i % 7 === 3)) {
      const after = memoryFolder();
      await after.write(files.last, checkpoint);
      const resumed = await fit(smallDmil(), data, { ...base, folder: after, resume: true });
      expect(bits(resumed.state)).toBe(bits(whole.state));
      expect(resumed.history).toEqual(whole.history);
    }
  });
});

test("a checkpoint that was damaged, or belongs to other settings, is refused", async () => {
  const folder = memoryFolder();
  await fit(smallDmil(), data, { ...base, folder, identity: "one" });
  const again = { ...base, folder, resume: true };
  await expect(fit(smallDmil(), data, { ...again, identity: "two" })).rejects.toThrowError(
    /settings or the data differ from those/,
  );
  const bytes = (await folder.read(files.last)).slice();
  const last = bytes.length - 3;
  bytes[last] = bytes[last]! ^ 1;
  await expect(decodeCheckpoint(bytes, "x")).rejects.toThrowError(/checksum does not match/);
});

test("metrics.jsonl holds one record an epoch, with every loss term of the stage", async () => {
  const folder = memoryFolder();
  const fitted = await fit(smallDmil(), data, { ...base, folder });
  const lines = (await readText(folder, files.metrics))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as EpochRecord);
  expect(lines).toEqual(fitted.history);
  expect(lines.map(({ stage, epoch }) => `${stage} ${epoch}`)).toEqual(
    Object.entries(smallEpochs).flatMap(([stage, count]) =>
      Array.from({ length: count }, (_, i) => `${stage} ${i + 1}`),
    ),
  );
  const terms = (stage: string): string[] => Object.keys(lines.find((line) => line.stage === stage)!.train.terms);
  expect(terms("intra")).toEqual([
    "ce.only.a",
    "ce.only.b",
    "kl.predictive.a",
    "kl.residual.a",
    "kl.predictive.b",
    "kl.residual.b",
    "reconstruction.embedding.a",
    "reconstruction.embedding.b",
  ]);
  expect(terms("components")).toEqual([
    "ce.prediction",
    "ce.redundant",
    "ce.unique_a",
    "ce.unique_b",
    "ce.synergistic",
    "kl.redundant",
    "kl.unique.a",
    "kl.unique.b",
    "alignment.a",
    "alignment.b",
    "reconstruction.predictive.a",
    "reconstruction.predictive.b",
  ]);
  expect(terms("whole")).toHaveLength(7 + 6 + 7);
  for (const { train } of lines) expect(Object.values(train.terms).every(Number.isFinite)).toBe(true);
});

test("stage 2 reads features of the frozen parts that were computed once; the stages before and after read the data", async () => {
  const kept: Record<string, number> = {};
  const onEvent = (event: FitEvent): void => {
    if (event.kind === "stage") kept[event.stage] = event.keptFeatures;
  };
  await fit(smallDmil(), data, { ...base, onEvent });
  // Per modality and sample: means and deviations of [M, N], the means of M, and those once more side by side.
  expect(kept).toEqual({ intra: 0, components: 150 * 2 * (16 + 16 + 8 + 8), whole: 0 });
});

test("a model survives its file form", async () => {
  const fitted = await fit(smallDmil(), data, { ...base, epochs: { intra: 1, components: 1, whole: 1 } });
  const again = await decodeModel(await encodeModel(fitted), methodFrom, "model");
  expect(bits(again.state)).toBe(bits(fitted.state));
  expect(await evaluate(again, data.test)).toEqual(await evaluate(fitted, data.test));
});

test("a model of an earlier version, a foreign file and a damaged model are told apart", async () => {
  const older = writeSafetensors({}, { dmil: JSON.stringify({ format: "dmil-model-2", method: "joint" }) });
  await expect(decodeModel(older, methodFrom, "m")).rejects.toThrow(
    "m: this model was written by an earlier version of dmil (dmil-model-2, without a checksum), which this one does not read. Train it again.",
  );
  await expect(decodeModel(writeSafetensors({}), methodFrom, "m")).rejects.toThrow(/^m: the checksum is missing/);
  const folder = memoryFolder();
  await fit(smallDmil(), data, { ...base, epochs: { intra: 1, components: 0, whole: 0 }, folder });
  const checkpoint = await folder.read(files.last);
  await expect(decodeModel(checkpoint, methodFrom, "m")).rejects.toThrow(/^m: this file holds no model\./);
  await expect(decodeCheckpoint(await folder.read(files.best), "c")).rejects.toThrow(/^c: this is not a checkpoint/);
});

test("a loss that is not finite stops the run and names step, stage and term", async () => {
  const run = fit(smallDmil(), data, { ...base, optimiser: sgd(), learningRate: 1e9 });
  await expect(run).rejects.toThrowError(/loss is (NaN|Infinity) at step \d+ \(stage intra, terms? /);
});

test("a last batch of one sample is left out; of one sample nothing is learnt", async () => {
  const first = (rows: number) => ({ ...data, train: takeRows(data.train, [...Array(rows).keys()]) });
  const steps: number[] = [];
  const onEvent = (event: FitEvent): void => void (event.kind === "stage" && steps.push(event.steps));
  const { state } = await fit(smallDmil(), first(33), { ...base, epochs: 1, onEvent });
  expect(steps).toEqual([1, 1, 1]);
  expect(
    bits((await fit(smallDmil(), first(33), { ...base, epochs: { intra: 1, components: 1, whole: 1 } })).state),
  ).toBe(bits(state));
  await expect(fit(smallDmil(), first(1), base)).rejects.toThrowError(/one sample to train on; at least two/);
});

test("wrong settings say what is allowed", async () => {
  const start = (options: Partial<FitOptions>) => fit(smallDmil(), data, { ...base, ...options });
  await expect(start({ epochs: { hole: 3 } })).rejects.toThrowError(
    /epochs\.hole: dmil-published has no such stage\. Its stages: intra, components, whole/,
  );
  await expect(start({ epochs: { whole: 1.5 } })).rejects.toThrowError(/epochs\.whole is 1\.5; a whole number/);
  await expect(start({ epochs: { intra: 0, components: 0, whole: 0 } })).rejects.toThrowError(
    /nothing would be trained/,
  );
  await expect(start({ learningRate: { whole: -1 } })).rejects.toThrowError(/learningRate\.whole is -1/);
  await expect(start({ batchSize: 1 })).rejects.toThrowError(/batchSize is 1; a whole number from 2/);
  await expect(start({ seed: -1 })).rejects.toThrowError(/seed is -1/);
  const { a, ...rest } = data.train.modalities;
  expect(a).toBeDefined();
  await expect(
    fit(smallDmil(), { train: { ...data.train, modalities: rest }, validation: data.validation }, base),
  ).rejects.toThrowError(/expects modality "a"; the data has b/);
});

test("a stage says what picks its best epoch: accuracy and then log-loss, log-loss alone, or the last", async () => {
  const method = smallDmil();
  for (const best of ["accuracy", "logLoss", "last"] as const) {
    const own = { ...method, stages: method.stages.map((stage) => ({ ...stage, best })) };
    const { history } = await fit(own, data, { ...base, epochs: { intra: 6, components: 6, whole: 6 } });
    for (const { name } of method.stages) {
      const records = history.filter((record) => record.stage === name);
      if (best === "last") {
        expect(records.map((record) => record.best.epoch)).toEqual([1, 2, 3, 4, 5, 6]);
        continue;
      }
      const value = ({ validation }: EpochRecord): number => (best === "logLoss" ? 0 : -validation.accuracy!);
      const sorted = [...records].sort(
        (a, b) => value(a) - value(b) || a.validation.logLoss! - b.validation.logLoss! || a.epoch - b.epoch,
      );
      expect(records.at(-1)!.best.epoch).toBe(sorted[0]!.epoch);
    }
  }
});

test("the purified form, whose stored means are renewed each epoch, resumes to the same bits too", async () => {
  const method = () =>
    dmilPublished({ encoders: { a: mlp([8, 12]), b: mlp([8, 12]) }, embedding: 8, synergy: "purified" });
  const whole = await fit(method(), data, base);
  const folder = memoryFolder();
  const controller = new AbortController();
  let steps = 0;
  const onEvent = (event: FitEvent): void => {
    if (event.kind === "step" && ++steps === 42) controller.abort();
  };
  const pausing = { ...base, folder, onEvent, signal: controller.signal, checkpointSeconds: 0 };
  await expect(fit(method(), data, pausing)).rejects.toMatchObject({ fields: { interrupted: true } });
  const resumed = await fit(method(), data, { ...base, folder, resume: true });
  expect(bits(resumed.state)).toBe(bits(whole.state));
  expect(Object.keys(resumed.state)).toContain("synergy.centre");
});

test("a stage that chooses by log-loss at the best temperature keeps that epoch, and goes on to the same bits", async () => {
  const method = joint({ encoders: { a: mlp([8, 12]), b: mlp([8, 12]) }, embedding: 8 }) as Method;
  const stages = method.stages.map((stage) => ({ ...stage, best: "calibrated" as const, learningRate: 0.02 }));
  const calibrated: Method = { ...method, stages };
  const { history } = await fit(calibrated, data, { seed: 1, batchSize: 32, epochs: 12, threads: 1 });
  const losses = history.map(({ validation }) => validation.calibrated!);
  const least = losses.indexOf(Math.min(...losses));
  expect(history.at(-1)!.best).toEqual({ epoch: least + 1, accuracy: history[least]!.validation.accuracy });
  // Another figure would have chosen otherwise.
  expect(history[least]!.validation.logLoss).toBeGreaterThan(
    Math.min(...history.map((own) => own.validation.logLoss!)),
  );
  await expectResumed(calibrated, 2, [7], data);
});
