/** @file Settings: everything wrong is listed at once, with its path, what was given and what is allowed. */

import { describe, expect, test } from "vitest";
import { DmilError } from "../../src/core/errors.ts";
import { float32 } from "../../src/core/tensor.ts";
import { methodNames } from "../../src/methods/index.ts";
import { planRun } from "../../src/runs/plan.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { smallMixture } from "../support/models.ts";

/** So that a new method changes no snapshot. */
const METHODS = methodNames.join(", ");

function problems(value: unknown): string[] {
  try {
    parseSettings(value);
  } catch (error) {
    expect(error).toMatchObject({ code: "ConfigError" });
    return (error as DmilError).message.split("\n");
  }
  return [];
}

test("one setting is enough; the rest has defaults", () => {
  const { options, ...settings } = parseSettings({ data: "clips" });
  expect(settings).toEqual({
    data: "clips",
    method: "dmil",
    seed: 0,
    batchSize: 64,
    epochs: {},
    optimiser: { name: "adam" },
    threads: "auto",
    backend: "auto",
    encoder: { hidden: [64], activation: "relu", dropout: expect.any(Number), norm: false },
  });
  expect(options).toMatchObject({ embedding: 64, silence: 1 });
});

test.each<[string, unknown]>([
  [
    "a file of all mistakes",
    { method: "joint", sed: 1, epochs: [3], threads: 0, backend: "gpu", clipNorm: -1, batchSize: 1 },
  ],
  [
    "wrong kinds of values",
    { data: 3, modalities: "a,b", encoder: [64], optimiser: "adam", options: 4, learningRate: "fast" },
  ],
  [
    "inside the encoder",
    { data: "x", encoder: { hidden: [64, 0.5], activation: "relo", dropout: 1, norm: "yes", depth: 2 } },
  ],
  [
    "encoders and normalisation of modalities",
    {
      data: "x",
      encoder: { kind: "pool", norm: true },
      encoders: { audio: { kind: "cnn" }, face: { widht: 3 }, text: 4 },
      normalize: { audio: "standrad" },
    },
  ],
  ["a normalisation of all", { data: "x", normalize: "nothing" }],
  ["an empty normalisation", { data: "x", normalize: null }],
  ["an unknown method", { data: "x", method: "dmli" }],
  ["a name that every object has", { data: "x", method: "constructor" }],
  ["options of another method", { data: "x", method: "joint", options: { variational: false } }],
  ["learning rates", { data: "x", learningRate: { whole: 0, intra: "x" } }],
  ["the optimiser's own settings", { data: "x", optimiser: { name: "sgd", momentun: 0.9, momentum: 2 } }],
  ["nesterov without momentum", { data: "x", optimiser: { name: "sgd", nesterov: true } }],
  ["two learning rates", { data: "x", optimiser: { learningRate: 1 }, learningRate: { whole: 0.1 } }],
  [
    "options of training",
    { data: "x", warmup: { epochs: 0 }, patience: 0, monitor: "acuracy", classWeights: { a: -1 } },
  ],
  ["an unknown optimiser", { data: "x", optimiser: { name: "adma" } }],
  ["no object", [1]],
])("%s", (_, value) => {
  const found = problems(value);
  expect(found.length).toBeGreaterThan(0);
  expect(found.join("\n").replaceAll(METHODS, "METHODS")).toMatchSnapshot();
});

test("options of the method, at any depth", () => {
  const found = problems({
    data: "x",
    method: "dmil-published",
    options: { embeding: 3, embedding: -1, loss: { lamda: 1 } },
  });
  expect(found).toHaveLength(3);
  expect(found[0]).toMatch(/^options\.embedding: /);
  expect(found[1]).toMatch(
    /^options\.loss\.lamda: unknown option "lamda"; did you mean "lambda"\? Allowed: .*alignment/,
  );
  expect(found[2]).toMatch(/^options\.embeding: unknown option "embeding"; did you mean "embedding"\? Allowed: /);
});

describe("settings and data together", () => {
  const { train } = smallMixture();
  const plan = (settings: object) =>
    planRun(parseSettings({ data: "mixture", method: "dmil-published", ...settings }), train);

  test("leave nothing open, and are settings again", () => {
    const { config, method } = plan({ epochs: { whole: 2 }, learningRate: { intra: 0.01 }, optimiser: { beta1: 0.8 } });
    expect(method.modalities).toEqual(["a", "b"]);
    expect(config).toMatchObject({
      modalities: ["a", "b"],
      epochs: { intra: method.stages[0]!.epochs, components: method.stages[1]!.epochs, whole: 2 },
      learningRate: { intra: 0.01, components: method.stages[1]!.learningRate, whole: method.stages[2]!.learningRate },
      optimiser: { name: "adam", beta1: 0.8, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    });
    expect(planRun(parseSettings(JSON.parse(JSON.stringify(config))), train).config).toEqual(config);
    expect(plan({ epochs: 5 }).config.epochs).toEqual({ intra: 5, components: 5, whole: 5 });
  });

  test("take one number of epochs for all stages, as of the learning rate", () => {
    const { config } = plan({ epochs: 5, learningRate: 0.1 });
    expect(config.epochs).toEqual({ intra: 5, components: 5, whole: 5 });
    expect(config.learningRate).toEqual({ intra: 0.1, components: 0.1, whole: 0.1 });
    expect(() => plan({ epochs: 0 })).toThrow(/every stage has 0 epochs/);
  });

  test("take the learning rate of the optimiser for all stages", () => {
    const { config } = plan({ optimiser: { learningRate: 0.02 } });
    expect(config.learningRate).toEqual({ intra: 0.02, components: 0.02, whole: 0.02 });
    expect(config.optimiser).not.toHaveProperty("learningRate");
    expect(plan({ optimiser: { learningRate: 0.02 }, learningRate: 0.02 }).config).toEqual(config);
    expect(planRun(parseSettings(JSON.parse(JSON.stringify(config))), train).config).toEqual(config);
  });

  test("keep options of training that are given, and check them against the data", () => {
    const given = { warmup: { epochs: 2 }, patience: { whole: 3 }, monitor: "logLoss", classWeights: "balanced" };
    expect(plan(given).config).toMatchObject(given);
    for (const name of Object.keys(given)) expect(plan({}).config).not.toHaveProperty(name);
    expect(() => plan({ patience: { hole: 1 } })).toThrow(/patience\.hole: dmil-published has no stage "hole"/);
    expect(() => plan({ monitor: "r2" })).toThrow(/monitor: r2 given, but this data has classes/);
    expect(() => plan({ classWeights: { none: 2 } })).toThrow(/classWeights\.none: the data has no class "none"/);
  });

  test("give the encoders the features of the data, in the order of the modalities", () => {
    const { method } = plan({ modalities: ["b", "a"], encoder: { hidden: [5, 4], norm: true } });
    expect(method.modalities).toEqual(["b", "a"]);
    expect(method.description.encoders).toMatchObject({ b: { kind: "mlp", sizes: [8, 5, 4], norm: true } });
  });

  test("give each modality its own encoder, and what it does not set from the shared one", () => {
    const { method, config } = plan({
      encoder: { hidden: [5], dropout: 0 },
      encoders: { b: { norm: "batch", hidden: [4] } },
      normalize: { b: "none" },
    });
    expect(method.description.encoders).toMatchObject({
      a: { kind: "mlp", sizes: [8, 5], norm: false, dropout: 0 },
      b: { kind: "mlp", sizes: [8, 4], norm: "batch", dropout: 0 },
    });
    expect(config.normalize).toEqual({ b: "none" });
    expect(planRun(parseSettings(config), smallMixture().train).config).toEqual(config);
  });

  test("encoders of images and sequences bring their normalisation, unless the run has one", () => {
    const small = smallMixture();
    const { a, b } = small.train.modalities;
    const modalities = { a: float32([a!.shape[0]!, 4, 2], a!.data), b: b! };
    const train = { ...small.train, modalities };
    const planned = (given: object) => {
      const settings = parseSettings({ data: "clips", encoders: { a: { kind: "conv1d" } }, ...given });
      return planRun(settings, train).config;
    };
    expect(planned({}).normalize).toEqual({ a: "channels-last" });
    expect(planned({ encoders: { a: { kind: "lenet" } } }).normalize).toEqual({ a: "all" });
    expect(planned({ normalize: { b: "none" } }).normalize).toEqual({ a: "channels-last", b: "none" });
    expect(planned({ normalize: { a: "standard" } }).normalize).toEqual({ a: "standard" });
    expect(planned({ normalize: "none" }).normalize).toBe("none");
    const { config } = planRun(parseSettings(planned({})), train);
    expect(config).toEqual(planned({}));
  });

  test("problems of encoders name the setting", () => {
    expect(() => plan({ encoders: { a: { kind: "lenet" } } })).toThrow(/encoders\.a\.kind: samples of a are \[8\]/);
    const { train } = smallMixture();
    const { a } = train.modalities;
    const shaped = { ...train, modalities: { ...train.modalities, a: float32([a!.shape[0]!, 4, 2], a!.data) } };
    for (const [own, message] of [
      [{ freeze: "stem" }, /encoders\.a\.freeze: lenet: freeze is "stem"/],
      [{ blocks: 3 }, /encoders\.a\.blocks: lenet: images of \[4, 2\]/],
    ] as const) {
      const settings = parseSettings({ data: "clips", encoders: { a: { kind: "lenet", ...own } } });
      expect(() => planRun(settings, shaped)).toThrow(message);
    }
  });

  test.each<[string, object]>([
    [
      "encoders and normalisation of modalities that the data lacks",
      { encoders: { c: {} }, normalize: { aa: "none" } },
    ],
    ["an encoder that does not read the samples", { encoders: { a: { kind: "pool" } } }],
    ["a shared encoder that does not read the samples", { encoder: { kind: "pool" } }],
    ["an unknown stage", { epochs: { hole: 1 }, learningRate: { whloe: 1 } }],
    ["stages of the ensemble are its modalities", { method: "ensemble", epochs: { whole: 1 } }],
    ["one modality", { modalities: ["a"] }],
    ["an unknown modality", { modalities: ["a", "c"] }],
    ["a modality twice", { modalities: ["a", "a"] }],
  ])("%s", (_, settings) => {
    expect(() => plan(settings)).toThrow(DmilError);
    expect(() => plan(settings)).toThrowErrorMatchingSnapshot();
  });
});
