/** @file Every public function that takes options names the one it does not know, and the nearest that it knows. */
import { expect, test } from "vitest";
import * as graph from "../src/graph/index.ts";
import * as main from "../src/index.ts";
import * as info from "../src/info/index.ts";
import * as nn from "../src/nn/index.ts";
import * as node from "../src/node/index.ts";
import { smallMixture } from "./support/models.ts";
import { x } from "./support/numbers.ts";

const data = smallMixture();
const encoders = { a: main.mlp([8, 4]), b: main.mlp([8, 4]) };
const method = main.joint({ encoders, embedding: 4 });
const fitted = main.fit(method, data, { seed: 0, epochs: 1, threads: 1 });
const plan = () => main.planRun(main.parseSettings({ data: "d", method: "joint" }), data.train);
const shares = { redundant: 0.3, unique: 0.2, synergistic: 0.3 };
const columns = { sources: ["x", "y"], target: "z", first: ["0"], second: ["0"], labels: ["0"] } as const;
const table = info.logicGate("xor").table;
const rows = { shape: [4, 1], data: Float64Array.of(0, 1, 2, 3) };

/** The name under which the root exports a method: `dmilPublished`. */
const factoryName = (method: string): string => method.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Calls with the options `odd` beside the valid ones, by name of the function. */
type Call = (odd: object) => unknown;
const calls: Readonly<Record<string, Call>> = {
  loadDataset: (odd) => main.loadDataset(main.memoryFolder(), odd),
  readDataset: (odd) => main.readDataset(main.memoryFolder(), odd),
  splitBy: (odd) => main.splitBy(data, "share", { validation: 0.2, test: 0.2, seed: 0, ...odd }),
  interactionMixture: (odd) => main.interactionMixture({ classes: 2, noise: 1, shares, samples: 60, seed: 0, ...odd }),
  quadMixture: (odd) => main.quadMixture({ seed: 0, ...odd } as never),
  syntheticScenes: (odd) => main.syntheticScenes({ seed: 0, ...odd } as never),
  syntheticSums: (odd) => main.syntheticSums({ seed: 0, ...odd } as never),
  fit: (odd) => main.fit(method, data, { seed: 0, ...odd }),
  findLearningRate: (odd) => main.findLearningRate(method, data, { seed: 0, ...odd }),
  predict: async (odd) => main.predict(await fitted, data.test, odd),
  createPredictor: async (odd) => main.createPredictor(await fitted, odd),
  evaluate: async (odd) => main.evaluate(await fitted, data.test, odd),
  explain: async (odd) => main.explain(await fitted, data.test, odd),
  simulatePatterns: async (odd) => main.simulatePatterns(await fitted, data.test, odd),
  exportOnnx: async (odd) => main.exportOnnx(await fitted, odd),
  readEncoders: (odd) => main.readEncoders({}, data.train, { read: async () => new Uint8Array(0), ...odd }),
  estimate: (odd) => main.estimate(method, data, { seed: 0, ...odd }),
  toOnnx: async (odd) => main.toOnnx(await fitted, odd),
  quantify: (odd) => main.quantify(data.train, { seed: 0, ...odd }),
  quantifyTable: (odd) => main.quantifyTable(columns, { seed: 0, ...odd }),
  foreignBits: (odd) => main.foreignBits({ classes: ["0", "1"], sets: {} }, { seed: 0, ...odd }),
  mlp: (odd) => main.mlp([3, 4], odd),
  pool: (odd) => main.pool([3, 4], odd),
  conv1d: (odd) => main.conv1d(3, odd),
  lenet: (odd) => main.lenet([16, 16], odd),
  resnet18: (odd) => main.resnet18([16, 16], odd),
  gru: (odd) => main.gru(3, odd),
  transformer: (odd) => main.transformer(3, odd),
  text: (odd) => main.text(9, odd),
  vit: (odd) => main.vit([16, 16], odd),
  ...Object.fromEntries(
    Object.entries(main.methods).map(([name, { configure, perModality }]): [string, Call] => [
      factoryName(name),
      (odd) => configure({ encoders, ...(perModality && { modality: "a" }), ...odd }),
    ]),
  ),
  readInputs: (odd) => main.readInputs(main.memoryFolder(), { shapes: {}, ...odd }),
  openModel: async (odd) => {
    const folder = main.memoryFolder();
    await main.saveModel(await fitted, folder);
    return main.openModel(folder, odd);
  },
  adam: (odd) => main.adam(odd),
  adamw: (odd) => main.adamw(odd),
  sgd: (odd) => main.sgd(odd),
  parseSettings: (odd) => main.parseSettings({ data: "d", ...odd }),
  compare: (odd) => main.compare({ label: "s", entries: [], notes: [] }, odd),
  recover: (odd) => main.recover({ quick: true, ...odd }),
  runJob: (odd) => main.runJob("run", {} as never, { inside: main.memoryFolder, outside: main.memoryFolder }, odd),
  sweep: (odd) => main.sweep({ data: { clips: data }, methods: ["joint"], seeds: [0] } as never, odd),
  tune: (odd) => main.tune("joint", data, { trials: 2, ...odd }),
  encoderWeights: async (odd) => main.encoderWeights(await fitted, "a", odd),
  startRun: (odd) => main.startRun(main.memoryFolder(), plan(), data, odd),
  resumeRun: (odd) => main.resumeRun(main.memoryFolder(), data, odd),
  runJobs: (odd) => node.runJobs([], { workers: 1, module: "none", ...odd }),
  lockFolder: (odd) => node.lockFolder("nowhere", { command: "dmil test", onLost: () => {}, ...odd }),
  lower: (odd) => graph.lower({ inputs: [], outputs: [], ...odd }),
  matmul: (odd) => graph.matmul(x("a", [2, 3]), x("b", [3, 2]), odd),
  rootScope: (odd) => nn.rootScope({ training: true, ...odd }),
  entropy: (odd) => info.entropy(table, [0], odd),
  pid: (odd) => info.pid(table, odd),
  broja: (odd) => info.broja(table, odd),
  connectedInformation: (odd) => info.connectedInformation(table, odd),
  gaussianClasses: (odd) => info.gaussianClasses(odd),
  miKsg: (odd) => info.miKsg(rows as never, Int32Array.of(0, 1, 0, 1), { seed: 0, ...odd }),
  miKsgContinuous: (odd) => info.miKsgContinuous(rows as never, rows as never, { seed: 0, ...odd }),
  sampleRows: (odd) => info.sampleRows(table, { rows: 3, seed: 0, ...odd }),
  surprisal: (odd) =>
    info.surprisal(info.fitDensity(rows as never, rows as never, { seed: 0, components: [1] }), rows as never, odd),
  kMeans: (odd) => info.kMeans(rows as never, { clusters: 2, seed: 0, ...odd }),
};

/** Public functions whose last argument is no object of options: what they take is data, or is checked as such. */
const without = new Set([
  ...[
    "DmilError",
    "memoryFolder",
    "openTeacher",
    "float32",
    "tensor",
    "checkSplits",
    "selectModalities",
    "takeRows",
    "hideModalities",
    "meanInterval",
    "poolIntervals",
    "poolMeanInterval",
    "sampleIntervals",
  ],
  ...["writeDataset", "report", "sampleRow", "quantifyPage", "methodFrom", "methodNamed"],
  ...["resolveMethod", "defineMethod", "encodeTable", "openRun", "planRun", "readRecord", "decodeModel", "encodeModel"],
  ...["figurePatterns", "figuresOf", "score", "scorePatterns", "disk", "machine", "serveJob"],
  ...["classTarget", "classesOf", "labelsOf", "folds", "inProcess", "readSweep"],
  ...["inputsOf", "answersOf", "loadModel", "saveModel"],
  ...["readWeights", "withWeights", "readWeightFiles", "weightsThrough"],
]);

test("the root has every method under its own name", () => {
  const face: Readonly<Record<string, unknown>> = main;
  for (const [name, method] of Object.entries(main.methods)) expect(face[factoryName(name)], name).toBe(method);
});

test("every public function either takes no options or is tried here", () => {
  const functions = Object.entries({ ...main, ...node }).flatMap(([name, own]) =>
    typeof own === "function" ? [name] : [],
  );
  expect(functions.filter((name) => !without.has(name) && calls[name] === undefined)).toEqual([]);
});

test.each(Object.keys(calls))("%s", async (name) => {
  const call = async (odd: object): Promise<unknown> => calls[name]!(odd);
  await expect(call({ seeed: 1 })).rejects.toMatchObject({
    code: "ConfigError",
    message: expect.stringMatching(/unknown option "seeed"(; did you mean "\w+"\?)?.*Allowed: /s),
  });
});

test("what plain JavaScript lets slip is told: a rate by another name, a size in lower case, options that are none", async () => {
  const loose = main as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
  await expect(loose.fit!(method, data, { seed: 0, epochs: 3, lr: 0.1 })).rejects.toThrowError(
    /fit: unknown option "lr".*learningRate/,
  );
  await expect(loose.predict!(await fitted, data.test, { batchsize: 1 })).rejects.toThrowError(
    'predict: unknown option "batchsize"; did you mean "batchSize"?',
  );
  await expect(loose.predict!(await fitted, data.test, { batchSize: 0 })).rejects.toThrowError(
    /batchSize is 0; a whole/,
  );
  await expect(loose.predict!(await fitted, data.test, { backend: "gpu" })).rejects.toThrowError(/unknown word "gpu"/);
  await expect(loose.fit!(method, data)).rejects.toThrowError(
    /fit: nothing given in place of options; allowed: seed, /,
  );
  await expect(loose.fit!(method, data, {})).rejects.toThrowError(/seed is nothing; a whole number from 0/);
  await expect(loose.fit!(method, data, { seed: 0, epochs: "3" })).rejects.toThrowError(
    /epochs is "3"; a whole number/,
  );
  await expect(loose.explain!(await fitted, data.test, 64)).rejects.toThrowError(/64 given in place of options/);
});
