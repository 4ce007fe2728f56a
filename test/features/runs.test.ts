/** @file Runs with frozen encoders: trained on features, predicting from samples; cached, resumed, exported, in sweeps. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import { expect, test } from "vitest";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { stream } from "../../src/core/random.ts";
import { float32, type Tensor } from "../../src/core/tensor.ts";
import { type DataSplits, type Dataset, mapSplits, rowIds } from "../../src/data/dataset.ts";
import { hideModalities } from "../../src/data/presence.ts";
import { exportOnnx, toOnnx } from "../../src/evaluation/export.ts";
import { encodeModel } from "../../src/evaluation/model.ts";
import { predict } from "../../src/evaluation/predict.ts";
import { primaryValue } from "../../src/evaluation/score.ts";
import { readEncoders } from "../../src/features/settings.ts";
import { explain } from "../../src/interactions/explain.ts";
import { loadModel, openModel, saveModel } from "../../src/runs/model.ts";
import { openRun } from "../../src/runs/open.ts";
import { planRun } from "../../src/runs/plan.ts";
import { type RunOptions, removeRun, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { openTeacher } from "../../src/runs/teacher.ts";
import { nativeBackend } from "../../src/runtime/ort.node.ts";
import { imageNet, stepsNet, vectorNet } from "../support/nets.ts";

const files: Readonly<Record<string, () => Uint8Array | Promise<Uint8Array>>> = {
  "vector.onnx": () => vectorNet(4),
  "steps.onnx": () => stepsNet(5, 3),
  "image.onnx": imageNet,
};
const read = async (name: string): Promise<Uint8Array> =>
  files[name]?.() ?? readFile(path.join(import.meta.dirname, "fixtures", name));

const SHAPES: Readonly<Record<string, readonly number[]>> = { audio: [4], face: [8, 8, 3], text: [6], clip: [5, 3] };

/** Data whose class is told by the first number of every modality. */
function dataOf(modalities: readonly string[]): DataSplits {
  const sizes = { train: 80, validation: 30, test: 20 };
  return mapSplits((split): Dataset => {
    const draw = stream(5, split);
    const size = sizes[split];
    const classes = Array.from({ length: size }, (_, i) => i % 2);
    const arrayOf = (name: string): Tensor<"float32"> => {
      const shape = SHAPES[name]!;
      const width = shape.reduce((a, b) => a * b, 1);
      const ids = name === "text";
      const values = Float32Array.from({ length: size * width }, (_, at) =>
        ids
          ? draw.below(4) + 1 + 5 * classes[Math.floor(at / width)]!
          : draw.uniform() - 0.5 + classes[Math.floor(at / width)]!,
      );
      if (ids) for (let row = 0; row < size; row++) values.fill(0, row * 6 + 2 + (row % 5), (row + 1) * 6);
      return float32([size, ...shape], values);
    };
    return {
      name: split,
      size,
      ids: rowIds(size),
      modalities: Object.fromEntries(modalities.map((name) => [name, arrayOf(name)])),
      target: { kind: "multiclass", names: ["no", "yes"], values: float32([size, 1], classes) },
    };
  });
}

const ENCODERS = {
  audio: { kind: "onnx", file: "vector.onnx", hidden: [8] },
  face: { kind: "onnx", file: "image.onnx", output: "logits", hidden: [] },
  text: { kind: "onnx", file: "text.onnx", hidden: [8] },
  clip: { kind: "onnx", file: "steps.onnx", pool: "last" },
};

const SETTINGS = { data: "clips", method: "joint", epochs: 8, batchSize: 16, learningRate: 0.003 };

async function planned(modalities: readonly (keyof typeof ENCODERS)[], data: DataSplits, cache?: Folder, more = {}) {
  const encoders = Object.fromEntries(modalities.map((name) => [name, ENCODERS[name]]));
  const parsed = parseSettings({ ...SETTINGS, encoders, ...more });
  const notes: string[] = [];
  const { settings, frozen } = await readEncoders(parsed, data.train, {
    read,
    cache,
    tell: (note) => notes.push(note),
  });
  return { plan: planRun(settings, data.train), options: { frozen: frozen! }, notes };
}

const data = dataOf(["audio", "face"]);

async function trained(folder: Folder, options: RunOptions = {}, cache?: Folder) {
  const { plan, options: own } = await planned(["audio", "face"], data, cache);
  return startRun(folder, plan, data, { ...own, ...options });
}

test("a run is trained on features, and its folder predicts and explains samples", async () => {
  const folder = memoryFolder("runs/first");
  const { fitted, result, record } = await trained(folder);
  expect(primaryValue(result.validation)).toBeGreaterThan(0.9);
  expect(fitted.shapes).toEqual({ audio: [4], face: [8, 8, 3] });
  expect(Object.keys(fitted.state)).toContain("encoders.audio.0.weight");
  expect(record.config.encoders!.audio).toMatchObject({ file: "vector.onnx", model: { features: [6] } });
  const before = await predict(fitted, data.test);
  const opened = await openRun(folder);
  const { logits } = await predict(opened.fitted, data.test);
  expect([...logits]).toEqual([...before.logits]);
  const hidden = hideModalities(data.test, ["face"], [0, 3]);
  expect((await predict(opened.fitted, hidden)).logits).toHaveLength(40);
  expect((await explain(opened.fitted, data.test)).samples).toHaveLength(20);
  const model = await openModel(folder);
  expect((await model.predict(data.test))[7]).toMatchObject({ label: "yes" });
  await model.dispose();
});

test("a model file is opened with the file of its encoder beside it, and refused without", async () => {
  const { fitted } = await trained(memoryFolder());
  const folder = memoryFolder("models");
  await saveModel(fitted, folder);
  const loaded = await loadModel(folder);
  expect([...(await predict(loaded, data.test)).logits]).toEqual([...(await predict(fitted, data.test)).logits]);
  expect(await encodeModel(loaded)).toEqual(await folder.read("model.safetensors"));
  const kept = (await folder.list("encoders"))[0]!;
  await folder.write(kept, vectorNet(5));
  await expect(predict(await loadModel(folder), data.test)).rejects.toThrow(/has changed: its SHA-256/);
  await folder.remove(kept);
  await expect(predict(await loadModel(folder), data.test)).rejects.toThrow(
    /models: encoders\/[0-9a-f]{64}\.onnx.*is missing/,
  );
  await expect(predict({ ...fitted, frozen: undefined }, data.test)).rejects.toThrow(/its file is not with the model/);
  const { plan } = await planned(["audio", "face"], data);
  await expect(startRun(memoryFolder(), plan, data)).rejects.toThrow(/whose file is needed.*readEncoders/);
});

test("an interrupted run goes on to the same bits, without the file that the user gave", async () => {
  const whole = memoryFolder();
  await trained(whole);
  const folder = memoryFolder();
  const abort = new AbortController();
  const stopped = trained(folder, {
    signal: abort.signal,
    onEvent: (event) => event.kind === "epoch" && event.epoch === 2 && abort.abort(),
  });
  await expect(stopped).rejects.toThrow(/interrupted/);
  await resumeRun(folder, data);
  expect(await folder.read("model.safetensors")).toEqual(await whole.read("model.safetensors"));
  await removeRun(folder);
  expect(await folder.list()).toEqual([]);
});

test("the identity of a run has the hash of the file and not its path", async () => {
  const { record } = await trained(memoryFolder());
  const elsewhere = { encoders: { audio: { ...ENCODERS.audio, file: "nets/v.onnx" }, face: ENCODERS.face } };
  const parsed = parseSettings({ ...SETTINGS, data: "x", ...elsewhere });
  const from = async (name: string) => read(name === "nets/v.onnx" ? "vector.onnx" : name);
  const { settings, frozen } = await readEncoders(parsed, data.train, { read: from });
  const second = await startRun(memoryFolder(), planRun(settings, data.train), data, { frozen: frozen! });
  expect(second.record.identity).toBe(record.identity);
});

test("runs share the features of a cache; damage is noticed and mended", async () => {
  const cache = memoryFolder("cache");
  const encoding: string[] = [];
  const onEvent: RunOptions["onEvent"] = (event) => event.kind === "encoding" && encoding.push(event.modality);
  const first = memoryFolder();
  await trained(first, { onEvent }, cache);
  expect(new Set(encoding)).toEqual(new Set(["audio", "face"]));
  expect((await cache.list()).filter((name) => !name.endsWith(".features"))).toEqual([]);
  expect(await cache.list()).toHaveLength(4);
  encoding.length = 0;
  const second = memoryFolder();
  await trained(second, { onEvent }, cache);
  expect(encoding).toEqual([]);
  expect(await second.read("model.safetensors")).toEqual(await first.read("model.safetensors"));

  const [name] = await cache.list();
  const bytes = (await cache.read(name!)).slice();
  await cache.write(name!, bytes.with(bytes.length - 3, bytes.at(-3)! ^ 1));
  const { plan, options, notes } = await planned(["audio", "face"], data, cache);
  const third = memoryFolder();
  await startRun(third, plan, data, options);
  expect(notes).toEqual([`note: cache/${name} is damaged; its features are computed again.`]);
  expect(await cache.read(name!)).toEqual(bytes);
  expect(await third.read("model.safetensors")).toEqual(await first.read("model.safetensors"));
});

test("a teacher with frozen encoders teaches, and its student keeps the files", async () => {
  const teacherFolder = memoryFolder("runs/teacher");
  await trained(teacherFolder);
  const teacher = await openTeacher(teacherFolder, data.train);
  const settings = parseSettings({ data: "clips", method: "joint", epochs: 1, teacher: { run: "runs/teacher" } });
  const student = memoryFolder("runs/student");
  await startRun(student, planRun(settings, data.train), data, { teacher });
  expect(await student.list("encoders")).toEqual(await teacherFolder.list("encoders"));
});

const exported = [
  { modalities: ["audio", "face"], missing: false },
  { modalities: ["text", "clip"], missing: true },
] as const;
test.each(exported)(
  "an exported file with the encoders of $modalities inside equals predict",
  async ({ modalities, missing }) => {
    const own = dataOf(modalities);
    const { plan, options } = await planned(modalities, own);
    const { fitted } = await startRun(memoryFolder(), plan, own, options);
    expect(() => toOnnx(fitted)).toThrow(/await exportOnnx/);
    const bytes = await exportOnnx(fitted, { missing });
    const model = await (await nativeBackend()).open(bytes, { threads: 1 });
    expect(model.inputs.map(({ name }) => name)).toEqual([...modalities, ...(missing ? ["present"] : [])]);
    expect(model.inputs[0]!.shape.slice(1)).toEqual(SHAPES[modalities[0]]);
    const feeds = Object.fromEntries(
      modalities.map((name) => {
        const { shape, data: values } = own.test.modalities[name]!;
        return [name, { type: "float32" as const, shape, data: Float32Array.from(values) }];
      }),
    );
    const present = { type: "float32" as const, shape: [20, 2], data: new Float32Array(40).fill(1) };
    const { data: logits } = await model.run({ ...feeds, ...(missing && { present }) }, "logits");
    const expected = (await predict(fitted, own.test)).logits;
    for (const [i, value] of expected.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-5);
    await model.dispose();
  },
);

test.each([
  ["older.onnx", { output: "chosen" }, "face"],
  ["older.onnx", { output: "maps" }, "face"],
])("a network of version 13 with branches is brought to the version of the file: %s %j", async (file, more, name) => {
  const own = dataOf(["audio", name]);
  const encoders = { [name]: { kind: "onnx", file, ...more } };
  const { settings, frozen } = await readEncoders(
    parseSettings({ data: "clips", method: "joint", epochs: 1, encoders }),
    own.train,
    { read },
  );
  const { fitted } = await startRun(memoryFolder(), planRun(settings, own.train), own, { frozen: frozen! });
  const model = await (await nativeBackend()).open(await exportOnnx(fitted), { threads: 1 });
  const feeds = Object.fromEntries(
    Object.entries(own.test.modalities).map(([own, { shape, data: values }]) => [
      own,
      { type: "float32" as const, shape, data: Float32Array.from(values) },
    ]),
  );
  const { data: logits } = await model.run(feeds, "logits");
  const expected = (await predict(fitted, own.test)).logits;
  for (const [i, value] of expected.entries()) expect(Math.abs(logits[i]! - value)).toBeLessThan(1e-5);
  await model.dispose();
});
