/** @file What the fuzzer attacks: every parser and reader of the product, each with the inputs it is given. */
import { gatherSettings, locating, names, numberOrText, seedsOf, workersOf } from "../../src/cli/config.ts";
import { readYaml } from "../../src/cli/yaml.ts";
import { bytesInMemory } from "../../src/core/bytes.ts";
import { type Folder, memoryFolder } from "../../src/core/folder.ts";
import { type Stream, stream } from "../../src/core/random.ts";
import { sizeOf } from "../../src/core/shape.ts";
import type { Tensor } from "../../src/core/tensor.ts";
import { csvFeatures, csvTargets, csvTexts, readCsv } from "../../src/data/formats/csv.ts";
import { readArray, type TextArray } from "../../src/data/formats/npy.ts";
import { openNpz } from "../../src/data/formats/npz.ts";
import { readPickle, readPickledArray } from "../../src/data/formats/pickle/read.ts";
import { PickledArray } from "../../src/data/formats/pickle/values.ts";
import { readSafetensors } from "../../src/data/formats/safetensors.ts";
import { readWeights } from "../../src/data/formats/weights.ts";
import { readDataset } from "../../src/data/load.ts";
import { readManifest as readDescription } from "../../src/data/manifest.ts";
import { readIdx } from "../../src/data/readers/idx.ts";
import { readImageHeader } from "../../src/data/readers/image-header.ts";
import { bytesSource, openMediaTable } from "../../src/data/readers/media-table.ts";
import { readWav } from "../../src/data/readers/wav.ts";
import type { ReadOptions } from "../../src/data/reading.ts";
import { decodeWithChecksum, encodeWithChecksum } from "../../src/evaluation/checksum.ts";
import { decodeModel } from "../../src/evaluation/model.ts";
import { compareRuns } from "../../src/experiments/compare/compare.ts";
import { mergeSweeps, readSweep } from "../../src/experiments/compare/read.ts";
import { sweepFiles } from "../../src/experiments/entry.ts";
import { parseExperiment } from "../../src/experiments/experiment.ts";
import { readHead, readManifest } from "../../src/experiments/manifest.ts";
import { type RecoveryResult, resultSchema } from "../../src/experiments/recover/job.ts";
import { type Tuning, tuningSchema, withChanges } from "../../src/experiments/tuning.ts";
import { methodFrom } from "../../src/methods/index.ts";
import { withChecksum } from "../../src/runs/checksum.ts";
import { openRun } from "../../src/runs/open.ts";
import { readRecord, runFiles } from "../../src/runs/record.ts";
import { readResult } from "../../src/runs/result.ts";
import { parseSettings } from "../../src/runs/settings.ts";
import { decodeCheckpoint, modelInCheckpoint } from "../../src/train/checkpoint.ts";
import { RECOVERED, readCache, readCard, readKept, readLock, readMetrics, TUNING } from "./kept.ts";
import { anyValue, mutateBytes, mutateValue, NAMES, pick, randomBytes } from "./mutate.ts";
import { isRefusal } from "./outcome.ts";
import { CONFIGS, EXPERIMENTS, type Seeds, TABLES } from "./seeds.ts";

/** One parser with its inputs. */
export interface Target<I = unknown> {
  readonly name: string;
  make(random: Stream): I | Promise<I>;
  /** Ends well for a good input, with a DmilError for any other. */
  run(input: I): unknown;
}

const yaml = (text: string): unknown => readYaml(text, (place) => `file.yaml:${place} `).value ?? {};
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

export function makeTargets(seeds: Seeds): Target[] {
  return [
    ofBytes("npy", seeds.npy, (bytes) => whole([readArray(bytes)]), npyHeader),
    ofBytes("npz", seeds.npz, (bytes) => {
      const npz = openNpz(bytes);
      whole(npz.names.map((name) => npz.read(name)));
    }),
    ofBytes("csv", TABLES.map(encode), readTable, anyTable),
    ofBytes("wav", seeds.wav, (bytes) => {
      const { channels } = readWav(bytes);
      for (const channel of channels) if (channel.length > bytes.length) throw new Error("more samples than bytes");
    }),
    ofBytes("idx", seeds.idx, (bytes) => whole([readIdx(bytes)])),
    ofBytes("image header", seeds.images, (bytes) => readImageHeader(bytes)),
    ofBytes("media table", seeds.tables, async (bytes) => {
      const table = await openMediaTable(bytesSource(bytes));
      for (let group = 0; group < table.groups.length; group++) await table.read(group);
    }),
    ofBytes("safetensors", seeds.safetensors, (bytes) => whole(Object.values(readSafetensors(bytes).state))),
    ofBytes("pickle", seeds.pickle, async (bytes) => {
      const source = bytesInMemory(bytes, "pickle");
      const value = await readPickle(source);
      const held = value instanceof Map ? [...value.values()] : Array.isArray(value) ? value : [value];
      for (const array of held) if (array instanceof PickledArray) whole([await readPickledArray(source, array)]);
    }),
    ofBytes("weights", seeds.weights, async (bytes) => whole(Object.values((await readWeights(bytes)).tensors))),
    sealedTensors("model", seeds.run.get(runFiles.model)!, (bytes) => decodeModel(bytes, methodFrom, "model")),
    sealedTensors("checkpoint", seeds.run.get(runFiles.last)!, async (bytes) => {
      await decodeCheckpoint(bytes, "checkpoint");
      await modelInCheckpoint(bytes, methodFrom, "checkpoint");
    }),
    sealedJson("run.json", decode(seeds.run.get(runFiles.record)!), async (text) => {
      const folder = memoryFolder("run", new Map([...seeds.run, [runFiles.record, encode(text)]]));
      await readRecord(folder);
      await openRun(folder);
    }),
    sealedJson("result.json", decode(seeds.run.get(runFiles.result)!), (text) =>
      readResult(folderOf("run", { [runFiles.result]: text })),
    ),
    sealedJson("sweep.json", decode(seeds.sweep.get(sweepFiles.head)!), (text) =>
      readHead(folderOf("sweep", { [sweepFiles.head]: text })),
    ),
    sealedJson("manifest", decode(seeds.sweep.get(sweepFiles.manifest)!), async (text) => {
      const folder = folderOf("sweep", { [sweepFiles.manifest]: text });
      await readManifest(folder);
      compareRuns(mergeSweeps([await readSweep(folder)]).entries);
    }),
    sealedJson("tuning file", JSON.stringify(TUNING), (text) =>
      readKept<Tuning>(text, tuningSchema, ({ trials, chosen }) => withChanges({}, trials[chosen]!.changes)),
    ),
    sealedJson("recovery job", JSON.stringify(RECOVERED), (text) =>
      readKept<RecoveryResult>(text, resultSchema, ({ job, curves }) => [job.case, curves.length]),
    ),
    sealedJson("checksums.json", decode(seeds.cache.get("checksums.json")!), (text) => readCache(seeds.cache, text)),
    ofText("lock file", LOCKS, readLock, anyJson),
    ofText("model card", [seeds.card], (text) => readCard(text, seeds.card)),
    ofText("metrics.jsonl", [decode(seeds.run.get(runFiles.metrics)!)], readMetrics, anyJson),
    ofText(
      "dataset.json",
      DESCRIPTIONS,
      (text) => readDescription(folderOf("data", { "dataset.json": text })),
      anyJson,
    ),
    ofText("settings file", CONFIGS, (text) => parseSettings(yaml(text))),
    ofText("experiment file", EXPERIMENTS, (text) => parseExperiment(yaml(text))),
    ofText("--set", SETS, async (text) => {
      const given = await gatherSettings(undefined, [], [text]);
      await locating(given, () => parseSettings({ data: "d", ...given.value }));
    }),
    ofText("flags", FLAGS, (text) => {
      numberOrText(text);
      attempts([() => seedsOf(text), () => names(text), () => workersOf(text)]);
    }),
    ofValues("settings", SETTINGS, parseSettings),
    ofValues("experiment", EXPERIMENT_VALUES, parseExperiment),
    ofValues("reading options", READINGS, (value) => readAny(value)),
    dataFolder(seeds),
  ] as Target[];
}

/** Targets that fail in the ways the campaign must notice; every other input is fine. */
export function makeFaulty(): Target<number>[] {
  const make = (random: Stream): number => random.below(3);
  const held: Uint8Array[] = [];
  return [
    { name: "fine", make, run: (n) => n },
    { name: "breaks", make, run: (n) => (n === 0 ? (undefined as unknown as { x: number }).x : n) },
    {
      name: "hangs",
      make,
      run(n) {
        while (n === 0);
      },
    },
    {
      name: "grows",
      make,
      run(n) {
        while (n === 0) held.push(new Uint8Array(2 ** 24).fill(1));
      },
    },
    {
      name: "fills the heap",
      make,
      run(n) {
        const lists: number[][] = [];
        while (n === 0) lists.push(new Array<number>(100_000).fill(lists.length + 0.5));
      },
    },
  ];
}

/** The input of a number; targets take turns. */
export async function inputOf(
  targets: readonly Target[],
  seed: number,
  n: number,
): Promise<{ target: number; input: unknown }> {
  const target = n % targets.length;
  return { target, input: await targets[target]!.make(stream(seed, `fuzz ${targets[target]!.name}`, n)) };
}

const DESCRIPTIONS = [
  '{"target":{"kind":"multilabel","names":["a","b"]},"modalities":["x","y"],"ids":"id","missing":"nan"}',
  '{"classes":["up","down"],"groups":"speaker.npy","truth":"truth.json"}',
];
const SETS = [
  "epochs.whole=5",
  "encoder.hidden=[64, 32]",
  "options.embedding=8",
  "method=joint",
  "learningRate={whole: 1e-3}",
];
const FLAGS = ["0-2", "0,3,5", "audio,face", "12", "1e3", "0-9007199254740991"];
const SETTINGS: readonly unknown[] = [
  {
    data: "d",
    method: "ogm-ge",
    epochs: { whole: 3 },
    options: { embedding: 8 },
    optimiser: { name: "sgd", momentum: 0.9 },
  },
  { data: "d", seed: 1, encoder: { hidden: [8], dropout: 0, norm: true, activation: "tanh" }, learningRate: 0.01 },
];
const EXPERIMENT_VALUES: readonly unknown[] = [
  { data: [{ path: "a", modalities: ["x", "y"] }], methods: ["joint"], seeds: [0, 1], tune: 2, set: { batchSize: 8 } },
  { data: [{ generate: { kind: "gates" }, name: "g" }], folds: 5, trainShares: [0.5, 1] },
];

const LOCKS = [
  `{"token":"0123456789abcdef","host":"h","pid":12,"boot":"b","space":"s","started":"1","since":"2026-11-20T10:00:00.000Z","command":"dmil train d"}`,
];
/** For the first of the tables, without its column of splits. */
const READINGS: readonly unknown[] = [
  {
    modalities: ["a", "b"],
    leaveOut: ["id", "b_present"],
    label: "label",
    split: { seed: 1, shares: [0.6, 0.2, 0.2] },
  },
  { label: ["label"], group: "id", split: { seed: 0, shares: [0.5, 0.25, 0.25] }, keepSplit: true },
];

async function readAny(options: unknown): Promise<void> {
  const table = TABLES[0]!.replaceAll(/,(split|train|valid|test)$/gm, "");
  await readDataset(folderOf("data", { "data.csv": table }), options as ReadOptions);
}

/** A file of bytes: mostly a good one with damage, sometimes what a grammar makes, sometimes noise. */
function ofBytes(
  name: string,
  seeds: readonly Uint8Array[],
  run: (bytes: Uint8Array) => unknown,
  generate: (random: Stream) => Uint8Array = (random) => randomBytes(random, 300),
): Target<Uint8Array> {
  return {
    name,
    make(random) {
      const kind = random.below(10);
      if (kind === 0) return randomBytes(random, 300);
      return kind < 3 ? generate(random) : mutateBytes(random, pick(random, seeds), seeds);
    },
    run,
  };
}

function ofText(
  name: string,
  seeds: readonly string[],
  run: (text: string) => unknown,
  generate?: (random: Stream) => Uint8Array,
): Target<Uint8Array> {
  return ofBytes(name, seeds.map(encode), (bytes) => run(decode(bytes)), generate);
}

const anyJson = (random: Stream): Uint8Array => encode(JSON.stringify(anyValue(random)));

/** Values as a caller of the library passes them, so also those that JSON does not know. */
function ofValues(name: string, seeds: readonly unknown[], run: (value: unknown) => unknown): Target {
  const other = (random: Stream): unknown =>
    random.below(4) > 0
      ? anyValue(random)
      : pick<unknown>(random, [
          undefined,
          Number.NaN,
          Number.POSITIVE_INFINITY,
          10n,
          Symbol("s"),
          () => 1,
          new Map(),
          new Date(Number.NaN),
          Object.create(null),
          circle(),
        ]);
  return {
    name,
    make: (random) => (random.below(10) === 0 ? other(random) : mutateValue(random, pick(random, seeds), other)),
    run,
  };
}

function circle(): unknown {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

/** Lines of sealed JSON: damaged bytes, which the checksum must notice, or another value under a checksum that fits. */
function sealedJson(name: string, text: string, run: (text: string) => unknown): Target<Uint8Array> {
  const [first, second] = text.trim().split("\n").length > 1 && name === "manifest" ? text.trim().split("\n") : [text];
  const bytes = encode(text);
  return {
    name,
    async make(random) {
      if (random.below(3) === 0) return mutateBytes(random, bytes, [bytes]);
      const { checksum: _, ...value } = JSON.parse(first!) as Record<string, unknown>;
      const made = random.below(10) === 0 ? anyValue(random) : mutateValue(random, value);
      const line =
        typeof made === "object" && made !== null && !Array.isArray(made)
          ? await withChecksum(made)
          : JSON.stringify(made);
      return encode(second === undefined ? line : `${line}\n${second}\n`);
    },
    run: (input) => run(decode(input)),
  };
}

/** Sealed tensors: damaged bytes, or other tensors and texts under a checksum that fits. */
function sealedTensors(name: string, file: Uint8Array, run: (bytes: Uint8Array) => unknown): Target<Uint8Array> {
  const opened = decodeWithChecksum(file, { where: name, advice: "" });
  return {
    name,
    async make(random) {
      if (random.below(3) === 0) return mutateBytes(random, file, [file]);
      const { state, metadata } = await opened;
      const tensors = Object.entries(state);
      const texts = Object.entries(metadata);
      if (random.below(3) === 0) tensors.splice(random.below(tensors.length), 1 + random.below(2));
      else {
        const at = random.below(texts.length);
        const [key, text] = texts[at]!;
        texts[at] = [random.below(20) === 0 ? `${key}${pick(random, NAMES)}` : key, otherText(random, text)];
      }
      return encodeWithChecksum(Object.fromEntries(tensors), Object.fromEntries(texts));
    },
    run,
  };
}

function otherText(random: Stream, text: string): string {
  try {
    if (random.below(4) > 0) return JSON.stringify(mutateValue(random, JSON.parse(text))) ?? "";
  } catch {} // not every text is JSON
  return decode(mutateBytes(random, encode(text), [encode(text)]));
}

/** A whole folder of data with one damaged file, or one more. */
function dataFolder(seeds: Seeds): Target<ReadonlyMap<string, Uint8Array>> {
  const pool = [...seeds.npy, ...seeds.npz, ...TABLES.map(encode), ...DESCRIPTIONS.map(encode)];
  const paths = [
    "dataset.json",
    "data.csv",
    "train.csv",
    "a.npz",
    "train/x.npy",
    "valid/labels.npy",
    "test/ids.txt",
    "train/__proto__.npy",
  ];
  return {
    name: "data folder",
    make(random) {
      const files = new Map(pick(random, seeds.data));
      const name = random.below(5) === 0 ? pick(random, paths) : pick(random, [...files.keys()]);
      const before = files.get(name) ?? pick(random, pool);
      if (random.below(12) === 0) files.delete(name);
      else files.set(name, mutateBytes(random, before, pool));
      return files;
    },
    async run(files) {
      const { splits } = await readDataset(memoryFolder("data", new Map(files)));
      for (const split of Object.values(splits)) whole(Object.values(split.modalities));
    },
  };
}

/** What is read must be what its shape says. */
function whole(arrays: readonly (Tensor | TextArray)[]): void {
  for (const { data, shape } of arrays) {
    if (data.length !== sizeOf(shape)) throw new Error(`${data.length} elements of the shape ${shape}`);
  }
}

function readTable(bytes: Uint8Array): void {
  const table = readCsv(bytes);
  for (const column of table.columns) csvTexts(table, column);
  attempts([
    () => whole(table.columns.map((_, at) => csvFeatures(table, [at], true))),
    () =>
      whole([
        csvFeatures(
          table,
          table.columns.map((_, i) => i),
        ),
      ]),
    () => whole([csvTargets(table, table.columns.slice(-1))]),
  ]);
}

/** Does each; a refusal is as good as a result. */
function attempts(calls: readonly (() => unknown)[]): void {
  for (const call of calls) {
    try {
      call();
    } catch (error) {
      if (!isRefusal(error)) throw error;
    }
  }
}

function anyTable(random: Stream): Uint8Array {
  const separator = pick(random, [",", ";", "\t"]);
  const cells = ["1", "-2.5", "1,5", "", "NA", "nan", "x", '"a ""b"""', '"1\n2"', " 3 ", "1e400", ...NAMES];
  const width = 1 + random.below(5);
  const line = (list: readonly string[]): string =>
    Array.from({ length: random.below(20) === 0 ? width + 1 : width }, () => pick(random, list)).join(separator);
  const heads = ["a", "b.0", "b.1", "c_1", "c_2", "label", "id", "split", "value", ...NAMES];
  return encode(
    [line(heads), ...Array.from({ length: random.below(6) }, () => line(cells))].join(
      pick(random, ["\n", "\r\n", "\r"]),
    ),
  );
}

function npyHeader(random: Stream): Uint8Array {
  const descr = pick(random, [
    "<f4",
    ">f2",
    "<V2",
    "|b1",
    "<U3",
    "|S0",
    "|S4",
    "<U4000000",
    "|O",
    "<i8",
    "=u2",
    "bfloat16",
  ]);
  const sizes = Array.from({ length: random.below(4) }, () => pick(random, [0, 1, 2, 3, 4096, 2 ** 32, -1]));
  const header = `{'descr': '${descr}', 'fortran_order': ${pick(random, ["True", "False"])}, 'shape': (${sizes.join(",")}${sizes.length === 1 ? "," : ""}), }\n`;
  const bytes = encode(`${"\0".repeat(10)}${header}${"\0".repeat(random.below(64))}`);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return bytes;
}

function folderOf(label: string, files: Readonly<Record<string, string>>): Folder {
  return memoryFolder(label, new Map(Object.entries(files).map(([name, text]) => [name, encode(text)])));
}
