/** @file Runs whose encoders start from published weights: what they start with, what is recorded, resuming, sweeps, export. */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { sha256 } from "../../src/core/hash.ts";
import { float32, type State } from "../../src/core/tensor.ts";
import { type DataSplits, mapSplits } from "../../src/data/dataset.ts";
import { writeSafetensors } from "../../src/data/formats/safetensors.ts";
import { readWeights } from "../../src/data/formats/weights.ts";
import { withWeights } from "../../src/encoders/published/convert.ts";
import { resnetNames } from "../../src/encoders/published/resnet.ts";
import { sweep } from "../../src/experiments/sweep.ts";
import { joint } from "../../src/methods/joint.ts";
import { mlp } from "../../src/nn/mlp.ts";
import { encoderWeights } from "../../src/runs/encoder-weights.ts";
import { openRun } from "../../src/runs/open.ts";
import { type Plan, planRun } from "../../src/runs/plan.ts";
import { readRecord } from "../../src/runs/record.ts";
import { type RunOptions, resumeRun, startRun } from "../../src/runs/run.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { readWeightFiles, weightsThrough } from "../../src/runs/weights.ts";
import { setUp } from "../../src/train/setup.ts";
import { decode, rejected } from "../data/fixtures/reference.ts";
import { heldResnet, registerHeld } from "../encoders/published/networks.ts";
import { smallMixture } from "../support/models.ts";

afterAll(registerHeld());

const golden: { resnet: { file: string } } = JSON.parse(
  readFileSync(new URL("../golden/weights.json", import.meta.url), "utf8"),
);
const file = decode(golden.resnet.file);
const state: State = Object.fromEntries(
  Object.entries((await readWeights(file)).tensors).flatMap(([name, { shape, data }]) =>
    data instanceof Float32Array ? [[name, float32(shape, data)]] : [],
  ),
);
/** The mixture, its second modality as images [2, 2, 2]. */
const data = ((splits: DataSplits): DataSplits =>
  mapSplits((split) => {
    const { modalities, ...rest } = splits[split];
    return { ...rest, modalities: { a: modalities.a!, b: float32([rest.size, 2, 2, 2], modalities.b!.data) } };
  }))(smallMixture());

const files = new Map([["resnet.pth", file]]);
const folder = memoryFolder("w", files);
const open = weightsThrough((name) => (name === "w" ? folder : memoryFolder(name)));
const settings = {
  data: "mixture",
  method: "joint",
  batchSize: 32,
  epochs: 2,
  encoder: { hidden: [4] },
  encoders: { b: { kind: "held-resnet", weights: "w/resnet.pth" } },
  options: { embedding: 4 },
  backend: "wasm",
};
const planned = async (changes: object = {}, from = open): Promise<Plan> => {
  const parsed = parseSettings({ ...settings, ...changes });
  return planRun(parsed, data.train, await readWeightFiles(parsed, ["a", "b"], from));
};
const initialOf = async (changes: object = {}): Promise<State> => {
  const { method, config } = await planned(changes);
  return (await setUp(method, data, { seed: config.seed, batchSize: 32, backend: "wasm" })).initial;
};

describe("the initial state", () => {
  test("has the values of the file, adapted to two channels; all else is drawn as without it", async () => {
    const [initial, drawn] = [await initialOf(), await initialOf({ encoders: { b: { kind: "held-resnet" } } })];
    expect(Object.keys(initial)).toEqual(Object.keys(drawn));
    const { values } = withWeights(heldResnet(2), resnetNames, await readWeights(file), [2, 2, 2]);
    for (const [name, { data }] of Object.entries(initial)) {
      const given = values![name.replace("encoders.b.", "")];
      expect([name, data]).toEqual([name, name.startsWith("encoders.b.") && given ? given.data : drawn[name]!.data]);
    }
    expect(initial["encoders.b.stage4.1.1.weight"]!.data).not.toEqual(drawn["encoders.b.stage4.1.1.weight"]!.data);
  });
  test("every member of a pool starts from them, with its own copy", async () => {
    const initial = await initialOf({ members: 2 });
    const [one, two] = [1, 2].map((k) => initial[`members.${k}.encoders.b.stem.weight`]!.data);
    expect(one).toEqual(two);
    expect(one).not.toBe(two);
    expect(one).toEqual((await initialOf())["encoders.b.stem.weight"]!.data);
    expect(initial["members.1.encoders.a.0.weight"]!.data).not.toEqual(initial["members.2.encoders.a.0.weight"]!.data);
  });
  test("a method of one modality takes those of its own encoder", async () => {
    const only = (modality: string) => initialOf({ method: "unimodal", options: { modality, embedding: 4 } });
    expect(Object.keys(await only("a")).some((name) => name.startsWith("encoders.b."))).toBe(false);
    expect((await only("b"))["encoders.b.stem.weight"]!.data).toEqual(
      (await initialOf())["encoders.b.stem.weight"]!.data,
    );
  });
  test("in the library: an encoder with weights is passed to a method", async () => {
    const face = withWeights(heldResnet(2), resnetNames, await readWeights(folder, "resnet.pth"), [2, 2, 2]);
    const method = joint({ encoders: { a: mlp([8, 4]), b: face }, embedding: 4 });
    const { initial } = await setUp(method, data, { seed: 0, batchSize: 32, backend: "wasm" });
    expect(initial["encoders.b.stem.weight"]!.data).toEqual(face.values!["stem.weight"]!.data);
    expect(method.description.encoders.b).not.toHaveProperty("values");
  });
});

describe("a run", () => {
  const done = (async () => {
    const notes: string[] = [];
    const run = memoryFolder("run");
    const finished = await startRun(run, await planned(), data, {
      onEvent: (event) => event.kind === "note" && notes.push(event.message),
    });
    return { run, notes, ...finished };
  })();

  test("records the file, its hash and how it was made to fit, and says so", async () => {
    const { run, notes } = await done;
    const { weights, data, config } = await readRecord(run);
    expect(weights!.b).toMatchObject({
      file: "resnet.pth",
      sha256: await sha256(file),
      names: "torchvision",
      tensors: 100,
      adapted: { "stem.weight": "3 input channels -> 2: each 1/2 of the sum over the 3" },
    });
    expect(weights!.b!.ignored).toContain("fc.weight");
    expect(data.hashes["weights/b"]).toBe(await sha256(file));
    expect(config.encoders!.b).toMatchObject({ weights: "w/resnet.pth" });
    expect(notes.join()).toMatch(
      /b starts from resnet\.pth .*100 tensors; ignored: fc\.weight, fc\.bias, 20 num_batches/,
    );
  });
  test("is the same run wherever the file lies, and another one with other weights", async () => {
    const { record } = await done;
    const identity = async (path: string, from: typeof open) => {
      const plan = await planned({ encoders: { b: { kind: "held-resnet", weights: path } } }, from);
      return (await startRun(memoryFolder("r"), plan, data)).record.identity;
    };
    expect(await identity("x/y.pth", () => readWeights(file))).toBe(record.identity);
    const other = writeSafetensors({ ...state, "bn1.bias": float32([2], [9, 9]) });
    expect(await identity("w/resnet.pth", () => readWeights(other))).not.toBe(record.identity);
  });
  test("is opened without the file, and its encoder is exported under the file's names", async () => {
    const { run, fitted } = await done;
    expect((await openRun(run)).fitted.state).toEqual(fitted.state);
    const { names, state: exported } = encoderWeights(fitted, "b");
    expect(names).toBe("torchvision");
    expect(exported["conv1.weight"]!.shape).toEqual([2, 2, 7, 7]);
    const again = withWeights(heldResnet(2), resnetNames, await readWeights(writeSafetensors(exported)), [2, 2, 2]);
    for (const [name, { data }] of Object.entries(again.values!)) {
      expect([name, data]).toEqual([name, fitted.state[`encoders.b.${name}`]!.data]);
    }
    expect(again.weights!.adapted).toEqual({});
    const refused = (modality: string, options = {}): string => {
      try {
        encoderWeights(fitted, modality, options);
      } catch (error) {
        return error instanceof DmilError ? error.message : "";
      }
      return "";
    };
    expect(refused("c")).toMatch(/there is no modality "c"/);
    expect(refused("a")).toMatch(
      /encoder of a is of kind mlp, which has no published names\. Kinds that have: .*held-resnet/,
    );
    expect(refused("b", { names: "timm" })).toMatch(/names of held-resnet are those of torchvision/);
    expect(refused("b", { member: 1 })).toMatch(/the model is not a pool/);
  });
  test("cannot be started from a plan without the file", async () => {
    const plan = planRun(parseSettings(settings), data.train);
    expect((await rejected(startRun(memoryFolder("r"), plan, data))).message).toMatch(
      /the encoder of b is to start from w\/resnet\.pth, which was not read/,
    );
  });
});

/** Stops after n epochs. */
function stopping(n: number): RunOptions {
  const controller = new AbortController();
  let seen = 0;
  return {
    signal: controller.signal,
    checkpointSeconds: 0,
    onEvent: (event) => event.kind === "epoch" && ++seen === n && controller.abort(),
  };
}

describe("a run that goes on", () => {
  test("needs no file after its first checkpoint, to the same bits", async () => {
    const whole = memoryFolder("whole");
    await startRun(whole, await planned(), data);
    const run = memoryFolder("run");
    expect((await rejected(startRun(run, await planned(), data, stopping(1)))).fields.interrupted).toBe(true);
    await resumeRun(run, data);
    for (const name of ["model.safetensors", "metrics.jsonl"])
      expect(await run.read(name)).toEqual(await whole.read(name));
    expect((await readRecord(run)).weights).toEqual((await readRecord(whole)).weights);
  });
  test("reads it again before the first checkpoint; it must be the same", async () => {
    const stopped = async (): Promise<Folder> => {
      const run = memoryFolder("run");
      await rejected(startRun(run, await planned(), data, stopping(1)));
      await run.remove("checkpoints/last.safetensors");
      return run;
    };
    const run = await stopped();
    expect((await rejected(resumeRun(run, data))).message).toMatch(
      /no checkpoint yet, so it starts from w\/resnet\.pth again/,
    );
    const other = () => readWeights(writeSafetensors({ ...state, "bn1.bias": float32([2], [9, 9]) }));
    expect((await rejected(resumeRun(run, data, { openWeights: other }))).message).toMatch(/has changed.*weights\/b/);
    expect((await resumeRun(run, data, { openWeights: open })).record.status).toBe("finished");
  });
});

test("a file that is missing or does not fit is an error at its setting", async () => {
  const issuesOf = async (weights: string, encoders: object = { b: { kind: "held-resnet", weights } }) =>
    (await rejected(planned({ encoders }))).fields.issues;
  expect(await issuesOf("w/other.pth")).toEqual([
    { path: ["encoders", "b", "weights"], message: "w: there is no file other.pth." },
  ]);
  expect(await issuesOf("", { b: { kind: "held-resnet", weights: "w/resnet.pth", width: 4 } })).toMatchObject([
    {
      path: ["encoders", "b", "weights"],
      message: expect.stringContaining("other shapes: conv1.weight for stem.weight"),
    },
  ]);
  expect(await issuesOf("", { a: { weights: "w/resnet.pth" } })).toMatchObject([
    { path: ["encoders", "a", "weights"], message: expect.stringContaining('unknown option "weights"') },
  ]);
});

test("a sweep knows its runs by the weights that the file holds", { timeout: 120_000 }, async () => {
  const run = async (bytes: Uint8Array, out: Folder) => {
    const places = new Map([["w", memoryFolder("w", new Map([["resnet.pth", bytes]]))]]);
    const { batchSize, epochs, encoder, encoders, options, backend } = settings;
    const experiment = {
      data: [{ name: "mixture", splits: data }],
      methods: ["joint"],
      seeds: [0],
      set: { batchSize, epochs, encoder, encoders, options, backend },
    };
    return sweep(experiment, { folder: out, open: (path) => places.get(path) ?? memoryFolder(path) });
  };
  const out = memoryFolder("sweep");
  const [first] = (await run(file, out)).entries;
  expect(first).toMatchObject({ status: "finished" });
  expect((await run(file, out)).entries[0]!.started).toBe(first!.started);
  const other = writeSafetensors({ ...state, "bn1.bias": float32([2], [9, 9]) });
  expect((await rejected(run(other, out))).message).toMatch(/contains 1 run that this experiment does not include/);
  const wrong = await rejected(run(writeSafetensors({ x: float32([1]) }), memoryFolder("other")));
  expect(wrong.fields.issues).toMatchObject([
    { path: ["set", "encoders", "b", "weights"], message: expect.stringContaining("the names of its tensors are not") },
  ]);
});
